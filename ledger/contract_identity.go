package ledger

import (
	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// identityContract registers participants. At least one grid or regulator
// identity is in the genesis; only these two roles register others, and only a
// regulator registers another grid or regulator. A grid could otherwise
// register the regulators that review it. A signing key belongs to one identity
// for ever, so an old key cannot return under another name.
func identityContract() *TypedContract {
	return NewContract("identity",
		Handle(register, RoleGrid, RoleRegulator),
		Handle(rotateKeys),
		Handle(revokeIdentity, RoleGrid, RoleRegulator),
	)
}

// RegisterIdentity adds a participant. A grid or regulator sends it. Only a
// regulator may add a grid or another regulator.
type RegisterIdentity struct{ Identity Identity }

// Kind implements [Message].
func (*RegisterIdentity) Kind() string { return "identity.register" }

// Layout implements [Coded].
func (m *RegisterIdentity) Layout(c *codec.Coder) { m.Identity.Layout(c) }

// RotateKeys replaces both keys of the sender. It is signed with the old key.
//
// Proof is the signature of the new key over [RotationStatement] of the chain,
// the sender's name and its next serial number. A party could otherwise take a
// key that it has only seen, before the owner of the key is registered.
type RotateKeys struct {
	Key   pbft.PublicKey
	Seal  SealKey
	Proof pbft.Signature
}

// RotationStatement returns the message that a new signing key signs in
// [RotateKeys.Proof]. serial is [Identity.Serial] after the rotation.
func RotationStatement(chain Hash, id string, serial uint64, seal SealKey) []byte {
	h := HashOf(domainRotation, chain[:], []byte(id), Encode(&Counter{serial}), Encode(&seal))
	return h[:]
}

// Kind implements [Message].
func (*RotateKeys) Kind() string { return "identity.rotate" }

// Layout implements [Coded].
func (m *RotateKeys) Layout(c *codec.Coder) {
	c.Fixed(m.Key[:])
	m.Seal.Layout(c)
	c.Fixed(m.Proof[:])
}

// RevokeIdentity ends a participant's rights: the current height is the last
// one at which it may act. A grid or regulator sends it.
type RevokeIdentity struct{ ID string }

// Kind implements [Message].
func (*RevokeIdentity) Kind() string { return "identity.revoke" }

// Layout implements [Coded].
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
	// The index by key outlives the key, so that no later identity can use an
	// old key.
	c.Store(IdentityKey(id.ID), &id)
	c.Put(keyOwnerKey(id.Key), []byte(id.ID))
	place := c.Members(id.Role)
	c.Put(memberKey(id.Role, place), []byte(id.ID))
	c.Store(placeKey(id.ID), &Counter{place})
	c.Store(rosterKey(id.Role), &Counter{place + 1})
	return nil
}

// rotationVerifier checks [RotateKeys.Proof]. Its answers depend on its
// arguments only.
var rotationVerifier = pbft.StandardRule.Verifier()

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
	// The standard rule holds for this statement on all chains, also on those
	// whose transactions follow the batch rule.
	proof := pbft.Signed{Key: id.Key, Message: RotationStatement(c.Chain, id.ID, id.Serial, id.Seal), Signature: m.Proof}
	if !rotationVerifier.Verify(proof) {
		return Refuse("identity.proof", "the new key of %q has not signed its rotation to serial %d", id.ID, id.Serial)
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
