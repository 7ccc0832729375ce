package der_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Units without ties between steps of running DERs are counted exactly: three
// DERs with integers of their own have the optimum of three that share integers
// from 0 to 3.
func TestFleetCountsRunningDERs(t *testing.T) {
	var (
		set    = unequalDay(t)
		equal  = day(t)
		tariff = der.Tariff{Injection: []float64{40, 75, 110, 30, 60, 50, 20, 70}, Withdrawal: []float64{48, 90, 130, 36, 70, 60, 30, 80}}
		run    = der.Operation{Min: 1, Max: 4, Switchable: true, StartCost: 15}
		begun  = run
		wraps  = run
		engine = der.Thermal{
			ID: "engine", MinOutput: 2, MaxOutput: 6, MinUp: 2, MinDown: 3, NoLoad: 20, Linear: 30, Quadratic: 1, StartUp: []der.StartCost{{Cost: 40}},
			ShutDown: 10, Maintenance: 2, EmissionFactor: 0.4, Reserve: milp.Inf,
		}
		runs, free, curve                                 = engine, engine, engine
		ramps, starts, parts, cold, wrapped, stops, early = engine, engine, engine, engine, engine, engine, engine
	)
	begun.RunsBefore = true
	wraps.Boundary = der.BeforeCyclic
	runs.Before = der.ThermalState{On: true, Hours: optional.Of(1.), Output: 3}
	free.Before.Boundary = der.BeforeFree
	curve.Curve = []der.CurvePoint{{Output: 2, Cost: 80}, {Output: 3, Cost: 100}, {Output: 6, Cost: 230}}
	for _, u := range []der.DER{
		&engine, &runs, &free, &curve,
		&der.CHP{ID: "chp", Power: run, ElectricEfficiency: 0.4, HeatEfficiency: 0.45, Maintenance: 2},
		&der.GasBoiler{ID: "boiler", Heat: begun, Efficiency: 0.9},
		&der.ElectricBoiler{ID: "rod", Power: wraps, Efficiency: 0.98, Maintenance: 1},
		&der.PowerToGas{ID: "electrolyser", Power: run, Efficiency: 0.6},
		&der.ExtractionCHP{ID: "turbine", Power: run, Points: []der.OperatingPoint{{1, 0, 3}, {4, 0, 9}, {3, 3, 9}}, Maintenance: 1},
	} {
		for _, grid := range []*scenario.Set{set, equal} {
			assert.Equal(t, der.ScaleExact, dertest.Fleet(t, testsolver.New(t), u, der.Context{Set: grid, Tariff: der.Tariff{
				Injection: tariff.Injection[:grid.Steps()], Withdrawal: tariff.Withdrawal[:grid.Steps()],
			}}), u.Name())
		}
	}
	ramps.RampUp = optional.Of(5.9)
	starts.StartOutput = optional.Of(4.)
	parts.Reserve = 2
	cold.StartUp = append(cold.StartUp, der.StartCost{After: 5, Cost: 90})
	wrapped.Before.Boundary = der.BeforeCyclic
	stops.Before = der.ThermalState{On: true, Output: 3, StopOutput: optional.Of(2.)}
	early.RampDown, early.StopOutput = optional.Of(5.), optional.Of(6.)
	for _, u := range []*der.Thermal{&ramps, &starts, &parts, &cold, &wrapped, &stops, &early} {
		assert.Equal(t, der.ScaleOuter, u.Scale(der.Context{Set: equal}))
	}
}

