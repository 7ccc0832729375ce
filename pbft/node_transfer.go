package pbft

import (
	"cmp"
	"maps"
	"slices"

	"github.com/trigrid/trigrid/internal/planted"
)

// transfer is a snapshot on its way in. It is installed after every chunk was
// checked against the certificate, and the certificate against the epochs that
// lead to it.
//
// A transfer always ends. Its servers keep the checkpoint while it is fetched,
// so that newer checkpoints do not take it away. If no chunk arrives for a
// RequestTimeout all the same, for example because the servers have been
// restarted, the first chunk of a newer checkpoint replaces it.
type transfer struct {
	certificate ExecutionCertificate
	epochs      []EpochProof // from the genesis to members
	members     Membership   // proven so far; of the certificate's epoch before a chunk is kept
	total       uint32       // number of chunks
	chunks      map[uint32][]byte
	asked       uint32 // chunks below it are requested
	last        uint64 // tick of the last accepted chunk
}

// inFlight is the number of chunks that are requested and have not arrived. It
// is below maxServed, which leaves room for other answers.
const inFlight = 4

// missing returns the first chunks that have not arrived, at most count, from
// one on.
func (t *transfer) missing(from uint32, count int) []uint32 {
	var out []uint32
	for i := from; i < t.total && len(out) < count; i++ {
		if t.chunks[i] == nil {
			out = append(out, i)
		}
	}
	return out
}

// serveSnapshot sends one chunk of a stable checkpoint with its proof. epoch is
// the last one that the receiver has a proof of.
func (n *Node) serveSnapshot(to ReplicaID, cp *checkpoint, chunk uint32, epoch uint64) {
	if cp == nil || len(cp.certificate.Executed) == 0 {
		return
	}
	if int64(chunk) >= int64(len(cp.chunks)) {
		return
	}
	n.pin(to, cp)
	m := &Snapshot{
		Certificate: cp.certificate, Chunk: chunk, Chunks: uint32(len(cp.chunks)), Path: cp.tree.path(nil, int(chunk)),
		Data: cp.chunks[chunk].data(),
	}
	// The proofs of epochs are needed once per transfer.
	if chunk == 0 {
		m.Epochs = n.proofsAfter(epoch, cp.certificate.Header.Epoch)
	}
	n.answer(to, m)
}

// proofsAfter returns the proofs of the epochs after one that is proven, up to
// a last one and up to about maxAnswer bytes. The rest follows with the
// receiver's next Fetch. For example, 2000 changes of 4 members have two parts.
func (n *Node) proofsAfter(proven, last uint64) []EpochProof {
	size := 0
	var out []EpochProof
	for i := range n.epochs {
		e := &n.epochs[i]
		if e.Next.Epoch > proven && e.Next.Epoch <= last && size < maxAnswer {
			size += e.size()
			out = append(out, *e)
		}
	}
	return out
}

// stepSnapshot processes one chunk and requests the next one from its sender.
func (n *Node) stepSnapshot(from ReplicaID, m *Snapshot) error {
	seq := m.Certificate.Header.Seq
	useful := seq > n.executed || n.diverged != nil && seq >= n.diverged.Seq && seq > n.installed
	if !useful {
		n.dropOldTransfer()
		return RefusedUnasked
	}
	content, valid := validChunk(m)
	if !valid && !n.mistake.On(planted.SnapshotUnverified) {
		return RefusedProof
	}
	t, err := n.transferOf(m)
	if err != nil {
		return err
	}
	if t.members.Epoch < m.Certificate.Header.Epoch {
		n.send(&Fetch{Epoch: t.members.Epoch, Snapshot: seq}, from)
		return nil
	}
	t.chunks[m.Chunk], t.last = content, n.ticks
	if len(t.chunks) < int(t.total) {
		n.requestChunks(t, from)
		return nil
	}
	n.finishTransfer(t)
	return nil
}

// requestChunks keeps inFlight chunks requested. Each arrival requests the next
// one from its sender.
func (n *Node) requestChunks(t *transfer, from ReplicaID) {
	low := t.missing(0, 1)[0]
	// The rest of the window after the lowest missing chunk is requested
	// already.
	for _, i := range t.missing(max(low, t.asked), inFlight) {
		if i >= low+inFlight {
			return
		}
		n.send(&Fetch{Epoch: t.members.Epoch, Snapshot: t.certificate.Header.Seq, Chunk: i}, from)
		t.asked = i + 1
	}
}

// repeatChunks requests the first missing chunks again, from another replica.
func (n *Node) repeatChunks(t *transfer, from ReplicaID) {
	t.asked = 0
	if len(t.chunks) == 0 { // epochs come first
		n.send(&Fetch{Epoch: t.members.Epoch, Snapshot: t.certificate.Header.Seq}, from)
		return
	}
	n.requestChunks(t, from)
}

// pinTicks is the number of request timeouts for which a server keeps a
// checkpoint after a request for it. It is assumed.
const pinTicks = 10

// pin keeps a checkpoint for a replica that fetches it. f+1 replicas can have
// one each: f faulty ones cannot take the place of a correct one, and a correct
// one in use is not given up.
func (n *Node) pin(to ReplicaID, cp *checkpoint) {
	p := n.peer(to)
	p.pinned, p.pinTick = cp, n.ticks
	var holders []ReplicaID
	for _, id := range slices.Sorted(maps.Keys(n.peers)) {
		if q := n.peers[id]; q.pinned != nil {
			if n.ticks-q.pinTick > uint64(pinTicks*n.options.RequestTimeout) {
				q.pinned = nil
				continue
			}
			holders = append(holders, id)
		}
	}
	for len(holders) > n.members.Weak() {
		oldest := slices.MinFunc(holders, func(a, b ReplicaID) int { return cmp.Compare(n.peers[a].pinTick, n.peers[b].pinTick) })
		n.peers[oldest].pinned = nil
		holders = slices.DeleteFunc(holders, func(id ReplicaID) bool { return id == oldest })
	}
}

