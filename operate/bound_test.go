package operate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// The bounds of the days are together at most the optimum of one program over all days, and no
// strategy is below that optimum either. A day planned from its real state would be no bound: the
// unit starts once in the season, and the days after it start with the unit on.
func TestNoStrategyIsBelowTheBound(t *testing.T) {
	source := &stated{
		start: monday, step: 6 * time.Hour, names: []string{"load", "buy", "sell"},
		unit: map[string]string{"load": "MW", "buy": "CNY/MWh", "sell": "CNY/MWh"},
		forecast: map[string][]float64{
			"load": {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}, "buy": {60, 60, 60, 90, 90, 90, 60, 60, 60, 90, 90, 90}, "sell": {30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
		},
		actual: map[string][]float64{
			"load": {2, 1, 3, 2, 2, 4, 1, 1, 2, 3, 3, 2}, "buy": {60, 60, 60, 90, 90, 90, 60, 60, 60, 90, 90, 90}, "sell": {30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
		},
	}
	members := []der.DER{
		&der.Thermal{ID: "gas", MinOutput: 1, MaxOutput: 3, MinUp: 12, Linear: 50, NoLoad: 20, StartUp: []der.StartCost{{Cost: 200}}},
		&der.Storage{ID: "battery", Charge: 1, Discharge: 1, Energy: 6, Initial: optional.Of(3.), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, End: der.EndDaily},
	}
	season := operate.Season{Name: "three days", Start: monday, Days: 3, Step: 6 * time.Hour, Source: source, Region: priced(members...)}

	// The optimum of one program over the season, in money.
	whole := season.Grid(0)
	whole.Steps *= 3
	set, err := source.Known(t.Context(), whole.Time(12), whole, 1)
	require.NoError(t, err)
	region, err := season.Region(set)
	require.NoError(t, err)
	region.Setting.Weights = weights.Vector{Economic: 0.5, Environment: 0.5}
	region.Setting.Modelling.ImbalanceAccounting = vpp.InEconomicToo
	plan, err := vpp.Problem{VPP: region.VPPs[0], Members: members, Setting: region.Setting}.Solve(t.Context(), testsolver.New(t))
	require.NoError(t, err)
	optimum := -2 * plan.Value.Objective

	c, err := operate.Compare(t.Context(), season, operate.Options{
		Choices: trigrid.Profile{"gas": "village", "battery": "village"}, Solver: testsolver.New(t), NoLedger: true,
	}, operate.Foresight(), operate.DayAheadOnly(), operate.Rolling(1), operate.Rules())
	require.NoError(t, err)
	for _, x := range c.Strategies {
		require.Empty(t, x.Reason)
		assert.LessOrEqual(t, *x.Bound, optimum+1e-6)
		assert.GreaterOrEqual(t, x.Cost, optimum-1e-6, x.Strategy.Name)
		for i, day := range x.Result.Days {
			assert.GreaterOrEqual(t, day.Cost, *day.Bound-1e-6, "%s, day %d", x.Strategy.Name, i)
			require.NoError(t, day.Plans[0].Verify(1e-6), "%s, day %d", x.Strategy.Name, i)
		}
	}
	assert.Less(t, *c.Strategies[0].Bound, optimum-1, "the start of 200 is free in the bounds")
}
