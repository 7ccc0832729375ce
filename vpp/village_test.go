package vpp_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// hourly returns a set of hourly steps with the given probabilities and series,
// one path per scenario.
func hourly(t testing.TB, steps int, probability []float64, series map[string][][]float64) *scenario.Set {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: steps}, probability)
	require.NoError(t, err)
	for name, paths := range series {
		require.NoError(t, set.Add(name, "MW", paths))
	}
	return set
}

// flat returns n times the same number.
func flat(n int, x float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = x
	}
	return out
}

// village is a small VPP with one DER of every kind that a VPP without heat and
// gas knows: two scenarios of eight hours, every market, a tariff on
// everything, and rules that bind.
func village(t testing.TB) (vpp.VPP, []der.DER, vpp.Setting) {
	t.Helper()
	const steps = 8
	set := hourly(t, steps, []float64{0.6, 0.4}, map[string][][]float64{
		"load": {{4, 4, 5, 6, 7, 8, 6, 5}, {4, 5, 5, 7, 8, 8, 7, 5}},
		"wind": {{6, 5, 5, 3, 2, 1, 2, 4}, {3, 2, 2, 1, 0, 1, 3, 5}},
		"sun":  {{0, 1, 2, 3, 3, 2, 1, 0}, {0, 1, 3, 4, 4, 3, 1, 0}},
		"cold": {{2, 2, 2, 2, 2, 2, 2, 2}, {2, 2, 3, 3, 3, 2, 2, 2}},
	})
	calendar := market.Calendar{Steps: steps}
	prices := market.Series{30, 25, 20, 60, 110, 140, 70, 40}
	v := vpp.VPP{
		Name: "village", Demand: "load", RiskAversion: 1, PassThrough: 0.5, ImportLimit: optional.Of(12), ExportLimit: optional.Of(12),
		Tariff: der.Tariff{
			Injection: prices.Times(0.6), Withdrawal: prices, LoadReduction: flat(steps, 15),
			Shortage: flat(steps, 4), Surplus: flat(steps, 2),
		},
	}
	setting := vpp.Setting{
		Set:     set,
		Weights: weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4},
		Risk:    vpp.CVaR{Confidence: 0.5},
		Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: calendar, Buy: prices, Sell: prices.Times(0.5)},
			Imbalance:   &market.Imbalance{Calendar: calendar, Price: prices, Short: market.Series{30}, Long: market.Series{20}},
			Carbon:      market.Flat(market.Carbon, calendar, 60),
			Certificate: market.Flat(market.Certificate, calendar, 12),
			Obligation:  market.Obligation{Quota: 0.2},
		},
	}
	ders := []der.DER{
		&der.Wind{ID: "wind", Available: "wind", Maintenance: 3, CurtailmentPenalty: 1},
		&der.PV{ID: "sun", Available: "sun", Forecast: "sun", Maintenance: 2, Subsidy: 5},
		&der.Storage{
			ID: "battery", Charge: 2, Discharge: 3, MinEnergy: 1, Energy: 6, Initial: optional.Of(2),
			ChargeEfficiency: 0.95, DischargeEfficiency: 0.9, SelfDischarge: 0.01, Wear: 2,
		},
		&der.Thermal{
			ID: "engine", MinOutput: 1, MaxOutput: 5, RampUp: optional.Of(2), RampDown: optional.Of(2), StartOutput: optional.Of(2), StopOutput: optional.Of(2),
			MinUp: 3, MinDown: 2, Before: der.ThermalState{Hours: optional.Of(1)}, NoLoad: 20, Linear: 30, Quadratic: 2,
			StartUp: []der.StartCost{{Cost: 20}, {After: 4, Cost: 50}}, ShutDown: 5, Maintenance: 1,
			EmissionFactor: 0.7, Quota: 0.5,
		},
		&der.DemandResponse{
			ID: "cooling", Load: "cold", MaxReduction: optional.Of(1), MaxRebound: optional.Of(1.5), Rebound: der.ReboundDeferred,
			DayAheadCalls: true, MaxHours: optional.Of(3), ReductionCost: 5, ReboundCost: 1,
		},
		&der.DemandResponse{ID: "freezer", Load: "cold", MaxReductionShare: optional.Of(0.5), ReductionCost: 4},
	}
	return v, ders, setting
}

// solve plans and has the plan checked from the data; every test of this
// package that solves goes through here.
func solve(t testing.TB, p vpp.VPP, ders []der.DER, c vpp.Setting) *vpp.Plan {
	t.Helper()
	plan, err := vpp.Problem{VPP: p, Members: ders, Setting: c}.Solve(t.Context(), testsolver.New(t))
	require.NoError(t, err)
	checked(t, plan)
	return plan
}

// checked demands that a plan withstands the check, and that its objective,
// which is computed from the schedules, is the one that the solver found, up to
// the preference between equal commitments.
func checked(t testing.TB, plan *vpp.Plan) {
	t.Helper()
	require.NoError(t, plan.Verify(0))
	require.Empty(t, plan.Unaudited())
	require.InDelta(t, plan.Solution.Objective, plan.Value.Objective, 1e-4*max(1, math.Abs(plan.Value.Objective)))
}

// formulated solves the full program, with all exclusivity rules.
func formulated(t testing.TB, p vpp.VPP, ders []der.DER, c vpp.Setting) *vpp.Plan {
	t.Helper()
	program, err := vpp.Problem{VPP: p, Members: ders, Setting: c}.Formulate()
	require.NoError(t, err)
	plan, err := program.Solve(t.Context(), testsolver.New(t))
	require.NoError(t, err)
	checked(t, plan)
	return plan
}
