package pbft

import (
	"maps"
	"slices"

	"github.com/trigrid/trigrid/internal/planted"
)

// Status messages repair losses. At every heartbeat a replica with pending work
// reports its progress, and the others repeat the messages that it has missed.
// Votes and view changes are small, so all of them are repeated; batches and
// snapshots are fetched from one replica at a time (node_fetch.go).

// peer is the state of another replica as it was last reported.
type peer struct {
	status  Status
	known   bool        // a status has arrived
	served  int         // answers since the last tick
	newView bool        // a VIEW-CHANGE or a status has asked for the NEW-VIEW since the last tick
	proven  bool        // an observer has had its signed answer since the last tick
	pinned  *checkpoint // that the replica is fetching; nil for none
	pinTick uint64      // tick of the last request for it
}

// maxServed bounds the answers to one replica per tick, so that requests cannot
// multiply traffic.
const maxServed = 8

// peer returns the entry of a replica and creates it if necessary.
func (n *Node) peer(id ReplicaID) *peer {
	p := n.peers[id]
	if p == nil {
		p = &peer{}
		n.peers[id] = p
	}
	return p
}

// answer sends m to one replica and returns true, unless its allowance is used
// up.
func (n *Node) answer(to ReplicaID, m Message) bool {
	p := n.peer(to)
	if p.served >= maxServed {
		return false
	}
	p.served++
	n.send(m, to)
	return true
}

// idleBeats is the number of heartbeats per status message of a replica without
// pending work.
const idleBeats = 8

// maxRepeats bounds the numbers for which one status causes votes to be
// repeated.
const maxRepeats = 32

// heartbeat repeats the messages that may have been lost.
func (n *Node) heartbeat() {
	n.beat++
	if n.busy() || n.beat%idleBeats == 0 {
		n.sendStatus()
	}
	if n.phase() == phaseChanging {
		// After a newer checkpoint the VIEW-CHANGE is built again, with fewer
		// certificates.
		if own := n.viewChanges[n.id]; own == nil || own.View != n.view || own.Stable.Header.Seq < n.low.Header.Seq {
			n.sendViewChange()
			n.considerViewChanges()
		} else {
			n.broadcast(own)
		}
	}
	n.repeatForwards()
	n.fetchBodies()
	if n.executed == n.beatMark {
		n.catchUp()
	}
	n.beatMark = n.executed
	n.helpObservers()
}

// busy reports whether work is pending here or at another member.
func (n *Node) busy() bool {
	if !n.viewRunning() || n.pool.len() > 0 || n.observer != nil || n.diverged != nil || n.change != nil || n.executed < n.low.Header.Seq {
		return true
	}
	for _, s := range n.slots {
		if s.header == nil || !s.certified {
			return true
		}
	}
	for id, p := range n.peers {
		if p.known && n.members.Contains(id) && (p.status.Executed != n.executed || p.status.View != n.view || p.status.Epoch != n.members.Epoch) {
			return true
		}
	}
	return false
}

// certifiedUpTo returns the number up to which no execution certificate is
// missing.
func (n *Node) certifiedUpTo() uint64 {
	for n.certified < n.executed {
		s := n.slots[n.certified+1]
		if s == nil || !s.certified {
			break
		}
		n.certified++
	}
	return n.certified
}

// status returns the report of this replica.
func (n *Node) status() *Status {
	s := &Status{
		Epoch: n.members.Epoch, View: n.view, Active: n.viewRunning(), Stable: n.low.Header.Seq, Executed: n.executed,
		Certified: n.certifiedUpTo(), Observer: n.observer != nil,
	}
	if n.observer != nil {
		s.Nonce = n.observer.nonce
	}
	return s
}

// provenStatus returns the status with the certificate of the last installed
// checkpoint. For the genesis the certificate is empty.
func (n *Node) provenStatus() *Status {
	s := n.status()
	s.Checkpoint = &ExecutionCertificate{}
	if cp := n.checkpoints[n.installed]; cp != nil && n.installed > 0 {
		s.Checkpoint = &cp.certificate
	}
	return s
}

// sendStatus sends the status to all members.
func (n *Node) sendStatus() {
	s := n.status()
	n.broadcast(s)
	if !n.members.Contains(n.id) {
		return
	}
	// A replica that is about to join is not a member yet. It has reported its
	// status, and gets an answer.
	for _, id := range slices.Sorted(maps.Keys(n.peers)) {
		if !n.members.Contains(id) {
			n.send(s, id)
		}
	}
}

