package pbft

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/pbft/internal/wire"
)

// ErrMessage is wrapped by the reason why bytes are not a message.
var ErrMessage = errors.New("pbft: malformed message")

// EncodeMessage returns the canonical encoding of m.
func EncodeMessage(m Message) []byte {
	return m.append([]byte{byte(m.Kind())})
}

// DecodeMessage reads exactly one message and refuses every other input, including a message with bytes after it.
// Byte strings in the result alias b, which must not change afterwards. No signature is checked.
func DecodeMessage(b []byte) (Message, error) {
	r := wire.NewReader(b)
	kind := Kind(r.Byte())
	var m Message
	switch kind {
	case KindRequest:
		m = readForward(r)
	case KindPrePrepare:
		p := &PrePrepare{}
		p.Proposal.read(r)
		p.Batch = readBatch(r)
		m = p
	case KindPrepare, KindCommit, KindExecuted:
		m = readVote(r, kind)
	case KindViewChange:
		m = readViewChange(r)
	case KindNewView:
		m = readNewView(r)
	case KindStatus:
		m = readStatus(r)
	case KindFetch:
		m = readFetch(r)
	case KindBodies:
		x := &Bodies{Batches: make([]*Batch, r.Count(maxWindow, 1))}
		for i := range x.Batches {
			x.Batches[i] = readBatch(r)
		}
		m = x
	case KindBlocks:
		x := &Blocks{Ordered: make([]OrderedBatch, r.Count(maxWindow, 61))}
		for i := range x.Ordered {
			x.Ordered[i].Certificate.read(r)
			x.Ordered[i].Batch = readBatch(r)
		}
		m = x
	case KindSnapshot:
		m = readSnapshot(r)
	case KindEvidence:
		m = readEvidence(r)
	default:
		return nil, fmt.Errorf("%w: unknown kind %d", ErrMessage, byte(kind))
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMessage, kind, err)
	}
	return m, nil
}

func (m *Forward) append(b []byte) []byte {
	b = wire.AppendUint32(b, uint32(len(m.Requests)))
	for i := range m.Requests {
		b = m.Requests[i].append(b)
	}
	return b
}

func readForward(r *wire.Reader) *Forward {
	m := &Forward{Requests: make([]Request, r.Count(maxBatchRequests, RequestOverhead))}
	for i := range m.Requests {
		m.Requests[i].read(r)
	}
	return m
}

func (m *PrePrepare) append(b []byte) []byte { return appendBatch(m.Proposal.append(b), m.Batch) }

func (v *Vote) append(b []byte) []byte {
	b = wire.AppendUint64(b, v.Epoch)
	b = wire.AppendUint64(b, v.View)
	b = wire.AppendUint64(b, v.Seq)
	b = append(b, v.Digest[:]...)
	b = wire.AppendUint32(b, uint32(v.Replica))
	return append(b, v.Signature[:]...)
}

func readVote(r *wire.Reader, kind Kind) *Vote {
	v := &Vote{Type: kind, Epoch: r.Uint64(), View: r.Uint64(), Seq: r.Uint64()}
	r.Fixed(v.Digest[:])
	v.Replica = ReplicaID(r.Uint32())
	r.Fixed(v.Signature[:])
	return v
}

func (m *ViewChange) appendBody(b []byte) []byte {
	b = wire.AppendUint64(b, m.Epoch)
	b = wire.AppendUint64(b, m.View)
	b = m.Stable.append(b)
	b = wire.AppendUint32(b, uint32(len(m.Prepared)))
	for i := range m.Prepared {
		b = m.Prepared[i].append(b)
	}
	return wire.AppendUint32(b, uint32(m.Replica))
}

func (m *ViewChange) append(b []byte) []byte { return append(m.appendBody(b), m.Signature[:]...) }

func readViewChange(r *wire.Reader) *ViewChange {
	m := &ViewChange{Epoch: r.Uint64(), View: r.Uint64()}
	m.Stable.read(r)
	m.Prepared = make([]PreparedCertificate, r.Count(maxWindow, proposalSize+4))
	for i := range m.Prepared {
		m.Prepared[i].read(r)
	}
	m.Replica = ReplicaID(r.Uint32())
	r.Fixed(m.Signature[:])
	return m
}

