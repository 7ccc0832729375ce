package pbft

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/pbft/internal/planted"
	"github.com/trigrid/trigrid/pbft/internal/wire"
)

// checkpoint is the whole replicated state after some number: membership, client table and the application's snapshot.
type checkpoint struct {
	certificate ExecutionCertificate // empty until stable
	state       []byte
	paths       [][]Digest // of the state's chunks, once somebody has asked for one
}

// path returns the way from a chunk to the root, and how many chunks there are. Hashing the whole state for every chunk
// that anybody asks for would be an invitation.
func (c *checkpoint) path(chunk uint32) (path []Digest, chunks int, ok bool) {
	if c.paths == nil {
		_, c.paths = merklePaths(snapshotLeaves(c.state))
	}
	if int64(chunk) >= int64(len(c.paths)) {
		return nil, 0, false
	}
	return c.paths[chunk], len(c.paths), true
}

// snapshotChunk is the size in which checkpoints are hashed and transferred.
const snapshotChunk = 128 << 10

// takeCheckpoint encodes the state after h and commits to it in h.SnapshotRoot.
func (n *Node) takeCheckpoint(h *Header) {
	b := n.members.append(nil)
	b = wire.AppendBool(b, n.change != nil)
	if n.change != nil {
		b = wire.AppendUint64(b, n.change.at)
		b = n.change.next.append(b)
	}
	table := n.clients
	if n.mistake.On(planted.ClientsNotInSnapshot) {
		table = newClientTable(n.genesis.ClientWindow)
	}
	b = table.append(b)
	b = append(b, n.app.Snapshot()...)
	n.checkpoints[h.Seq] = &checkpoint{state: b}
	h.SnapshotRoot = snapshotRoot(b)
}

func snapshotLeaves(state []byte) []Digest {
	leaves := make([]Digest, 0, len(state)/snapshotChunk+1)
	for rest := state; ; rest = rest[snapshotChunk:] {
		if len(rest) <= snapshotChunk {
			return append(leaves, hash(hashLeaf, rest))
		}
		leaves = append(leaves, hash(hashLeaf, rest[:snapshotChunk]))
	}
}

func snapshotRoot(state []byte) Digest {
	leaves := snapshotLeaves(state)
	return sizedRoot(merkleRoot(leaves), len(leaves))
}

// restore makes the state the certified checkpoint's. epochs must lead to the certificate's epoch and both must be
// verified.
func (n *Node) restore(c ExecutionCertificate, epochs []EpochProof, state []byte) error {
	r := wire.NewReader(state)
	members := readMembership(r)
	var change *memberChange
	if r.Bool() {
		change = &memberChange{at: r.Uint64(), next: readMembership(r)}
	}
	clients := readClientTable(r, n.genesis.ClientWindow)
	if r.Err() != nil {
		return fmt.Errorf("pbft: checkpoint %d: %w", c.Header.Seq, r.Err())
	}
	if err := n.app.Restore(append([]byte(nil), r.Rest()...)); err != nil {
		return fmt.Errorf("pbft: checkpoint %d: %w", c.Header.Seq, err)
	}
	if n.app.Root() != c.Header.StateRoot {
		return fmt.Errorf("pbft: checkpoint %d: %w", c.Header.Seq, errRestoredRoot)
	}
	if members.Epoch != n.members.Epoch {
		n.enterEpoch(members)
	}
	n.epochs, n.change, n.clients = epochs, change, clients
	n.executed, n.last = c.Header.Seq, c.Header
	n.next = max(n.next, n.executed+1)
	clear(n.checkpoints)
	n.checkpoints[n.executed] = &checkpoint{state: state}
	return nil
}

var errRestoredRoot = errors.New("the application restored another state than the replicas have certified; its Snapshot, Restore and Root disagree")

// stabilise makes an executed checkpoint the low end of the window: its certificate replaces every message, vote and
// certificate up to it.
func (n *Node) stabilise(c ExecutionCertificate) {
	seq := c.Header.Seq
	cp := n.checkpoints[seq]
	if cp == nil || seq <= n.installed {
		return
	}
	cp.certificate = c
	n.previous = n.checkpoints[n.installed]
	n.installed = seq
	if seq > n.low.Header.Seq {
		n.low = c
	}
	n.certified = max(n.certified, seq)
	for s := range n.slots {
		if s <= seq {
			delete(n.slots, s)
		}
	}
	for s := range n.checkpoints {
		if s < seq {
			delete(n.checkpoints, s)
		}
	}
	for id, s := range n.ahead {
		if s <= n.low.Header.Seq {
			delete(n.ahead, id)
		}
	}
	if c.Header.NextMembers != c.Header.Members && n.change != nil {
		n.epochs = append(n.epochs[:len(n.epochs):len(n.epochs)], EpochProof{Certificate: c, Next: n.change.next})
		n.enterEpoch(n.change.next)
	}
	n.record(Record{Stable: &StableRecord{Certificate: c, Epochs: n.epochs, State: cp.state}})
	n.observerProgress()
}

// adopt takes over a verified certificate of a later checkpoint than the last one known. Where this replica has not
// executed that far, the window moves at once and the state follows by catching up.
func (n *Node) adopt(c ExecutionCertificate) {
	seq := c.Header.Seq
	if seq <= n.low.Header.Seq {
		return
	}
	if seq > n.executed {
		n.low = c
		for s := range n.slots {
			if s <= seq && s > n.executed+n.genesis.Window {
				delete(n.slots, s) // will come with the state
			}
		}
		n.record(Record{Low: &c})
		return
	}
	s := n.slots[seq]
	if s == nil || s.header == nil {
		return
	}
	if d := c.Header.Digest(); d != s.digest {
		n.diverge(seq, s.digest, d)
		return
	}
	if !s.certified {
		s.certified = true
		n.ready.Certified = append(n.ready.Certified, c)
	}
	n.stabilise(c)
}

// afterExecution settles a checkpoint whose certificate was known before its state.
func (n *Node) afterExecution(s *slot) {
	n.timerProgress()
	if s.seq != n.low.Header.Seq {
		return
	}
	if d := n.low.Header.Digest(); d != s.digest {
		n.diverge(s.seq, s.digest, d)
		return
	}
	s.certified = true
	n.ready.Certified = append(n.ready.Certified, n.low)
	n.stabilise(n.low)
}

// diverge stops this replica's votes: a strong quorum has executed the same batches to another state. Nothing is
// overwritten silently; the state is replaced only by a certified one, see transfer.go.
func (n *Node) diverge(seq uint64, own, certified Digest) {
	if n.diverged != nil {
		return
	}
	n.diverged = &Divergence{Seq: seq, Own: own, Certified: certified}
	n.ready.Diverged = append(n.ready.Diverged, *n.diverged)
}
