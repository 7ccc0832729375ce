package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

func TestKeysAreReplacedAndRightsEnd(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	ctx, s := t.Context(), sender{t, n}
	newcomer, err := ledger.NewParty(nil, "H1", ledger.RoleDER)
	require.NoError(t, err)
	s.refused("identity.role", s.send("vpp-1", &ledger.RegisterIdentity{Identity: newcomer.Identity()}))
	c, err := ledger.Connect(ctx, n.Engine(), newcomer)
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.Heartbeat{})
	require.ErrorIs(t, err, ledger.ErrInvalidTx, "not registered yet")
	require.NoError(t, s.send("regulator", &ledger.RegisterIdentity{Identity: newcomer.Identity()}))
	s.refused("identity.taken", s.send("grid", &ledger.RegisterIdentity{Identity: newcomer.Identity()}))
	_, err = c.Send(ctx, &ledger.Heartbeat{})
	require.NoError(t, err)

	renamed := newcomer.Identity()
	renamed.ID = "H2"
	s.refused("identity.key", s.send("grid", &ledger.RegisterIdentity{Identity: renamed}))
	renamed.Key, renamed.ID, renamed.Role = pbft.PublicKey{9}, "a/b", 77
	s.refused("identity.invalid", s.send("grid", &ledger.RegisterIdentity{Identity: renamed}))

	// After a rotation the old key is worthless and the new one starts to count at 1.
	successor, err := ledger.NewParty(nil, "H1", ledger.RoleDER)
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.RotateKeys{Key: successor.Identity().Key, Seal: successor.Identity().Seal})
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.Heartbeat{})
	s.refused("tx.key", err)
	c, err = ledger.Connect(ctx, n.Engine(), successor)
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.Heartbeat{})
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.RotateKeys{Key: newcomer.Identity().Key, Seal: newcomer.Identity().Seal})
	s.refused("identity.key", err) // an old key does not come back

	s.refused("identity.authority", s.send("grid", &ledger.RevokeIdentity{ID: "regulator"}))
	s.refused("identity.authority", s.send("regulator", &ledger.RevokeIdentity{ID: "regulator"}))
	require.NoError(t, s.send("grid", &ledger.RevokeIdentity{ID: "H1"}))
	_, err = c.Send(ctx, &ledger.Heartbeat{})
	s.refused("tx.inactive", err)
}

// Only a regulator makes another authority: a grid that could make regulators would be reviewed by its own creatures.
func TestTheGridCannotMakeItsOwnSupervisors(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	s := sender{t, n}
	for _, role := range []ledger.Role{ledger.RoleGrid, ledger.RoleRegulator} {
		p, err := ledger.NewParty(nil, "second "+role.String(), role)
		require.NoError(t, err)
		s.refused("identity.authority", s.send("grid", &ledger.RegisterIdentity{Identity: p.Identity()}))
		require.NoError(t, s.send("regulator", &ledger.RegisterIdentity{Identity: p.Identity()}))
	}
}

// An identity that has ended stays ended: to revoke it once more must not give it rights for the rest of the block.
func TestARevocationProlongsNothing(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	s := sender{t, n}
	p, err := ledger.NewParty(nil, "guest", ledger.RoleDER)
	require.NoError(t, err)
	guest := p.Identity()
	guest.From, guest.Until = 9, 3
	s.refused("identity.invalid", s.send("grid", &ledger.RegisterIdentity{Identity: guest}))
	guest.From, guest.Until = 0, n.Engine().Status().Height+2
	require.NoError(t, s.send("grid", &ledger.RegisterIdentity{Identity: guest}))
	require.NoError(t, n.Heartbeat(t.Context(), 3))
	s.refused("identity.ended", s.send("grid", &ledger.RevokeIdentity{ID: "guest"}))
	require.NoError(t, s.send("grid", &ledger.RevokeIdentity{ID: "W1"}))
	s.refused("identity.ended", s.send("grid", &ledger.RevokeIdentity{ID: "W1"}))
}
