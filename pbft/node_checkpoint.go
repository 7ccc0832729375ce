package pbft

import (
	"errors"
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/planted"
)

// checkpoint is the encoded replicated state after one number, see
// replicatedState. Checkpoints share the chunks that have not changed between
// them.
type checkpoint struct {
	certificate ExecutionCertificate // empty until the checkpoint is stable
	chunks      []chunk
	tree        merkleTree // over the chunks
}

// root returns the commitment to the state and to its number of chunks.
func (c *checkpoint) root() Digest { return sizedRoot(c.tree.root(), c.tree.size()) }

// state returns the encoded state.
func (c *checkpoint) state() StateParts {
	s := StateParts{make([][][]byte, len(c.chunks))}
	for i := range c.chunks {
		s.chunks[i] = c.chunks[i].items
	}
	return s
}

// replicatedState is the content of a checkpoint: all data on which later
// executions depend.
type replicatedState struct {
	members Membership
	change  *memberChange // planned and not in effect; nil for none
	clients clientTable
	app     []byte // the application's snapshot
}

func (s *replicatedState) code(c *codec.Coder) {
	s.codeMembers(c)
	s.clients.code(c)
	c.Rest(&s.app)
}

// codeMembers codes the set of replicas and the planned one.
func (s *replicatedState) codeMembers(c *codec.Coder) {
	s.members.code(c)
	codec.Pointer(c, &s.change, func(c *codec.Coder, change *memberChange) {
		c.Uint64(&change.at)
		change.next.code(c)
	})
}

// checkpoint returns the state in chunks of at most limit bytes. Together they
// are the encoding of code.
//
// Most of the work is done before: only entries of clients that have changed
// since the last checkpoint are encoded, and only their groups are hashed. The
// application's snapshot is hashed as a whole.
func (s *replicatedState) checkpoint(limit uint64) *checkpoint {
	c := chunker{limit: int(limit)}
	c.addLong(codec.Encode(func(c *codec.Coder) {
		s.codeMembers(c)
		s.clients.codeCount(c)
	}))
	s.clients.groups.each(func(g *clientGroups) { c.out = append(c.out, g.cut(c.limit)...) })
	c.addLong(s.app)
	return newCheckpoint(c.out)
}

// newCheckpoint returns a checkpoint without a certificate.
func newCheckpoint(chunks []chunk) *checkpoint {
	leaves := make([]Digest, len(chunks))
	for i := range chunks {
		leaves[i] = chunks[i].digest
	}
	return &checkpoint{chunks: chunks, tree: newMerkleTree(leaves)}
}

// takeCheckpoint encodes the state after h and commits to it in h.SnapshotRoot.
func (n *Node) takeCheckpoint(h *Header) {
	// The application may change its snapshot, and the checkpoint is served to
	// other replicas.
	app := slices.Clone(n.app.Snapshot())
	replicated := replicatedState{members: n.members, change: n.change, clients: n.clients, app: app}
	if n.mistake.On(planted.ClientsNotInSnapshot) {
		replicated.clients = newClientTable(n.genesis)
	}
	if n.mistake.On(planted.ChangeNotInSnapshot) {
		replicated.change = nil
	}
	cp := replicated.checkpoint(n.genesis.Chunk)
	n.checkpoints[h.Seq] = cp
	h.SnapshotRoot = cp.root()
}

// restore replaces the state by a certified checkpoint. The caller has verified
// c, and that epochs lead to its epoch.
func (n *Node) restore(c ExecutionCertificate, epochs []EpochProof, state []byte) error {
	replicated := replicatedState{clients: newClientTable(n.genesis)}
	if err := codec.DecodeShared(state, replicated.code); err != nil {
		return fmt.Errorf("pbft: checkpoint %d: %w", c.Header.Seq, err)
	}
	// The application may keep and change its snapshot.
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
	clear(n.checkpoints) // of the replaced state
	n.checkpoints[n.executed] = replicated.checkpoint(n.genesis.Chunk)
	return nil
}

// errRestoredRoot reports a fault of the application, since the bytes of the
// snapshot are certified.
var errRestoredRoot = errors.New("the restored application has another root than the certified state;" +
	" make its Snapshot, Restore and Root agree")

// stabilise makes an executed checkpoint the lower end of the window. Its
// certificate supersedes all messages, votes and certificates up to its number,
// so the slots are deleted. If the checkpoint ends its epoch, the next epoch
// begins.
//
// Source: Castro and Liskov, OSDI 1999, section 4.3.
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
	// A stable checkpoint certifies the execution of everything before it.
	n.certified = max(n.certified, seq)
	for s := range n.slots {
		if s <= seq {
			delete(n.slots, s) // the batch comes with the state
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
		// The slice is clipped, because earlier records and snapshots share its
		// array.
		n.epochs = append(n.epochs[:len(n.epochs):len(n.epochs)], EpochProof{Certificate: c, Next: n.change.next})
		n.enterEpoch(n.change.next)
	}
	n.record(Record{Stable: &StableRecord{Certificate: c, Epochs: n.epochs, State: cp.state()}})
	n.observerProgress()
}

// adopt takes over a verified certificate of a later checkpoint than low. If
// this replica has not executed that far, the window moves at once and the
// state follows through catchUp.
func (n *Node) adopt(c ExecutionCertificate) {
	seq := c.Header.Seq
	if seq <= n.low.Header.Seq {
		return
	}
	if seq > n.executed {
		n.low = c
		n.dropBelowLow()
		n.record(Record{Low: &c})
		return
	}
	// The number is executed here, so the certificate must match the header
	// that this replica computed.
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

// dropBelowLow deletes the numbers that will come with the state of the
// checkpoint low: those up to it that are more than a window above the executed
// one.
func (n *Node) dropBelowLow() {
	for s := range n.slots {
		if s <= n.low.Header.Seq && s > n.executed+n.genesis.Window {
			delete(n.slots, s)
		}
	}
}

// afterExecution completes a checkpoint whose certificate arrived before its
// number was executed here.
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

// diverge stops the votes of this replica: Q members executed the same batches
// to another state. Only a certified state replaces the own one, see
// node_transfer.go.
func (n *Node) diverge(seq uint64, own, certified Digest) {
	if n.diverged != nil {
		return
	}
	n.diverged = &Divergence{Seq: seq, Own: own, Certified: certified}
	n.ready.Diverged = append(n.ready.Diverged, *n.diverged)
}
