package cometbft

import (
	"bytes"
	"errors"
	"fmt"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"

	"github.com/trigrid/trigrid/ledger"
)

// ProofKind is [ledger.FinalityProof.Kind] of this engine's proofs. Their data is CometBFT's
// SignedHeader in protocol buffers.
const ProofKind = "comet-commit"

// Verifier is the [ledger.FinalityVerifier] of CometBFT chains. A ledger header is final if its
// hash is the application hash of a CometBFT header that validators with more than two thirds of
// the power have committed. A correct validator votes only for the application hash that it has
// computed itself.
//
// The set is that of the genesis, so one signed header suffices at any height, and no clock is
// needed. In return the validators' keys must stay secret as long as the chain is used.
type Verifier struct{}

var _ ledger.FinalityVerifier = Verifier{}

// Verify implements [ledger.FinalityVerifier]. For example, with four validators of power 1 a
// header needs the votes of three.
func (Verifier) Verify(t ledger.TrustState, h ledger.CertifiedHeader) (ledger.TrustState, error) {
	if t.Frozen {
		return t, ledger.ErrConflict
	}
	if err := verify(&t, &h); err != nil {
		return t, fmt.Errorf("%w: %w", ledger.ErrFinality, err)
	}
	hash := h.Header.Hash()
	switch {
	case h.Header.Height == t.Height && hash != t.Header:
		t.Frozen = true
		return t, ledger.ErrConflict
	case h.Header.Height > t.Height:
		t.Height, t.Header = h.Header.Height, hash
	}
	return t, nil
}

// verify checks one header against the trusted validators.
func verify(t *ledger.TrustState, h *ledger.CertifiedHeader) error {
	switch {
	case h.Proof.Kind != ProofKind:
		return fmt.Errorf("proof is of kind %q, want %q", h.Proof.Kind, ProofKind)
	case h.Header.Chain != t.Chain:
		return errors.New("header of another chain")
	case h.Header.Height == 0:
		return errors.New("height 0 is the genesis, which has no certificate")
	}
	// The trusted set is decoded and checked again each time, because it may come from another
	// chain's state.
	set, err := decodeValidators(t.Validators)
	if err != nil {
		return err
	}
	signed, err := decodeSignedHeader(h.Proof.Data)
	if err != nil {
		return err
	}
	if err := signed.ValidateBasic(ChainID(t.Chain)); err != nil {
		return err
	}
	hash := h.Header.Hash()
	switch {
	case !bytes.Equal(signed.AppHash, hash[:]):
		return errors.New("the signed header has the application hash of another ledger header")
	// A commit of another set with the same keys would have other powers.
	case !bytes.Equal(signed.ValidatorsHash, set.Hash()):
		return errors.New("the signed header names other validators")
	}
	return set.VerifyCommitLight(signed.ChainID, signed.Commit.BlockID, signed.Height, signed.Commit)
}

// newProof encodes a signed header.
func newProof(h *types.SignedHeader) (ledger.FinalityProof, error) {
	data, err := h.ToProto().Marshal()
	return ledger.FinalityProof{Kind: ProofKind, Data: data}, err
}

// decodeSignedHeader rejects every encoding that newProof does not write, so that a proof has one
// form.
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
