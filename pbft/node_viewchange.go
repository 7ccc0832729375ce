package pbft

import (
	"maps"
	"slices"

	"github.com/trigrid/trigrid/internal/planted"
)

// startViewChange leaves the view for a later one and sends the VIEW-CHANGE.
// The view is recorded before the message is sent. Until the new view starts,
// the replica processes only checkpoints, VIEW-CHANGEs, NEW-VIEWs and answers
// to its fetches.
func (n *Node) startViewChange(view uint64) {
	if !n.mayVote() {
		return
	}
	n.tries++
	n.leaveView(view)
	n.record(Record{Asked: &AskedRecord{Epoch: n.members.Epoch, View: view}})
	n.sendViewChange()
	n.considerViewChanges()
}

// leaveView deletes all data of the current view and makes view the current
// one, not started.
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

// sendViewChange builds and sends the VIEW-CHANGE for the current view. The
// heartbeat repeats it, with a new one if the stable checkpoint has moved.
func (n *Node) sendViewChange() {
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
	n.viewChanges[n.id] = vc
	n.sentViews[n.view] = true
	n.broadcast(vc)
}

// validViewChange checks a VIEW-CHANGE. A single invalid part makes the message
// invalid and has no effect on those of other replicas.
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
	// Strictly ascending numbers keep one entry from counting several times.
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

// validStable checks a certificate of a stable checkpoint of this epoch, or of
// the last checkpoint of the previous one, from which this epoch starts.
func (n *Node) validStable(c *ExecutionCertificate) error {
	seq := c.Header.Seq
	if seq%n.genesis.Checkpoint != 0 {
		return RefusedProof
	}
	// The own certificate is verified already.
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

// previousMembers returns the set of the previous epoch.
func (n *Node) previousMembers() Membership {
	if len(n.epochs) < 2 {
		return Membership{Members: n.genesis.Members}
	}
	return n.epochs[len(n.epochs)-2].Next
}

// stepViewChange stores the VIEW-CHANGE of another member. Only the latest of
// each member is kept, so a member that sends one for a very high view only
// withdraws its vote for lower ones.
func (n *Node) stepViewChange(from ReplicaID, m *ViewChange) error {
	if m.Epoch != n.members.Epoch {
		return RefusedEpoch
	}
	if m.View < n.view || m.View == n.view && n.viewRunning() {
		n.repeatNewView(from, m)
		return RefusedView
	}
	if held := n.viewChanges[m.Replica]; held != nil {
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
	n.viewChanges[m.Replica] = m
	if m.Stable.Header.Seq > n.low.Header.Seq {
		n.adopt(m.Stable)
	}
	n.considerViewChanges()
	return nil
}

// repeatNewView sends the NEW-VIEW of the current view to a member that has
// missed it.
//
// A NEW-VIEW contains a quorum of VIEW-CHANGEs with their certificates, so that
// it is much larger than an unsigned VIEW-CHANGE. It therefore goes only to the
// sender, after the check of its signature, and once per tick. Otherwise a
// faulty replica could send it to others in their names, and use up their
// allowances.
func (n *Node) repeatNewView(from ReplicaID, m *ViewChange) {
	key, member := n.members.Key(m.Replica)
	if n.newView == nil || !member || from != m.Replica || from == n.id || n.peer(from).newView {
		return
	}
	n.peer(from).newView = true // also for an invalid signature, whose check costs time
	if n.verifier.Verify(Signed{Key: key, Message: m.statement(n.chain), Signature: m.Signature}) {
		n.answer(from, n.newView)
	}
}

// considerViewChanges joins a view that f+1 other members have sent
// VIEW-CHANGEs for, starts the timer after Q of them for the current view or
// later ones, and starts the view if this replica is its primary.
func (n *Node) considerViewChanges() {
	if view, ok := n.viewToJoin(); ok && n.mayVote() {
		n.startViewChange(view)
		return
	}
	if n.viewRunning() {
		return
	}
	asking := n.viewChangesFor(n.view)
	need := n.members.Strong()
	if n.mistake.On(planted.NewViewAnyQuorum) {
		need = n.members.Weak()
	}
	if !n.timer.running && n.mayVote() && n.countViewChangesFrom(n.view) >= n.members.Strong() {
		n.timer = timer{running: true, deadline: n.ticks + n.timeout()}
	}
	if len(asking) >= need && n.isPrimary() && n.mayVote() {
		n.startNewView(asking)
	}
}

// countViewChangesFrom counts the members with a VIEW-CHANGE for this view or a
// later one. Later ones count for the timer: a member that has given up on this
// view does not return to it, and without it the remaining members could wait
// forever.
func (n *Node) countViewChangesFrom(view uint64) int {
	count := 0
	for _, m := range n.viewChanges {
		if m.View >= view {
			count++
		}
	}
	return count
}

// viewToJoin returns the smallest view above the current one for which f+1
// other members have sent a VIEW-CHANGE for it or a later one. At least one of
// them is correct.
func (n *Node) viewToJoin() (uint64, bool) {
	var views []uint64
	for id, m := range n.viewChanges {
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

// viewChangesFor returns the VIEW-CHANGEs for exactly this view, in order of
// replica.
func (n *Node) viewChangesFor(view uint64) []*ViewChange {
	var out []*ViewChange
	for _, id := range slices.Sorted(maps.Keys(n.viewChanges)) {
		if m := n.viewChanges[id]; m.View == view {
			out = append(out, m)
		}
	}
	return out
}
