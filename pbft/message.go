package pbft

import "github.com/trigrid/trigrid/codec"

// Message is one of the types in this file, or [Evidence]. A message is immutable once it has been handed to anybody.
type Message interface {
	// Kind is the message's type on the wire.
	Kind() Kind
	code(c *codec.Coder)
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

func (m *ViewChange) digest() Digest { return hash(hashViewChange, codec.Encode(m.codeBody)) }

func (m *NewView) statement(chain Digest, primary ReplicaID) []byte {
	return statement{
		kind: KindNewView, chain: chain, epoch: m.Epoch, view: m.View,
		digest: hash(hashNewView, codec.Encode(m.codeBody)), replica: primary,
	}.bytes()
}
