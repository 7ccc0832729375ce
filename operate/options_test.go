package operate_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/weights"
)

// The weights of a day are a rule of its region; the ledger has them in
// millionths.
func TestTheWeightsOfADayFollowARule(t *testing.T) {
	for _, choices := range []trigrid.Profile{nil, {"W": "village"}} {
		o := operate.Options{Solver: testsolver.New(t), Choices: choices, Weights: func(day int, r trigrid.Region) (weights.Vector, error) {
			wind := 0.0 // forecast, MWh
			for _, mw := range r.Setting.Set.Mean("wind") {
				wind += 6 * mw
			}
			return weights.Vector{Economic: 1 - wind/108, Environment: wind / 108}, nil
		}}
		res, err := operate.Run(t.Context(), windy(), o)
		require.NoError(t, err)
		// Forecasts of 36 and 24 MWh.
		assert.InDelta(t, 0.333333, res.Days[0].Weights.Environment, 1e-12)
		assert.InDelta(t, 0.222222, res.Days[1].Weights.Environment, 1e-12)
		assert.Equal(t, res.Days[1].Weights, res.Days[1].Plans[0].Setting.Weights)

		o.Weights = func(int, trigrid.Region) (weights.Vector, error) { return weights.Vector{}, errors.New("no signal") }
		_, err = operate.Run(t.Context(), windy(), o)
		require.ErrorContains(t, err, "operate: day 1, 2031-03-10: weights: no signal")
	}
}

func TestInvalidOptionsAreListed(t *testing.T) {
	_, err := operate.Run(t.Context(), windy(), operate.Options{ChooseEvery: -1, Strategy: operate.Strategy{Name: "x", Every: -2, Scenarios: -3, Budget: -4, Method: 9}})
	for _, reason := range []string{"ChooseEvery is -1", "Every is -2", "Scenarios is -3", "Budget is -4", "Method is 9"} {
		require.ErrorContains(t, err, reason)
	}
	_, err = operate.Run(t.Context(), windy(), operate.Options{Choices: trigrid.Profile{"X": "village"}})
	require.ErrorContains(t, err, `Choices has "X", which is not a DER`)
	_, err = operate.Run(t.Context(), windy(), operate.Options{Choices: trigrid.Profile{"W": "town"}})
	require.ErrorContains(t, err, `Choices of "W" is "town"`)
}

// A season that ends before its first day is settled has no day, and its
// payments are 0.
func TestAnEndedSeasonHasTheDaysSoFar(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	seen := []operate.Progress{}
	o := operate.Options{Solver: testsolver.New(t), Choices: trigrid.Profile{"W": "village"}, Observe: func(p operate.Progress) {
		seen = append(seen, p)
		if p.Day == 1 && p.Step == 1 {
			stop()
		}
	}}
	res, err := operate.Run(ctx, windy(), o)
	require.NoError(t, err)
	assert.True(t, res.Cut)
	require.Len(t, res.Days, 1)
	assert.InDelta(t, 2970, res.Totals.Cost, 1e-6)
	assert.Equal(t, operate.Progress{Strategy: "day ahead only", Days: 2, Step: 1, Steps: 4}, seen[0])
	assert.Equal(t, operate.Progress{Strategy: "day ahead only", Day: 1, Days: 2, Step: 4, Steps: 4}, seen[4])
	res, err = operate.Run(ctx, windy(), o)
	require.NoError(t, err)
	assert.True(t, res.Cut)
	assert.Empty(t, res.Days)
	for _, line := range res.Payments {
		assert.Zero(t, line.Minor)
	}
}

// The first day of TestTheMoneyOfASeasonFollowsByHand: the farm feeds in 2 MW
// instead of 1 in the first step, and the village delivers 0 instead of −1.
func TestRowsHaveEachPartyAndStep(t *testing.T) {
	res, err := operate.Run(t.Context(), windy(), operate.Options{Solver: testsolver.New(t), Choices: trigrid.Profile{"W": "village"}, NoLedger: true})
	require.NoError(t, err)
	rows := res.Rows()
	require.Len(t, rows, 2*4*3)
	assert.Equal(t, []string{"grid", "village", "W"}, []string{rows[0].Party, rows[1].Party, rows[2].Party})
	village, farm := rows[1], rows[2]
	assert.InDelta(t, 0, village.Delivered, 1e-9)
	assert.InDelta(t, -1, village.DayAhead, 1e-9)
	assert.InDelta(t, 6, village.ImbalanceMWh, 1e-9)
	assert.InDelta(t, -60, village.Imbalance, 1e-9)
	assert.InDelta(t, -600, village.Payment, 1e-9)
	assert.InDelta(t, 2, farm.Delivered, 1e-9)
	assert.InDelta(t, 60, farm.OwnCost, 1e-9)
	assert.Equal(t, "village", farm.VPP)
	assert.Equal(t, int64(60000), farm.Minor)
	var out strings.Builder
	require.NoError(t, operate.WriteCSV(&out, rows[:3]))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 4)
	assert.True(t, strings.HasPrefix(lines[0], "day,step,time,party,role,vpp,delivered_mw"))
	assert.Equal(t, "1,0,2031-03-10T00:00:00Z,grid,grid,,0,0,0,0,0,0,0,0,0,0,0,0,0,0,6000", lines[1])
}

