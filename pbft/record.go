package pbft

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// Record is one thing a replica must not forget, written before the message that depends on it is sent. Exactly one of
// the pointers is set.
type Record struct {
	Asked     *AskedRecord          // before the VIEW-CHANGE
	Entered   *NewView              // before the first vote in the view
	Accepted  *PrePrepare           // before the PREPARE, or the primary's own PRE-PREPARE
	Prepared  *PreparedCertificate  // before the COMMIT
	Committed *OrderCertificate     // so that a restart continues where it stopped
	Body      *Batch                // of a batch that was fetched after it was committed at BodySeq
	BodySeq   uint64                //
	Low       *ExecutionCertificate // a later checkpoint is known than the one held
	Stable    *StableRecord         // makes every earlier record up to its number superfluous
}

// Seq returns the number after which a stable checkpoint makes r superfluous, and false for the records about
// views and checkpoints, of which only the latest matters.
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

// AskedRecord says that the replica has left all views below View.
type AskedRecord struct{ Epoch, View uint64 }

// StableRecord is a stable checkpoint with its state and the chain of epochs that leads to it.
type StableRecord struct {
	Certificate ExecutionCertificate
	Epochs      []EpochProof
	State       []byte
}

// ErrRecord is wrapped by the reason why bytes are not a record.
var ErrRecord = errors.New("pbft: malformed record")

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

// EncodeRecord returns the canonical encoding of r: its kind in one byte, and then the content. It panics if r is
// empty.
func EncodeRecord(r Record) []byte { return codec.Encode(r.code) }

// DecodeRecord reads exactly one record and rejects every other input. Byte strings in the result alias b, which must
// not change afterwards.
func DecodeRecord(b []byte) (Record, error) {
	var r Record
	if err := codec.DecodeShared(b, r.code); err != nil {
		return r, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return r, nil
}

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

func (r *Record) code(c *codec.Coder) {
	var kind byte
	if !c.Reading() {
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

// place returns *p, which a reader allocates first.
func place[T any](c *codec.Coder, p **T) *T {
	if c.Reading() {
		*p = new(T)
	}
	return *p
}

// maxState bounds the state of a checkpoint in a record, in bytes.
const maxState = 1 << 30

func (s *StableRecord) code(c *codec.Coder) {
	s.Certificate.code(c)
	codeEpochProofs(c, &s.Epochs)
	c.Bytes(&s.State, maxState)
}
