package cometbft

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cometbft/cometbft/types"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// Validators change through [ledger.ChangeValidators]. FinalizeBlock of height
// H returns the updates, and the new set signs height H+2. The header of H+1 is
// signed by the set before and names the next one, so it leads a light client
// from one set to the other. Each change takes one such link, and links of
// former sets are not signed again: a client that starts at a later trusted
// state needs the later links only.

// changesMark begins proofs with links. A signed header alone begins with
// another byte.
const changesMark = "trigrid changes\n"

// link proves a change of validators: a signed header of the set before, and
// the set that its NextValidatorsHash names.
type link struct {
	header []byte // signed header, as in newProof
	next   []byte // see encodeValidators
}

// maxLinks bounds the changes in one proof. A proof has at most 1 MiB, which is
// reached earlier.
const maxLinks = 1 << 16

func (l *link) layout(c *codec.Coder) {
	c.Bytes(&l.header, ledger.MaxOperation)
	c.Bytes(&l.next, ledger.MaxOperation)
}

// joinProof returns the proof of a signed header after links.
func joinProof(links []link, header []byte) []byte {
	if len(links) == 0 {
		return header
	}
	return append([]byte(changesMark), codec.Encode(func(c *codec.Coder) {
		codec.List(c, &links, maxLinks, func(c *codec.Coder, l *link) { l.layout(c) })
		c.Bytes(&header, ledger.MaxOperation)
	})...)
}

// splitProof reads the output of joinProof.
func splitProof(data []byte) (links []link, header []byte, err error) {
	rest, marked := bytes.CutPrefix(data, []byte(changesMark))
	if !marked {
		return nil, data, nil
	}
	err = codec.Decode(rest, func(c *codec.Coder) {
		codec.List(c, &links, maxLinks, func(c *codec.Coder, l *link) { l.layout(c) })
		c.Bytes(&header, ledger.MaxOperation)
	})
	if err == nil && len(links) == 0 {
		err = errors.New("cometbft: a proof with changes has none")
	}
	return links, header, err
}

// follow verifies links from a trusted set and returns the last set. It skips
// links before the trusted set: their next sets are former ones.
func follow(chain ledger.Hash, trusted []byte, links []link) ([]byte, error) {
	for i := range links { // the part up to the trusted set
		if bytes.Equal(links[i].next, trusted) {
			links = links[i+1:]
			break
		}
	}
	for i, l := range links {
		signed, err := signedBy(chain, trusted, l.header)
		if err != nil {
			return nil, fmt.Errorf("change %d: %w", i+1, err)
		}
		next, err := decodeValidators(l.next)
		if err != nil {
			return nil, fmt.Errorf("change %d: %w", i+1, err)
		}
		if !bytes.Equal(signed.NextValidatorsHash, next.Hash()) {
			return nil, fmt.Errorf("change %d: the signed header names other validators for the next height", i+1)
		}
		trusted = l.next
	}
	return trusted, nil
}

// signedBy decodes a signed header and verifies that a set has committed it.
func signedBy(chain ledger.Hash, validators, header []byte) (*types.SignedHeader, error) {
	// The set is decoded and checked again each time, because it may come from
	// another chain's state.
	set, err := decodeValidators(validators)
	if err != nil {
		return nil, err
	}
	signed, err := decodeSignedHeader(header)
	if err != nil {
		return nil, err
	}
	if err := signed.ValidateBasic(ChainID(chain)); err != nil {
		return nil, err
	}
	// A commit of another set with the same keys would have other powers.
	if !bytes.Equal(signed.ValidatorsHash, set.Hash()) {
		return nil, errors.New("the signed header names other validators")
	}
	return signed, set.VerifyCommitLight(signed.ChainID, signed.Commit.BlockID, signed.Height, signed.Commit)
}

// SinceTrusted returns h with a proof that begins at the validators of a
// trusted state. The result is shorter and proves nothing to an earlier client.
// The error wraps [ledger.ErrFinality].
func SinceTrusted(trusted ledger.TrustState, h ledger.CertifiedHeader) (ledger.CertifiedHeader, error) {
	links, header, err := splitProof(h.Proof.Data)
	if err != nil {
		return h, fmt.Errorf("%w: %w", ledger.ErrFinality, err)
	}
	for i := range links {
		if bytes.Equal(links[i].next, trusted.Validators) {
			links = links[i+1:]
			break
		}
	}
	h.Proof.Data = joinProof(links, header)
	return h, nil
}

