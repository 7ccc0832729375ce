package contracts_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
)

// collude plays a whole period and returns all that two resources know between
// them: their own deliveries and payments, and everything on the chain, which
// anybody can read.
func collude(t *testing.T, policy contracts.Policy, capacities map[string]ledger.Micro) (own []contracts.Delivery, published []contracts.Release, lines []ledger.Money, chain []byte) {
	t.Helper()
	ctx := t.Context()
	members := []client.PartyConfig{{ID: "grid", Role: ledger.RoleGrid}, {ID: "vpp", Role: ledger.RoleVPP}}
	s := contracts.Scheme{Columns: []string{"capacity, MW"}}
	payments := []client.Payment{{Party: "grid"}}
	for _, der := range []string{"d1", "d2", "d3", "d4", "d5"} {
		c, has := capacities[der]
		if !has {
			continue
		}
		members = append(members, client.PartyConfig{ID: der, Role: ledger.RoleDER})
		s.Rows = append(s.Rows, contracts.Row{DER: der, Values: []ledger.Micro{c}, Note: []byte("the tariff of " + der)})
		pay := ledger.Money(c / 10_000)
		payments = append(payments, client.Payment{Party: der, Amount: pay})
		payments[0].Amount -= pay
	}
	n, err := client.NewNetwork(ctx, client.NetworkConfig{Members: members, Policy: policy, Random: rand.NewChaCha8([32]byte{'c'})})
	require.NoError(t, err)
	defer n.Close()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp", s))
	_, err = n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	require.NoError(t, n.Settle(ctx, 1, payments))
	for _, der := range []string{"d1", "d2"} {
		d, err := n.Deliveries(ctx, 1, der)
		require.NoError(t, err)
		own = append(own, d...)
	}
	r, err := n.Scheme(ctx, 1, "vpp")
	require.NoError(t, err)
	b, err := n.Engine().Block(ctx, n.Engine().Status().Height)
	require.NoError(t, err)
	_, m, err := ledger.DecodeMessage(&b.Txs[0], contracts.Coordination()...)
	require.NoError(t, err)
	for _, l := range m.(*contracts.SettlePeriod).Lines {
		lines = append(lines, l.Amount)
	}
	var export bytes.Buffer
	require.NoError(t, n.Export(ctx, &export))
	return own, r.Published, lines, export.Bytes()
}

// TestPrivacyWhatTwoColludingResourcesLearnOfAThird states, by trying, what d1
// and d2 find out about d3.
func TestPrivacyWhatTwoColludingResourcesLearnOfAThird(t *testing.T) {
	capacities := map[string]ledger.Micro{"d1": 4 * ledger.One, "d2": 6 * ledger.One, "d3": 5_300_000, "d4": 3 * ledger.One, "d5": 7 * ledger.One}
	subtract := func(own []contracts.Delivery, r contracts.Release) ledger.Micro {
		rest := r.Total
		for _, d := range own {
			rest -= d.Row.Values[0]
		}
		return rest
	}

	// Five members, default policy: the sum of three others is all that is
	// left, 15.3 of which 5.3 are d3's.
	own, published, lines, chain := collude(t, contracts.Policy{}, capacities)
	require.Len(t, own, 2)
	require.Equal(t, ledger.Micro(15_300_000), subtract(own, published[0]))
	// Nothing of d3's row is anywhere on the chain in the clear, nor does its
	// name occur beside a payment.
	require.False(t, bytes.Contains(chain, []byte("the tariff of d")))
	// The payments of six parties are in the clear under pseudonyms: d1 and d2
	// know their own two and, from its sign, the grid's. Any of the other three
	// may be d3's. Whoever knows the tariff can tell them apart; this is the
	// limit.
	require.Len(t, lines, 6)
	unknown := 0
	for _, l := range lines {
		if l > 0 && l != 400 && l != 600 {
			unknown++
		}
	}
	require.Equal(t, 3, unknown)

	// Three members, default policy, which is against one colluder: two find
	// the third's capacity but for the rounding.
	three := map[string]ledger.Micro{"d1": capacities["d1"], "d2": capacities["d2"], "d3": capacities["d3"]}
	own, published, _, _ = collude(t, contracts.Policy{}, three)
	require.InDelta(t, 5.3, subtract(own, published[0]).Float(), 0.05)

	// A policy against two suppresses that total, and still publishes the one
	// over five.
	strict := contracts.Policy{Colluders: 2, MinGroup: 4}
	_, published, _, _ = collude(t, strict, three)
	require.True(t, published[0].Suppressed)
	require.Zero(t, published[0].Total)
	_, published, _, _ = collude(t, strict, capacities)
	require.False(t, published[0].Suppressed)
}
