package pbft

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/pbft/internal/wire"
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

// EncodeRecord returns the canonical encoding of r.
func EncodeRecord(r Record) []byte {
	switch {
	case r.Asked != nil:
		return wire.AppendUint64(wire.AppendUint64([]byte{recordAsked}, r.Asked.Epoch), r.Asked.View)
	case r.Entered != nil:
		return r.Entered.append([]byte{recordEntered})
	case r.Accepted != nil:
		return r.Accepted.append([]byte{recordAccepted})
	case r.Prepared != nil:
		return r.Prepared.append([]byte{recordPrepared})
	case r.Committed != nil:
		return r.Committed.append([]byte{recordCommitted})
	case r.Body != nil:
		return r.Body.append(wire.AppendUint64([]byte{recordBody}, r.BodySeq))
	case r.Low != nil:
		return r.Low.append([]byte{recordLow})
	case r.Stable != nil:
		b := r.Stable.Certificate.append([]byte{recordStable})
		b = wire.AppendUint32(b, uint32(len(r.Stable.Epochs)))
		for i := range r.Stable.Epochs {
			b = r.Stable.Epochs[i].append(b)
		}
		return wire.AppendBytes(b, r.Stable.State)
	}
	panic("pbft: empty record")
}

// DecodeRecord reads exactly one record and refuses every other input.
func DecodeRecord(b []byte) (Record, error) {
	in := wire.NewReader(b)
	var r Record
	switch kind := in.Byte(); kind {
	case recordAsked:
		r.Asked = &AskedRecord{Epoch: in.Uint64(), View: in.Uint64()}
	case recordEntered:
		r.Entered = readNewView(in)
	case recordAccepted:
		r.Accepted = &PrePrepare{}
		r.Accepted.Proposal.read(in)
		r.Accepted.Batch = readBatch(in)
	case recordPrepared:
		r.Prepared = &PreparedCertificate{}
		r.Prepared.read(in)
	case recordCommitted:
		r.Committed = &OrderCertificate{}
		r.Committed.read(in)
	case recordBody:
		r.BodySeq = in.Uint64()
		r.Body = readBatchBody(in)
	case recordLow:
		r.Low = &ExecutionCertificate{}
		r.Low.read(in)
	case recordStable:
		r.Stable = &StableRecord{}
		r.Stable.Certificate.read(in)
		r.Stable.Epochs = make([]EpochProof, in.Count(maxEpochProofs, 300))
		for i := range r.Stable.Epochs {
			r.Stable.Epochs[i].read(in)
		}
		r.Stable.State = in.Bytes(1 << 30)
	default:
		return r, fmt.Errorf("%w: unknown kind %d", ErrRecord, kind)
	}
	if err := in.Close(); err != nil {
		return r, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return r, nil
}
