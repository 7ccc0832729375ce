package pbft

import "github.com/trigrid/trigrid/internal/planted"

// evidenceKey identifies the subject of a contradiction. One piece of evidence
// per key is enough.
type evidenceKey struct {
	kind             Kind
	replica          ReplicaID
	epoch, view, seq uint64
}

// maxConvicted bounds the remembered keys. Evidence with a forgotten key is
// reported again.
const maxConvicted = 1024

// convict hands out evidence and reports whether it is new.
func (n *Node) convict(e *Evidence) bool {
	k := evidenceKey{kind: e.Type, replica: e.Replica, epoch: e.Epoch, view: e.View, seq: e.Seq}
	if n.convicted[k] {
		return false
	}
	if len(n.convicted) >= maxConvicted {
		clear(n.convicted)
	}
	n.convicted[k] = true
	n.ready.Evidence = append(n.ready.Evidence, *e)
	return true
}

// foundEvidence reports a contradiction of two received statements. Evidence
// against a primary is sent to the other members, which may have received only
// one of its proposals, and ends its view.
func (n *Node) foundEvidence(e Evidence) {
	if n.convict(&e) && e.Type == KindPrePrepare {
		n.broadcast(&e)
	}
	n.mistrust(&e)
}

// mistrust leaves the view if e convicts its primary.
func (n *Node) mistrust(e *Evidence) {
	if e.Type == KindPrePrepare && e.Epoch == n.members.Epoch && e.View == n.view && n.viewRunning() {
		n.startViewChange(n.view + 1)
	}
}

// stepEvidence processes evidence from another replica. Only evidence against
// the current primary has an effect; its two signatures prove it.
func (n *Node) stepEvidence(e *Evidence) error {
	if e.Epoch != n.members.Epoch {
		return RefusedEpoch
	}
	if e.Type != KindPrePrepare || e.View != n.view || !n.viewRunning() {
		return RefusedView
	}
	if e.Verify(n.verifier, n.chain, n.members) != nil {
		return RefusedProof
	}
	n.convict(e)
	n.mistrust(e)
	return nil
}

// secondProposal handles a proposal with another digest than the accepted one
// for the same number. The two are evidence.
func (n *Node) secondProposal(s *slot, p *Proposal) error {
	if n.mistake.On(planted.EquivocationIgnored) && !s.prepared {
		s.accepted = nil
		delete(s.prepares, n.id)
		return nil
	}
	n.foundEvidence(Evidence{
		Type: KindPrePrepare, Epoch: p.Epoch, View: p.View, Seq: p.Seq, Replica: n.primaryOf(p.View),
		Digests:    [2]Digest{s.accepted.Digest, p.Digest},
		Signatures: [2]Signature{s.accepted.Signature, p.Signature},
	})
	return RefusedConflict
}

// secondVote handles a second vote of one member for a number. The first one
// counts, and a different second one is evidence.
func (n *Node) secondVote(held, v *Vote) error {
	if held.Digest == v.Digest {
		return RefusedDuplicate
	}
	if err := n.verifyVote(v); err != nil {
		return err
	}
	n.foundEvidence(Evidence{
		Type: v.Type, Epoch: v.Epoch, View: v.View, Seq: v.Seq, Replica: v.Replica,
		Digests: [2]Digest{held.Digest, v.Digest}, Signatures: [2]Signature{held.Signature, v.Signature},
	})
	return RefusedConflict
}
