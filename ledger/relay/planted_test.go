//go:build planted

package relay_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/planted"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/relay"
)

// TestPlantedEscrow: a chain that makes allowances out of nothing spends them
// elsewhere if the others do not check their escrows, and
// TestAttackCounterfeitAllowances fails then.
func TestPlantedEscrow(t *testing.T) {
	stolen := func(mistake planted.Switch) ledger.Micro {
		ctx := t.Context()
		n, err := relay.NewNetwork(ctx, relay.NetworkConfig{
			Topology: relay.Star("vpp-1", "vpp-2"), Owners: []string{"mallory"}, Patience: -1,
			Engine: func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error) {
				own := contracts[0].(relay.Contract).Inject(mistake)
				contracts = []ledger.Contract{own}
				if g.Name == "vpp-1" {
					contracts = []ledger.Contract{mint{own, nil}}
				}
				return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: contracts})
			},
		})
		require.NoError(t, err)
		defer func() { require.NoError(t, n.Close()) }()
		require.NoError(t, n.Issue(ctx, "vpp-1", "allowance", "mallory", 1_000))
		require.NoError(t, n.Transfer(ctx, "vpp-1", "allowance", "mallory", relay.Carbon, "mallory", 1_000, 1<<40))
		require.NoError(t, n.Settle(ctx))
		b, err := n.Balance(ctx, relay.Carbon, "allowance", "mallory")
		require.NoError(t, err)
		return b
	}
	require.Zero(t, stolen(planted.Switch{}))
	require.EqualValues(t, 1_000, stolen(planted.Select(planted.EscrowUnchecked)), "EscrowUnchecked survived")
	t.Log("planted mistake EscrowUnchecked killed")
}
