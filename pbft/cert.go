package pbft

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// ErrCertificate is wrapped by every reason why a certificate proves nothing.
var ErrCertificate = errors.New("pbft: certificate not valid")

// Endorsement is one replica's signature under the statement of the certificate it is part of.
type Endorsement struct {
	Replica   ReplicaID
	Signature Signature
}

// Proposal is a signed PRE-PREPARE without its body: primary(View) wants the batch with Digest at Seq.
type Proposal struct {
	Epoch, View, Seq uint64
	Digest           Digest
	Signature        Signature // of Membership.Primary(View)
}

// PreparedCertificate proves that no other digest can be prepared at the same view and number: the primary's proposal
// and Q−1 matching PREPAREs of distinct backups.
type PreparedCertificate struct {
	Proposal Proposal
	Prepares []Endorsement
}

// OrderCertificate proves the order of a batch: Q matching COMMITs. It says nothing about the state that executing
// the batch leads to; see [ExecutionCertificate].
type OrderCertificate struct {
	Epoch, View, Seq uint64
	Digest           Digest
	Commits          []Endorsement
}

// Header is what a replica asserts after executing batch Seq. Headers form a chain by Parent.
type Header struct {
	Chain        Digest // see Genesis.Chain
	Epoch        uint64
	Seq          uint64
	Parent       Digest // of header Seq−1; zero for the first
	Batch        Digest // the ordered batch, or NullDigest
	Time         int64  // Unix milliseconds, never decreasing along the chain
	StateRoot    Digest // Outcome.Root of the application
	ResultRoot   Digest // Merkle root over (client, number, result); zero where nothing was executed
	SnapshotRoot Digest // at a checkpoint, over the whole replicated state in chunks; zero elsewhere
	Members      Digest // the membership that executed this batch
	NextMembers  Digest // the membership of Seq+1
}

// Digest is the header's hash, which EXECUTED statements sign.
func (h *Header) Digest() Digest { return hash(hashHeader, codec.Encode(h.code)) }

// ExecutionCertificate proves the result of executing everything up to Header.Seq: Q signed EXECUTED statements. At a
// multiple of the checkpoint period it is also the proof that the checkpoint is stable.
type ExecutionCertificate struct {
	Header   Header
	Executed []Endorsement
}

// EpochProof hands trust from one epoch to the next: the old epoch's certificate of the last header of that epoch,
// whose NextMembers is the digest of Next.
type EpochProof struct {
	Certificate ExecutionCertificate
	Next        Membership
}

// countEndorsements checks that at least need distinct members of m other than excluded signed st. A certificate with
// even one bad, unknown or repeated endorsement is refused: correct replicas never build one.
func countEndorsements(v Verifier, m Membership, st statement, es []Endorsement, need int, excluded func(ReplicaID) bool) error {
	if len(es) < need || len(es) > m.Size() {
		return fmt.Errorf("%w: %s of %d has %d endorsements, needs %d", ErrCertificate, st.kind, st.seq, len(es), need)
	}
	signed := make([]Signed, len(es))
	for i, e := range es {
		key, member := m.Key(e.Replica)
		switch {
		case !member:
			return fmt.Errorf("%w: %d is not a member of epoch %d", ErrCertificate, e.Replica, m.Epoch)
		case i > 0 && es[i-1].Replica >= e.Replica:
			return fmt.Errorf("%w: endorsements are not in strictly ascending order of replica", ErrCertificate)
		case excluded != nil && excluded(e.Replica):
			return fmt.Errorf("%w: %s of replica %d does not count", ErrCertificate, st.kind, e.Replica)
		}
		st.replica = e.Replica
		signed[i] = Signed{Key: key, Message: st.bytes(), Signature: e.Signature}
	}
	for i, ok := range v.VerifyAll(signed) {
		if !ok {
			return fmt.Errorf("%w: %s signature of replica %d", ErrCertificate, st.kind, es[i].Replica)
		}
	}
	return nil
}

