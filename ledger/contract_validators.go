package ledger

import (
	"cmp"
	"errors"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// ValidatorsConfig describes the contract of [NewValidators]. Engines set it.
type ValidatorsConfig struct {
	Genesis  []Validator // the first set
	Weighted bool        // votes count by power; otherwise all powers are 1
}

// validators is the contract "validators", which changes the set of validators.
// Only regulators send its message, as they register all other authorities. A
// chain without a regulator keeps its validators.
type validators struct {
	*TypedContract
	genesis  ValidatorSet
	weighted bool
}

// NewValidators returns the contract through which a regulator changes the
// validators of a running chain. Engines add it to their machines; a machine
// without it refuses [ChangeValidators]. The error lists all violations of the
// first set.
func NewValidators(cfg ValidatorsConfig) (Contract, error) {
	x := &validators{weighted: cfg.Weighted, genesis: ValidatorSet{Members: slices.Clone(cfg.Genesis)}}
	for i := range x.genesis.Members {
		if x.genesis.Members[i].Power == 0 {
			x.genesis.Members[i].Power = 1
		}
	}
	sortValidators(x.genesis.Members)
	x.TypedContract = NewContract("validators", Handle(x.change, RoleRegulator))
	return x, x.genesis.check(x.weighted)
}

func sortValidators(of []Validator) {
	slices.SortFunc(of, func(a, b Validator) int { return cmp.Compare(a.ID, b.ID) })
}

// ChangeValidators adds, removes and replaces validators in one step. A
// regulator sends it. For example, Remove [2] and Add of validator 4 replaces
// validator 2.
//
// Serial is one more than that of the last requested set, so that two
// regulators do not change the same set without noticing. The new set is in
// force later: on PBFT at the first checkpoint at least a window after the
// block, on CometBFT two blocks later. Refusals:
//
//   - "validators.serial": the set has changed since.
//   - "validators.unknown": a removed id is not in the set.
//   - "validators.used": an added id or key is, or was, a validator's or a
//     participant's.
//   - "validators.proof": an added key has not signed [ValidatorStatement].
//   - "validators.invalid": the new set is empty, too large or has a wrong
//     power.
//   - "validators.quorum": the members that stay could not order blocks alone,
//     compared with any set of the last 384 blocks. Change fewer at once, or
//     later; heartbeats advance the chain. Sets that tolerate no fault may
//     change freely.
//   - "validators.pending": 16 changes in the last 384 blocks.
type ChangeValidators struct {
	Serial uint64
	Remove []pbft.ReplicaID
	Add    []NewValidator
}

// NewValidator is a validator that joins. Proof is its signature over
// [ValidatorStatement], so that no set contains a key without an owner.
type NewValidator struct {
	Validator Validator
	Proof     pbft.Signature
}

// Layout implements [Coded].
func (v *NewValidator) Layout(c *codec.Coder) {
	v.Validator.Layout(c)
	c.Fixed(v.Proof[:])
}

// ProveValidator returns v with the signature of its key for the set with a
// serial number. v.Key is set to the signer's. A power of 0 becomes 1.
func ProveValidator(chain Hash, serial uint64, v Validator, signer pbft.Signer) NewValidator {
	v.Key = signer.Public()
	v.Power = max(v.Power, 1)
	return NewValidator{Validator: v, Proof: signer.Sign(ValidatorStatement(chain, serial, v))}
}

// ValidatorStatement returns the message that a new validator signs: it joins
// the chain's set with a serial number under this id, power and address.
func ValidatorStatement(chain Hash, serial uint64, v Validator) []byte {
	h := HashOf(domainValidator, chain[:], Encode(&Counter{serial}), Encode(&v))
	return h[:]
}

// Kind implements [Message].
func (*ChangeValidators) Kind() string { return "validators.change" }

// Layout implements [Coded].
func (m *ChangeValidators) Layout(c *codec.Coder) {
	c.Uint64(&m.Serial)
	codec.List(c, &m.Remove, maxValidators, func(c *codec.Coder, id *pbft.ReplicaID) { c.Uint32((*uint32)(id)) })
	codec.List(c, &m.Add, maxValidators, func(c *codec.Coder, v *NewValidator) { v.Layout(c) })
}

// Changes are in force at most settleHeights blocks after their request: on
// PBFT the window and one period of checkpoints, with the defaults of the
// genesis. maxRecent bounds the sets that may be in force at one time.
const (
	settleHeights = 384
	maxRecent     = 16
)

// last returns the last requested set.
func (x *validators) last(c *Context) ValidatorSet {
	var serial Counter
	c.Load(ValidatorSerialKey, &serial)
	return x.set(c, serial.N)
}

// set returns the set with a serial number.
func (x *validators) set(c *Context, serial uint64) ValidatorSet {
	if serial == 0 {
		return x.genesis
	}
	var s ValidatorSet
	c.Load(ValidatorSetKey(serial), &s)
	return s
}

// change executes [ChangeValidators].
func (x *validators) change(c *Context, m *ChangeValidators) error {
	last := x.last(c)
	if m.Serial != last.Serial+1 {
		return Refuse("validators.serial", "the last requested set has serial %d, want a change to %d", last.Serial, last.Serial+1)
	}
	next := ValidatorSet{Serial: m.Serial, Height: c.Height, Members: slices.Clone(last.Members)}
	for _, id := range m.Remove {
		i := slices.IndexFunc(next.Members, func(v Validator) bool { return v.ID == id })
		if i < 0 {
			return Refuse("validators.unknown", "no validator %d in set %d", id, last.Serial)
		}
		next.Members = slices.Delete(next.Members, i, i+1)
	}
	for _, added := range m.Add {
		if err := x.join(c, m.Serial, added); err != nil {
			return err
		}
		next.Members = append(next.Members, added.Validator)
	}
	sortValidators(next.Members)
	if err := next.check(x.weighted); err != nil {
		return Refuse("validators.invalid", "%v", err)
	}
	if err := x.keepsQuorum(c, &next, last); err != nil {
		return err
	}
	c.Store(ValidatorSetKey(next.Serial), &next)
	c.Store(ValidatorSerialKey, &Counter{next.Serial})
	return nil
}

// join checks one new validator and marks its id and key as used.
func (x *validators) join(c *Context, serial uint64, n NewValidator) error {
	v := n.Validator
	_, usedID := c.Get(validatorIDKey(v.ID))
	_, usedKey := c.Get(validatorKeyKey(v.Key))
	_, party := c.Get(keyOwnerKey(v.Key))
	for _, first := range x.genesis.Members {
		usedID, usedKey = usedID || first.ID == v.ID, usedKey || first.Key == v.Key
	}
	switch {
	case usedID:
		return Refuse("validators.used", "validator id %d is used, now or before", v.ID)
	case usedKey:
		return Refuse("validators.used", "the key of validator %d is another one's, now or before", v.ID)
	case party: // one signature could then count in both roles
		return Refuse("validators.used", "the key of validator %d is a participant's", v.ID)
	case !x.weighted && v.Power != 1:
		return Refuse("validators.invalid", "validator %d has power %d, but votes on this chain have no weights; want 1", v.ID, v.Power)
	}
	proof := pbft.Signed{Key: v.Key, Message: ValidatorStatement(c.Chain, serial, v), Signature: n.Proof}
	if !rotationVerifier.Verify(proof) {
		return Refuse("validators.proof", "the key of validator %d has not signed its place in set %d", v.ID, serial)
	}
	c.Put(validatorIDKey(v.ID), []byte("used"))
	c.Put(validatorKeyKey(v.Key), []byte("used"))
	return nil
}

// keepsQuorum refuses a set that depends on new members, compared with each set
// that may be in force when next begins: the last one that was requested more
// than settleHeights ago, and all later ones.
func (x *validators) keepsQuorum(c *Context, next *ValidatorSet, before ValidatorSet) error {
	for range maxRecent {
		if before.tolerates(x.weighted) && !next.runsWithout(&before, x.weighted) {
			return Refuse("validators.quorum", "too few of the %d validators are in set %d too; change fewer at once, or %d blocks after the last change", len(next.Members), before.Serial, settleHeights)
		}
		if before.Serial == 0 || before.Height+settleHeights <= c.Height {
			return nil
		}
		before = x.set(c, before.Serial-1)
	}
	return Refuse("validators.pending", "%d changes in the last %d blocks; wait", maxRecent, settleHeights)
}

// ValidatorSource is implemented by the verifiers of engines whose validators
// can change. It returns the contract for the set in a trusted state at the
// genesis, so that a replay has the contracts of the engine.
type ValidatorSource interface {
	Validators(genesis TrustState) (Contract, error)
}

// Validators implements [ValidatorSource].
func (PBFTVerifier) Validators(genesis TrustState) (Contract, error) {
	var set pbftSet
	if err := Decode("validators", genesis.Validators, &set); err != nil {
		return nil, err
	}
	if set.members.Epoch != 0 {
		return nil, errors.New("ledger: the trusted state is not that of the genesis, whose validators a replay needs")
	}
	var cfg ValidatorsConfig
	for _, m := range set.members.Members {
		cfg.Genesis = append(cfg.Genesis, Validator{ID: m.ID, Key: m.Key})
	}
	return NewValidators(cfg)
}