var _ ledger.ChangesVerifier = Verifier{}

// SplitChanges implements [ledger.ChangesVerifier]. A part has links and no
// header.
func (Verifier) SplitChanges(trusted ledger.TrustState, h ledger.CertifiedHeader, limit int) ([]ledger.FinalityProof, ledger.CertifiedHeader, error) {
	short, err := SinceTrusted(trusted, h)
	if err != nil {
		return nil, h, err
	}
	links, header, err := splitProof(short.Proof.Data)
	if err != nil {
		return nil, h, fmt.Errorf("%w: %w", ledger.ErrFinality, err)
	}
	groups := ledger.GroupChanges(links, limit, func(l link) int { return len(l.header) + len(l.next) })
	if len(groups) < 2 {
		return nil, short, nil
	}
	last := len(groups) - 1
	parts := make([]ledger.FinalityProof, last)
	for i, g := range groups[:last] {
		parts[i] = ledger.FinalityProof{Kind: ProofKind, Data: joinProof(g, nil)}
	}
	short.Proof.Data = joinProof(groups[last], header)
	return parts, short, nil
}

// AdvanceChanges implements [ledger.ChangesVerifier].
func (Verifier) AdvanceChanges(trusted ledger.TrustState, part ledger.FinalityProof) (ledger.TrustState, error) {
	if trusted.Frozen {
		return trusted, ledger.ErrConflict
	}
	if part.Kind != ProofKind {
		return trusted, fmt.Errorf("%w: changes of kind %q, want %q", ledger.ErrFinality, part.Kind, ProofKind)
	}
	links, _, err := splitProof(part.Data)
	if err == nil {
		trusted.Validators, err = advance(trusted, links)
	}
	if err != nil {
		return trusted, fmt.Errorf("%w: %w", ledger.ErrFinality, err)
	}
	return trusted, nil
}

// advance is follow that keeps the trusted set on an error.
func advance(trusted ledger.TrustState, links []link) ([]byte, error) {
	set, err := follow(trusted.Chain, trusted.Validators, links)
	if err != nil {
		return trusted.Validators, err
	}
	return set, nil
}

// Validators implements [ledger.ValidatorSource]. The ids of the first
// validators are their places in order of key.
func (Verifier) Validators(genesis ledger.TrustState) (ledger.Contract, error) {
	set, err := decodeValidators(genesis.Validators)
	if err != nil {
		return nil, err
	}
	cfg := ledger.ValidatorsConfig{Weighted: true, Genesis: make([]ledger.Validator, len(set.Validators))}
	var order []Validator
	for _, v := range set.Validators {
		var x Validator
		copy(x.Key[:], v.PubKey.Bytes())
		x.Power = v.VotingPower
		order = append(order, x)
	}
	sortValidators(order)
	for i, v := range order {
		cfg.Genesis[i] = ledger.Validator{ID: pbft.ReplicaID(i), Key: pbft.PublicKey(v.Key), Power: v.Power}
	}
	return ledger.NewValidators(cfg)
}

// ProveValidator returns the keys' validator for [ledger.ChangeValidators],
// signed for the set with a serial number. A power of 0 becomes 1.
func (k Keys) ProveValidator(chain ledger.Hash, serial uint64, id pbft.ReplicaID, power int64, address string) (ledger.NewValidator, error) {
	v := ledger.Validator{ID: id, Key: pbft.PublicKey(k.Validator.Key), Power: max(power, 1), Address: address}
	signature, err := k.votes.Key.PrivKey.Sign(ledger.ValidatorStatement(chain, serial, v))
	if err != nil {
		return ledger.NewValidator{}, fmt.Errorf("cometbft: %w", err)
	}
	return ledger.NewValidator{Validator: v, Proof: pbft.Signature(signature)}, nil
}

// validatorsOf returns a ledger's set in the form of this package.
func validatorsOf(s ledger.ValidatorSet) []Validator {
	out := make([]Validator, len(s.Members))
	for i, v := range s.Members {
		out[i] = Validator{Key: v.Key, Power: v.Power}
	}
	return out
}
