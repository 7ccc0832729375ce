package relay_test

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/relay"
)

// TestExportsAreFrozen compares the SHA-256 of the exports of all chains with a
// known value.
func TestExportsAreFrozen(t *testing.T) {
	ctx := t.Context()
	genesis := map[string]ledger.Genesis{}
	random := rand.NewChaCha8([32]byte{5})
	top := relay.Star("vpp-1", "vpp-2")
	n, err := relay.NewNetwork(ctx, relay.NetworkConfig{
		Topology: top, Owners: []string{"vpp-1", "vpp-2"}, Random: random, Patience: -1,
		Engine: func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error) {
			genesis[g.Name] = g
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: contracts, Random: random})
		},
	})
	require.NoError(t, err)
	defer n.Close()
	require.NoError(t, n.Issue(ctx, relay.Carbon, "allowance", "vpp-1", 1000))
	require.NoError(t, n.Issue(ctx, relay.Electricity, "MWh", "vpp-2", 1000))
	require.Error(t, n.Retire(ctx, relay.Carbon, "allowance", "vpp-2", 5))
	require.NoError(t, n.Retire(ctx, relay.Carbon, "allowance", "vpp-1", 5))
	require.NoError(t, n.Transfer(ctx, relay.Carbon, "allowance", "vpp-1", "vpp-1", "vpp-1", 100, 1000))
	require.NoError(t, n.Transfer(ctx, relay.Carbon, "allowance", "vpp-1", "vpp-1", "vpp-1", 50, 1))
	legs := []relay.Leg{
		{Chain: relay.Carbon, Asset: "allowance", From: "vpp-1", To: "vpp-2", Amount: 30},
		{Chain: relay.Electricity, Asset: "MWh", From: "vpp-2", To: "vpp-1", Amount: 40},
	}
	require.NoError(t, n.Begin(ctx, "relay", "vpp-1", "t1", legs, 1000))
	require.NoError(t, n.Consent(ctx, "relay", "vpp-2", "t1"))
	legs[1].Amount = 4000
	require.NoError(t, n.Begin(ctx, "relay", "vpp-1", "t2", legs, 1000))
	require.NoError(t, n.Consent(ctx, "relay", "vpp-2", "t2"))
	require.NoError(t, n.Begin(ctx, "relay", "vpp-1", "t3", legs, n.Chain("relay").Status().Height+2))
	require.NoError(t, n.Settle(ctx))
	require.NoError(t, n.Expire(ctx, "relay", "t3"))
	require.NoError(t, n.Settle(ctx))
	sum := sha256.New()
	for _, name := range top.All() {
		require.NoError(t, engine.Export(ctx, sum, genesis[name], n.Chain(name)))
	}
	const want = "0eb7475b2f51aa03ff20407fa423d0327152d7ace0af162fa84bcfdb350fd8a3"
	require.Equal(t, want, hex.EncodeToString(sum.Sum(nil)))
}
