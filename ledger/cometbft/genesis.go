package cometbft

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/types"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
)

// Validator is one voter with its weight.
type Validator struct {
	Key   [ed25519.PubKeySize]byte
	Power int64 // default 1; more than two thirds of the sum must sign a block
}

// layout codes a validator in validatorSize bytes.
func (v *Validator) layout(c *codec.Coder) {
	c.Fixed(v.Key[:])
	codec.Int64(c, &v.Power)
}

// Genesis is the common start of all nodes of a chain.
type Genesis struct {
	Ledger     ledger.Genesis
	Validators []Validator
	Time       time.Time // of the first block (default 1970-01-01)
}

// The limits keep the sum of powers far below the value at which CometBFT
// panics.
const (
	maxValidators = 1024
	maxPower      = 1 << 40
)

// withDefaults returns g with defaults set, or the violations of
// [checkValidators].
func (g Genesis) withDefaults() (Genesis, error) {
	if g.Time.IsZero() {
		g.Time = time.Unix(0, 0)
	}
	// The chain's id contains milliseconds, so that a shorter time would give
	// two ids to one genesis.
	g.Time = g.Time.UTC().Truncate(time.Millisecond)
	g.Validators = slices.Clone(g.Validators)
	for i := range g.Validators {
		if g.Validators[i].Power == 0 {
			g.Validators[i].Power = 1
		}
	}
	return g, checkValidators(g.Validators)
}

// checkValidators returns all violations of a set: its size, powers out of
// range, and keys that occur twice.
func checkValidators(validators []Validator) error {
	var bad faults.List
	if len(validators) == 0 || len(validators) > maxValidators {
		bad.Addf("cometbft: %d validators, want 1 to %d", len(validators), maxValidators)
	}
	seen := map[[ed25519.PubKeySize]byte]bool{}
	for i, v := range validators {
		if v.Power <= 0 || v.Power > maxPower {
			bad.Addf("cometbft: validator %d has power %d, want 1 to %d", i, v.Power, int64(maxPower))
		}
		if seen[v.Key] {
			bad.Addf("cometbft: validator %d has the key of another validator", i)
		}
		seen[v.Key] = true
	}
	return bad.Err()
}

// Chain returns the id that clients sign for this chain, a hash of the whole
// genesis.
//
// Other validators, powers or start times give another id.
func (g Genesis) Chain() (ledger.Hash, error) {
	g, err := g.withDefaults()
	if err != nil {
		return ledger.Hash{}, err
	}
	of := g.Ledger.Hash()
	b := append([]byte("vpp/ledger/cometbft/chain/v1"), of[:]...)
	at := g.Time.UnixMilli()
	b = append(b, codec.Encode(func(c *codec.Coder) { codec.Int64(c, &at) })...)
	return sha256.Sum256(append(b, encodeValidators(g.Validators)...)), nil
}

// Trust returns the state of a light client at the genesis, for [Verifier].
func (g Genesis) Trust() (ledger.TrustState, error) {
	chain, err := g.Chain()
	if err != nil {
		return ledger.TrustState{}, err
	}
	g, _ = g.withDefaults()
	return ledger.TrustState{Chain: chain, Validators: encodeValidators(g.Validators)}, nil
}

// ChainID returns CometBFT's name for the chain, which has at most 50
// characters.
func ChainID(chain ledger.Hash) string { return "trigrid-" + chain.String()[:40] }

// document returns the genesis in CometBFT's form. Its application state is the
// chain's id, so that an application of another genesis rejects it.
func (g Genesis) document() (*types.GenesisDoc, error) {
	g, err := g.withDefaults()
	if err != nil {
		return nil, err
	}
	chain, err := g.Chain()
	if err != nil {
		return nil, err
	}
	state, err := json.Marshal(chain.String())
	if err != nil {
		return nil, err
	}
	// CometBFT calls InitChain with this document when a node starts for the
	// first time.
	doc := &types.GenesisDoc{GenesisTime: g.Time, ChainID: ChainID(chain), AppState: state}
	for _, v := range g.Validators {
		doc.Validators = append(doc.Validators, types.GenesisValidator{PubKey: ed25519.PubKey(v.Key[:]), Power: v.Power})
	}
	return doc, doc.ValidateAndComplete()
}

// faulty returns the number of validators that may be Byzantine, whichever they
// are: the heaviest ones with together less than a third of the power.
//
// For example, four validators of equal power tolerate one.
func faulty(validators []Validator) int {
	var powers []int64
	var total int64
	for _, v := range validators {
		powers, total = append(powers, v.Power), total+v.Power
	}
	// The heaviest validators come first: f counts the worst case.
	slices.Sort(powers)
	slices.Reverse(powers)
	var sum int64
	for i, p := range powers {
		if sum += p; 3*sum >= total {
			return i
		}
	}
	return len(powers)
}

// validatorSize is the length of one validator in TrustState.Validators: key
// and power.
const validatorSize = ed25519.PubKeySize + 8

// encodeValidators returns the binary form of a set, in order of key.
//
// For example, four validators take 160 bytes.
func encodeValidators(validators []Validator) []byte {
	sorted := slices.Clone(validators)
	sortValidators(sorted)
	return codec.Encode(func(c *codec.Coder) {
		for i := range sorted {
			sorted[i].layout(c)
		}
	})
}

func sortValidators(of []Validator) {
	slices.SortFunc(of, func(a, b Validator) int { return bytes.Compare(a.Key[:], b.Key[:]) })
}

// decodeValidators reads the output of encodeValidators and rejects every other
// form.
func decodeValidators(b []byte) (*types.ValidatorSet, error) {
	var validators []Validator
	for chunk := range slices.Chunk(b, validatorSize) {
		if len(chunk) < validatorSize {
			return nil, fmt.Errorf("cometbft: validators of %d bytes, want a multiple of %d", len(b), validatorSize)
		}
		var v Validator
		if err := codec.Decode(chunk, v.layout); err != nil {
			return nil, fmt.Errorf("cometbft: validator: %w", err)
		}
		// checkValidators then reports the number; the rest of a forged list is
		// not decoded.
		if validators = append(validators, v); len(validators) > maxValidators {
			break
		}
	}
	if err := checkValidators(validators); err != nil {
		return nil, err
	}
	if !bytes.Equal(encodeValidators(validators), b) {
		return nil, errors.New("cometbft: validators are not in order of their keys")
	}
	set := make([]*types.Validator, len(validators))
	for i, v := range validators {
		set[i] = types.NewValidator(ed25519.PubKey(v.Key[:]), v.Power)
	}
	return types.NewValidatorSet(set), nil
}
