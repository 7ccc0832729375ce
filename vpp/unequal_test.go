package vpp_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// eightPast is a grid from 10:08 to 12:00: 7 minutes, a quarter, a half, and an
// hour.
func eightPast() scenario.Grid {
	return scenario.GridOf(time.Date(2031, 3, 10, 10, 8, 0, 0, time.UTC), 7*time.Minute, 15*time.Minute, 30*time.Minute, time.Hour)
}

// calendarOf returns the calendar of a grid.
func calendarOf(grid scenario.Grid, period market.Period) market.Calendar {
	c := market.Calendar{Steps: grid.Steps, Start: grid.Start, Period: period}
	for t := range grid.Steps {
		c.StepLengths = append(c.StepLengths, grid.HoursAt(t))
	}
	return c
}

// A VPP of wind and demand without decisions, on steps of 7, 15, 30 and 60
// minutes. By hand, per step: net −1, 2, 0, −2 MW, so −7/60, 0.5, 0 and −2 MWh;
// trade −7/60·100 + 0.5·40 − 2·100; the schedule of the single scenario has no
// imbalance; carbon 0.5 t per MWh bought, settled by the hour on bands of 0.5 t
// at 10 and 20: 10:08 to 11:00 buys 7/120 t at 10, 11:00 to 12:00 1 t for 15;
// certificates at 8 with 25 % on the load of 3 MW: 0.25·3·(112/60) − wind.
func TestPlanOnUnequalStepsByHand(t *testing.T) {
	grid := eightPast()
	set := scenario.Single(grid)
	require.NoError(t, set.AddForecast("wind", "MW", []float64{2, 5, 3, 1}))
	require.NoError(t, set.AddForecast("town", "MW", []float64{3, 3, 3, 3}))
	setting := vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: 0.5, Environment: 0.5}, Risk: vpp.CVaR{Confidence: 0.9},
		Markets: vpp.Markets{
			Electricity:  &market.Tariff{Calendar: calendarOf(grid, market.EachStep), Buy: market.Series{100}, Sell: market.Series{40}},
			Carbon:       &market.Ladder{Calendar: calendarOf(grid, market.Hour), Price: market.Series{10}, Band: market.Series{0.5}, Growth: 1, Bands: 2},
			Certificate:  market.Flat(market.Certificate, calendarOf(grid, market.EachStep), 8),
			Obligation:   market.Obligation{Basis: market.OnLoad, Quota: 0.25},
			GridEmission: market.Series{0.5},
		},
	}
	v := vpp.VPP{Name: "hill", Demand: "town", Tariff: der.Tariff{Injection: []float64{50, 50, 50, 50}}}
	plan, err := vpp.Problem{VPP: v, Setting: setting, Members: []der.DER{
		&der.Wind{ID: "ridge", Available: "wind", CurtailmentPenalty: 1000},
	}}.Solve(t.Context(), testsolver.New(t))
	require.NoError(t, err)
	require.NoError(t, plan.Verify(0))
	x := plan.Results[0]
	wind := 2*7.0/60 + 5*0.25 + 3*0.5 + 1
	assert.InDelta(t, -7.0/60*100+0.5*40-2*100, x.Trade, 1e-6)
	assert.InDelta(t, 7.0/120*10+5+10, x.Carbon, 1e-6)
	assert.InDelta(t, 8*(0.25*3*112/60-wind), x.Certificate, 1e-6)
	assert.InDelta(t, wind, x.Renewable, 1e-9)
	assert.InDelta(t, 7.0/120+1, x.Emission, 1e-9)
	assert.InDelta(t, 50*wind, plan.Members[0].Payment, 1e-6)
	money := plan.MoneyByStep(0)
	assert.InDeltaSlice(t, []float64{-7.0 / 60 * 100, 20, 0, -200}, money[0].Amounts, 1e-6)
}

// The marginal value of electricity is a price per MWh in each step, whatever
// its length.
func TestMarginalValuesOnUnequalStepsArePerMWh(t *testing.T) {
	grid := eightPast()
	set := scenario.Single(grid)
	require.NoError(t, set.AddForecast("town", "MW", []float64{3, 3, 3, 3}))
	setting := vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: 1}, Risk: vpp.CVaR{Confidence: 0.9},
		Markets: vpp.Markets{Electricity: &market.Tariff{Calendar: calendarOf(grid, market.EachStep), Buy: market.Series{100, 80, 90, 70}, Sell: market.Series{40}}},
	}
	plan, err := vpp.Problem{VPP: vpp.VPP{Name: "hill", Demand: "town"}, Setting: setting}.Solve(t.Context(), testsolver.New(t))
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{100, 80, 90, 70}, plan.Prices[0], 1e-6)
}

