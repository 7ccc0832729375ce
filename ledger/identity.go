package ledger

import (
	"errors"
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/codec"
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

func (id *Identity) code(c *codec.Coder) {
	c.String(&id.ID, maxName)
	c.Byte((*byte)(&id.Role))
	c.Fixed(id.Key[:])
	id.Seal.code(c)
	c.Uint64(&id.From)
	c.Uint64(&id.Until)
	c.Uint64(&id.Serial)
}

func (id *Identity) check() error {
	var errs []error
	if err := checkName("identity", id.ID); err != nil {
		errs = append(errs, err)
	}
	if !id.Role.valid() {
		errs = append(errs, fmt.Errorf("ledger: identity %q: %s is not a role", id.ID, id.Role))
	}
	if id.Key == (pbft.PublicKey{}) {
		errs = append(errs, fmt.Errorf("ledger: identity %q has no signing key", id.ID))
	}
	if id.Until != 0 && id.Until < id.From {
		errs = append(errs, fmt.Errorf("ledger: identity %q: may act from height %d until %d, which is never", id.ID, id.From, id.Until))
	}
	if err := id.Seal.check(); err != nil {
		errs = append(errs, fmt.Errorf("ledger: identity %q: %w", id.ID, err))
	}
	return errors.Join(errs...)
}

// Keys of the identity contract's state.
func identityKey(id string) string { return "identity/" + id }

func keyOwnerKey(k pbft.PublicKey) string { return fmt.Sprintf("identity-key/%x", k[:]) }

func rosterKey(r Role) string { return "identity-roster/" + r.String() }

// roster is a sorted list of names.
type roster struct{ names []string }

func (r *roster) code(c *codec.Coder) { codec.Strings(c, &r.names, 1<<20, maxName) }

func (r *roster) add(name string) {
	if i, has := slices.BinarySearch(r.names, name); !has {
		r.names = slices.Insert(r.names, i, name)
	}
}

// identityContract keeps who is who. At least one grid or regulator identity has to be in the genesis; only these
// register others, and only a regulator makes another grid or regulator, or the grid could overrule its supervisors with
// one of its own. A key belongs to one identity for ever: an old key cannot come back under another name.
type identityContract struct{}

func (identityContract) Name() string { return "identity" }

// RegisterIdentity is sent by a grid or regulator identity to admit a participant; grids and regulators are admitted by a
// regulator only.
type RegisterIdentity struct{ Identity Identity }

// Kind implements [Message].
func (*RegisterIdentity) Kind() string { return "identity.register" }

func (m *RegisterIdentity) code(c *codec.Coder) { m.Identity.code(c) }

// RotateKeys is sent by an identity, signed with its old key, to replace its keys.
type RotateKeys struct {
	Key  pbft.PublicKey
	Seal SealKey
}

// Kind implements [Message].
func (*RotateKeys) Kind() string { return "identity.rotate" }

func (m *RotateKeys) code(c *codec.Coder) {
	c.Fixed(m.Key[:])
	m.Seal.code(c)
}

// RevokeIdentity is sent by a grid or regulator identity to end a participant's rights with the current height, the last
// one at which it may act.
type RevokeIdentity struct{ ID string }

// Kind implements [Message].
func (*RevokeIdentity) Kind() string { return "identity.revoke" }

func (m *RevokeIdentity) code(c *codec.Coder) { c.String(&m.ID, maxName) }

func (identityContract) Execute(c *Context, verb string, body []byte) ([]byte, error) {
	switch verb {
	case "register":
		var m RegisterIdentity
		if err := c.decode(body, &m, RoleGrid, RoleRegulator); err != nil {
			return nil, err
		}
		if r := m.Identity.Role; (r == RoleGrid || r == RoleRegulator) && c.Sender.Role != RoleRegulator {
			return nil, refuse("identity.authority", "%s %q is registered by a regulator only", r, m.Identity.ID)
		}
		m.Identity.Serial = 0
		return nil, registerIdentity(c, m.Identity)
	case "rotate":
		var m RotateKeys
		if err := c.decode(body, &m); err != nil {
			return nil, err
		}
		return nil, rotateKeys(c, m)
	case "revoke":
		var m RevokeIdentity
		if err := c.decode(body, &m, RoleGrid, RoleRegulator); err != nil {
			return nil, err
		}
		return nil, revokeIdentity(c, m.ID)
	}
	return nil, c.unknown(verb)
}

func registerIdentity(c *Context, id Identity) error {
	if err := id.check(); err != nil {
		return refuse("identity.invalid", "%v", err)
	}
	if _, has := c.Get(identityKey(id.ID)); has {
		return refuse("identity.taken", "%q is registered already", id.ID)
	}
	if _, has := c.Get(keyOwnerKey(id.Key)); has {
		return refuse("identity.key", "the key of %q belongs or belonged to another identity", id.ID)
	}
	c.put(identityKey(id.ID), &id)
	c.Put(keyOwnerKey(id.Key), []byte(id.ID))
	var r roster
	c.load(rosterKey(id.Role), &r)
	r.add(id.ID)
	c.put(rosterKey(id.Role), &r)
	return nil
}

func rotateKeys(c *Context, m RotateKeys) error {
	id := c.Sender
	id.Key, id.Seal = m.Key, m.Seal
	id.Serial++
	if err := id.check(); err != nil {
		return refuse("identity.invalid", "%v", err)
	}
	if _, has := c.Get(keyOwnerKey(id.Key)); has {
		return refuse("identity.key", "the new key of %q belongs or belonged to an identity", id.ID)
	}
	c.put(identityKey(id.ID), &id)
	c.Put(keyOwnerKey(id.Key), []byte(id.ID))
	return nil
}

func revokeIdentity(c *Context, name string) error {
	var id Identity
	if !c.load(identityKey(name), &id) {
		return refuse("identity.unknown", "%q is not registered", name)
	}
	if id.Role == RoleGrid || id.Role == RoleRegulator {
		if c.Sender.Role != RoleRegulator || c.Sender.ID == name {
			return refuse("identity.authority", "%s %q is revoked by another regulator only", id.Role, name)
		}
	}
	if id.Until != 0 && id.Until < c.Height {
		return refuse("identity.ended", "%q has had no rights since height %d", name, id.Until)
	}
	id.Until = c.Height
	c.put(identityKey(name), &id)
	return nil
}
