package sweep_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// village has one VPP with a demand of 4 MW in one hour, a wind farm of 3 or 1
// MW with a probability of one half each, and a turbine of at most 2 MW that
// costs 50 and emits 0.5 t per MWh. Purchases cost 60 and have no emission,
// sales earn 10, carbon costs 100 and certificates earn 20. A shortage costs 30
// per MWh and a surplus nothing.
func village(t *testing.T) trigrid.Region {
	t.Helper()
	testsolver.New(t)
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 1}, []float64{0.5, 0.5})
	require.NoError(t, err)
	require.NoError(t, set.Add("wind", "MW", [][]float64{{3}, {1}}))
	require.NoError(t, set.AddForecast("town", "MW", []float64{4}))
	calendar := market.Calendar{Steps: 1}
	return trigrid.Region{
		Name: "village",
		VPPs: []vpp.VPP{{Name: "A", Demand: "town", RiskAversion: 0.5, PassThrough: 0.5, ImportLimit: optional.Of(9), ExportLimit: optional.Of(9)}},
		DERs: []der.DER{
			&der.Wind{ID: "W", Available: "wind"},
			&der.Thermal{ID: "T", MaxOutput: 2, Linear: 50, EmissionFactor: 0.5},
		},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.6, Risk: 0.2, Environment: 0.2}, Risk: vpp.CVaR{Confidence: 0.5},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: market.Series{60}, Sell: market.Series{10}},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: market.Series{30}, Long: market.Series{0}},
				Carbon:      market.Flat(market.Carbon, calendar, 100),
				Certificate: market.Flat(market.Certificate, calendar, 20),
			},
		},
	}
}

// By hand, with both members. For money the turbine saves 60 − 50 = 10 per MWh
// and loses 50 of carbon. It runs while 10 w_e exceeds 50 w_n, that is for w_n
// below w_e/5: 2 MW at 0.8/0.1/0.1, none at 0.4/0.2/0.4. Purchases are 4 − 2
// wind on average, less the turbine's 2 MW; certificates are the 2 MWh of wind.
// A turbine of 2 MW turns 2 MWh of purchases into 2 MWh of fuel:
//
//	off:  E = −2 · 60 = −120           N = 2 · 20 = 40
//	on:   with 3 MW of wind 1 MWh is sold at 10: the turbine runs at 1 MW there, and at 2 MW in the
//	      other scenario: E = −0.5 · (1 · 50) − 0.5 · (2 · 50 + 1 · 60) = −105,   N = 40 − 1.5 · 0.5 · 100 = −35
//
// Deliveries differ between the scenarios, so that the day-ahead schedule is
// the larger purchase: a surplus costs nothing, and the CVaR is 0.
func TestSweepByHand(t *testing.T) {
	r := village(t)
	grid := []weights.Vector{{Economic: 0.8, Risk: 0.1, Environment: 0.1}, {Economic: 0.4, Risk: 0.2, Environment: 0.4}}
	profile := trigrid.Profile{"W": "A", "T": "A"}
	res, err := sweep.WeightsAt(t.Context(), r, trigrid.Options{}, profile, grid)
	require.NoError(t, err)
	require.Len(t, res.Rows, 6, "the weights of the region and three corners are added")
	for i, want := range []weights.Values{{Economic: -105, Environment: -35}, {Economic: -120, Environment: 40}} {
		row := res.Rows[i]
		assert.Equal(t, grid[i], row.Planned)
		assert.InDelta(t, want.Economic, row.Value.Economic, 1e-4)
		assert.InDelta(t, 0, row.Value.Risk, 1e-4)
		assert.InDelta(t, want.Environment, row.Value.Environment, 1e-4)
		assert.InDelta(t, 2, row.Used, 1e-6)
		assert.InDelta(t, 2, row.Available, 1e-6)
	}
	assert.InDelta(t, 0.75, res.Rows[0].Emission, 1e-6, "1.5 MWh at 0.5 t")
	assert.InDelta(t, 0, res.Rows[1].Emission, 1e-6)

	// The region's own weights are the reference: 10 · 0.6 < 50 · 0.2, so that
	// the turbine is off.
	a := res.Analysis
	require.Equal(t, r.Setting.Weights, a.Rows[a.Reference].Weights)
	assert.InDelta(t, 15, a.Rows[0].Gain.Economic, 1e-4)
	assert.InDelta(t, -75, a.Rows[0].Gain.Environment, 1e-4)
	assert.InDelta(t, -105, a.Ideal.Economic, 1e-4, "of the corner of economy")
	assert.InDelta(t, 40, a.Ideal.Environment, 1e-4)
	for _, row := range res.Rows[3:] {
		assert.True(t, row.Added)
		assert.Nil(t, row.Payoff)
		sum := row.Planned.Economic + row.Planned.Risk + row.Planned.Environment
		assert.InDelta(t, 1, sum, 1e-12)
		assert.InDelta(t, 0.001, min(row.Planned.Economic, row.Planned.Risk, row.Planned.Environment), 1e-12)
	}
}