// Engines of 2 to 6 MW cost 50 per hour and 10 per MWh, 40 per start and 5 per
// stop. Three of them deliver 7, 13, 3 and 0 MW: two, three, one and none run.
// The cost is 3·40 for starts, 3·5 for stops, 6·50 and 23·10. The unit that has
// run longest stops first.
func TestFleetPartsAreSchedulesOfItsDERs(t *testing.T) {
	var (
		set, err = scenario.New(scenario.Grid{Step: time.Hour, Steps: 4}, []float64{1})
		engine   = &der.Thermal{ID: "gt", MinOutput: 2, MaxOutput: 6, NoLoad: 50, Linear: 10, StartUp: []der.StartCost{{Cost: 40}}, ShutDown: 5}
		fleet    = &der.Fleet{Unit: engine, Count: 3}
		c        = der.Context{Set: set}
		load     = []float64{7, 13, 3, 0}
		plan     = func(fleet *der.Fleet, load []float64) (der.Schedule, float64) {
			m := milp.New()
			terms := fleet.Model(m, milp.Const(1), c)
			for step, mw := range load {
				m.Equal(milp.At("", "load", step), terms[0].Injected[step], milp.Const(mw))
			}
			m.Minimize(terms[0].Cost)
			s, err := testsolver.New(t).Solve(t.Context(), m)
			require.NoError(t, err)
			require.NoError(t, s.Err())
			return der.Schedule{Realised: der.Realise(terms, s.Values)}, s.Objective
		}
	)
	require.NoError(t, err)
	schedule, cost := plan(fleet, load)
	assert.InDelta(t, 3*40+3*5+6*50+23*10, cost, 1e-6)
	assert.InDelta(t, -cost, fleet.Benefit(schedule, c, 0).Total(), 1e-6)
	parts, ok := fleet.Parts(schedule, c)
	require.True(t, ok)
	var (
		sum   = make([]float64, 4)
		spent = 0.0
		n     = 0
	)
	for _, part := range parts {
		n += part.Count
		spent += float64(part.Count) * engine.Benefit(part.Schedule, c, 0).Total()
		assert.InDelta(t, engine.Benefit(part.Schedule, c, 0).Total(), -part.Schedule.Realised[0].Cost, 1e-9)
		for step, mw := range part.Schedule.Realised[0].Injected {
			sum[step] += float64(part.Count) * mw
		}
	}
	assert.Equal(t, 3, n)
	assert.InDelta(t, -cost, spent, 1e-6)
	assert.InDeltaSlice(t, load, sum, 1e-6)
	require.Len(t, parts, 2)
	assert.Equal(t, []float64{1, 1, 0, 0}, parts[0].Schedule.Realised[0].Trace("on"))
	assert.Equal(t, []float64{0, 0, 1, 0}, parts[0].Schedule.Realised[0].Trace("stop"))
	assert.Equal(t, []float64{0, 1, 1, 0}, parts[1].Schedule.Realised[0].Trace("on"), "it started last and stops last")

	_, err = fleet.RollForward(&schedule.Realised[0], c, 0, 4)
	require.ErrorContains(t, err, "set OneSchedule")
	fleet.OneSchedule = true
	assert.True(t, fleet.Together(c))
	schedule, cost = plan(fleet, []float64{7, 13, 6, 0})
	assert.InDelta(t, 3*40+3*5+9*50+26*10, cost, 1e-6, "all three run")
	next, err := fleet.RollForward(&schedule.Realised[0], c, 0, 3)
	require.NoError(t, err)
	assert.Equal(t, &der.Fleet{Unit: &der.Thermal{
		ID: "gt", MinOutput: 2, MaxOutput: 6, NoLoad: 50, Linear: 10, StartUp: engine.StartUp, ShutDown: 5,
		Before: der.ThermalState{On: true, Hours: optional.Of(3.), Output: 2},
	}, Count: 3, OneSchedule: true}, next)
}

// A boiler fleet that ends with all boilers off has one state, although they
// stopped one by one.
func TestFleetOfConvertersRollsForwardFromOneState(t *testing.T) {
	var (
		set, err = scenario.New(scenario.Grid{Step: time.Hour, Steps: 3}, []float64{1})
		boiler   = &der.GasBoiler{ID: "boiler", Efficiency: 0.9, Heat: der.Operation{Min: 1, Max: 4, Switchable: true, StartCost: 7}}
		fleet    = &der.Fleet{Unit: boiler, Count: 3}
		c        = der.Context{Set: set}
		realised = der.Ports{Heat: []float64{9, 3, 0}, Traces: []der.Path{{Name: "on", Values: []float64{3, 1, 0}}}}
	)
	require.NoError(t, err)
	_, err = fleet.RollForward(&realised, c, 0, 2)
	require.ErrorContains(t, err, "can have different states")
	next, err := fleet.RollForward(&realised, c, 0, 3)
	require.NoError(t, err)
	assert.False(t, next.(*der.Fleet).Unit.(*der.GasBoiler).Heat.RunsBefore)
	parts, ok := fleet.Parts(der.Schedule{Realised: []der.Ports{realised}}, c)
	require.True(t, ok)
	require.Len(t, parts, 2)
	assert.Equal(t, 1, parts[0].Count)
	assert.Equal(t, []float64{3, 3, 0}, parts[0].Schedule.Realised[0].Heat)
	assert.Equal(t, 2, parts[1].Count)
	assert.Equal(t, []float64{3, 0, 0}, parts[1].Schedule.Realised[0].Heat)
	assert.InDelta(t, -3*7, fleet.Benefit(der.Schedule{Realised: []der.Ports{realised}}, c, 0).Item("start-up"), 1e-9)
}
