package pbft

import (
	"maps"
	"slices"

	"github.com/trigrid/trigrid/internal/planted"
)

// Choice is one number of a new view with the digest that its primary must
// propose.
type Choice struct {
	Seq    uint64
	Digest Digest
}

// SelectProposals computes the content of a new view from the VIEW-CHANGEs of a
// strong quorum: the checkpoint from which the view starts, and the digest for
// each number above it. It is a pure function, which every backup recomputes,
// so the primary has no choice.
//
//   - The view starts from the highest stable checkpoint in the set.
//   - Each number above it, up to the highest with a prepared certificate, gets
//     the digest of the certificate of the highest view. Two certificates of
//     one view cannot differ.
//   - A number without a certificate gets the null batch. It was not committed
//     anywhere: a commit needs Q prepared replicas, and every strong quorum
//     contains a correct one of them.
//
// For example, if checkpoint 4 is stable, number 5 is prepared as A in view 0
// and as B in view 2, and number 7 as C, then 5 gets B, 6 the null batch and 7
// C.
//
// The caller has verified each message, and that Q distinct members sent them.
//
// Source: Castro and Liskov, OSDI 1999, section 4.4.
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

// startNewView sends the NEW-VIEW of this replica, the primary of the current
// view, and enters the view.
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

// stepNewView enters a view whose NEW-VIEW is valid. An invalid NEW-VIEW for
// the awaited view shows that its primary is faulty, so the replica goes on to
// the next view.
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

// validNewView checks that the message contains valid VIEW-CHANGEs of Q
// distinct members for its view, and the proposals that follow from them.
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
		// An own VIEW-CHANGE from before a loss of memory does not cover the
		// votes since then.
		if vc.Replica == n.id && !n.sentViews[vc.View] && n.restarted && n.voted {
			return RefusedNewView
		}
		// A message that is already stored was verified when it arrived.
		if held := n.viewChanges[vc.Replica]; held != nil && held.Signature == vc.Signature && held.digest() == vc.digest() {
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

// enterView starts the view with its inherited numbers. They pass PREPARE and
// COMMIT again, even if this replica has executed them, because other members
// may need the votes. They are not executed again.
func (n *Node) enterView(m *NewView) {
	n.leaveView(m.View)
	if n.mistake.On(planted.VoteInOldView) {
		for _, s := range n.slots {
			s.leaveView()
		}
	}
	n.newView = m
	n.proposed = 0 // batches of an earlier view may be gone, and their time with them
	// Old NEW-VIEWs are no longer accepted, so the own VIEW-CHANGEs in them
	// need no memory.
	for view := range n.sentViews {
		if view+8 < m.View {
			delete(n.sentViews, view)
		}
	}
	n.record(Record{Entered: m})
	stable, _ := SelectProposals(m.ViewChanges)
	n.adopt(stable)
	if n.members.Epoch != m.Epoch {
		return // the adopted checkpoint was the last of its epoch
	}
	n.inherit(m, stable.Header.Seq)
	for _, s := range n.sortedSlots() {
		n.progress(s)
	}
	n.fetchBodies()
	n.armTimer()
	n.replay()
}

// inherit accepts the new view's proposals and continues after the last of
// them.
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
			n.poolRequests(b)
		}
	}
}

// replay processes the messages that arrived before their view started. The
// message that starts the view can be vouched for, and each of the others has
// its own mark.
func (n *Node) replay() {
	vouched := n.vouched
	defer func() { n.vouched = vouched }()
	senders := slices.Sorted(maps.Keys(n.future))
	for _, id := range senders {
		kept := n.future[id]
		if kept == nil { // an earlier message has ended the epoch
			break
		}
		delete(n.future, id)
		for _, m := range kept.messages {
			n.vouched = m.vouched
			_ = n.Step(id, m.Message) // a refused message is equivalent to a lost one
		}
	}
}
