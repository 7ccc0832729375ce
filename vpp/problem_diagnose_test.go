package vpp_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// VPPs that cannot work, with what is said before solving (nothing, where it
// takes a solver to see it) and what the elastic program finds. Amounts are
// calculated in the comments.
func TestDiagnosisOfInfeasibleVPPs(t *testing.T) {
	engine := func(change func(u *der.Thermal)) *der.Thermal {
		u := &der.Thermal{ID: "engine", MaxOutput: 20, Linear: 50}
		change(u)
		return u
	}
	battery := func(change func(u *der.Storage)) *der.Storage {
		u := &der.Storage{ID: "battery", Charge: 2, Discharge: 5, Energy: 10, ChargeEfficiency: 1, DischargeEfficiency: 0.5}
		change(u)
		return u
	}
	for name, c := range map[string]struct {
		demand           []float64
		imports, exports float64
		d                der.DER
		setting          func(c *vpp.Setting)
		violation        string // before solving
		misses, group    string // of the elastic program: the family that misses a limit, in its words
	}{
		"demand above all capacity": { // 10 − 5 − 3
			demand: []float64{4, 10, 4}, imports: 3, d: engine(func(u *der.Thermal) { u.MaxOutput = 5 }),
			violation: "demand of 10 MW at step 1 of scenario 0 exceeds the 5 MW that its members can feed in and the import limit of 3 MW by 2 MW",
			misses:    "v.balance", group: "2 at (0,1)",
		},
		"ramp too small": { // on at 2, at most 4 after an hour: 12 − 4 − 5
			demand: []float64{12, 2, 2}, imports: 5,
			d: engine(func(u *der.Thermal) {
				u.RampUp, u.RampDown, u.Before = optional.Of(2), optional.Of(2), der.ThermalState{On: true, Output: 2}
			}),
			violation: "demand of 12 MW at step 0 of scenario 0 exceeds the 4 MW that its members can feed in and the import limit of 5 MW by 3 MW",
			misses:    "v.balance", group: "3 at (0,0)",
		},
		"start ramp below the demand": { // off before: StartOutput is what the ramp allows, 2: 6 − 2 − 3
			demand: []float64{6, 2, 2}, imports: 3, d: engine(func(u *der.Thermal) { u.RampUp, u.RampDown = optional.Of(2), optional.Of(2) }),
			violation: "exceeds the 2 MW that its members can feed in and the import limit of 3 MW by 1 MW",
			misses:    "v.balance", group: "1 at (0,0)",
		},
		"minimum down time": { // stopped an hour ago, must rest three
			demand: []float64{3, 6, 6}, imports: 3, d: engine(func(u *der.Thermal) { u.MinDown, u.Before.Hours = 3, optional.Of(1) }),
			violation: "demand of 6 MW at step 1 of scenario 0 exceeds the 0 MW that its members can feed in",
			misses:    "engine.mindown", group: "at (1)",
		},
		"empty battery": { // 1 MWh stored gives 0.5 MW for an hour: 5 − 0.5 − 3
			demand: []float64{5, 0, 0}, imports: 3, d: battery(func(u *der.Storage) { u.Initial = optional.Of(1) }),
			violation: "exceeds the 0.5 MW that its members can feed in and the import limit of 3 MW by 1.5 MW",
			misses:    "v.balance", group: "1.5 at (0,0)",
		},
		"must-run surplus": { // 8 − 2 − 3
			demand: []float64{2, 2, 6}, imports: 9, exports: 3, d: engine(func(u *der.Thermal) { u.MinOutput, u.MustRun = 8, true }),
			violation: "its members feed in at least 8 MW at step 0 of scenario 0, which exceeds the demand of 2 MW and the export limit of 3 MW by 3 MW",
			misses:    "v.balance", group: "3 at",
		},
		"final state of charge out of reach": { // 8 decays by half each hour and 1 MW is added: 5, 3.5, 2.75
			d: battery(func(u *der.Storage) { u.Charge, u.Initial, u.SelfDischarge = 1, optional.Of(8), 0.5 }), demand: []float64{0, 0, 0},
			violation: `storage "battery": the energy at the end, 8 MWh, is out of reach: charging all the time leaves 2.75 MWh after step 2`,
			misses:    "battery.cycle", group: "5.25 at (0,2)",
		},
		"least energy out of reach": { // 5 after the first hour, 3.5 after the second
			d: battery(func(u *der.Storage) {
				u.Charge, u.MinEnergy, u.Initial, u.SelfDischarge, u.End = 1, 4, optional.Of(8), 0.5, der.EndFree
			}),
			demand:    []float64{0, 0, 0},
			violation: `storage "battery": holds at most 3.5 MWh after step 1, charging all the time, and must hold 4 MWh (MinEnergy)`,
			misses:    "battery.balance", group: "at (0,1)",
		},
		"market sells too little": { // 15 − 12
			demand: []float64{5, 5, 5}, d: engine(func(u *der.Thermal) { u.MaxOutput = 0.001 }),
			setting: func(c *vpp.Setting) {
				c.Markets.Electricity = &market.Tariff{
					Calendar: market.Calendar{Steps: 3, Period: market.Horizon}, Buy: market.Series{60}, Sell: market.Series{40}, MaxBuy: market.Series{12},
				}
			},
			violation: "must buy 14.997 MWh in steps 0 to 2 of scenario 0, but the day-ahead electricity market sells at most 12 MWh",
			misses:    "v.balance", group: "2.997",
		},
		"heat nobody makes": { // 3 of 5 MW
			demand: []float64{0, 0, 0}, d: &der.GasBoiler{ID: "boiler", Efficiency: 0.9, Heat: der.Operation{Max: 2}},
			setting: func(c *vpp.Setting) {
				require.NoError(t, c.Set.Add("heat", "MW", [][]float64{{2, 5, 2}}))
			},
			violation: "3 MW of heat are missing at step 1 of scenario 0; add a DER that supplies heat",
			misses:    "v.heat", group: "3 at (0,1)",
		},
		"heat nobody makes at three steps": { // 1, 3 and 2 MW
			demand: []float64{0, 0, 0}, d: &der.GasBoiler{ID: "boiler", Efficiency: 0.9, Heat: der.Operation{Max: 2}},
			setting: func(c *vpp.Setting) {
				require.NoError(t, c.Set.Add("heat", "MW", [][]float64{{3, 5, 4}}))
			},
			violation: "1 MW of heat are missing at step 0 of scenario 0, and some at 2 further steps; add a DER that supplies heat",
			misses:    "v.heat", group: "at (0,1)",
		},
		"energy for one hour only": { // 4 MWh stored give 2 MWh: each hour could be served, both cannot
			demand: []float64{5, 5, 0}, imports: 3, d: battery(func(u *der.Storage) { u.Initial, u.Charge = optional.Of(4), 0; u.End = der.EndFree }),
			misses: "v.balance", group: "2 at",
		},
		"neither on nor off": { // on: 5 − 3 is 1 more than goes out; off: 3 is 1 more than comes in
			demand: []float64{3, 3, 3}, imports: 2, exports: 1, d: engine(func(u *der.Thermal) { u.MinOutput, u.MaxOutput = 5, 6 }),
			misses: "v.balance", group: "1 at",
		},
	} {
		t.Run(name, func(t *testing.T) {
			set := hourly(t, 3, []float64{1}, map[string][][]float64{"load": {c.demand}})
			setting := priced(set, 60, 40)
			ders := []der.DER{c.d}
			if c.setting != nil {
				c.setting(&setting)
			}
			if set.Has("heat") {
				ders = append(ders, &der.Load{ID: "homes", Port: der.Heat, Demand: "heat"}, &der.GasSupply{ID: "gas", Max: 9, Price: "load"})
			}
			v := vpp.VPP{Name: "v", Demand: "load", ImportLimit: nonzero(c.imports), ExportLimit: nonzero(c.exports)}
			solver := testsolver.New(t)

			err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Diagnose()
			if c.violation == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.violation)
				require.ErrorIs(t, err, milp.ErrInfeasible)
			}
			_, err = vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), solver)
			require.ErrorIs(t, err, milp.ErrInfeasible)

			program, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
			require.NoError(t, err)
			_, err = program.Solve(t.Context(), solver)
			require.ErrorIs(t, err, milp.ErrInfeasible)
			why, err := program.Explain(t.Context(), solver)
			require.NoError(t, err)
			assert.Contains(t, why.String(), c.misses)
			assert.Contains(t, why.String(), c.group)
		})
	}
}

