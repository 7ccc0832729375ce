package pbft

import (
	"maps"
	"slices"

	"github.com/trigrid/trigrid/internal/planted"
)

// fetchBodies requests the batches that this replica must vote on or execute
// and does not hold. It sends to all members, because at least f+1 correct ones
// hold every batch that was prepared anywhere.
func (n *Node) fetchBodies() {
	var missing []Digest
	for _, s := range n.sortedSlots() {
		if s.accepted != nil && s.wants(s.accepted.Digest) {
			missing = append(missing, s.accepted.Digest)
		}
		// After a view change, a slot can be committed with another digest than
		// the current proposal's.
		if s.order != nil && s.wants(s.order.Digest) && (s.accepted == nil || s.accepted.Digest != s.order.Digest) {
			missing = append(missing, s.order.Digest)
		}
	}
	if len(missing) > 0 {
		n.broadcast(&Fetch{Epoch: n.members.Epoch, Bodies: missing[:min(len(missing), maxRepeats)]})
	}
}

// stepFetch sends the requested data within the sender's allowance. If the
// requested blocks are no longer here, the answer is the first chunk of the
// last stable checkpoint.
func (n *Node) stepFetch(from ReplicaID, m *Fetch) error {
	if p := n.peer(from); p.served >= maxServed {
		return RefusedLimit
	}
	if len(m.Bodies) > 0 && m.Epoch == n.members.Epoch {
		n.serveBodies(from, m.Bodies)
	}
	if m.Blocks > 0 && (m.Epoch != n.members.Epoch || !n.serveBlocks(from, m.Blocks)) && m.Blocks <= n.installed {
		n.serveSnapshot(from, n.checkpoints[n.installed], 0, m.Epoch)
	}
	if m.Snapshot > 0 && m.Snapshot <= n.installed {
		cp, exact := n.heldCheckpoint(from, m.Snapshot)
		chunk := m.Chunk
		if !exact {
			chunk = 0
		}
		n.serveSnapshot(from, cp, chunk, m.Epoch)
	}
	return nil
}

// serveBodies sends the wanted batches that are here, up to about maxAnswer
// bytes. Bodies are searched in all slots, since the receiver may want one for
// another view's proposal.
func (n *Node) serveBodies(to ReplicaID, wanted []Digest) {
	var found []*Batch
	size := 0
	for _, seq := range slices.Sorted(maps.Keys(n.slots)) {
		s := n.slots[seq]
		for _, d := range wanted[:min(len(wanted), maxRepeats)] {
			if b := s.bodies[d]; b != nil && size < maxAnswer {
				found = append(found, b)
				size += b.size()
			}
		}
	}
	if len(found) > 0 {
		n.answer(to, &Bodies{Batches: found})
	}
}

// maxAnswer is the size in bytes at which an answer ends. The last element may
// exceed it.
const maxAnswer = 1 << 20

// serveBlocks sends committed batches from a number on. It returns true if it
// holds the first one.
func (n *Node) serveBlocks(to ReplicaID, from uint64) bool {
	var out []OrderedBatch
	size := 0
	for seq := from; seq <= n.executed && size < maxAnswer; seq++ {
		s := n.slots[seq]
		if s == nil || s.order == nil {
			break
		}
		b, here := s.body(s.order.Digest)
		if !here {
			break
		}
		out = append(out, OrderedBatch{Certificate: *s.order, Batch: b})
		if b != nil {
			size += b.size()
		}
	}
	return len(out) > 0 && n.answer(to, &Blocks{Ordered: out}) || len(out) > 0
}

// stepBodies takes the missing batches among the received ones. It recomputes
// their digests.
func (n *Node) stepBodies(m *Bodies) error {
	used := false
	for _, b := range m.Batches {
		if b == nil {
			continue
		}
		d := b.Digest()
		for _, s := range n.sortedSlots() {
			if s.wants(d) {
				s.bodies[d] = b
				n.poolRequests(b)
				// The proposal was recorded without its body, so the record is
				// repeated with it.
				if s.accepted != nil && s.accepted.Digest == d {
					n.record(Record{Accepted: &PrePrepare{Proposal: *s.accepted, Batch: b}})
				}
				n.progress(s)
				used = true
			}
		}
	}
	if !used {
		return RefusedUnasked
	}
	return nil
}

// stepBlocks executes committed batches and requests more if the sender has
// more.
func (n *Node) stepBlocks(from ReplicaID, m *Blocks) error {
	before := n.executed
	for i := range m.Ordered {
		if err := n.takeBlock(&m.Ordered[i], before+1+uint64(i)); err != nil {
			return err
		}
	}
	if n.executed == before {
		return RefusedUnasked
	}
	if p := n.peer(from); p.known && p.status.Executed > n.executed {
		n.send(&Fetch{Epoch: n.members.Epoch, Blocks: n.executed + 1}, from)
	}
	return nil
}

// takeBlock commits one batch by its order certificate and executes it. want is
// the number that follows without a gap.
func (n *Node) takeBlock(o *OrderedBatch, want uint64) error {
	seq := o.Certificate.Seq
	switch {
	case seq != want && seq > n.executed:
		return RefusedProof
	// Already executed, or no longer executable: not a fault of the sender.
	case seq <= n.executed || n.diverged != nil:
		return nil
	case seq > n.executed+n.genesis.Window:
		return RefusedWindow
	case o.Batch.Digest() != o.Certificate.Digest && !n.mistake.On(planted.BodyDigestTrusted):
		return RefusedDigest
	case o.Certificate.Verify(n.verifier, n.chain, n.members) != nil:
		return RefusedProof
	}
	s := n.slot(seq)
	if s.order == nil {
		n.commit(s, &o.Certificate)
	}
	if o.Batch != nil {
		s.bodies[o.Certificate.Digest] = o.Batch
		n.record(Record{Body: o.Batch, BodySeq: seq})
	}
	n.execute()
	return nil
}

// catchUp requests the next missing data from one replica that is ahead. The
// heartbeat calls it if nothing was executed since the last one; each call uses
// another replica, so one silent or faulty replica costs one heartbeat.
func (n *Node) catchUp() {
	var helpers []ReplicaID
	for _, id := range slices.Sorted(maps.Keys(n.peers)) {
		p := n.peers[id]
		if id != n.id && p.known && (p.status.Executed > n.executed || p.status.Epoch > n.members.Epoch || n.diverged != nil) {
			helpers = append(helpers, id)
		}
	}
	lost := n.leftBehind()
	// The members that are ahead have not sent a status yet.
	if len(helpers) == 0 && lost {
		for _, m := range n.members.Members {
			if m.ID != n.id {
				helpers = append(helpers, m.ID)
			}
		}
	}
	if len(helpers) == 0 {
		return
	}
	n.rotation++
	to := helpers[n.rotation%len(helpers)]
	f := &Fetch{Epoch: n.members.Epoch, Blocks: n.executed + 1}
	// The certified state at the next checkpoint replaces the wrong one.
	if n.diverged != nil {
		k := n.genesis.Checkpoint
		f = &Fetch{Epoch: n.members.Epoch, Snapshot: (n.diverged.Seq + k - 1) / k * k}
	}
	if t := n.transfer; t != nil {
		n.repeatChunks(t, to)
		return
	}
	n.send(f, to)
}

// leftBehind reports whether the missing batches may no longer be fetched one
// by one: f+1 members have executed checkpoints above the window, or a
// certificate proves a state that is not here.
func (n *Node) leftBehind() bool {
	return len(n.ahead) >= n.members.Weak() || n.executed < n.low.Header.Seq || n.diverged != nil
}
