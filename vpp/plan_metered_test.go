package vpp_test

import (
	"maps"
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

// uncertain is a village with a battery over two hours, whose demand in the
// second hour is 1 MW or 0 with equal probability. A purchase costs 10 in the
// first hour and 100 in the second.
func uncertain(t *testing.T) vpp.Problem {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 2}, []float64{0.5, 0.5})
	require.NoError(t, err)
	require.NoError(t, set.Add("load", "MW", [][]float64{{0, 1}, {0, 0}}))
	return vpp.Problem{
		VPP: vpp.VPP{Name: "village", Demand: "load", Tariff: der.Tariff{Injection: []float64{50, 50}, Withdrawal: []float64{20, 20}}},
		Members: []der.DER{&der.Storage{
			ID: "battery", Charge: 1, Discharge: 1, Energy: 1, ChargeEfficiency: 1, DischargeEfficiency: 1, Initial: optional.Of(0.), End: der.EndFree,
		}},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 1},
			Markets: vpp.Markets{Electricity: &market.Tariff{
				Calendar: market.Calendar{Steps: 2}, Buy: market.Series{10, 100}, Sell: market.Series{0},
			}},
		},
	}
}

// If the battery knew the demand, it would charge at 10 in the first scenario
// only: 5 in expectation. With equal set points in the first hour it charges in
// both: 10, less than the 50 without charging.
func TestASharedStepDependsOnNoScenario(t *testing.T) {
	p, solver := uncertain(t), testsolver.New(t)
	plan, err := p.Solve(t.Context(), solver)
	require.NoError(t, err)
	assert.InDelta(t, -5, plan.Value.Trade, 1e-6)
	shared, err := p.SolvePrepared(t.Context(), solver, func(x *vpp.Program) error {
		x.ShareStep(0)
		return nil
	})
	require.NoError(t, err)
	assert.InDelta(t, -10, shared.Value.Trade, 1e-6)
	for s := range 2 {
		assert.InDelta(t, 1, shared.Members[0].Schedule.Realised[s].Withdrawn[0], 1e-6)
	}
	require.NoError(t, shared.Verify(0))
}

// The schedules of a plan, as if they were metered, have all numbers of the
// plan.
func TestMeteredSchedulesOfAPlanGiveThePlan(t *testing.T) {
	p := uncertain(t)
	plan, err := p.Solve(t.Context(), testsolver.New(t))
	require.NoError(t, err)
	p.VPP.DayAhead = plan.DayAhead
	schedules := map[string]der.Schedule{"battery": plan.Members[0].Schedule}
	metered, err := p.Metered(schedules, der.InsidePrices{})
	require.NoError(t, err)
	require.NoError(t, metered.Verify(0))
	assert.Equal(t, plan.Results, metered.Results)
	assert.Equal(t, plan.Value, metered.Value)
	assert.Equal(t, plan.Net, metered.Net)
	assert.Equal(t, plan.MoneyByStep(0), metered.MoneyByStep(0))
	assert.Equal(t, plan.Members[0].Payment, metered.Members[0].Payment)
	assert.NotEmpty(t, plan.FirstStage())
	assert.Empty(t, metered.FirstStage())

	// Another delivery than the announced one has a deviation, and Verify
	// notices a broken balance.
	broken := maps.Clone(schedules)
	ports := plan.Members[0].Schedule.Realised[1]
	ports.Injected = []float64{0, 3}
	broken["battery"] = der.Schedule{Realised: []der.Ports{plan.Members[0].Schedule.Realised[0], ports}}
	metered, err = p.Metered(broken, der.InsidePrices{})
	require.NoError(t, err)
	require.Error(t, metered.Verify(0))

	_, err = p.Metered(nil, der.InsidePrices{})
	require.ErrorContains(t, err, `no schedule of member "battery"`)
	broken["battery"] = der.Schedule{Realised: []der.Ports{{Injected: []float64{1}}}}
	_, err = p.Metered(broken, der.InsidePrices{})
	require.ErrorContains(t, err, "has 1 scenarios, want 2")
	require.ErrorContains(t, err, "has 1 values, want one for each of 2 steps")
	p.VPP.DayAhead = nil
	_, err = p.Metered(schedules, der.InsidePrices{})
	require.ErrorContains(t, err, "DayAhead is nil")
}
