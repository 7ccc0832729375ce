package pbft

import (
	"maps"
	"slices"

	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// Choice is one number of a new view and the digest that must be proposed for it again.
type Choice struct {
	Seq    uint64
	Digest Digest
}

// SelectProposals is the heart of the view change: from the VIEW-CHANGEs of a strong quorum it derives the checkpoint
// the view starts from and what must be proposed above it. It is a pure function of the set, which every backup
// recomputes, so that a primary cannot choose.
//
//   - The view starts from the highest stable checkpoint in the set.
//   - For every number above it, up to the highest that has a prepared certificate, the certificate of the highest view
//     decides; two of the same view cannot differ. A number without one was not committed anywhere, because a commit
//     needs Q prepared replicas and any strong quorum contains a correct one of them: it gets the null batch.
//
// The members of the set must have been checked one by one, and there must be Q of them with distinct senders.
func SelectProposals(asked []*ViewChange) (ExecutionCertificate, []Choice) {
	var stable ExecutionCertificate
	for _, m := range asked {
		if m.Stable.Header.Seq > stable.Header.Seq {
			stable = m.Stable
		}
	}
	best := map[uint64]*Proposal{}
	for _, m := range asked {
		for i := range m.Prepared {
			p := &m.Prepared[i].Proposal
			if p.Seq <= stable.Header.Seq {
				continue
			}
			if old := best[p.Seq]; old == nil || p.View > old.View {
				best[p.Seq] = p
			}
		}
	}
	if len(best) == 0 {
		return stable, nil
	}
	last := slices.Max(slices.Collect(maps.Keys(best)))
	var choices []Choice
	for seq := stable.Header.Seq + 1; seq <= last; seq++ {
		c := Choice{Seq: seq, Digest: nullDigest}
		if p := best[seq]; p != nil {
			c.Digest = p.Digest
		}
		choices = append(choices, c)
	}
	return stable, choices
}

// startNewView is the new primary's part.
func (n *Node) startNewView(asked []*ViewChange) {
	choices := selectChoices(asked, n.mistake)
	nv := &NewView{Epoch: n.members.Epoch, View: n.view, ViewChanges: asked}
	for _, c := range choices {
		p := Proposal{Epoch: n.members.Epoch, View: n.view, Seq: c.Seq, Digest: c.Digest}
		p.Signature = n.signer.Sign(p.statement(n.chain, n.id))
		nv.Proposals = append(nv.Proposals, p)
	}
	nv.Signature = n.signer.Sign(nv.statement(n.chain, n.id))
	n.broadcast(nv)
	n.enterView(nv)
}

// stepNewView enters a view if its primary's message follows from the evidence it comes with. If it does not and this
// is the view the replica waits for, the primary has shown itself faulty and the replica asks for the next one.
func (n *Node) stepNewView(m *NewView) error {
	switch {
	case m.Epoch != n.members.Epoch:
		return RefusedEpoch
	case m.View < n.view || m.View == n.view && n.viewRunning():
		return RefusedView
	case n.primaryOf(m.View) == n.id:
		return RefusedRole
	case n.mistake.On(planted.StuckAfterCatchUp) && (m.View != n.view || n.viewRunning()):
		return RefusedView
	}
	primary := n.primaryOf(m.View)
	key, _ := n.members.Key(primary)
	if !n.verifier.Verify(Signed{Key: key, Message: m.statement(n.chain, primary), Signature: m.Signature}) {
		return RefusedSignature
	}
	if err := n.validNewView(m); err != nil {
		if m.View == n.view && !n.viewRunning() {
			n.startViewChange(m.View + 1)
		}
		return err
	}
	n.enterView(m)
	return nil
}

// validNewView checks that the message bundles valid VIEW-CHANGEs of Q distinct replicas for exactly its view and
// proposes exactly what they demand.
func (n *Node) validNewView(m *NewView) error {
	need := n.members.Strong()
	if n.mistake.On(planted.NewViewAnyQuorum) {
		need = n.members.Weak()
	}
	if len(m.ViewChanges) < need {
		return RefusedNewView
	}
	for i, vc := range m.ViewChanges {
		if vc.View != m.View || i > 0 && m.ViewChanges[i-1].Replica >= vc.Replica {
			return RefusedNewView
		}
		if vc.Replica == n.id && !n.sent[vc.View] && n.restarted && n.voted {
			return RefusedNewView
		}
		if held := n.asked[vc.Replica]; held != nil && held.Signature == vc.Signature && held.digest() == vc.digest() {
			continue
		}
		if err := n.validViewChange(vc); err != nil {
			return err
		}
	}
	if n.mistake.On(planted.TrustNewView) {
		return nil
	}
	choices := selectChoices(m.ViewChanges, n.mistake)
	if len(choices) != len(m.Proposals) {
		return RefusedNewView
	}
	for i, c := range choices {
		p := &m.Proposals[i]
		if p.View != m.View || p.Epoch != m.Epoch || p.Seq != c.Seq || p.Digest != c.Digest {
			return RefusedNewView
		}
		if p.Verify(n.verifier, n.chain, n.members) != nil {
			return RefusedSignature
		}
	}
	return nil
}

// enterView makes the view active with what it inherits. Inherited numbers go through PREPARE and COMMIT again for the
// sake of the others, also where this replica has executed them; it does not execute them again.
func (n *Node) enterView(m *NewView) {
	n.leaveView(m.View)
	if n.mistake.On(planted.VoteInOldView) {
		for _, s := range n.slots {
			s.leaveView()
		}
	}
	n.newView = m
	for view := range n.sent {
		if view+8 < m.View {
			delete(n.sent, view)
		}
	}
	n.record(Record{Entered: m})
	stable, _ := SelectProposals(m.ViewChanges)
	n.adopt(stable)
	if n.members.Epoch != m.Epoch {
		return // the checkpoint was the epoch's last
	}
	n.inherit(m, stable.Header.Seq)
	for _, s := range n.sortedSlots() {
		n.progress(s)
	}
	n.fetchBodies()
	n.armTimer()
	n.replay()
}

// inherit accepts the new view's proposals.
func (n *Node) inherit(m *NewView, stable uint64) {
	n.next = max(stable, n.low.Header.Seq) + 1
	for i := range m.Proposals {
		p := &m.Proposals[i]
		n.next = max(n.next, p.Seq+1)
		if p.Seq <= n.low.Header.Seq {
			continue
		}
		s := n.slot(p.Seq)
		s.accepted = p
		if b, here := s.body(p.Digest); here && b != nil {
			n.learnRequests(b)
		}
	}
}

// replay takes up the messages that were kept because they came before the view.
func (n *Node) replay() {
	senders := slices.Sorted(maps.Keys(n.future))
	for _, id := range senders {
		kept := n.future[id]
		delete(n.future, id)
		for _, m := range kept {
			_ = n.Step(id, m) // refused messages are as good as lost ones
		}
	}
}
