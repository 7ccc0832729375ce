package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
	"github.com/trigrid/trigrid/pbft"
)

func TestKeysAreReplacedAndRightsEnd(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	newcomer, err := client.NewParty(nil, "H1", ledger.RoleDER)
	require.NoError(t, err)
	s.Refused("identity.role", s.Send("vpp-1", &ledger.RegisterIdentity{Identity: newcomer.Identity()}))
	c, err := client.Connect(ctx, n.Engine(), newcomer)
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.ReadState{})
	require.ErrorIs(t, err, ledger.ErrInvalidTx, "not registered yet")
	require.NoError(t, s.Send("regulator", &ledger.RegisterIdentity{Identity: newcomer.Identity()}))
	s.Refused("identity.taken", s.Send("grid", &ledger.RegisterIdentity{Identity: newcomer.Identity()}))
	_, err = c.Send(ctx, &ledger.ReadState{})
	require.NoError(t, err)

	renamed := newcomer.Identity()
	renamed.ID = "H2"
	s.Refused("identity.key", s.Send("grid", &ledger.RegisterIdentity{Identity: renamed}))
	renamed.Key, renamed.ID, renamed.Role = pbft.PublicKey{9}, "a/b", 77
	s.Refused("identity.invalid", s.Send("grid", &ledger.RegisterIdentity{Identity: renamed}))

	// After a rotation the old key is worthless and the new one starts to count
	// at 1.
	successor, err := client.NewParty(nil, "H1", ledger.RoleDER)
	require.NoError(t, err)
	rotation := &ledger.RotateKeys{Key: successor.Identity().Key, Seal: successor.Identity().Seal}
	_, err = c.Send(ctx, rotation)
	s.Refused("identity.proof", err) // the new key has not signed
	rotation.Proof = successor.ProveRotation(n.Engine().Chain(), 1)
	_, err = c.Send(ctx, rotation)
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.ReadState{})
	s.Refused("tx.key", err)
	c, err = client.Connect(ctx, n.Engine(), successor)
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.ReadState{})
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.RotateKeys{Key: newcomer.Identity().Key, Seal: newcomer.Identity().Seal})
	s.Refused("identity.key", err) // an old key does not come back

	s.Refused("identity.authority", s.Send("grid", &ledger.RevokeIdentity{ID: "regulator"}))
	s.Refused("identity.authority", s.Send("regulator", &ledger.RevokeIdentity{ID: "regulator"}))
	require.NoError(t, s.Send("grid", &ledger.RevokeIdentity{ID: "H1"}))
	_, err = c.Send(ctx, &ledger.ReadState{})
	s.Refused("tx.inactive", err)
}

// Only a regulator makes another authority: a grid that could make regulators
// would be reviewed by its own creatures.
func TestTheGridCannotMakeItsOwnSupervisors(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	s := testnet.Sender{T: t, N: n}
	for _, role := range []ledger.Role{ledger.RoleGrid, ledger.RoleRegulator} {
		p, err := client.NewParty(nil, "second "+role.String(), role)
		require.NoError(t, err)
		s.Refused("identity.authority", s.Send("grid", &ledger.RegisterIdentity{Identity: p.Identity()}))
		require.NoError(t, s.Send("regulator", &ledger.RegisterIdentity{Identity: p.Identity()}))
	}
}

// An identity that has ended stays ended: to revoke it once more must not give
// it rights for the rest of the block.
func TestARevocationProlongsNothing(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	s := testnet.Sender{T: t, N: n}
	p, err := client.NewParty(nil, "guest", ledger.RoleDER)
	require.NoError(t, err)
	guest := p.Identity()
	guest.From, guest.Until = 9, 3
	s.Refused("identity.invalid", s.Send("grid", &ledger.RegisterIdentity{Identity: guest}))
	guest.From, guest.Until = 0, n.Engine().Status().Height+2
	require.NoError(t, s.Send("grid", &ledger.RegisterIdentity{Identity: guest}))
	require.NoError(t, n.Heartbeat(t.Context(), 3))
	s.Refused("identity.ended", s.Send("grid", &ledger.RevokeIdentity{ID: "guest"}))
	require.NoError(t, s.Send("grid", &ledger.RevokeIdentity{ID: "W1"}))
	s.Refused("identity.ended", s.Send("grid", &ledger.RevokeIdentity{ID: "W1"}))
}
