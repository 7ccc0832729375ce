package ledger

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// CertifiedHeader is a header with its validators' word that executing everything up to it led to it.
type CertifiedHeader struct {
	Header Header
	Proof  FinalityProof
}

// FinalityProof is evidence in the form of one kind of engine.
type FinalityProof struct {
	Kind string // [ProofPBFT], or another engine's own
	Data []byte
}

func (h *CertifiedHeader) code(c *codec.Coder) {
	h.Header.code(c)
	c.String(&h.Proof.Kind, maxName)
	c.Bytes(&h.Proof.Data, maxOperation)
}

// MarshalBinary encodes the header and its proof.
func (h *CertifiedHeader) MarshalBinary() ([]byte, error) { return encode(h), nil }

// UnmarshalBinary decodes what MarshalBinary wrote and refuses anything else. It verifies nothing.
func (h *CertifiedHeader) UnmarshalBinary(b []byte) error { return decode("certified header", b, h) }

// TrustState is all that a light client keeps about a chain. It starts from the genesis and moves with every certified
// header; it can be stored in another chain's state.
type TrustState struct {
	Chain      Hash
	Validators []byte // the current set, in the form of the engine's verifier
	Height     uint64 // of the last header taken
	Header     Hash   // and its hash
	Frozen     bool   // two different headers of one height were certified: more than f validators are faulty
}

func (t *TrustState) code(c *codec.Coder) {
	c.Fixed(t.Chain[:])
	c.Bytes(&t.Validators, maxOperation)
	c.Uint64(&t.Height)
	c.Fixed(t.Header[:])
	c.Bool(&t.Frozen)
}

// MarshalBinary encodes the trust.
func (t *TrustState) MarshalBinary() ([]byte, error) { return encode(t), nil }

// UnmarshalBinary decodes what MarshalBinary wrote and refuses anything else.
func (t *TrustState) UnmarshalBinary(b []byte) error { return decode("trust", b, t) }

// FinalityVerifier is the light client of one kind of engine: a pure function of what it is given.
type FinalityVerifier interface {
	// Verify checks a header against what is trusted and returns what is to be trusted from now on. A header above the
	// last one moves the trust; one at or below it, certified by the same set, is confirmed and moves nothing. Two
	// certified headers of one height freeze the trust for good: the state returned with [ErrConflict] says so.
	Verify(trusted TrustState, h CertifiedHeader) (TrustState, error)
}

// Errors of light clients.
var (
	ErrFinality = errors.New("ledger: header is not certified")
	ErrConflict = errors.New("ledger: two certified headers of one height: more than f validators are faulty, the chain must not be trusted any more")
)

// Verifiers judges each header with the verifier for its kind of proof: for a chain whose neighbours run on different
// engines. What is trusted about a neighbour is in the form of its own engine, so a proof of another kind finds nothing
// in it to verify against.
type Verifiers map[string]FinalityVerifier

// Verify implements [FinalityVerifier].
func (v Verifiers) Verify(t TrustState, h CertifiedHeader) (TrustState, error) {
	x := v[h.Proof.Kind]
	if x == nil {
		return t, fmt.Errorf("%w: nobody here judges proofs of kind %q", ErrFinality, h.Proof.Kind)
	}
	return x.Verify(t, h)
}

// ProofPBFT is the kind of PBFT's finality proofs.
const ProofPBFT = "pbft-execution"

// PBFTVerifier verifies execution certificates of package pbft. Its certificates say more than its order certificates:
// Q replicas have signed the header hash that executing the block has led to.
type PBFTVerifier struct{}

// pbftSet is TrustState.Validators of a PBFT chain.
type pbftSet struct {
	rule    pbft.Rule
	members pbft.Membership
}

func (s *pbftSet) code(c *codec.Coder) {
	c.Byte((*byte)(&s.rule))
	c.Uint64(&s.members.Epoch)
	codec.List(c, &s.members.Members, 256, func(c *codec.Coder, m *pbft.Member) {
		c.Uint32((*uint32)(&m.ID))
		c.Fixed(m.Key[:])
	})
}

// TrustPBFT is the trust in a PBFT chain that its genesis justifies.
func TrustPBFT(g pbft.Genesis) (TrustState, error) {
	chain, err := g.Chain()
	if err != nil {
		return TrustState{}, err
	}
	m, err := pbft.NewMembership(0, g.Members)
	if err != nil {
		return TrustState{}, err
	}
	return TrustState{Chain: Hash(chain), Validators: encode(&pbftSet{g.Rule, m})}, nil
}

// pbftProof is FinalityProof.Data of a PBFT chain: how the set of the certificate's epoch follows from an earlier one,
// and the certificate.
type pbftProof struct {
	epochs      [][]byte
	certificate []byte
}

func (p *pbftProof) code(c *codec.Coder) {
	codec.List(c, &p.epochs, 1<<16, func(c *codec.Coder, b *[]byte) { c.Bytes(b, 1<<16) })
	c.Bytes(&p.certificate, 1<<16)
}

func newPBFTProof(cert *pbft.ExecutionCertificate, epochs []pbft.EpochProof) (FinalityProof, error) {
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
	return FinalityProof{Kind: ProofPBFT, Data: encode(&p)}, nil
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
		t.Height, t.Header, t.Validators = h.Header.Height, hash, encode(set)
	}
	return t, nil
}

// verifyPBFT checks the certificate and returns the set that signed it.
func verifyPBFT(t TrustState, h *CertifiedHeader) (*pbftSet, error) {
	var set pbftSet
	var p pbftProof
	var cert pbft.ExecutionCertificate
	if h.Proof.Kind != ProofPBFT {
		return nil, fmt.Errorf("proof is of kind %q, want %q", h.Proof.Kind, ProofPBFT)
	}
	if err := errors.Join(
		decode("validators", t.Validators, &set),
		decode("finality proof", h.Proof.Data, &p),
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
		return nil, errors.New("height 0 is the genesis, which nobody certifies")
	case pbft.Digest(h.Header.Hash()) != cert.Header.StateRoot:
		return nil, errors.New("the certificate is for another header")
	}
	return &set, nil
}