// A VPP that works has no violations: bounds that are too narrow would refuse
// it. The DERs are pushed to what they can bring at most, one step at a time,
// and must stay within their reach.
func TestDiagnosisAcceptsFeasibleVPPs(t *testing.T) {
	v, ders, setting := village(t)
	require.NoError(t, vpp.Problem{VPP: v, Members: ders, Setting: setting}.Diagnose())

	solver := testsolver.New(t)
	random := rand.New(rand.NewPCG(21, 22))
	for range 15 {
		u := &der.Thermal{
			ID: "engine", MinOutput: 1 + random.Float64(), MaxOutput: 4 + 4*random.Float64(), RampUp: optional.Of(2 * random.Float64()), RampDown: optional.Of(2 * random.Float64()),
			MinUp: float64(random.IntN(4)), MinDown: float64(random.IntN(4)), MustRun: random.IntN(4) == 0,
		}
		if random.IntN(2) == 0 {
			u.Before = der.ThermalState{On: true, Hours: nonzero(float64(random.IntN(4))), Output: u.MinOutput + random.Float64()}
		}
		set := hourly(t, 5, []float64{1}, nil)
		if u.Validate(set) != nil {
			continue
		}
		// The most (or least) that the DER can feed in at a step is what a VPP
		// sells that is paid for that step alone; connections narrower than
		// that by a little must be refused, wider ones not.
		step := random.IntN(5)
		prices := make(market.Series, 5)
		prices[step] = []float64{-1000, 1000}[random.IntN(2)]
		setting := vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: market.Calendar{Steps: 5}, Buy: prices},
		}}
		plan, err := vpp.Problem{VPP: vpp.VPP{Name: "v"}, Members: []der.DER{u}, Setting: setting}.Solve(t.Context(), solver)
		require.NoError(t, err)
		best := plan.Net[0][step]
		demand := make([]float64, 5)
		demand[step] = best
		require.NoError(t, set.Add("load", "MW", [][]float64{demand}))
		if prices[step] > 0 { // demand that the DER can just meet
			require.NoError(t, vpp.Problem{VPP: vpp.VPP{Name: "v", Demand: "load", ImportLimit: optional.Of(1e-6)}, Members: []der.DER{u}, Setting: setting}.Diagnose(), "%+v", *u)
		} else if best > 0 {
			require.NoError(t, vpp.Problem{VPP: vpp.VPP{Name: "v", Demand: "load", ExportLimit: optional.Of(1e3)}, Members: []der.DER{u}, Setting: setting}.Diagnose(), "%+v", *u)
		}
	}
}

