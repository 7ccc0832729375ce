package ledger

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
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

func (h *CertifiedHeader) Layout(c *codec.Coder) {
	h.Header.Layout(c)
	c.String(&h.Proof.Kind, MaxName)
	c.Bytes(&h.Proof.Data, MaxOperation)
}

// MarshalBinary encodes the header and its proof.
func (h *CertifiedHeader) MarshalBinary() ([]byte, error) { return Encode(h), nil }

// UnmarshalBinary decodes what MarshalBinary wrote and refuses anything else. It verifies nothing.
func (h *CertifiedHeader) UnmarshalBinary(b []byte) error { return Decode("certified header", b, h) }

// TrustState is all that a light client keeps about a chain. It starts from the genesis and moves with every certified
// header; it can be stored in another chain's state.
type TrustState struct {
	Chain      Hash
	Validators []byte // the current set, in the form of the engine's verifier
	Height     uint64 // of the last header taken
	Header     Hash   // and its hash
	Frozen     bool   // two different headers of one height were certified: more than f validators are faulty
}

func (t *TrustState) Layout(c *codec.Coder) {
	c.Fixed(t.Chain[:])
	c.Bytes(&t.Validators, MaxOperation)
	c.Uint64(&t.Height)
	c.Fixed(t.Header[:])
	c.Bool(&t.Frozen)
}

// MarshalBinary encodes the trust.
func (t *TrustState) MarshalBinary() ([]byte, error) { return Encode(t), nil }

// UnmarshalBinary decodes what MarshalBinary wrote and refuses anything else.
func (t *TrustState) UnmarshalBinary(b []byte) error { return Decode("trust", b, t) }

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
