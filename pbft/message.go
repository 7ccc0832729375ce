package pbft

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/pbft/internal/wire"
)

// Message is one of the types in this file. A message is immutable once it has been handed to anybody.
type Message interface {
	// Kind is the message's type on the wire.
	Kind() Kind
	append(b []byte) []byte
}

// Forward carries client requests to a replica: from a client, or from a backup to its primary.
type Forward struct{ Requests []Request }

// PrePrepare is the primary's proposal with its body; a nil Batch is the null batch.
type PrePrepare struct {
	Proposal
	Batch *Batch
}

// Vote is a PREPARE, COMMIT or EXECUTED statement. In an EXECUTED the view is zero and Digest is the header's.
type Vote struct {
	Type             Kind
	Epoch, View, Seq uint64
	Digest           Digest
	Replica          ReplicaID
	Signature        Signature
}

// ViewChange asks for view View. Stable proves the sender's last checkpoint (Header.Seq 0 and no endorsement mean
// genesis) and Prepared holds, for each later number that the sender prepared in any view, the certificate of the
// highest such view, in ascending order of Seq.
type ViewChange struct {
	Epoch, View uint64
	Stable      ExecutionCertificate
	Prepared    []PreparedCertificate
	Replica     ReplicaID
	Signature   Signature
}

// NewView starts view View. Proposals must be exactly what [SelectProposals] makes of ViewChanges.
type NewView struct {
	Epoch, View uint64
	ViewChanges []*ViewChange // ascending by Replica
	Proposals   []Proposal    // ascending by Seq, without gaps
	Signature   Signature     // of the view's primary
}

// Status tells the others how far a replica has got, so that they can repeat what it lacks. It carries no signature:
// all it can provoke is a bounded answer to its sender, whom the transport has authenticated.
type Status struct {
	Epoch, View uint64
	Active      bool   // false while waiting for the view to start
	Stable      uint64 // last checkpoint it can prove
	Executed    uint64 // last batch it has executed
	Certified   uint64 // last batch up to which it holds every execution certificate
	Observer    bool   // restarted without its memory, see Config.Restarted
	// Checkpoint proves Stable when an observer has asked for it.
	Checkpoint *ExecutionCertificate
}

// Fetch asks one replica for what is missing: bodies by digest, committed batches from a number on, or a part of the
// last stable checkpoint.
type Fetch struct {
	Epoch    uint64
	Bodies   []Digest
	Blocks   uint64 // first number wanted; 0 for none
	Snapshot uint64 // at least this checkpoint; 0 for none
	Chunk    uint32
}

// Bodies answers Fetch.Bodies.
type Bodies struct{ Batches []*Batch }

// OrderedBatch is a batch and the proof of its place.
type OrderedBatch struct {
	Certificate OrderCertificate
	Batch       *Batch
}

// Blocks answers Fetch.Blocks in ascending order without gaps.
type Blocks struct{ Ordered []OrderedBatch }

// Snapshot answers Fetch.Snapshot with one chunk and everything needed to believe it: the chain of epochs, the
// checkpoint's certificate and the chunk's place in the Merkle tree under Header.SnapshotRoot.
type Snapshot struct {
	Certificate ExecutionCertificate
	Epochs      []EpochProof
	Chunk       uint32
	Chunks      uint32
	Path        []Digest
	Data        []byte
}

// Kind implements [Message].
func (*Forward) Kind() Kind { return KindRequest }

// Kind implements [Message].
func (*PrePrepare) Kind() Kind { return KindPrePrepare }

// Kind implements [Message].
func (v *Vote) Kind() Kind { return v.Type }

// Kind implements [Message].
func (*ViewChange) Kind() Kind { return KindViewChange }

// Kind implements [Message].
func (*NewView) Kind() Kind { return KindNewView }

// Kind implements [Message].
func (*Status) Kind() Kind { return KindStatus }

// Kind implements [Message].
func (*Fetch) Kind() Kind { return KindFetch }

// Kind implements [Message].
func (*Bodies) Kind() Kind { return KindBodies }

// Kind implements [Message].
func (*Blocks) Kind() Kind { return KindBlocks }

// Kind implements [Message].
func (*Snapshot) Kind() Kind { return KindSnapshot }

// Kind implements [Message].
func (*Evidence) Kind() Kind { return KindEvidence }

func (v *Vote) statement(chain Digest) []byte {
	return statement{kind: v.Type, chain: chain, epoch: v.Epoch, view: v.View, seq: v.Seq, digest: v.Digest, replica: v.Replica}.bytes()
}

// statement binds every field but the signature by way of the encoding's hash.
func (m *ViewChange) statement(chain Digest) []byte {
	return statement{
		kind: KindViewChange, chain: chain, epoch: m.Epoch, view: m.View, seq: m.Stable.Header.Seq,
		digest: m.digest(), replica: m.Replica,
	}.bytes()
}

func (m *ViewChange) digest() Digest { return hash(hashViewChange, m.appendBody(nil)) }

func (m *NewView) statement(chain Digest, primary ReplicaID) []byte {
	return statement{
		kind: KindNewView, chain: chain, epoch: m.Epoch, view: m.View,
		digest: hash(hashNewView, m.appendBody(nil)), replica: primary,
	}.bytes()
}

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
	m := &Forward{Requests: make([]Request, r.Count(maxBatchRequests, requestOverhead))}
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