func TestCancelledSolveStops(t *testing.T) {
	v, ders, setting := village(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(ctx, testsolver.New(t))
	require.ErrorIs(t, err, context.Canceled)
	_, err = vpp.Problem{VPP: v, Members: ders, Setting: setting}.Select(ctx, testsolver.New(t))
	require.ErrorIs(t, err, context.Canceled)

	// A caller who gives up does not spoil the coalition for the next one.
	x, err := vpp.NewCoalitions(vpp.Problem{VPP: v, Members: ders[:1], Setting: setting}, testsolver.New(t))
	require.NoError(t, err)
	_, err = x.Plan(ctx, 1)
	require.ErrorIs(t, err, context.Canceled)
	_, err = x.Plan(t.Context(), 1)
	require.NoError(t, err)
}

// A solver that is stopped at once either has nothing, which is an error, or a
// plan that keeps every rule and says how much better another could be.
func TestATimeLimitLeavesAValidPlanOrAnError(t *testing.T) {
	v, ders, setting := village(t)
	exact := solve(t, v, ders, setting)
	for _, limit := range []time.Duration{time.Nanosecond, 20 * time.Millisecond, time.Minute} {
		solver := testsolver.New(t)
		solver.TimeLimit = limit
		plan, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), solver)
		if err != nil {
			require.ErrorIs(t, err, milp.ErrNoSolution)
			continue
		}
		require.NoError(t, plan.Verify(0))
		assert.LessOrEqual(t, exact.Value.Objective, plan.Value.Objective+plan.AbsoluteGap+1e-3)
	}
}

// A gap leaves open no more than the plan says.
func TestAbsoluteGapBoundsTheOptimum(t *testing.T) {
	v, ders, setting := village(t)
	exact := solve(t, v, ders, setting)
	plan, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), withGap(testsolver.New(t), 0.05))
	require.NoError(t, err)
	require.NoError(t, plan.Verify(0))
	assert.LessOrEqual(t, exact.Value.Objective, plan.Value.Objective+plan.AbsoluteGap+1e-3)
	assert.LessOrEqual(t, plan.Value.Objective, exact.Value.Objective+1e-3)
}

func withGap(s highs.Solver, gap float64) highs.Solver {
	s.Gap = gap
	return s
}

// Prices in millionths beside prices in millions are pointed out by name.
func TestStatisticsWarnOfALargeRange(t *testing.T) {
	v, ders, setting := village(t)
	program, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
	require.NoError(t, err)
	assert.Empty(t, program.Statistics().Warnings())
	ders[2].(*der.Storage).ChargeEfficiency = 1e-7
	program, err = vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
	require.NoError(t, err)
	require.Len(t, program.Statistics().Warnings(), 1)
	assert.Contains(t, program.Statistics().Warnings()[0], "1e-07 (battery.balance(0,0) × battery.charge(0,0))")
}

// nonzero returns an absent number for 0.
func nonzero(x float64) optional.Float {
	if x == 0 {
		return optional.Float{}
	}
	return optional.Of(x)
}
