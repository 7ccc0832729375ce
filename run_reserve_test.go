package trigrid_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// A run settles the income from reserve: the lines sum to zero, the grid pays
// trade and reserve, and a VPP keeps what it does not pay its members.
func TestMoneyOfReserveAddsUp(t *testing.T) {
	r := small(t)
	r.DERs[1].(*der.Thermal).Reserve = milp.Inf
	r.DERs[2].(*der.Storage).Reserve = 2
	plain := coordinate(t, r, trigrid.Options{})
	r.Setting.Markets.Reserve = &vpp.Reserve{Price: market.Series{40}}
	res := coordinate(t, r, trigrid.Options{})

	sum, grid, reserve, received := int64(0), 0.0, 0.0, 0.0
	for _, line := range res.Settlement {
		sum += line.Minor
		if line.Party == trigrid.GridParty {
			grid = float64(line.Minor) / 100
		}
	}
	for v, plan := range res.Plans {
		require.NoError(t, plan.Verify(0))
		value := plan.Value
		reserve += value.Reserve
		received += value.Trade + value.Reserve - value.Imbalance + value.Environment
		assert.InDelta(t, value.Reserve, res.VPPs[v].Reserve, 1e-9)
		assert.InDelta(t, value.Trade+value.Reserve-value.Payments, res.VPPs[v].Economic, 1e-6)
	}
	assert.Zero(t, sum, "lines of a settlement")
	assert.Positive(t, reserve)
	assert.InDelta(t, -received, grid, 0.05)
	for _, u := range res.DERs {
		assert.InDelta(t, u.Payoff, u.Revenue+u.AllocatedGain, 1e-9, u.Name)
	}

	text, err := json.Marshal(plain)
	require.NoError(t, err)
	assert.NotContains(t, string(text), `"reserve"`, "a result without a reserve market has no key of it")
	assert.NotContains(t, string(text), `"Reserve"`)
}