// At the profile of a run, the held sweep has the payoffs and values of that
// run.
func TestHeldSweepAgreesWithTheRun(t *testing.T) {
	r := village(t)
	grid := []weights.Vector{{Economic: 0.5, Risk: 0.2, Environment: 0.3}, {Economic: 0.9, Risk: 0.05, Environment: 0.05}}
	runs, err := sweep.Weights(t.Context(), r, trigrid.Options{Budget: -1}, grid)
	require.NoError(t, err)
	for i, row := range runs.Rows[:2] {
		res, err := trigrid.Run(t.Context(), at(r, grid[i]), trigrid.Options{Budget: -1})
		require.NoError(t, err)
		held, err := sweep.WeightsAt(t.Context(), r, trigrid.Options{}, row.Profile, grid[i:i+1])
		require.NoError(t, err)
		assert.Equal(t, res.Recommendation.Profile, row.Profile)
		for _, u := range res.DERs {
			assert.InDelta(t, u.Payoff, row.Payoff[u.Name], 1e-4)
			assert.InDelta(t, u.Payoff, held.Rows[0].Payoff[u.Name], 1e-3, "%v: %s at %s", grid[i], u.Name, u.Choice)
			assert.InDelta(t, u.Revenue, held.Rows[0].Revenue[u.Name], 1e-3, u.Name)
		}
		assert.InDelta(t, res.Plans[0].Value.Objective, grid[i].Score(held.Rows[0].Value), 1e-3)
		assert.InDelta(t, res.Plans[0].Value.Objective, grid[i].Score(row.Value), 1e-3)
		assert.InDelta(t, res.VPPs[0].Economic, held.Rows[0].Economic, 1e-3)
	}
}

func at(r trigrid.Region, w weights.Vector) trigrid.Region {
	r.Setting.Weights = w
	return r
}

func TestInvalidSweeps(t *testing.T) {
	r := village(t)
	_, err := sweep.Weights(t.Context(), r, trigrid.Options{Policy: weights.Directional()}, nil)
	assert.ErrorContains(t, err, "sweep: Options.Policy is set")
	assert.ErrorContains(t, err, "sweep: the grid of weights is empty")
	_, err = sweep.Weights(t.Context(), r, trigrid.Options{}, []weights.Vector{{Economic: 2}})
	assert.ErrorContains(t, err, "sweep: vector 0: weights:")
	_, err = sweep.WeightsAt(t.Context(), r, trigrid.Options{}, trigrid.Profile{"W": "B", "X": "A"}, weights.Simplex(1))
	assert.ErrorContains(t, err, `sweep: profile: DER "W" chooses "B", want the name of a VPP, or "outside"`)
	assert.ErrorContains(t, err, `sweep: profile: DER "T" chooses ""`)
	assert.ErrorContains(t, err, `sweep: profile: "X" is no DER of the region`)
}
