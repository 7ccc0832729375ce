package pbft

import (
	"slices"

	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// transfer is a snapshot on its way in. It is installed after every chunk was checked against the
// certificate, and the certificate against the epochs that lead to it.
type transfer struct {
	certificate ExecutionCertificate
	epochs      []EpochProof // from the genesis to members
	members     Membership   // proven so far; of the certificate's epoch before the first chunk is kept
	total       uint32       // number of chunks
	chunks      [][]byte     // received so far, in order
}

// serveSnapshot sends one chunk of a stable checkpoint with its proof. epoch is the last one that
// the receiver has a proof of.
func (n *Node) serveSnapshot(to ReplicaID, cp *checkpoint, chunk uint32, epoch uint64) {
	if cp == nil || len(cp.certificate.Executed) == 0 {
		return
	}
	path, chunks, ok := cp.path(chunk)
	if !ok {
		return
	}
	lo := int(chunk) * snapshotChunk
	m := &Snapshot{
		Certificate: cp.certificate, Chunk: chunk, Chunks: uint32(chunks), Path: path,
		Data: cp.state[lo:min(lo+snapshotChunk, len(cp.state))],
	}
	// The proofs of epochs are needed once per transfer.
	if chunk == 0 {
		m.Epochs = n.proofsAfter(epoch, cp.certificate.Header.Epoch)
	}
	n.answer(to, m)
}

// proofsAfter returns the proofs of the epochs after one that is proven, up to a last one and up to
// about maxAnswer bytes. The receiver asks again for the rest. For example, with 4 members 2000
// changes of them have two parts.
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
	if !n.validChunk(m) && !n.mistake.On(planted.SnapshotUnverified) {
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
	t.chunks = append(t.chunks, m.Data)
	if len(t.chunks) < int(t.total) {
		n.send(&Fetch{Epoch: n.members.Epoch, Snapshot: seq, Chunk: uint32(len(t.chunks))}, from)
		return nil
	}
	n.finishTransfer(t)
	return nil
}

// transferOf returns the transfer that a chunk continues. The first chunk of a later checkpoint
// starts a new one.
func (n *Node) transferOf(m *Snapshot) (*transfer, error) {
	t := n.transfer
	if m.Chunk == 0 && (t == nil || m.Certificate.Header.Seq > t.certificate.Header.Seq) {
		t, err := n.startTransfer(m)
		if err == nil {
			n.transfer = t
		}
		return t, err
	}
	if t == nil || t.certificate.Header != m.Certificate.Header || m.Chunks != t.total || int(m.Chunk) != len(t.chunks) {
		return nil, RefusedUnasked
	}
	if t.members.Epoch < t.certificate.Header.Epoch {
		return t, n.extend(t, m)
	}
	return t, nil
}

// validChunk checks the chunk's path to the root in the certificate.
func (n *Node) validChunk(m *Snapshot) bool {
	root, ok := merkleVerify(hash(hashLeaf, m.Data), int(m.Chunk), int(m.Chunks), m.Path)
	return ok && sizedRoot(root, int(m.Chunks)) == m.Certificate.Header.SnapshotRoot
}

// startTransfer starts a transfer with its first message.
func (n *Node) startTransfer(m *Snapshot) (*transfer, error) {
	t := &transfer{certificate: m.Certificate, epochs: n.epochs, members: n.members, total: m.Chunks}
	return t, n.extend(t, m)
}

// extend verifies epochs towards the certificate's, at least one unless that is reached, and then
// the certificate.
func (n *Node) extend(t *transfer, m *Snapshot) error {
	before := t.members.Epoch
	for i := range m.Epochs {
		e := m.Epochs[i]
		if e.Next.Epoch <= t.members.Epoch {
			continue
		}
		if e.Verify(n.verifier, n.chain, t.members) != nil {
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
	for _, c := range t.chunks {
		state = append(state, c...)
	}
	c := t.certificate
	if err := n.restore(c, t.epochs, state); err != nil {
		if n.mistake.On(planted.SnapshotUnverified) {
			return
		}
		// Q members certified the bytes, so the fault is in the application of this machine.
		n.diverged = nil
		n.diverge(c.Header.Seq, n.app.Root(), c.Header.StateRoot)
		return
	}
	n.diverged = nil
	// After a divergence the checkpoint may not be above the installed one, which is wrong.
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
