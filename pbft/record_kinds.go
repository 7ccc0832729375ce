package pbft

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// Record is one entry of a replica's log, which the replica writes before it
// sends the dependent message. Exactly one of the pointers is set.
type Record struct {
	Asked     *AskedRecord         // written before a VIEW-CHANGE
	Entered   *NewView             // before the first vote in the view
	Accepted  *PrePrepare          // before the PREPARE, or the primary's own PRE-PREPARE
	Prepared  *PreparedCertificate // before the COMMIT
	Committed *OrderCertificate    // lets a restart continue at the last committed number
	Body      *Batch               // a batch fetched after its number BodySeq was committed
	BodySeq   uint64
	Low       *ExecutionCertificate // certificate of a later checkpoint than the installed one
	Stable    *StableRecord         // supersedes all earlier records up to its number
}

// Seq returns the number of the record. A stable checkpoint at or above it
// supersedes the record. Seq returns false for records about views and
// checkpoints, of which only the latest of each kind matters.
func (r *Record) Seq() (uint64, bool) {
	switch {
	case r.Accepted != nil:
		return r.Accepted.Seq, true
	case r.Prepared != nil:
		return r.Prepared.Proposal.Seq, true
	case r.Committed != nil:
		return r.Committed.Seq, true
	case r.Body != nil:
		return r.BodySeq, true
	}
	return 0, false
}

// AskedRecord states that the replica has left all views below View.
type AskedRecord struct{ Epoch, View uint64 }

// StableRecord is a stable checkpoint with the state and the epochs that lead
// to it.
type StableRecord struct {
	Certificate ExecutionCertificate
	Epochs      []EpochProof // from the genesis, in ascending order
	State       StateParts   // membership, client table and the application's snapshot
}

// ErrRecord is wrapped by every error about bytes that are not a record.
var ErrRecord = errors.New("pbft: malformed record")

// Kinds of records, the first byte of the encoding.
const (
	recordAsked byte = iota + 1
	recordEntered
	recordAccepted
	recordPrepared
	recordCommitted
	recordBody
	recordLow
	recordStable
)

// EncodeRecord returns the canonical encoding of r: its kind in one byte, then
// its content. It panics if r is empty.
func EncodeRecord(r Record) []byte { return codec.Encode(r.code) }

// DecodeRecord decodes the output of [EncodeRecord] and rejects every other
// input. Byte strings in the result alias b, which must not change afterwards.
func DecodeRecord(b []byte) (Record, error) {
	var r Record
	if err := codec.DecodeShared(b, r.code); err != nil {
		return r, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return r, nil
}

// kind returns the kind of the pointer that is set.
func (r *Record) kind() byte {
	switch {
	case r.Asked != nil:
		return recordAsked
	case r.Entered != nil:
		return recordEntered
	case r.Accepted != nil:
		return recordAccepted
	case r.Prepared != nil:
		return recordPrepared
	case r.Committed != nil:
		return recordCommitted
	case r.Body != nil:
		return recordBody
	case r.Low != nil:
		return recordLow
	case r.Stable != nil:
		return recordStable
	}
	panic("pbft: empty record")
}

// code allocates the pointer of the kind that it reads.
func (r *Record) code(c *codec.Coder) {
	var kind byte
	if !c.Decoding() {
		kind = r.kind()
	}
	c.Byte(&kind)
	switch kind {
	case recordAsked:
		asked := place(c, &r.Asked)
		c.Uint64(&asked.Epoch)
		c.Uint64(&asked.View)
	case recordEntered:
		place(c, &r.Entered).code(c)
	case recordAccepted:
		place(c, &r.Accepted).code(c)
	case recordPrepared:
		place(c, &r.Prepared).code(c)
	case recordCommitted:
		place(c, &r.Committed).code(c)
	case recordBody:
		c.Uint64(&r.BodySeq)
		place(c, &r.Body).code(c)
	case recordLow:
		place(c, &r.Low).code(c)
	case recordStable:
		place(c, &r.Stable).code(c)
	default:
		c.Fail(fmt.Errorf("unknown kind %d", kind))
	}
}

// place returns *p. A reader allocates it first.
func place[T any](c *codec.Coder, p **T) *T {
	if c.Decoding() {
		*p = new(T)
	}
	return *p
}

// maxState bounds the state of a checkpoint in a record: 1 GiB.
const maxState = 1 << 30

func (s *StableRecord) code(c *codec.Coder) {
	s.Certificate.code(c)
	codeEpochProofs(c, &s.Epochs)
	if c.Decoding() {
		var state []byte
		c.Bytes(&state, maxState)
		s.State = NewStateParts(state)
		return
	}
	c.Count(s.State.Size(), maxState, 1)
	for part := range s.State.All() {
		c.Fixed(part)
	}
}
