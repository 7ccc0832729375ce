package pbft

import "github.com/trigrid/trigrid/internal/planted"

// memberChange is a planned change of the set of replicas. Execution plans it:
// the application returns Outcome.Members for a batch s. It takes effect at B,
// the first checkpoint at least Window numbers after s:
//
//   - A replica that has executed s proposes and accepts nothing above B until
//     B is stable. Then it starts the new epoch in view 0 with an empty log.
//   - A replica that has not executed s has its last stable checkpoint below s.
//     Its window ends below s + Window ≤ B, so it has ordered nothing above B
//     in the old epoch either.
//
// So every number is ordered by one set, and the only certificate of the old
// epoch that matters after B is the execution certificate of B, which names the
// new set. For example, with K = 4, L = 8 and s = 1, B is 12.
type memberChange struct {
	at   uint64 // B
	next Membership
}

// planChange notes the change that executing seq requests. A later request
// before B replaces the set and keeps B. An invalid set is ignored: the
// application is the same everywhere, so all correct replicas ignore it.
func (n *Node) planChange(seq uint64, members []Member) {
	if len(members) == 0 {
		return
	}
	next, err := NewMembership(n.members.Epoch+1, members)
	if err != nil {
		return
	}
	if n.change != nil {
		n.change = &memberChange{at: n.change.at, next: next}
		return
	}
	k := n.genesis.Checkpoint
	n.change = &memberChange{at: (seq + n.genesis.Window + k - 1) / k * k, next: next}
	if n.mistake.On(planted.EpochTooEarly) {
		n.change.at = seq/k*k + k
	}
}

// enterEpoch starts the epoch of m, after the last checkpoint of the previous
// one is stable. Requests stay in the pool except those of a client whose key
// is a replica's now, which no batch may contain.
func (n *Node) enterEpoch(m Membership) {
	n.members, n.change = m, nil
	n.view, n.newView, n.tries = 0, nil, 0
	n.pace = pace{averages: map[ReplicaID]int{}}
	clear(n.viewChanges)
	clear(n.sentViews)
	clear(n.future)
	clear(n.ahead)
	clear(n.slots)
	n.next = n.executed + 1
	n.pool.prune(func(k requestKey) bool { return !m.hasKey(k.client) })
	n.pool.renew()
	n.timer = timer{}
	n.armTimer()
}