// byShare is a policy whose environmental weight is the clean share.
type byShare struct{}

func (byShare) Weights(s weights.Signals) (weights.Vector, error) {
	if s.CleanShare > 0.6 {
		return weights.Vector{Economic: 1 - s.CleanShare, Environment: s.CleanShare}, nil
	}
	return weights.Vector{Risk: 1 - s.CleanShare, Environment: s.CleanShare}, nil
}

// byVolatility is a policy whose weight of the risk is the volatility, which
// must be measured.
type byVolatility struct{}

func (byVolatility) Weights(s weights.Signals) (weights.Vector, error) {
	if math.IsNaN(s.Volatility) {
		return weights.Vector{}, errors.New("no volatility")
	}
	risk := min(s.Volatility, 1)
	return weights.Vector{Economic: 1 - risk, Risk: risk}, nil
}

// The forecasts of the two days serve 1, 2, 2 and 0 of 2 MW in each step, and 1
// of 2 MW in each: shares of 0.625 and 0.5.
func TestAPolicySetsTheWeightsOfADay(t *testing.T) {
	for _, choices := range []trigrid.Profile{nil, {"W": "village"}} {
		o := operate.Options{Solver: testsolver.New(t), Choices: choices, Policy: byShare{}}
		res, err := operate.Run(t.Context(), windy(), o)
		require.NoError(t, err)
		assert.InDelta(t, 0.625, res.Days[0].Signals.CleanShare, 1e-12)
		assert.InDelta(t, 0.5, res.Days[1].Signals.CleanShare, 1e-12)
		assert.Equal(t, weights.Vector{Economic: 0.375, Environment: 0.625}, res.Days[0].Weights)
		assert.Equal(t, weights.Vector{Risk: 0.5, Environment: 0.5}, res.Days[1].Weights)
		assert.Equal(t, res.Days[1].Weights, res.Days[1].Plans[0].Setting.Weights)
	}
	// Strategies with and without scenarios have the same signals, which are
	// those of the forecasts, and perfect foresight, too. A point forecast
	// alone has no volatility.
	season := noisy(t, monday, 2, 6*time.Hour, 30, 60)
	var want []*weights.Signals
	for _, s := range []operate.Strategy{operate.DayAheadOnly(), operate.RollingScenarios(2, 3), operate.Foresight(), operate.Rules()} {
		for _, choices := range []trigrid.Profile{nil, {"W": "village"}} {
			res, err := operate.Run(t.Context(), season, operate.Options{Strategy: s, Solver: testsolver.New(t), Choices: choices, Policy: byVolatility{}})
			require.NoError(t, err)
			got := []*weights.Signals{res.Days[0].Signals, res.Days[1].Signals}
			if want == nil {
				want = got
			}
			assert.Equal(t, want, got, s.Name)
		}
	}
	assert.Greater(t, want[0].Volatility, 0.05)
	_, err := operate.Run(t.Context(), windy(), operate.Options{
		Policy: byShare{}, Weights: func(int, trigrid.Region) (weights.Vector, error) { return weights.Vector{}, nil },
	})
	require.ErrorContains(t, err, "Policy and Weights are both given")
}

// A template that changes the order of its DERs would give states and money to
// the wrong ones.
func TestATemplateKeepsNamesAndOrder(t *testing.T) {
	season := windy(&der.Load{ID: "L", Demand: "load"})
	priced, calls := season.Region, 0
	season.Region = func(set *scenario.Set) (trigrid.Region, error) {
		r, err := priced(set)
		if calls++; calls > 3 {
			r.DERs = []der.DER{r.DERs[1], r.DERs[0]}
		}
		return r, err
	}
	_, err := operate.Run(t.Context(), season, operate.Options{Choices: trigrid.Profile{"W": "village"}, Solver: testsolver.New(t), NoLedger: true})
	require.ErrorContains(t, err, `the template has the VPPs ["village"] and the DERs ["L" "W"], before ["village"] and ["W" "L"]`)
}

// The policy of the first source text needs a volatility, which one scenario
// does not have. The grid measures on scenarios of its own, so that all
// strategies have the same weights on the same day.
func TestAllStrategiesHaveTheWeightsOfTheirDay(t *testing.T) {
	season, choices := month(t, 2, false)
	var days [][]operate.Day
	for _, s := range []operate.Strategy{operate.Foresight(), operate.DayAheadOnly(), operate.RollingScenarios(6, 2), operate.Robust(6, 2), operate.Rules()} {
		res, err := operate.Run(t.Context(), season, operate.Options{
			Strategy: s, Solver: testsolver.New(t), Choices: choices, Policy: weights.Directional(), NoLedger: true,
		})
		require.NoError(t, err, s.Name)
		days = append(days, res.Days)
	}
	for k := range days {
		for d := range 2 {
			require.Equal(t, days[0][d].Signals, days[k][d].Signals)
			require.Equal(t, days[0][d].Weights, days[k][d].Weights)
		}
	}
	require.Positive(t, days[0][0].Signals.Volatility)
	require.NotEqual(t, days[0][0].Signals, days[0][1].Signals)
}
