package pbft

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// ErrCertificate is wrapped by every error about an invalid certificate.
var ErrCertificate = errors.New("pbft: certificate not valid")

// Endorsement is one replica's signature under the statement of the certificate
// that contains it.
type Endorsement struct {
	Replica   ReplicaID
	Signature Signature
}

// Proposal is a signed PRE-PREPARE without its body: the primary of View
// proposes the batch with Digest for number Seq.
type Proposal struct {
	Epoch, View, Seq uint64
	Digest           Digest
	Signature        Signature // of Membership.Primary(View)
}

// PreparedCertificate proves that no other digest can be prepared in the same
// view at the same number. It consists of the primary's proposal and Q−1
// matching PREPAREs of distinct backups, for example 1+2 signatures for n = 4.
// Any two such sets share a correct replica, which sends one PREPARE per view
// and number.
//
// Source: Castro and Liskov, OSDI 1999, section 4.2, predicate prepared.
type PreparedCertificate struct {
	Proposal Proposal
	Prepares []Endorsement
}

// OrderCertificate proves the order of a batch: Q matching COMMITs. It does not
// cover the state after the batch, see [ExecutionCertificate].
type OrderCertificate struct {
	Epoch, View, Seq uint64
	Digest           Digest
	Commits          []Endorsement
}

// Header is the statement of a replica about the execution of batch Seq.
// Headers form a chain through Parent.
type Header struct {
	Chain        Digest // of Genesis.Chain
	Epoch        uint64
	Seq          uint64
	Parent       Digest // of header Seq−1; zero for the first header
	Batch        Digest // of the ordered batch, or NullDigest
	Time         int64  // Unix milliseconds, never decreasing along the chain
	StateRoot    Digest // Outcome.Root of the application
	ResultRoot   Digest // Merkle root over (client, number, result); zero without executed requests
	SnapshotRoot Digest // Merkle root over the replicated state; zero except at checkpoints
	Members      Digest // of the set that executed this batch
	NextMembers  Digest // of the set that executes Seq+1
}

// Digest returns the header's hash, which EXECUTED statements sign.
func (h *Header) Digest() Digest { return hash(hashHeader, codec.Encode(h.code)) }

// ExecutionCertificate proves the result of executing all batches up to
// Header.Seq: Q signed EXECUTED statements. At a multiple of K it also proves
// that the checkpoint is stable: at least f+1 correct replicas hold the state.
type ExecutionCertificate struct {
	Header   Header
	Executed []Endorsement
}

// EpochProof extends trust from one epoch to the next. Certificate is the old
// epoch's certificate of its last header, and the NextMembers of that header is
// the digest of Next.
type EpochProof struct {
	Certificate ExecutionCertificate
	Next        Membership
}

// countEndorsements checks that at least need distinct members of m signed st.
// Members for which excluded returns true do not count; excluded may be nil.
// One invalid, unknown or repeated endorsement makes the whole certificate
// invalid, because a correct replica never builds such a certificate.
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
		// Ascending order makes signers distinct and gives a set of
		// endorsements one encoding.
		case i > 0 && es[i-1].Replica >= e.Replica:
			return fmt.Errorf("%w: endorsements are not in strictly ascending order of replica", ErrCertificate)
		case excluded != nil && excluded(e.Replica):
			return fmt.Errorf("%w: %s of replica %d does not count", ErrCertificate, st.kind, e.Replica)
		}
		// st is a copy, so each signer's statement is built in place.
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

// Verify checks the certificate against m, the set of its epoch.
func (o *OrderCertificate) Verify(v Verifier, chain Digest, m Membership) error {
	if o.Epoch != m.Epoch {
		return fmt.Errorf("%w: epoch %d, want %d", ErrCertificate, o.Epoch, m.Epoch)
	}
	st := statement{kind: KindCommit, chain: chain, epoch: o.Epoch, view: o.View, seq: o.Seq, digest: o.Digest}
	return countEndorsements(v, m, st, o.Commits, m.Strong(), nil)
}

// Verify checks the proposal and the PREPAREs. A PREPARE of the primary does
// not count, because the proposal is its vote.
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

// statement returns the signed bytes. A PRE-PREPARE and a PREPARE of the same
// content differ in their kind.
func (p *Proposal) statement(chain Digest, primary ReplicaID) []byte {
	return statement{
		kind: KindPrePrepare, chain: chain, epoch: p.Epoch, view: p.View, seq: p.Seq, digest: p.Digest,
		replica: primary,
	}.bytes()
}

// Verify checks the certificate against m, the set of its epoch: the chain, the
// epoch, the digest of the set and Q distinct signers. A light client needs no
// other check for one header.
//
// If m itself is not trusted yet, [VerifyEpochs] derives it from the genesis.
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

// executedStatement returns the statement without its signer. The view is 0: an
// execution does not depend on the view that ordered the batch.
func executedStatement(h *Header, digest Digest) statement {
	return statement{kind: KindExecuted, chain: h.Chain, epoch: h.Epoch, seq: h.Seq, digest: digest}
}

// size returns the encoded size in bytes, for 64 bytes per signature and up to
// 36 per member.
func (p *EpochProof) size() int {
	return epochProofSize + 68*len(p.Certificate.Executed) + 36*len(p.Next.Members)
}

// Verify checks that Q members of m certified p.Next as the next epoch's set.
func (p *EpochProof) Verify(v Verifier, chain Digest, m Membership) error {
	if err := p.Certificate.Verify(v, chain, m); err != nil {
		return err
	}
	if p.Next.Epoch != m.Epoch+1 || p.Next.Digest() != p.Certificate.Header.NextMembers {
		return fmt.Errorf("%w: header %d does not name this set for epoch %d", ErrCertificate, p.Certificate.Header.Seq, m.Epoch+1)
	}
	return nil
}

// VerifyEpochs verifies proofs in ascending order of epoch, starting from the
// trusted set m, and returns the last set. It returns an error at the first
// invalid proof, for example at a skipped epoch.
func VerifyEpochs(v Verifier, chain Digest, m Membership, proofs []EpochProof) (Membership, error) {
	for i := range proofs {
		if err := proofs[i].Verify(v, chain, m); err != nil {
			return m, err
		}
		m = proofs[i].Next
	}
	return m, nil
}