func (m *NewView) appendBody(b []byte) []byte {
	b = wire.AppendUint64(b, m.Epoch)
	b = wire.AppendUint64(b, m.View)
	b = wire.AppendUint32(b, uint32(len(m.ViewChanges)))
	for _, vc := range m.ViewChanges {
		b = vc.append(b)
	}
	b = wire.AppendUint32(b, uint32(len(m.Proposals)))
	for i := range m.Proposals {
		b = m.Proposals[i].append(b)
	}
	return b
}

func (m *NewView) append(b []byte) []byte { return append(m.appendBody(b), m.Signature[:]...) }

func readNewView(r *wire.Reader) *NewView {
	m := &NewView{Epoch: r.Uint64(), View: r.Uint64()}
	m.ViewChanges = make([]*ViewChange, r.Count(maxMembers, 64))
	for i := range m.ViewChanges {
		m.ViewChanges[i] = readViewChange(r)
	}
	m.Proposals = make([]Proposal, r.Count(maxWindow, proposalSize))
	for i := range m.Proposals {
		m.Proposals[i].read(r)
	}
	r.Fixed(m.Signature[:])
	return m
}

func (m *Status) append(b []byte) []byte {
	for _, v := range []uint64{m.Epoch, m.View, m.Stable, m.Executed, m.Certified} {
		b = wire.AppendUint64(b, v)
	}
	b = wire.AppendBool(b, m.Active)
	b = wire.AppendBool(b, m.Observer)
	b = wire.AppendBool(b, m.Checkpoint != nil)
	if m.Checkpoint != nil {
		b = m.Checkpoint.append(b)
	}
	return b
}

func readStatus(r *wire.Reader) *Status {
	m := &Status{Epoch: r.Uint64(), View: r.Uint64(), Stable: r.Uint64(), Executed: r.Uint64(), Certified: r.Uint64()}
	m.Active, m.Observer = r.Bool(), r.Bool()
	if r.Bool() {
		m.Checkpoint = &ExecutionCertificate{}
		m.Checkpoint.read(r)
	}
	return m
}

func (m *Fetch) append(b []byte) []byte {
	b = wire.AppendUint64(b, m.Epoch)
	b = wire.AppendUint32(b, uint32(len(m.Bodies)))
	for i := range m.Bodies {
		b = append(b, m.Bodies[i][:]...)
	}
	b = wire.AppendUint64(b, m.Blocks)
	b = wire.AppendUint64(b, m.Snapshot)
	return wire.AppendUint32(b, m.Chunk)
}

func readFetch(r *wire.Reader) *Fetch {
	m := &Fetch{Epoch: r.Uint64()}
	m.Bodies = make([]Digest, r.Count(maxWindow, 32))
	for i := range m.Bodies {
		r.Fixed(m.Bodies[i][:])
	}
	m.Blocks, m.Snapshot, m.Chunk = r.Uint64(), r.Uint64(), r.Uint32()
	return m
}

func (m *Bodies) append(b []byte) []byte {
	b = wire.AppendUint32(b, uint32(len(m.Batches)))
	for _, x := range m.Batches {
		b = appendBatch(b, x)
	}
	return b
}

func (m *Blocks) append(b []byte) []byte {
	b = wire.AppendUint32(b, uint32(len(m.Ordered)))
	for i := range m.Ordered {
		b = appendBatch(m.Ordered[i].Certificate.append(b), m.Ordered[i].Batch)
	}
	return b
}

// maxEpochProofs bounds how many changes of membership a snapshot's receiver follows in one message.
const maxEpochProofs = 4096

func (m *Snapshot) append(b []byte) []byte {
	b = m.Certificate.append(b)
	b = wire.AppendUint32(b, uint32(len(m.Epochs)))
	for i := range m.Epochs {
		b = m.Epochs[i].append(b)
	}
	b = wire.AppendUint32(b, m.Chunk)
	b = wire.AppendUint32(b, m.Chunks)
	b = wire.AppendUint32(b, uint32(len(m.Path)))
	for i := range m.Path {
		b = append(b, m.Path[i][:]...)
	}
	return wire.AppendBytes(b, m.Data)
}

func readSnapshot(r *wire.Reader) *Snapshot {
	m := &Snapshot{}
	m.Certificate.read(r)
	m.Epochs = make([]EpochProof, r.Count(maxEpochProofs, 300))
	for i := range m.Epochs {
		m.Epochs[i].read(r)
	}
	m.Chunk, m.Chunks = r.Uint32(), r.Uint32()
	m.Path = make([]Digest, r.Count(64, 32))
	for i := range m.Path {
		r.Fixed(m.Path[i][:])
	}
	m.Data = r.Bytes(snapshotChunk)
	return m
}