// Verify checks the certificate against the set of its epoch.
func (o *OrderCertificate) Verify(v Verifier, chain Digest, m Membership) error {
	if o.Epoch != m.Epoch {
		return fmt.Errorf("%w: epoch %d, want %d", ErrCertificate, o.Epoch, m.Epoch)
	}
	st := statement{kind: KindCommit, chain: chain, epoch: o.Epoch, view: o.View, seq: o.Seq, digest: o.Digest}
	return countEndorsements(v, m, st, o.Commits, m.Strong(), nil)
}

// Verify checks the proposal and the PREPAREs. The primary's own PREPARE does not count: its proposal is its vote.
func (p *PreparedCertificate) Verify(v Verifier, chain Digest, m Membership) error {
	q := &p.Proposal
	if err := q.Verify(v, chain, m); err != nil {
		return err
	}
	st := statement{kind: KindPrepare, chain: chain, epoch: q.Epoch, view: q.View, seq: q.Seq, digest: q.Digest}
	primary := m.Primary(q.View)
	return countEndorsements(v, m, st, p.Prepares, m.Strong()-1, func(id ReplicaID) bool { return id == primary })
}

// Verify checks the primary's signature.
func (p *Proposal) Verify(v Verifier, chain Digest, m Membership) error {
	if p.Epoch != m.Epoch {
		return fmt.Errorf("%w: epoch %d, want %d", ErrCertificate, p.Epoch, m.Epoch)
	}
	primary := m.Primary(p.View)
	key, _ := m.Key(primary)
	if !v.Verify(Signed{Key: key, Message: p.statement(chain, primary), Signature: p.Signature}) {
		return fmt.Errorf("%w: proposal not signed by replica %d, primary of view %d", ErrCertificate, primary, p.View)
	}
	return nil
}

func (p *Proposal) statement(chain Digest, primary ReplicaID) []byte {
	return statement{kind: KindPrePrepare, chain: chain, epoch: p.Epoch, view: p.View, seq: p.Seq, digest: p.Digest, replica: primary}.bytes()
}

// Verify checks the certificate against the set of its epoch. It is the whole of a light client's work for one header:
// right chain, right epoch, right set, Q distinct signers.
func (e *ExecutionCertificate) Verify(v Verifier, chain Digest, m Membership) error {
	h := &e.Header
	switch {
	case h.Chain != chain:
		return fmt.Errorf("%w: header of another chain", ErrCertificate)
	case h.Epoch != m.Epoch:
		return fmt.Errorf("%w: epoch %d, want %d", ErrCertificate, h.Epoch, m.Epoch)
	case h.Members != m.Digest():
		return fmt.Errorf("%w: header names another set for epoch %d", ErrCertificate, h.Epoch)
	}
	return countEndorsements(v, m, executedStatement(h, h.Digest()), e.Executed, m.Strong(), nil)
}

func executedStatement(h *Header, digest Digest) statement {
	return statement{kind: KindExecuted, chain: h.Chain, epoch: h.Epoch, seq: h.Seq, digest: digest}
}

// Verify checks that m's replicas handed over to p.Next.
func (p *EpochProof) Verify(v Verifier, chain Digest, m Membership) error {
	if err := p.Certificate.Verify(v, chain, m); err != nil {
		return err
	}
	if p.Next.Epoch != m.Epoch+1 || p.Next.Digest() != p.Certificate.Header.NextMembers {
		return fmt.Errorf("%w: header %d does not name this set for epoch %d", ErrCertificate, p.Certificate.Header.Seq, m.Epoch+1)
	}
	return nil
}

// VerifyEpochs walks proofs from m, one epoch after the other, and returns the last set it leads to.
func VerifyEpochs(v Verifier, chain Digest, m Membership, proofs []EpochProof) (Membership, error) {
	for i := range proofs {
		if err := proofs[i].Verify(v, chain, m); err != nil {
			return m, err
		}
		m = proofs[i].Next
	}
	return m, nil
}
