package cometbft

import (
	"bytes"
	"errors"
	"fmt"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"

	"github.com/trigrid/trigrid/ledger"
)

// ProofKind is [ledger.FinalityProof.Kind] of this engine's proofs. Their data
// is CometBFT's SignedHeader in protocol buffers, after changesMark and the
// changes of validators if there are any.
const ProofKind = "comet-commit"

// Verifier is the [ledger.FinalityVerifier] of CometBFT chains. A ledger header
// is final if its hash is the application hash of a CometBFT header that
// validators with more than two thirds of the power have committed. A correct
// validator votes only for the application hash that it has computed itself.
//
// One signed header suffices at any height of a set, and one more for each
// change of validators between the trusted state and the header. No clock is
// needed. In return the keys of validators must stay secret as long as clients
// start from a state in which they count.
type Verifier struct{}

var _ ledger.FinalityVerifier = Verifier{}

// Verify implements [ledger.FinalityVerifier]. For example, with four
// validators of power 1 a header needs the votes of three.
func (Verifier) Verify(t ledger.TrustState, h ledger.CertifiedHeader) (ledger.TrustState, error) {
	if t.Frozen {
		return t, ledger.ErrConflict
	}
	set, err := verify(&t, &h)
	if err != nil {
		return t, fmt.Errorf("%w: %w", ledger.ErrFinality, err)
	}
	hash := h.Header.Hash()
	switch {
	case h.Header.Height == t.Height && hash != t.Header:
		t.Frozen = true
		return t, ledger.ErrConflict
	case h.Header.Height > t.Height:
		t.Height, t.Header, t.Validators = h.Header.Height, hash, set
	}
	return t, nil
}

// verify checks one header from the trusted validators on, and returns those
// that signed it.
func verify(t *ledger.TrustState, h *ledger.CertifiedHeader) ([]byte, error) {
	switch {
	case h.Proof.Kind != ProofKind:
		return nil, fmt.Errorf("proof is of kind %q, want %q", h.Proof.Kind, ProofKind)
	case h.Header.Chain != t.Chain:
		return nil, errors.New("header of another chain")
	case h.Header.Height == 0:
		return nil, errors.New("height 0 is the genesis, which has no certificate")
	}
	links, header, err := splitProof(h.Proof.Data)
	if err != nil {
		return nil, err
	}
	set, err := follow(t.Chain, t.Validators, links)
	if err != nil {
		return nil, err
	}
	signed, err := signedBy(t.Chain, set, header)
	if err != nil {
		return nil, err
	}
	hash := h.Header.Hash()
	if !bytes.Equal(signed.AppHash, hash[:]) {
		return nil, errors.New("the signed header has the application hash of another ledger header")
	}
	return set, nil
}

// newProof encodes a signed header.
func newProof(h *types.SignedHeader) (ledger.FinalityProof, error) {
	data, err := h.ToProto().Marshal()
	return ledger.FinalityProof{Kind: ProofKind, Data: data}, err
}

// decodeSignedHeader rejects every encoding that newProof does not write, so
// that a proof has one form.
func decodeSignedHeader(b []byte) (*types.SignedHeader, error) {
	var p cmtproto.SignedHeader
	if err := p.Unmarshal(b); err != nil {
		return nil, err
	}
	h, err := types.SignedHeaderFromProto(&p)
	if err != nil {
		return nil, err
	}
	if again, err := newProof(h); err != nil || !bytes.Equal(again.Data, b) {
		return nil, errors.New("signed header is not in canonical form")
	}
	return h, nil
}
