package pbft

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft/internal/planted"
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

// replicatedState is the content of a checkpoint: everything that the next batch's execution depends on.
type replicatedState struct {
	members Membership
	change  *memberChange // planned and not in effect; nil for none
	clients clientTable
	app     []byte // the application's snapshot
}

func (s *replicatedState) code(c *codec.Coder) {
	s.members.code(c)
	codec.Pointer(c, &s.change, func(c *codec.Coder, change *memberChange) {
		c.Uint64(&change.at)
		change.next.code(c)
	})
	s.clients.code(c)
	c.Rest(&s.app)
}

// takeCheckpoint encodes the state after h and commits to it in h.SnapshotRoot.
func (n *Node) takeCheckpoint(h *Header) {
	replicated := replicatedState{members: n.members, change: n.change, clients: n.clients, app: n.app.Snapshot()}
	if n.mistake.On(planted.ClientsNotInSnapshot) {
		replicated.clients = newClientTable(n.genesis.ClientWindow)
	}
	b := codec.Encode(replicated.code)
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
	replicated := replicatedState{clients: newClientTable(n.genesis.ClientWindow)}
	if err := codec.DecodeShared(state, replicated.code); err != nil {
		return fmt.Errorf("pbft: checkpoint %d: %w", c.Header.Seq, err)
	}
	// The application may keep and change its snapshot, which is a part of state.
	if err := n.app.Restore(append([]byte(nil), replicated.app...)); err != nil {
		return fmt.Errorf("pbft: checkpoint %d: %w", c.Header.Seq, err)
	}
	if n.app.Root() != c.Header.StateRoot {
		return fmt.Errorf("pbft: checkpoint %d: %w", c.Header.Seq, errRestoredRoot)
	}
	if replicated.members.Epoch != n.members.Epoch {
		n.enterEpoch(replicated.members)
	}
	n.epochs, n.change, n.clients = epochs, replicated.change, replicated.clients
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