// heldCheckpoint returns the checkpoint with a number if it is here, and
// otherwise the newest one: a transfer that cannot be finished continues with
// that.
func (n *Node) heldCheckpoint(to ReplicaID, seq uint64) (cp *checkpoint, exact bool) {
	newest := n.checkpoints[n.installed]
	held := []*checkpoint{newest, n.previous, n.peer(to).pinned}
	for _, id := range slices.Sorted(maps.Keys(n.peers)) {
		held = append(held, n.peers[id].pinned)
	}
	for _, cp := range held {
		if cp != nil && len(cp.certificate.Executed) > 0 && cp.certificate.Header.Seq == seq {
			return cp, true
		}
	}
	return newest, false
}

// transferOf returns the transfer that a chunk continues. The first chunk of a
// later checkpoint starts a new one, if the current one makes no progress.
func (n *Node) transferOf(m *Snapshot) (*transfer, error) {
	t := n.transfer
	idle := t == nil || len(t.chunks) == 0 || n.ticks-t.last >= uint64(n.options.RequestTimeout)
	if n.mistake.On(planted.TransferKept) {
		idle = t == nil
	}
	if m.Chunk == 0 && idle && (t == nil || m.Certificate.Header.Seq > t.certificate.Header.Seq) {
		t, err := n.startTransfer(m)
		if err == nil {
			n.transfer = t
		}
		return t, err
	}
	if t == nil || t.certificate.Header != m.Certificate.Header || m.Chunks != t.total || t.chunks[m.Chunk] != nil {
		return nil, RefusedUnasked
	}
	if t.members.Epoch < t.certificate.Header.Epoch {
		return t, n.extend(t, m)
	}
	return t, nil
}

// validChunk checks the chunk's path to the root in the certificate and returns
// its part of the state, which is not nil.
func validChunk(m *Snapshot) (content []byte, valid bool) {
	digest, content, ok := readChunk(m.Data)
	if !ok {
		return []byte{}, false
	}
	root, ok := merkleVerify(digest, int(m.Chunk), int(m.Chunks), m.Path)
	return content, ok && sizedRoot(root, int(m.Chunks)) == m.Certificate.Header.SnapshotRoot
}

// startTransfer starts a transfer with its first message. It continues with the
// epochs that the current transfer has proven: requests name the last of them,
// and answers omit their proofs.
func (n *Node) startTransfer(m *Snapshot) (*transfer, error) {
	t := &transfer{
		certificate: m.Certificate, epochs: n.epochs, members: n.members, total: m.Chunks,
		chunks: map[uint32][]byte{}, last: n.ticks,
	}
	if old := n.transfer; old != nil && old.members.Epoch > t.members.Epoch {
		t.epochs, t.members = slices.Clip(old.epochs), old.members
	}
	return t, n.extend(t, m)
}

// extend verifies epochs towards the certificate's, at least one unless that is
// reached, and then the certificate.
func (n *Node) extend(t *transfer, m *Snapshot) error {
	before := t.members.Epoch
	for i := range m.Epochs {
		e := m.Epochs[i]
		if e.Next.Epoch <= t.members.Epoch {
			continue
		}
		if e.Verify(n.verifier, n.chain, t.members) != nil && !n.mistake.On(planted.EpochProofTrusted) {
			return RefusedProof
		}
		t.members = e.Next
		if len(t.epochs) == len(n.epochs) {
			t.epochs = slices.Clip(t.epochs) // the node's own proofs are shared with its records
		}
		t.epochs = append(t.epochs, e)
	}
	if last := m.Certificate.Header.Epoch; before < t.members.Epoch && t.members.Epoch < last {
		return nil // the rest comes with the next message
	}
	if m.Certificate.Verify(n.verifier, n.chain, t.members) != nil || m.Certificate.Header.Seq%n.genesis.Checkpoint != 0 {
		if !n.mistake.On(planted.SnapshotUnverified) {
			return RefusedProof
		}
	}
	return nil
}

// dropOldTransfer ends a transfer that execution has overtaken.
func (n *Node) dropOldTransfer() {
	if n.transfer != nil && n.transfer.certificate.Header.Seq <= n.executed && n.diverged == nil {
		n.transfer = nil
	}
}

// finishTransfer installs the state and continues to execute after it.
func (n *Node) finishTransfer(t *transfer) {
	n.transfer = nil
	var state []byte
	for i := range t.total {
		state = append(state, t.chunks[i]...)
	}
	c := t.certificate
	if err := n.restore(c, t.epochs, state); err != nil {
		if n.mistake.On(planted.SnapshotUnverified) {
			return
		}
		// Q members certified the bytes, so the fault is in the application of
		// this machine.
		n.diverged = nil
		n.diverge(c.Header.Seq, n.app.Root(), c.Header.StateRoot)
		return
	}
	n.diverged = nil
	// After a divergence the checkpoint may not be above the installed one,
	// which is wrong.
	n.installed = min(n.installed, c.Header.Seq-1)
	for seq := range n.slots {
		if seq <= c.Header.Seq {
			delete(n.slots, seq)
		}
	}
	n.stabilise(c)
	n.pool.prune(n.clients.fresh)
	n.timer = timer{}
	n.armTimer()
	n.execute()
}
