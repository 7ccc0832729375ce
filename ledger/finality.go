package ledger

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// CertifiedHeader is a header with the validators' statement that executing all
// blocks up to it results in it.
type CertifiedHeader struct {
	Header Header
	Proof  FinalityProof
}

// FinalityProof is the certificate in the form of one kind of engine.
type FinalityProof struct {
	Kind string // [ProofPBFT], or the name that another engine defines
	Data []byte
}

// Layout implements [Coded].
func (h *CertifiedHeader) Layout(c *codec.Coder) {
	h.Header.Layout(c)
	c.String(&h.Proof.Kind, MaxName)
	c.Bytes(&h.Proof.Data, MaxOperation)
}

// MarshalBinary implements [encoding.BinaryMarshaler].
func (h *CertifiedHeader) MarshalBinary() ([]byte, error) { return Encode(h), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler]. It does not verify
// the proof.
func (h *CertifiedHeader) UnmarshalBinary(b []byte) error { return Decode("certified header", b, h) }

// TrustState is the state of a light client. It starts at the genesis and
// advances with certified headers. A chain can store it in its own state to
// follow another chain.
type TrustState struct {
	Chain      Hash
	Validators []byte // the current set, in the form of the engine's verifier
	Height     uint64 // of the last accepted header
	Header     Hash   // hash of that header
	Frozen     bool   // two headers of one height were certified: more than f validators are faulty
}

// Layout implements [Coded].
func (t *TrustState) Layout(c *codec.Coder) {
	c.Fixed(t.Chain[:])
	c.Bytes(&t.Validators, MaxOperation)
	c.Uint64(&t.Height)
	c.Fixed(t.Header[:])
	c.Bool(&t.Frozen)
}

// MarshalBinary implements [encoding.BinaryMarshaler].
func (t *TrustState) MarshalBinary() ([]byte, error) { return Encode(t), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler].
func (t *TrustState) UnmarshalBinary(b []byte) error { return Decode("trust", b, t) }

// FinalityVerifier is the light client of one kind of engine. It is a pure
// function of its arguments.
type FinalityVerifier interface {
	// Verify checks a header against the trusted state and returns the next
	// trusted state. A header above the last one advances the state. One at or
	// below it, certified by the same set, leaves the state unchanged. If two
	// headers of one height are certified, Verify returns a frozen state with
	// [ErrConflict].
	Verify(trusted TrustState, h CertifiedHeader) (TrustState, error)
}

// ChangesVerifier is a [FinalityVerifier] of an engine whose validators change.
// A proof from the genesis grows with every change, so a light client that
// trusts a later state gets only the changes after it, and many of them in
// parts.
type ChangesVerifier interface {
	FinalityVerifier
	// SplitChanges returns h with a proof that begins after parts, and parts
	// with the changes of validators since the trusted state, in ascending
	// order. Neither the changes of one part nor those that remain in the proof
	// have more than limit bytes, unless a single change has more. There are no
	// parts if the proof's own changes fit. It verifies nothing. The error
	// wraps [ErrFinality].
	SplitChanges(trusted TrustState, h CertifiedHeader, limit int) (parts []FinalityProof, short CertifiedHeader, err error)
	// AdvanceChanges verifies one part and returns the trusted state with the
	// last set of validators. Height and Header stay. Changes up to the trusted
	// set are skipped. The errors are [ErrConflict] and those that wrap
	// [ErrFinality].
	AdvanceChanges(trusted TrustState, part FinalityProof) (TrustState, error)
}

// Errors of light clients.
var (
	ErrFinality = errors.New("ledger: header is not certified")
	ErrConflict = errors.New("ledger: two headers of one height are certified; more than f validators are faulty, so do not trust the chain")
)

// Verifiers verifies each header with the verifier of its proof's kind, for
// chains whose neighbours run on different engines. The trusted state of a
// neighbour has the form of that neighbour's engine, so a proof of another kind
// is rejected.
type Verifiers map[string]FinalityVerifier

// Verify implements [FinalityVerifier].
func (v Verifiers) Verify(t TrustState, h CertifiedHeader) (TrustState, error) {
	x := v[h.Proof.Kind]
	if x == nil {
		return t, fmt.Errorf("%w: no verifier for proofs of kind %q; add one to Verifiers", ErrFinality, h.Proof.Kind)
	}
	return x.Verify(t, h)
}

var _ ChangesVerifier = Verifiers(nil)

// SplitChanges implements [ChangesVerifier]. It returns h itself if the
// verifier of its kind has no changes.
func (v Verifiers) SplitChanges(t TrustState, h CertifiedHeader, limit int) ([]FinalityProof, CertifiedHeader, error) {
	if x, changes := v[h.Proof.Kind].(ChangesVerifier); changes {
		return x.SplitChanges(t, h, limit)
	}
	return nil, h, nil
}

// AdvanceChanges implements [ChangesVerifier].
func (v Verifiers) AdvanceChanges(t TrustState, part FinalityProof) (TrustState, error) {
	if x, changes := v[part.Kind].(ChangesVerifier); changes {
		return x.AdvanceChanges(t, part)
	}
	return t, fmt.Errorf("%w: no verifier for changes of kind %q; add one to Verifiers", ErrFinality, part.Kind)
}
