package pbft

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/pbft/internal/wire"
)

// Evidence proves that a replica broke the protocol: two statements with its signature, of the same type, epoch, view
// and number, but of different digests. Anybody who knows the epoch's set can check it.
type Evidence struct {
	Type             Kind // KindPrePrepare, KindPrepare, KindCommit or KindExecuted
	Epoch, View, Seq uint64
	Replica          ReplicaID
	Digests          [2]Digest
	Signatures       [2]Signature
}

// ErrEvidence is wrapped by the reason why evidence proves nothing.
var ErrEvidence = errors.New("pbft: evidence not valid")

// Verify checks both signatures and that the statements contradict each other.
func (e *Evidence) Verify(v Verifier, chain Digest, m Membership) error {
	key, member := m.Key(e.Replica)
	switch {
	case e.Epoch != m.Epoch || !member:
		return fmt.Errorf("%w: replica %d is not a member of epoch %d", ErrEvidence, e.Replica, e.Epoch)
	case e.Type != KindPrePrepare && e.Type != KindPrepare && e.Type != KindCommit && e.Type != KindExecuted:
		return fmt.Errorf("%w: %s statements cannot contradict each other", ErrEvidence, e.Type)
	case e.Digests[0] == e.Digests[1]:
		return fmt.Errorf("%w: the statements agree", ErrEvidence)
	case e.Type == KindPrePrepare && m.Primary(e.View) != e.Replica:
		return fmt.Errorf("%w: replica %d is not the primary of view %d", ErrEvidence, e.Replica, e.View)
	}
	for i := range e.Digests {
		st := statement{kind: e.Type, chain: chain, epoch: e.Epoch, view: e.View, seq: e.Seq, digest: e.Digests[i], replica: e.Replica}
		if !v.Verify(Signed{Key: key, Message: st.bytes(), Signature: e.Signatures[i]}) {
			return fmt.Errorf("%w: signature %d of replica %d", ErrEvidence, i, e.Replica)
		}
	}
	return nil
}

func (e *Evidence) append(b []byte) []byte {
	b = append(b, byte(e.Type))
	b = wire.AppendUint64(b, e.Epoch)
	b = wire.AppendUint64(b, e.View)
	b = wire.AppendUint64(b, e.Seq)
	b = wire.AppendUint32(b, uint32(e.Replica))
	for i := range e.Digests {
		b = append(b, e.Digests[i][:]...)
		b = append(b, e.Signatures[i][:]...)
	}
	return b
}

func readEvidence(r *wire.Reader) *Evidence {
	e := &Evidence{Type: Kind(r.Byte()), Epoch: r.Uint64(), View: r.Uint64(), Seq: r.Uint64(), Replica: ReplicaID(r.Uint32())}
	for i := range e.Digests {
		r.Fixed(e.Digests[i][:])
		r.Fixed(e.Signatures[i][:])
	}
	return e
}