// hourly counts its energy in steps and does not declare other grids.
type hourlyLoad struct{ *der.Load }

func (hourlyLoad) Name() string       { return "hourly" }
func (hourlyLoad) UnequalSteps() bool { return false }

func TestUnequalStepsAreRejectedByName(t *testing.T) {
	grid := eightPast()
	set := scenario.Single(grid)
	require.NoError(t, set.AddForecast("town", "MW", []float64{3, 3, 3, 3}))
	v := vpp.VPP{Name: "hill", FreeAllocation: market.Series{2}}
	setting := vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: 1}, Risk: vpp.CVaR{Confidence: 0.9},
		Markets: vpp.Markets{Electricity: &market.Tariff{Calendar: market.Calendar{Steps: 4, StepHours: 0.25}, Buy: market.Series{100}}},
	}
	err := vpp.Problem{VPP: v, Members: []der.DER{hourlyLoad{&der.Load{ID: "x", Demand: "town"}}}, Setting: setting}.Validate()
	assert.ErrorContains(t, err, `der: "hourly": a DER of type vpp_test.hourlyLoad supports equal steps only, and the grid has 4 steps of 0.1167 to 1 h`)
	assert.ErrorContains(t, err, "FreeAllocation has 1 value for steps of different lengths, want the t CO2 of each of the 4 steps")
	assert.ErrorContains(t, err, "the day-ahead electricity market: calendar: its steps have one length, those of the scenarios differ; set StepLengths")

	// A market with Fits alone belongs to equal steps.
	setting.Markets.Electricity = fixed{market.Flat(market.Electricity, market.Calendar{Steps: 4}, 1)}
	err = vpp.Problem{VPP: vpp.VPP{Name: "hill"}, Setting: setting}.Validate()
	assert.ErrorContains(t, err, "the day-ahead electricity market: it supports equal steps only, and the grid has 4 steps of 0.1167 to 1 h")
}

// fixed is a market of equal steps.
type fixed struct{ market.Market }

func (fixed) Fits(float64) error { return nil }

// A plan from 10:08 on continues from 10:15 on steps of a quarter of an hour:
// the store has what it charged in 7 minutes, and the unit keeps the rest of
// its minimum time.
func TestPlanRollsForwardFromPartialStep(t *testing.T) {
	grid := scenario.GridOf(time.Time{}, 7*time.Minute, 15*time.Minute, 15*time.Minute, 15*time.Minute, 15*time.Minute)
	set := scenario.Single(grid)
	solve := func(set *scenario.Set, buy, sell market.Series, members ...der.DER) *vpp.Plan {
		plan, err := vpp.Problem{
			VPP: vpp.VPP{Name: "hill", ExportLimit: optional.Of(20)}, Members: members,
			Setting: vpp.Setting{
				Set: set, Weights: weights.Vector{Economic: 1}, Risk: vpp.CVaR{Confidence: 0.9},
				Markets: vpp.Markets{Electricity: &market.Tariff{Calendar: market.Calendar{Steps: set.Steps()}, Buy: buy, Sell: sell}},
			},
		}.Solve(t.Context(), testsolver.New(t))
		require.NoError(t, err)
		require.NoError(t, plan.Verify(0))
		return plan
	}
	first := solve(set, market.Series{210, 30, 300, 300, 300}, market.Series{200, 20, 20, 20, 20},
		&der.Storage{ID: "box", Charge: 1, Discharge: 1, Energy: 2, Initial: optional.Of(1.0), ChargeEfficiency: 1, DischargeEfficiency: 1, End: der.EndFree, EndValue: 100},
		&der.Thermal{ID: "engine", MinOutput: 1, MaxOutput: 2, Linear: 100, MinUp: 0.75})
	next, err := vpp.RollForward(first, 0, 1)
	require.NoError(t, err)
	assert.InDelta(t, 1-7.0/60, next[0].(*der.Storage).Initial.Or(0), 1e-6, "sold for 7 minutes")
	assert.InDelta(t, 38.0/60, next[1].(*der.Thermal).Before.Hold.Or(0), 1e-6)

	rest := set.Window(1, 5)
	step, equal := rest.Grid().EqualSteps()
	require.True(t, equal)
	require.Equal(t, 15*time.Minute, step)
	second := solve(rest, market.Series{30}, market.Series{20}, next...)
	assert.InDeltaSlice(t, []float64{1, 1, 1, 0}, second.Members[1].Schedule.Realised[0].Injected, 1e-6)
}
