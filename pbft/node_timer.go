package pbft

import "github.com/trigrid/trigrid/internal/planted"

// timer is the only timer of a replica. In a started view it runs if and only
// if a request waits for execution, and it watches the oldest request: a
// primary that serves other requests does not stop it. During a view change it
// runs after Q members have sent a VIEW-CHANGE for the view or a later one, so
// that a single replica does not race through views.
//
// Source: Castro and Liskov, OSDI 1999, section 4.5.2.
type timer struct {
	running  bool
	deadline uint64     // tick
	request  requestKey // watched request
	seq      uint64     // watched number if no request is watched, else 0
}

// maxDoublings keeps timeouts finite: 2¹⁶ times the base exceeds the delay of
// every network.
const maxDoublings = 16

// timeout returns RequestTimeout, doubled for each view change after the first
// since the last execution in a started view: 100, 100, 200, 400, … ticks.
func (n *Node) timeout() uint64 {
	doublings := min(max(n.tries-1, 0), maxDoublings)
	if n.mistake.On(planted.TimeoutNotDoubled) {
		doublings = 0
	}
	return uint64(n.options.RequestTimeout) << doublings
}

// armTimer starts the timer if it should run and does not. Without a request it
// watches the next number if that is proposed, if the end of an epoch is due,
// or if the primary cannot lead.
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

// leaderless reports whether the primary has reported that it observes and so
// cannot lead. Without requests no timer would run, and the primary would wait
// for a checkpoint that only another primary can bring about.
func (n *Node) leaderless() bool {
	p := n.peers[n.primaryOf(n.view)]
	return p != nil && p.known && p.status.Observer && p.status.Epoch == n.members.Epoch
}

// timerProgress stops the timer if the watched request or number is executed,
// and starts it for the next one.
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

// Tick advances the node's time by one tick. now is the caller's clock in Unix
// milliseconds. It is the time of proposed batches and limits the time of
// received ones. Execution does not use it.
func (n *Node) Tick(now int64) {
	n.ticks++
	n.now = now
	for _, p := range n.peers {
		p.served, p.newView, p.proven = 0, false, false
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
