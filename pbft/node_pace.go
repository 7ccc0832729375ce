package pbft

import "github.com/trigrid/trigrid/pbft/internal/planted"

// pace is what a backup knows about how long primaries keep requests waiting. A timeout alone would let a primary that
// proposes just before each one slow everybody down by orders of magnitude for ever (Clement et al., NSDI 2009). So a
// backup holds the primary to more than progress: on average, it may leave a request waiting while nothing is being
// ordered for no longer than an allowance that is well below the timeout.
//
// Only idle time counts: ticks at which requests wait, the window has room, and no batch with requests is in flight. A
// correct primary proposes at once in that situation, so what is measured of it is the network's round trip, however
// high the load. What a request has waited beyond the allowance is added to a debt and what it has waited less is
// deducted; when the debt exceeds a timeout, the primary loses the view. On a network on which every primary is slower
// than the allowance, the best of the others is the measure, so that views do not go round for ever.
//
// What this leaves to a primary is to be slower by the allowance, or to propose ever smaller batches without a pause,
// down to one round trip each.
type pace struct {
	debt     int               // ticks; of this view's primary
	averages map[ReplicaID]int // how long each member that has led left requests waiting, in sixteenths of a tick
}

// allowance is how many ticks the current primary may leave a request waiting, on average. A message lost once and
// repeated at the next heartbeat fits into it.
func (n *Node) allowance() int {
	best := -1
	for id, a := range n.pace.averages {
		if id != n.primaryOf(n.view) && n.members.Contains(id) && (best < 0 || a < best) {
			best = a
		}
	}
	return max(n.options.RequestTimeout/4, 2*n.options.Heartbeat, 2*best/16)
}

// countIdle notes at a tick whether the primary could be proposing something and is not.
func (n *Node) countIdle() {
	if !n.viewRunning() || n.pool.waiting == 0 || n.executed >= n.high() {
		return
	}
	for seq := n.executed + 1; ; seq++ {
		s := n.slots[seq]
		if s == nil || s.accepted == nil {
			break
		}
		if s.accepted.Digest != nullDigest {
			return
		}
	}
	n.pool.idle++
}

// judgePace settles the account of a primary that proposes b, and reports whether it has overdrawn it. It is called
// before b's requests are marked as proposed.
func (n *Node) judgePace(b *Batch) bool {
	waited := -1
	if b != nil {
		for i := range b.Requests {
			if e := n.pool.entries[b.Requests[i].key()]; e != nil && !e.proposed {
				waited = max(waited, int(n.pool.idle-e.idle))
			}
		}
	}
	if waited < 0 || n.mistake.On(planted.SlowPrimaryTolerated) {
		return false
	}
	primary := n.primaryOf(n.view)
	average, led := n.pace.averages[primary]
	if !led {
		average = 16 * waited
	}
	n.pace.averages[primary] = average + (16*waited-average)/8
	n.pace.debt = max(0, n.pace.debt+waited-n.allowance())
	return n.pace.debt > n.options.RequestTimeout
}
