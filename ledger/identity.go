package ledger

import (
	"encoding/hex"
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/pbft"
)

// Role determines the messages that an identity may send.
type Role byte

// The roles. The zero value is no role, so an identity without a role is
// rejected.
const (
	RoleGrid      Role = iota + 1 // dispatch centre: weights, verdicts, settlement, registration
	RoleVPP                       // submits aggregation schemes
	RoleDER                       // receives its row of a scheme, chooses a VPP
	RoleRegulator                 // reviews trades, registers and revokes, reads escrowed data
)

// String returns the role's name in lower case, for example "vpp".
func (r Role) String() string {
	switch r {
	case RoleGrid:
		return "grid"
	case RoleVPP:
		return "vpp"
	case RoleDER:
		return "der"
	case RoleRegulator:
		return "regulator"
	}
	return fmt.Sprintf("Role(%d)", byte(r))
}

func (r Role) valid() bool { return r >= RoleGrid && r <= RoleRegulator }

// Identity is the public part of a participant. Its private keys stay with the
// participant.
type Identity struct {
	ID     string
	Role   Role
	Key    pbft.PublicKey // verifies the participant's transactions
	Seal   SealKey        // encrypts messages to the participant
	From   uint64         // first height at which it may act
	Until  uint64         // last height at which it may act; 0 for no end
	Serial uint64         // number of key replacements
}

// Active reports whether the identity may act at height.
func (id *Identity) Active(height uint64) bool {
	return height >= id.From && (id.Until == 0 || height <= id.Until)
}

// Layout implements [Coded].
func (id *Identity) Layout(c *codec.Coder) {
	c.String(&id.ID, MaxName)
	c.Byte((*byte)(&id.Role))
	c.Fixed(id.Key[:])
	id.Seal.Layout(c)
	c.Uint64(&id.From)
	c.Uint64(&id.Until)
	c.Uint64(&id.Serial)
}

// Validate returns all violations: a name that [CheckName] rejects, an unknown
// role, missing keys, a period that ends before it begins. The texts are part
// of receipts and must not depend on the platform.
func (id *Identity) Validate() error {
	var bad faults.List
	if err := CheckName("identity", id.ID); err != nil {
		bad.Add(err)
	}
	if !id.Role.valid() {
		bad.Addf("ledger: identity %q: %s is not a role", id.ID, id.Role)
	}
	if id.Key == (pbft.PublicKey{}) {
		bad.Addf("ledger: identity %q has no signing key", id.ID)
	}
	if id.Until != 0 && id.Until < id.From {
		bad.Addf("ledger: identity %q: may act from height %d until %d, which is never", id.ID, id.From, id.Until)
	}
	if err := id.Seal.Validate(); err != nil {
		bad.Addf("ledger: identity %q: %w", id.ID, err)
	}
	return bad.Err()
}

// IdentityKey is the state key of an [Identity].
func IdentityKey(id string) string { return "identity/" + id }

// keyOwnerKey is the state key of the name to which a signing key belongs or
// belonged.
func keyOwnerKey(k pbft.PublicKey) string { return "identity-key/" + hex.EncodeToString(k[:]) }

// rosterKey is the state key of the number of identities of a role, a
// [Counter].
//
// Each identity has keys of its own, because one list of all would be written
// again with each registration: a million registrations would write a million
// lists.
func rosterKey(r Role) string { return "identity-roster/" + r.String() }

// memberKey is the state key of the name of identity number place of a role.
func memberKey(r Role, place uint64) string { return Key(rosterKey(r), place) }

// placeKey is the state key of the place of an identity in its role, a
// [Counter].
func placeKey(id string) string { return "identity-place/" + id }
