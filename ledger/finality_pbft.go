package ledger

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// ProofPBFT is the kind of PBFT's finality proofs.
const ProofPBFT = "pbft-execution"

// PBFTVerifier verifies execution certificates of package pbft: a quorum of
// replicas has signed the hash of the header that results from executing the
// block. An order certificate would cover the transactions only.
type PBFTVerifier struct{}

// pbftSet is TrustState.Validators of a PBFT chain.
type pbftSet struct {
	rule    pbft.Rule
	members pbft.Membership
}

func (s *pbftSet) Layout(c *codec.Coder) {
	c.Byte((*byte)(&s.rule))
	c.Uint64(&s.members.Epoch)
	codec.List(c, &s.members.Members, 256, func(c *codec.Coder, m *pbft.Member) {
		c.Uint32((*uint32)(&m.ID))
		c.Fixed(m.Key[:])
	})
}

// TrustPBFT returns the state of a light client at the genesis of a PBFT chain.
func TrustPBFT(g pbft.Genesis) (TrustState, error) {
	chain, err := g.Chain()
	if err != nil {
		return TrustState{}, err
	}
	m, err := pbft.NewMembership(0, g.Members)
	if err != nil {
		return TrustState{}, err
	}
	return TrustState{Chain: Hash(chain), Validators: Encode(&pbftSet{g.Rule, m})}, nil
}

// pbftProof is FinalityProof.Data of a PBFT chain: the certificate, and the
// proofs that lead from the genesis set of replicas to the set of the
// certificate's epoch.
type pbftProof struct {
	epochs      [][]byte
	certificate []byte
}

func (p *pbftProof) Layout(c *codec.Coder) {
	codec.List(c, &p.epochs, 1<<16, func(c *codec.Coder, b *[]byte) { c.Bytes(b, 1<<16) })
	c.Bytes(&p.certificate, 1<<16)
}

// NewPBFTProof returns the finality proof for an execution certificate. epochs
// are the engine's proofs of membership changes in ascending order; later
// epochs than the certificate's are ignored. The proof verifies from the state
// before the first of them on; see also [SinceTrusted].
func NewPBFTProof(cert *pbft.ExecutionCertificate, epochs []pbft.EpochProof) (FinalityProof, error) {
	var p pbftProof
	var err error
	if p.certificate, err = cert.MarshalBinary(); err != nil {
		return FinalityProof{}, err
	}
	for i := range epochs {
		if epochs[i].Next.Epoch > cert.Header.Epoch {
			break
		}
		b, err := epochs[i].MarshalBinary()
		if err != nil {
			return FinalityProof{}, err
		}
		p.epochs = append(p.epochs, b)
	}
	return FinalityProof{Kind: ProofPBFT, Data: Encode(&p)}, nil
}

// Verify implements [FinalityVerifier].
func (PBFTVerifier) Verify(t TrustState, h CertifiedHeader) (TrustState, error) {
	if t.Frozen {
		return t, ErrConflict
	}
	set, err := verifyPBFT(t, &h)
	if err != nil {
		return t, fmt.Errorf("%w: %w", ErrFinality, err)
	}
	hash := h.Header.Hash()
	switch {
	case h.Header.Height == t.Height && hash != t.Header:
		t.Frozen = true
		return t, ErrConflict
	case h.Header.Height > t.Height:
		t.Height, t.Header, t.Validators = h.Header.Height, hash, Encode(set)
	}
	return t, nil
}

// verifyPBFT checks the certificate and returns the set of replicas that signed
// it.
func verifyPBFT(t TrustState, h *CertifiedHeader) (*pbftSet, error) {
	var set pbftSet
	var p pbftProof
	var cert pbft.ExecutionCertificate
	if h.Proof.Kind != ProofPBFT {
		return nil, fmt.Errorf("proof is of kind %q, want %q", h.Proof.Kind, ProofPBFT)
	}
	if err := errors.Join(
		Decode("validators", t.Validators, &set),
		Decode("finality proof", h.Proof.Data, &p),
	); err != nil {
		return nil, err
	}
	if err := cert.UnmarshalBinary(p.certificate); err != nil {
		return nil, err
	}
	verifier, chain := set.rule.Verifier(), pbft.Digest(t.Chain)
	for _, b := range p.epochs {
		var e pbft.EpochProof
		if err := e.UnmarshalBinary(b); err != nil {
			return nil, err
		}
		// The trusted set may be ahead of the genesis, from which the proof
		// starts.
		if e.Next.Epoch <= set.members.Epoch {
			continue
		}
		if err := e.Verify(verifier, chain, set.members); err != nil {
			return nil, err
		}
		set.members = e.Next
	}
	if err := cert.Verify(verifier, chain, set.members); err != nil {
		return nil, err
	}
	switch {
	case h.Header.Chain != t.Chain:
		return nil, errors.New("header of another chain")
	case h.Header.Height == 0:
		return nil, errors.New("height 0 is the genesis, which has no certificate")
	case pbft.Digest(h.Header.Hash()) != cert.Header.StateRoot:
		return nil, errors.New("the certificate is for another header")
	}
	return &set, nil
}
