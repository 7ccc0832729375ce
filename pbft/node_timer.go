package pbft

import "github.com/trigrid/trigrid/pbft/internal/planted"

// timer is a replica's only one. In an active view it runs iff some request is known and not executed, and it watches
// the request that has waited longest: a primary that serves everybody else does not help. While a view change is under
// way it runs only after Q replicas have asked for the view, so that a replica alone does not race through views.
type timer struct {
	running  bool
	deadline uint64
	request  requestKey // watched, or
	seq      uint64     // the number watched where no request is
}

// maxDoublings keeps timeouts finite: 2¹⁶ times the base is above any network's delay.
const maxDoublings = 16

// timeout doubles with every view change since something was last executed in an active view.
func (n *Node) timeout() uint64 {
	doublings := min(max(n.tries-1, 0), maxDoublings)
	if n.mistake.On(planted.TimeoutNotDoubled) {
		doublings = 0
	}
	return uint64(n.options.RequestTimeout) << doublings
}

// armTimer starts the timer if it should run and does not.
func (n *Node) armTimer() {
	if n.timer.running || n.phase() != phaseActive {
		return
	}
	t := timer{running: true, deadline: n.ticks + n.timeout()}
	if oldest := n.pool.oldest(); oldest != nil {
		t.request = oldest.request.key()
	} else if s := n.slots[n.executed+1]; s != nil && s.accepted != nil || n.change != nil || n.leaderless() {
		t.seq = n.executed + 1
	} else {
		return
	}
	n.timer = t
}

// leaderless reports whether the primary itself says that it cannot lead, because it observes. Without requests nobody
// would miss it, and it would wait for a checkpoint that only others can bring about.
func (n *Node) leaderless() bool {
	p := n.peers[n.primaryOf(n.view)]
	return p != nil && p.known && p.status.Observer && p.status.Epoch == n.members.Epoch
}

// timerProgress stops the timer when what it watches has been executed and starts it for the next in line.
func (n *Node) timerProgress() {
	if n.viewRunning() && n.timer.running {
		var done bool
		if n.timer.seq > 0 {
			done = n.executed >= n.timer.seq
		} else {
			done = n.pool.entries[n.timer.request] == nil
		}
		if done {
			n.timer.running = false
		}
	}
	n.armTimer()
}

// Tick tells the node that one tick has passed and what the caller's clock shows, in Unix milliseconds. The clock is
// used for the time of proposed batches and to refuse times too far ahead, never in execution.
func (n *Node) Tick(now int64) {
	n.ticks++
	n.now = now
	for _, p := range n.peers {
		p.served = 0
	}
	if n.timer.running && n.ticks >= n.timer.deadline {
		n.timer.running = false
		if n.mayVote() {
			n.startViewChange(n.view + 1)
		}
	}
	n.countIdle()
	n.armTimer()
	if n.ticks%uint64(n.options.Heartbeat) == 0 {
		n.heartbeat()
	}
}
