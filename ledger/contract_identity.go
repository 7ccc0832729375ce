package ledger

import (
	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// identityContract registers participants. At least one grid or regulator identity is in the genesis; only
// these two roles register others, and only a regulator registers another grid or regulator. A grid could
// otherwise register the regulators that review it. A signing key belongs to one identity for ever, so an old
// key cannot return under another name.
func identityContract() *TypedContract {
	return NewContract("identity",
		Handle(register, RoleGrid, RoleRegulator),
		Handle(rotateKeys),
		Handle(revokeIdentity, RoleGrid, RoleRegulator),
	)
}

// RegisterIdentity is sent by a grid or regulator identity to admit a participant; grids and regulators are admitted by a
// regulator only.
type RegisterIdentity struct{ Identity Identity }

// Kind implements [Message].
func (*RegisterIdentity) Kind() string { return "identity.register" }

func (m *RegisterIdentity) Layout(c *codec.Coder) { m.Identity.Layout(c) }

// RotateKeys is sent by an identity, signed with its old key, to replace its keys.
type RotateKeys struct {
	Key  pbft.PublicKey
	Seal SealKey
}

// Kind implements [Message].
func (*RotateKeys) Kind() string { return "identity.rotate" }

func (m *RotateKeys) Layout(c *codec.Coder) {
	c.Fixed(m.Key[:])
	m.Seal.Layout(c)
}

// RevokeIdentity is sent by a grid or regulator identity to end a participant's rights with the current height, the last
// one at which it may act.
type RevokeIdentity struct{ ID string }

// Kind implements [Message].
func (*RevokeIdentity) Kind() string { return "identity.revoke" }

func (m *RevokeIdentity) Layout(c *codec.Coder) { c.String(&m.ID, MaxName) }

func register(c *Context, m *RegisterIdentity) error {
	if r := m.Identity.Role; (r == RoleGrid || r == RoleRegulator) && c.Sender.Role != RoleRegulator {
		return Refuse("identity.authority", "%s %q is registered by a regulator only", r, m.Identity.ID)
	}
	m.Identity.Serial = 0
	return registerIdentity(c, m.Identity)
}

func registerIdentity(c *Context, id Identity) error {
	if err := id.Validate(); err != nil {
		return Refuse("identity.invalid", "%v", err)
	}
	if _, has := c.Get(IdentityKey(id.ID)); has {
		return Refuse("identity.taken", "%q is registered already", id.ID)
	}
	if _, has := c.Get(keyOwnerKey(id.Key)); has {
		return Refuse("identity.key", "the key of %q belongs or belonged to another identity", id.ID)
	}
	c.Store(IdentityKey(id.ID), &id)
	c.Put(keyOwnerKey(id.Key), []byte(id.ID))
	var all Names
	c.Load(rosterKey(id.Role), &all)
	all.Add(id.ID)
	c.Store(rosterKey(id.Role), &all)
	return nil
}

func rotateKeys(c *Context, m *RotateKeys) error {
	id := c.Sender
	id.Key, id.Seal = m.Key, m.Seal
	id.Serial++
	if err := id.Validate(); err != nil {
		return Refuse("identity.invalid", "%v", err)
	}
	if _, has := c.Get(keyOwnerKey(id.Key)); has {
		return Refuse("identity.key", "the new key of %q belongs or belonged to an identity", id.ID)
	}
	c.Store(IdentityKey(id.ID), &id)
	c.Put(keyOwnerKey(id.Key), []byte(id.ID))
	return nil
}

func revokeIdentity(c *Context, m *RevokeIdentity) error {
	name := m.ID
	var id Identity
	if !c.Load(IdentityKey(name), &id) {
		return Refuse("identity.unknown", "%q is not registered", name)
	}
	if id.Role == RoleGrid || id.Role == RoleRegulator {
		if c.Sender.Role != RoleRegulator || c.Sender.ID == name {
			return Refuse("identity.authority", "%s %q is revoked by another regulator only", id.Role, name)
		}
	}
	if id.Until != 0 && id.Until < c.Height {
		return Refuse("identity.ended", "%q has had no rights since height %d", name, id.Until)
	}
	id.Until = c.Height
	c.Store(IdentityKey(name), &id)
	return nil
}
