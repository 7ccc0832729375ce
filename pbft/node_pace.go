package pbft

import "github.com/trigrid/trigrid/internal/planted"

// pace measures how long primaries leave requests waiting. With a timeout
// alone, a primary that proposes just before each timeout slows the system by
// orders of magnitude forever (Clement et al., NSDI 2009). So a backup requires
// more: on average, a primary may leave a request waiting while nothing is
// being ordered for at most an allowance well below the timeout.
//
// Only idle ticks count: requests wait, the window has room, and no batch with
// requests is in flight. A correct primary proposes at once in this situation,
// so its measured time is the round trip of the network, at any load. Per
// proposal,
//
//	debt ← max(0, debt + waited − allowance)        ticks
//	average ← average + (16 waited − average) / 8   sixteenths of a tick
//
// and the primary loses its view if debt > RequestTimeout. If all primaries are
// slower than the allowance, the average of the best other one raises it, so
// that views do not change forever.
//
// For example, with a timeout of 100 ticks and an allowance of 25, a primary
// that takes 60 ticks per request loses its view at the third request: its debt
// is 35, 70, 105.
//
// A faulty primary can still be slower by the allowance, or propose ever
// smaller batches without a pause, down to one round trip each.
type pace struct {
	debt     int               // of this view's primary
	averages map[ReplicaID]int // per former primary, in sixteenths of a tick
}

// allowance returns the average number of idle ticks that the current primary
// may use per request. It leaves room for one lost message that is repeated at
// the next heartbeat.
func (n *Node) allowance() int {
	best := -1
	for id, a := range n.pace.averages {
		if id != n.primaryOf(n.view) && n.members.Contains(id) && (best < 0 || a < best) {
			best = a
		}
	}
	return max(n.options.RequestTimeout/4, 2*n.options.Heartbeat, 2*best/16)
}

// countIdle counts a tick as idle if the primary could propose and does not.
func (n *Node) countIdle() {
	if !n.viewRunning() || n.pool.waiting == 0 || n.executed >= n.high() {
		return
	}
	// A proposed batch that is not null keeps the system busy.
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

// judgePace updates the debt for a proposed batch b and reports whether it
// exceeds the timeout. The caller has not yet marked the requests of b as
// proposed. The longest wait among them counts.
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
