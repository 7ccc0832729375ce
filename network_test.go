package trigrid_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
)

// Two runs are two periods of one network. The caller settles the first with
// its own amounts.
func TestRunsShareANetwork(t *testing.T) {
	r := randomRegion(t, 3, false)
	members := []client.PartyConfig{{ID: trigrid.GridParty, Role: ledger.RoleGrid}}
	for _, v := range r.VPPs {
		members = append(members, client.PartyConfig{ID: v.Name, Role: ledger.RoleVPP})
	}
	for _, d := range r.DERs {
		members = append(members, client.PartyConfig{ID: d.Name(), Role: ledger.RoleDER})
	}
	net, err := client.NewNetwork(t.Context(), client.NetworkConfig{Name: "shared", Members: members, Random: rand.NewChaCha8([32]byte{1})})
	require.NoError(t, err)
	defer net.Close()

	o := trigrid.Options{Solver: testsolver.New(t), Budget: -1, Starts: 1}
	alone, err := trigrid.Run(t.Context(), r, o)
	require.NoError(t, err)
	require.NotEmpty(t, alone.Settlement)
	o.Network, o.Unsettled = net, true
	first, err := trigrid.Run(t.Context(), r, o)
	require.NoError(t, err)
	o.Period, o.Unsettled = 2, false
	second, err := trigrid.Run(t.Context(), r, o)
	require.NoError(t, err)
	for _, res := range []*trigrid.Result{first, second} {
		assert.Equal(t, alone.Settlement, res.Settlement)
		assert.Equal(t, alone.Recommendation, res.Recommendation)
	}
	assert.Greater(t, second.Ledger.Blocks, first.Ledger.Blocks)
	for period := uint64(1); period <= 2; period++ {
		_, err := net.Weights(t.Context(), period)
		require.NoError(t, err)
		_, err = net.Round(t.Context(), period, 1)
		require.NoError(t, err)
	}
	// The network is open, and the first period without payments.
	_, err = net.ProvePayment(t.Context(), 1, r.VPPs[0].Name)
	require.ErrorContains(t, err, "period 1 is not settled")
	_, err = net.ProvePayment(t.Context(), 2, r.VPPs[0].Name)
	require.NoError(t, err)
	require.NoError(t, net.Settle(t.Context(), 1, []client.Payment{{Party: r.VPPs[0].Name, Amount: 5}, {Party: trigrid.GridParty, Amount: -5}}))
	// A period cannot be used twice.
	_, err = trigrid.Run(t.Context(), r, o)
	require.Error(t, err)
}
