package pbft

// Epochs. A change of the set of replicas is an effect of execution: some batch makes the application return
// Outcome.Members. It takes effect at the first checkpoint B at least Window numbers later:
//
//   - Whoever executed the batch at s proposes and accepts nothing above B until B is stable, then starts the new epoch
//     in view 0 with an empty log.
//   - Whoever has not executed s has its last stable checkpoint below s, so its window ends below s + Window ≤ B: it
//     cannot have ordered anything above B in the old epoch either.
//
// So no number is ever ordered by a mixture of two sets, and no certificate of the old epoch matters after B but the
// execution certificate of B itself, which names the new set.

type memberChange struct {
	at   uint64 // B
	next Membership
}

// planChange notes a change that executing seq asks for. A later request before the switch replaces an earlier one but
// does not postpone the switch.
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
}

// enterEpoch starts the next epoch after its first number's predecessor has become stable. Requests stay in the pool,
// unless their client's key is now a replica's: no batch may hold those.
func (n *Node) enterEpoch(m Membership) {
	n.members, n.change = m, nil
	n.view, n.newView, n.tries = 0, nil, 0
	n.pace = pace{averages: map[ReplicaID]int{}}
	clear(n.asked)
	clear(n.sent)
	clear(n.future)
	clear(n.ahead)
	clear(n.slots)
	n.next = n.executed + 1
	n.pool.prune(func(k requestKey) bool { return !m.hasKey(k.client) })
	n.pool.renew()
	n.timer = timer{}
	n.armTimer()
}
