package ledger

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// A proof of an engine leads from the genesis through all changes of
// validators, about 600 bytes each with four members. A light client that
// trusts a later state needs the changes after it only. Such a client is also
// safe from former validators: their keys could certify another history after
// the change that removed them, but only for clients that start before it.

// SinceTrusted returns h with a proof that begins at a trusted state instead of
// the genesis. The result verifies under trusted and under later states of the
// same epoch. It does not verify the rest of the proof. The error wraps
// [ErrFinality] if h is older than trusted's set.
func SinceTrusted(trusted TrustState, h CertifiedHeader) (CertifiedHeader, error) {
	var set pbftSet
	var p pbftProof
	var cert pbft.ExecutionCertificate
	err := errors.Join(Decode("validators", trusted.Validators, &set), codec.Decode(h.Proof.Data, p.Layout))
	if err == nil {
		err = cert.UnmarshalBinary(p.certificate)
	}
	if err == nil && cert.Header.Epoch < set.members.Epoch {
		err = fmt.Errorf("the header is of epoch %d, before the trusted epoch %d; start from the genesis", cert.Header.Epoch, set.members.Epoch)
	}
	if err != nil {
		return h, fmt.Errorf("%w: %w", ErrFinality, err)
	}
	kept := p.epochs[:0:0]
	for _, b := range p.epochs {
		var e pbft.EpochProof
		if err := e.UnmarshalBinary(b); err != nil {
			return h, fmt.Errorf("%w: %w", ErrFinality, err)
		}
		if e.Next.Epoch > set.members.Epoch {
			kept = append(kept, b)
		}
	}
	p.epochs = kept
	h.Proof.Data = Encode(&p)
	return h, nil
}

// ProofEpochs returns the changes of validators that a PBFT proof contains,
// unverified, for [AdvanceEpochs].
func ProofEpochs(h CertifiedHeader) ([]pbft.EpochProof, error) {
	var p pbftProof
	if err := codec.Decode(h.Proof.Data, p.Layout); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFinality, err)
	}
	out := make([]pbft.EpochProof, len(p.epochs))
	for i, b := range p.epochs {
		if err := out[i].UnmarshalBinary(b); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFinality, err)
		}
	}
	return out, nil
}

// AdvanceEpochs verifies changes of validators, in ascending order, and returns
// the trusted state with the last set. Height and Header stay. A light client
// that is thousands of changes behind advances in parts of any size. Proofs of
// sets up to the trusted one are skipped. The error wraps [ErrFinality].
func AdvanceEpochs(trusted TrustState, epochs []pbft.EpochProof) (TrustState, error) {
	if trusted.Frozen {
		return trusted, ErrConflict
	}
	var set pbftSet
	if err := Decode("validators", trusted.Validators, &set); err != nil {
		return trusted, fmt.Errorf("%w: %w", ErrFinality, err)
	}
	for len(epochs) > 0 && epochs[0].Next.Epoch <= set.members.Epoch {
		epochs = epochs[1:]
	}
	members, err := pbft.VerifyEpochs(set.rule.Verifier(), pbft.Digest(trusted.Chain), set.members, epochs)
	if err != nil {
		return trusted, fmt.Errorf("%w: %w", ErrFinality, err)
	}
	set.members = members
	trusted.Validators = Encode(&set)
	return trusted, nil
}

var _ ChangesVerifier = PBFTVerifier{}

// SplitChanges implements [ChangesVerifier]. A part is a proof without a
// certificate.
func (PBFTVerifier) SplitChanges(trusted TrustState, h CertifiedHeader, limit int) ([]FinalityProof, CertifiedHeader, error) {
	short, err := SinceTrusted(trusted, h)
	if err != nil {
		return nil, h, err
	}
	var p pbftProof
	if err := codec.Decode(short.Proof.Data, p.Layout); err != nil {
		return nil, h, fmt.Errorf("%w: %w", ErrFinality, err)
	}
	groups := GroupChanges(p.epochs, limit, func(b []byte) int { return len(b) })
	if len(groups) < 2 {
		return nil, short, nil
	}
	last := len(groups) - 1
	parts := make([]FinalityProof, last)
	for i, g := range groups[:last] {
		parts[i] = FinalityProof{Kind: ProofPBFT, Data: Encode(&pbftProof{epochs: g})}
	}
	short.Proof.Data = Encode(&pbftProof{groups[last], p.certificate})
	return parts, short, nil
}

// AdvanceChanges implements [ChangesVerifier].
func (PBFTVerifier) AdvanceChanges(trusted TrustState, part FinalityProof) (TrustState, error) {
	if part.Kind != ProofPBFT {
		return trusted, fmt.Errorf("%w: changes of kind %q, want %q", ErrFinality, part.Kind, ProofPBFT)
	}
	epochs, err := ProofEpochs(CertifiedHeader{Proof: part})
	if err != nil {
		return trusted, err
	}
	return AdvanceEpochs(trusted, epochs)
}

// GroupChanges divides changes of validators into consecutive groups of at most
// limit bytes. A larger change has a group of its own. Engines use it for
// [ChangesVerifier].
func GroupChanges[T any](changes []T, limit int, size func(T) int) (groups [][]T) {
	first, bytes := 0, 0
	for i, x := range changes {
		if i > first && bytes+size(x) > limit {
			groups = append(groups, changes[first:i:i])
			first, bytes = i, 0
		}
		bytes += size(x)
	}
	if first < len(changes) {
		groups = append(groups, changes[first:])
	}
	return groups
}

// PBFTMembers returns the set of replicas in the trusted state of a PBFT chain.
func PBFTMembers(t TrustState) (pbft.Membership, error) {
	var set pbftSet
	err := Decode("validators", t.Validators, &set)
	return set.members, err
}

// PBFTCertificate returns the certificate in a PBFT proof, unverified, for
// example to show its signers.
func PBFTCertificate(h CertifiedHeader) (pbft.ExecutionCertificate, error) {
	var p pbftProof
	var cert pbft.ExecutionCertificate
	err := codec.Decode(h.Proof.Data, p.Layout)
	if err == nil {
		err = cert.UnmarshalBinary(p.certificate)
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrFinality, err)
	}
	return cert, err
}