// repeatForwards sends the oldest requests to the primary again, in case they
// were lost. A request that stays unproposed for a quarter of the timeout goes
// to all members once: the timer of a single replica changes no view.
func (n *Node) repeatForwards() {
	if !n.viewRunning() || n.isPrimary() {
		return
	}
	var lost, late []Request
	n.pool.each(func(e *pooled) bool {
		switch age := n.ticks - e.since; {
		case e.proposed || age < uint64(n.options.Heartbeat):
		case !e.shared && age >= uint64(n.options.RequestTimeout)/4:
			e.shared = true
			late = append(late, e.request)
		default:
			lost = append(lost, e.request)
		}
		return len(lost)+len(late) < n.options.BatchSize
	})
	n.forward(lost, n.primaryOf(n.view))
	n.forward(late, n.members.IDs()...)
}

// forward sends requests in messages of bounded size.
func (n *Node) forward(rs []Request, to ...ReplicaID) {
	for _, part := range SplitRequests(rs, n.options.BatchSize, n.options.BatchBytes) {
		n.send(&Forward{Requests: part}, to...)
	}
}

// stepStatus stores the status, uses its checkpoint, and repeats the messages
// that the sender has missed.
func (n *Node) stepStatus(from ReplicaID, m *Status) error {
	p := n.peer(from)
	p.status, p.known = *m, true
	p.status.Checkpoint = nil
	if !n.adoptProven(m.Checkpoint) {
		return RefusedProof
	}
	if err := n.stepObserver(from, m); err != nil {
		return err
	}
	switch {
	case m.Epoch < n.members.Epoch:
		n.answer(from, n.provenStatus()) // the sender's epoch may end at it
		return nil
	case m.Epoch > n.members.Epoch || n.mistake.On(planted.NoRetransmission):
		return nil
	}
	return n.repeatMissing(from, m)
}

// repeatMissing sends a replica of the same epoch the NEW-VIEW and the votes
// that it has missed.
func (n *Node) repeatMissing(from ReplicaID, m *Status) error {
	p := n.peer(from)
	if n.newView != nil && !p.newView && (m.View < n.view || m.View == n.view && !m.Active) {
		p.newView = true
		n.answer(from, n.newView)
	}
	if p.served >= maxServed {
		return RefusedLimit
	}
	p.served++
	if n.viewRunning() && m.Active && m.View == n.view {
		n.repeatVotes(from, m.Executed)
	}
	n.repeatExecuted(from, m)
	return nil
}

// adoptProven adopts a proven checkpoint above the own one. It returns false if
// the proof is invalid.
func (n *Node) adoptProven(c *ExecutionCertificate) bool {
	if c == nil || c.Header.Seq <= n.low.Header.Seq {
		return true
	}
	if c.Header.Epoch > n.members.Epoch {
		return true // the snapshot will prove the later epoch
	}
	if n.validStable(c) != nil {
		return false
	}
	n.adopt(*c)
	return true
}

// repeatVotes sends the own votes of the current view above the number that the
// receiver has executed. The primary adds its proposals.
func (n *Node) repeatVotes(to ReplicaID, executed uint64) {
	for seq := executed + 1; seq <= executed+maxRepeats; seq++ {
		s := n.slots[seq]
		if s == nil {
			continue
		}
		if b, here := s.bodyOfAccepted(); here && n.isPrimary() {
			n.send(&PrePrepare{Proposal: *s.accepted, Batch: b}, to)
		}
		if v := s.prepares[n.id]; v != nil {
			n.send(v, to)
		}
		if v := s.commits[n.id]; v != nil {
			n.send(v, to)
		}
	}
}

// bodyOfAccepted returns the body of the view's proposal and whether it is
// here.
func (s *slot) bodyOfAccepted() (*Batch, bool) {
	if s.accepted == nil {
		return nil, false
	}
	return s.body(s.accepted.Digest)
}

// repeatExecuted sends the own EXECUTED statements from the receiver's first
// missing certificate on, and those of later checkpoints, which may be far
// above.
func (n *Node) repeatExecuted(to ReplicaID, m *Status) {
	for seq := m.Certified + 1; seq <= min(m.Certified+maxRepeats, n.executed); seq++ {
		if s := n.slots[seq]; s != nil && s.executed[n.id] != nil {
			n.send(s.executed[n.id], to)
		}
	}
	k := n.genesis.Checkpoint
	for seq := (m.Stable/k + 1) * k; seq <= n.executed; seq += k {
		if s := n.slots[seq]; s != nil && s.executed[n.id] != nil && seq > m.Certified+maxRepeats {
			n.send(s.executed[n.id], to)
		}
	}
	if n.installed > m.Stable && n.installed > m.Executed {
		return // the receiver fetches the state; the votes below it are gone
	}
	if n.installed > m.Stable {
		n.send(n.provenStatus(), to)
	}
}
