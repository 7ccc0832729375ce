package pbft

import "github.com/trigrid/trigrid/codec"

// Message is one of the types in this file or [Evidence]. A message must not
// change after it was passed to a node, a transport or an encoder.
type Message interface {
	// Kind returns the message's type, the first byte of its encoding.
	Kind() Kind
	// code reads or writes the fields, without the kind.
	code(c *codec.Coder)
}

// Forward carries client requests to a replica, from a client or from a backup
// to the primary.
type Forward struct{ Requests []Request }

// PrePrepare is the primary's proposal with its body. A nil Batch is the null
// batch.
type PrePrepare struct {
	Proposal
	Batch *Batch
}

// Vote is a PREPARE, COMMIT or EXECUTED statement.
//
// In a PREPARE or COMMIT, Digest is the batch's. In an EXECUTED, View is 0 and
// Digest is the header's.
type Vote struct {
	Type             Kind
	Epoch, View, Seq uint64
	Digest           Digest
	Replica          ReplicaID
	Signature        Signature
}

// ViewChange is a member's statement that it has left all views below View.
// Stable proves its last checkpoint; Header.Seq 0 without endorsements stands
// for the genesis. Prepared holds, for each number above Stable that the sender
// has prepared, the certificate of the highest view, in ascending order of Seq.
type ViewChange struct {
	Epoch, View uint64
	Stable      ExecutionCertificate
	Prepared    []PreparedCertificate
	Replica     ReplicaID
	Signature   Signature
}

// NewView starts view View. A backup accepts it only if Proposals equals the
// result of [SelectProposals] for ViewChanges.
type NewView struct {
	Epoch, View uint64
	ViewChanges []*ViewChange // ascending by Replica
	Proposals   []Proposal    // ascending by Seq, without gaps
	Signature   Signature     // of the view's primary
}

// Status reports the progress of a replica, so that the others repeat the
// messages that it has missed. Its effect is a bounded answer to its sender,
// which the transport has authenticated, so that only an answer to an observer
// has a signature.
type Status struct {
	Epoch, View uint64
	Active      bool   // the sender's view has started
	Stable      uint64 // last checkpoint for which the sender has a certificate
	Executed    uint64 // last executed batch
	Certified   uint64 // every batch up to this one has its execution certificate
	Observer    bool   // restarted without its votes, see Config.Restarted
	// Checkpoint proves Stable in an answer to an observer or to a replica of
	// an earlier epoch. Otherwise it is nil.
	Checkpoint *ExecutionCertificate

	// Nonce is the observer's Config.Nonce, and is repeated in the answer.
	// Otherwise it is zero.
	Nonce Digest
	// Replica has signed the answer to an observer. Otherwise both are zero.
	Replica   ReplicaID
	Signature Signature
}

// Fetch requests missing data from one replica: bodies by digest, committed
// batches from a number on, or one chunk of a stable checkpoint.
type Fetch struct {
	Epoch    uint64
	Bodies   []Digest
	Blocks   uint64 // first number; 0 for none
	Snapshot uint64 // minimum number of the checkpoint; 0 for none
	Chunk    uint32 // index of the chunk, from 0
}

// Bodies answers Fetch.Bodies. The receiver recomputes each digest.
type Bodies struct{ Batches []*Batch }

// OrderedBatch is a batch with the proof of its number.
type OrderedBatch struct {
	Certificate OrderCertificate
	Batch       *Batch
}

// Blocks answers Fetch.Blocks, in ascending order without gaps.
type Blocks struct{ Ordered []OrderedBatch }

// Snapshot answers Fetch.Snapshot with one chunk and its proof: the
// checkpoint's certificate, the epochs that lead to it, and the chunk's path in
// the Merkle tree with root Header.SnapshotRoot.
type Snapshot struct {
	Certificate ExecutionCertificate
	Epochs      []EpochProof // with chunk 0 only
	Chunk       uint32       // index, from 0
	Chunks      uint32       // their number
	Path        []Digest
	Data        []byte // per item of the chunk its length in 4 bytes and its bytes, see node_chunks.go
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

// statement returns the signed bytes, which cover every other field.
func (v *Vote) statement(chain Digest) []byte {
	return statement{
		kind: v.Type, chain: chain, epoch: v.Epoch, view: v.View, seq: v.Seq, digest: v.Digest, replica: v.Replica,
	}.bytes()
}

// statement returns the signed bytes. They cover every other field through the
// hash of the encoding.
func (m *ViewChange) statement(chain Digest) []byte {
	return statement{
		kind: KindViewChange, chain: chain, epoch: m.Epoch, view: m.View, seq: m.Stable.Header.Seq,
		digest: m.digest(), replica: m.Replica,
	}.bytes()
}

// statement returns the signed bytes of an answer to an observer. They cover
// every other field through the hash of the encoding.
func (m *Status) statement(chain Digest) []byte {
	return statement{
		kind: KindStatus, chain: chain, epoch: m.Epoch, view: m.View, seq: m.Stable,
		digest: hash(hashStatus, codec.Encode(m.codeBody)), replica: m.Replica,
	}.bytes()
}

func (m *ViewChange) digest() Digest { return hash(hashViewChange, codec.Encode(m.codeBody)) }

// statement returns the signed bytes, with the view's primary as the signer.
func (m *NewView) statement(chain Digest, primary ReplicaID) []byte {
	return statement{
		kind: KindNewView, chain: chain, epoch: m.Epoch, view: m.View,
		digest: hash(hashNewView, codec.Encode(m.codeBody)), replica: primary,
	}.bytes()
}
