package pbft

import (
	"maps"
	"slices"

	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// startViewChange leaves the view and asks for a later one. From here on nothing but checkpoints, VIEW-CHANGEs,
// NEW-VIEWs and catching up is processed. The view is stored before anybody hears of it.
func (n *Node) startViewChange(view uint64) {
	if !n.mayVote() {
		return
	}
	n.tries++
	n.leaveView(view)
	n.record(Record{Asked: &AskedRecord{Epoch: n.members.Epoch, View: view}})
	n.askForView()
	n.considerAsked()
}

// leaveView resets everything that belongs to a single view.
func (n *Node) leaveView(view uint64) {
	n.view, n.newView = view, nil
	n.timer = timer{}
	n.pace.debt = 0
	if !n.mistake.On(planted.VoteInOldView) {
		for _, s := range n.slots {
			s.leaveView()
		}
	}
	n.pool.renew()
}

// askForView makes and sends this replica's VIEW-CHANGE for the view it is waiting for. It is made anew where the last
// stable checkpoint has moved meanwhile.
func (n *Node) askForView() {
	vc := &ViewChange{Epoch: n.members.Epoch, View: n.view, Stable: n.low, Replica: n.id}
	if n.low.Header.Seq == 0 {
		vc.Stable = ExecutionCertificate{}
	}
	for _, s := range n.sortedSlots() {
		if s.seq <= n.low.Header.Seq || s.certificate == nil || n.mistake.On(planted.DropPrepared) {
			continue
		}
		if n.mistake.On(planted.PreparedLastViewOnly) && s.certificate.Proposal.View+1 != n.view {
			continue
		}
		vc.Prepared = append(vc.Prepared, *s.certificate)
	}
	vc.Signature = n.signer.Sign(vc.statement(n.chain))
	n.asked[n.id] = vc
	n.sent[n.view] = true
	n.broadcast(vc)
}

// validViewChange checks a VIEW-CHANGE as a whole: if any part of it is wrong, all of it is as if it had not been sent,
// and no other replica's VIEW-CHANGE is affected.
func (n *Node) validViewChange(m *ViewChange) error {
	key, ok := n.members.Key(m.Replica)
	switch {
	case m.Epoch != n.members.Epoch:
		return RefusedEpoch
	case !ok:
		return RefusedMember
	case m.View == 0:
		return RefusedView
	case !n.verifier.Verify(Signed{Key: key, Message: m.statement(n.chain), Signature: m.Signature}):
		return RefusedSignature
	}
	low := m.Stable.Header.Seq
	if low > 0 {
		if err := n.validStable(&m.Stable); err != nil {
			return err
		}
	}
	before := low
	for i := range m.Prepared {
		p := &m.Prepared[i].Proposal
		if p.Seq <= before || p.Seq > low+n.genesis.Window || p.View >= m.View {
			return RefusedProof
		}
		if m.Prepared[i].Verify(n.verifier, n.chain, n.members) != nil {
			return RefusedProof
		}
		before = p.Seq
	}
	return nil
}

// validStable checks a certificate that claims to be a stable checkpoint of this epoch, or the one it began with.
func (n *Node) validStable(c *ExecutionCertificate) error {
	seq := c.Header.Seq
	if seq%n.genesis.Checkpoint != 0 {
		return RefusedProof
	}
	if n.low.Header.Seq == seq && n.low.Header == c.Header && slices.Equal(n.low.Executed, c.Executed) {
		return nil
	}
	m := n.members
	if c.Header.Epoch != m.Epoch {
		if len(n.epochs) == 0 {
			return RefusedEpoch
		}
		first := n.epochs[len(n.epochs)-1].Certificate.Header
		if first != c.Header {
			return RefusedProof
		}
		m = n.previousMembers()
	}
	if c.Verify(n.verifier, n.chain, m) != nil {
		return RefusedProof
	}
	return nil
}

// previousMembers is the set of the epoch before the current one.
func (n *Node) previousMembers() Membership {
	if len(n.epochs) < 2 {
		return Membership{Members: n.genesis.Members}
	}
	return n.epochs[len(n.epochs)-2].Next
}

// stepViewChange notes another replica's wish to leave the view. One VIEW-CHANGE is kept per member, its latest, so
// that a member that names a high view only gives up its say about lower ones.
func (n *Node) stepViewChange(m *ViewChange) error {
	if m.Epoch != n.members.Epoch {
		return RefusedEpoch
	}
	if m.View < n.view || m.View == n.view && n.viewRunning() {
		if n.newView != nil && m.Replica != n.id && n.members.Contains(m.Replica) {
			n.answer(m.Replica, n.newView)
		}
		return RefusedView
	}
	if held := n.asked[m.Replica]; held != nil {
		if m.View < held.View || m.View == held.View && m.Stable.Header.Seq <= held.Stable.Header.Seq {
			return RefusedDuplicate
		}
	}
	if m.Replica == n.id {
		return RefusedRole
	}
	if err := n.validViewChange(m); err != nil {
		return err
	}
	n.asked[m.Replica] = m
	if m.Stable.Header.Seq > n.low.Header.Seq {
		n.adopt(m.Stable)
	}
	n.considerAsked()
	return nil
}

// considerAsked joins a view that f+1 others have asked for, starts the timer once Q have asked for ours or later ones, and as its
// primary starts the view.
func (n *Node) considerAsked() {
	if view, ok := n.viewToJoin(); ok && n.mayVote() {
		n.startViewChange(view)
		return
	}
	if n.viewRunning() {
		return
	}
	asking := n.askingFor(n.view)
	need := n.members.Strong()
	if n.mistake.On(planted.NewViewAnyQuorum) {
		need = n.members.Weak()
	}
	if !n.timer.running && n.mayVote() && n.askingFrom(n.view) >= n.members.Strong() {
		n.timer = timer{running: true, deadline: n.ticks + n.timeout()}
	}
	if len(asking) >= need && n.isPrimary() && n.mayVote() {
		n.startNewView(asking)
	}
}

// askingFrom counts the members that have asked for this view or a later one. The timer goes by this count and not by
// that of one view alone: a member that has already given up on this view cannot be expected to ask for it again, and if
// it were not counted, those that it left behind would wait for ever.
func (n *Node) askingFrom(view uint64) int {
	count := 0
	for _, m := range n.asked {
		if m.View >= view {
			count++
		}
	}
	return count
}

// viewToJoin is the smallest view above ours for which, or beyond which, f+1 members have asked: one of them is correct.
func (n *Node) viewToJoin() (uint64, bool) {
	var views []uint64
	for id, m := range n.asked {
		if id != n.id && m.View > n.view {
			views = append(views, m.View)
		}
	}
	need := n.members.Weak()
	if n.mistake.On(planted.FollowOneReplica) {
		need = 1
	}
	if len(views) < need {
		return 0, false
	}
	return slices.Min(views), true
}

// askingFor lists the VIEW-CHANGEs for exactly this view in order of replica.
func (n *Node) askingFor(view uint64) []*ViewChange {
	var out []*ViewChange
	for _, id := range slices.Sorted(maps.Keys(n.asked)) {
		if m := n.asked[id]; m.View == view {
			out = append(out, m)
		}
	}
	return out
}
