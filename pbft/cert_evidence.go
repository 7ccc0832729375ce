package pbft

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// Evidence proves that a replica violated the protocol. It holds two statements
// with the replica's signature that agree in type, epoch, view and number and
// differ in their digests. Every holder of the epoch's membership can verify
// it.
//
// For example, a primary that proposes batch A to two backups and batch B to a
// third, both as number 7 of view 0, is convicted by the two proposals.
type Evidence struct {
	Type             Kind // KindPrePrepare, KindPrepare, KindCommit or KindExecuted
	Epoch, View, Seq uint64
	Replica          ReplicaID
	Digests          [2]Digest
	Signatures       [2]Signature // of Replica, under the statements with Digests[0] and Digests[1]
}

// ErrEvidence is wrapped by every error about invalid evidence.
var ErrEvidence = errors.New("pbft: evidence not valid")

// Verify checks both signatures and that the two statements contradict each
// other. m is the set of the evidence's epoch.
func (e *Evidence) Verify(v Verifier, chain Digest, m Membership) error {
	key, member := m.Key(e.Replica)
	switch {
	case e.Epoch != m.Epoch || !member:
		return fmt.Errorf("%w: replica %d is not a member of epoch %d", ErrEvidence, e.Replica, e.Epoch)
	case e.Type != KindPrePrepare && e.Type != KindPrepare && e.Type != KindCommit && e.Type != KindExecuted:
		return fmt.Errorf("%w: %s statements cannot contradict each other", ErrEvidence, e.Type)
	case e.Digests[0] == e.Digests[1]:
		return fmt.Errorf("%w: the statements agree", ErrEvidence)
	// Only the primary's proposals are binding. A backup that signs a proposal
	// violates nothing, since no replica accepts it.
	case e.Type == KindPrePrepare && m.Primary(e.View) != e.Replica:
		return fmt.Errorf("%w: replica %d is not the primary of view %d", ErrEvidence, e.Replica, e.View)
	}
	for i := range e.Digests {
		st := statement{
			kind: e.Type, chain: chain, epoch: e.Epoch, view: e.View, seq: e.Seq, digest: e.Digests[i],
			replica: e.Replica,
		}
		if !v.Verify(Signed{Key: key, Message: st.bytes(), Signature: e.Signatures[i]}) {
			return fmt.Errorf("%w: signature %d of replica %d", ErrEvidence, i, e.Replica)
		}
	}
	return nil
}

func (e *Evidence) code(c *codec.Coder) {
	c.Byte((*byte)(&e.Type))
	c.Uint64(&e.Epoch)
	c.Uint64(&e.View)
	c.Uint64(&e.Seq)
	c.Uint32((*uint32)(&e.Replica))
	for i := range e.Digests {
		c.Fixed(e.Digests[i][:])
		c.Fixed(e.Signatures[i][:])
	}
}
