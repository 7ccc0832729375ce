package ledger

import (
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/pbft"
)

// Role is what an identity may do.
type Role byte

// The roles. The zero value is none, so that a forgotten role is refused.
const (
	RoleGrid      Role = iota + 1 // the grid's dispatch centre: weights, verdicts, deliveries, settlement, registration
	RoleVPP                       // submits aggregation schemes
	RoleDER                       // receives its row, chooses a VPP
	RoleRegulator                 // reviews trades, registers and revokes identities, reads what is opened for audit
)

// String names the role.
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

// Identity is what the ledger knows about a participant. The private keys stay with it.
type Identity struct {
	ID     string
	Role   Role
	Key    pbft.PublicKey // verifies its transactions
	Seal   SealKey        // others seal to it what only it may read
	From   uint64         // height from which it may act
	Until  uint64         // last height at which it may act; 0 means without end
	Serial uint64         // counts the changes of this identity's keys
}

// Active reports whether the identity may act at height.
func (id *Identity) Active(height uint64) bool {
	return height >= id.From && (id.Until == 0 || height <= id.Until)
}

func (id *Identity) Layout(c *codec.Coder) {
	c.String(&id.ID, MaxName)
	c.Byte((*byte)(&id.Role))
	c.Fixed(id.Key[:])
	id.Seal.Layout(c)
	c.Uint64(&id.From)
	c.Uint64(&id.Until)
	c.Uint64(&id.Serial)
}

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

// Keys of the identity contract's state.
func IdentityKey(id string) string { return "identity/" + id }

func keyOwnerKey(k pbft.PublicKey) string { return fmt.Sprintf("identity-key/%x", k[:]) }

func rosterKey(r Role) string { return "identity-roster/" + r.String() }
