package ledger

import (
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/pbft"
)

// Validator is one replica that orders and executes the blocks of a chain.
type Validator struct {
	ID      pbft.ReplicaID // for the life of the chain, never used again
	Key     pbft.PublicKey // verifies its votes, never used again
	Power   int64          // of its vote, 1 on engines without weights
	Address string         // for other replicas, such as "10.0.0.7:7000"; the ledger does not use it
}

// Layout implements [Coded].
func (v *Validator) Layout(c *codec.Coder) {
	c.Uint32((*uint32)(&v.ID))
	c.Fixed(v.Key[:])
	codec.Int64(c, &v.Power)
	c.String(&v.Address, MaxName)
}

// ValidatorSet is a requested set of validators. Engines put it in force some
// blocks later, the PBFT engines at a checkpoint.
type ValidatorSet struct {
	Serial  uint64      // 0 for the set of the genesis, then one more with each change
	Height  uint64      // of the block that requested it
	Members []Validator // in ascending order of id
}

// Layout implements [Coded].
func (s *ValidatorSet) Layout(c *codec.Coder) {
	c.Uint64(&s.Serial)
	c.Uint64(&s.Height)
	codec.List(c, &s.Members, maxValidators, func(c *codec.Coder, v *Validator) { v.Layout(c) })
}

// PBFT returns the members in the form of package pbft.
func (s *ValidatorSet) PBFT() []pbft.Member {
	out := make([]pbft.Member, len(s.Members))
	for i, v := range s.Members {
		out[i] = pbft.Member{ID: v.ID, Key: v.Key}
	}
	return out
}

// Limits of sets. maxReplicas is that of package pbft, and the power keeps sums
// below 2⁶³.
const (
	maxValidators = 1024
	maxReplicas   = 256
	maxPower      = 1 << 40
)

// check returns all violations of the set's own rules.
func (s *ValidatorSet) check(weighted bool) error {
	var bad faults.List
	limit := maxReplicas
	if weighted {
		limit = maxValidators
	}
	bad.Require(len(s.Members) > 0 && len(s.Members) <= limit, "%d validators, want 1 to %d", len(s.Members), limit)
	ids, keys := map[pbft.ReplicaID]bool{}, map[pbft.PublicKey]bool{}
	for _, v := range s.Members {
		bad.Require(!ids[v.ID], "validator %d is listed twice", v.ID)
		bad.Require(!keys[v.Key], "validator %d has the key of another one", v.ID)
		bad.Require(v.Key != pbft.PublicKey{}, "validator %d has no key", v.ID)
		bad.Require(v.Power > 0 && v.Power <= maxPower, "validator %d has power %d, want 1 to %d", v.ID, v.Power, int64(maxPower))
		ids[v.ID], keys[v.Key] = true, true
	}
	return bad.Err()
}

// runsWithout reports whether the members that both sets have can order blocks
// in s alone. New members vote only after they have fetched the state, and some
// of them may never arrive.
func (s *ValidatorSet) runsWithout(before *ValidatorSet, weighted bool) bool {
	old := map[pbft.PublicKey]bool{}
	for _, v := range before.Members {
		old[v.Key] = true
	}
	var kept, total, members int64
	for _, v := range s.Members {
		total += v.Power
		if old[v.Key] {
			kept += v.Power
			members++
		}
	}
	if weighted {
		return 3*kept > 2*total
	}
	return members >= int64(pbft.StrongQuorum(len(s.Members)))
}

// tolerates reports whether the set works with one absent member.
func (s *ValidatorSet) tolerates(weighted bool) bool {
	var most, total int64
	for _, v := range s.Members {
		most, total = max(most, v.Power), total+v.Power
	}
	if weighted {
		return 3*most < total
	}
	return pbft.Faulty(len(s.Members)) > 0
}

// ValidatorSerialKey is the state key of the serial number of the set that was
// requested last, a [Counter]. It is absent until the first change.
const ValidatorSerialKey = "validators/serial"

// ValidatorSetKey is the state key of the set with a serial number, a
// [ValidatorSet]. The set of the genesis is not in the state.
func ValidatorSetKey(serial uint64) string { return Key("validators/set", serial) }

// validatorIDKey is the state key of an id that a change has used.
func validatorIDKey(id pbft.ReplicaID) string { return Key("validators/id", uint64(id)) }

// validatorKeyKey is the state key of a public key that a change has used.
func validatorKeyKey(k pbft.PublicKey) string { return fmt.Sprintf("validators/key/%x", k[:]) }

// Validators returns the last requested set of validators, or false if the
// machine has no contract of [NewValidators].
func (m *Machine) Validators() (ValidatorSet, bool) {
	x, has := m.contracts["validators"].(*validators)
	if !has {
		return ValidatorSet{}, false
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return x.last(&Context{state: &draft{base: m.state}}), true
}
