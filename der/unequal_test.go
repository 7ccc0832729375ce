package der_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
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

// minutes returns one scenario over steps of the given lengths.
func minutes(lengths ...int) *scenario.Set {
	durations := make([]time.Duration, len(lengths))
	for t, n := range lengths {
		durations[t] = time.Duration(n) * time.Minute
	}
	return scenario.Single(scenario.GridOf(time.Time{}, durations...))
}

// unequalDay returns two scenarios of six steps of 7 to 60 minutes with the
// series of unequalKinds.
func unequalDay(t testing.TB) *scenario.Set {
	t.Helper()
	set, err := scenario.New(minutes(7, 15, 15, 23, 60, 30).Grid(), []float64{0.4, 0.6})
	require.NoError(t, err)
	require.NoError(t, set.Add("wind", "MW", [][]float64{{3, 4, 5, 6, 5, 4}, {1, 0, 2, 2, 3, 5}}))
	require.NoError(t, set.Add("load", "MW", [][]float64{{4, 4, 5, 7, 8, 8}, {5, 5, 6, 8, 9, 9}}))
	require.NoError(t, set.AddForecast("price", "currency/MWh", []float64{20, 25, 30, 22, 28, 24}))
	return set
}

// unequalKinds are DERs of every kind with as many of their features as fit on
// one grid.
func unequalKinds() []der.DER {
	some := optional.Of
	run := der.Operation{Min: 1, Max: 4, RampUp: some(6), RampDown: some(9), Before: 2, Switchable: true, StartCost: 15}
	unit := der.Thermal{
		ID: "unit", MinOutput: 2, MaxOutput: 6, RampUp: some(8), RampDown: some(10), MinUp: 0.6, MinDown: 0.5,
		Before: der.ThermalState{On: true, Hours: some(0.2), Output: 3}, NoLoad: 20, Linear: 30, Quadratic: 1, Pieces: 3,
		StartUp:  []der.StartCost{{Cost: 40}, {After: 1, Cost: 90}},
		ShutDown: 10, Maintenance: 2, EmissionFactor: 0.4, Quota: 0.1, Reserve: 2,
	}
	host := unit
	host.ID, host.Reserve, host.EmissionFactor = "captured", 0, 0.9
	return []der.DER{
		&der.Wind{ID: "wind farm", Available: "wind", CurtailmentPenalty: 5, Maintenance: 3},
		&der.PV{ID: "roof", Available: "wind", Subsidy: 4},
		&der.Storage{
			ID: "battery", Charge: 3, Discharge: 4, Energy: 3, MinEnergy: 0.5, Initial: some(1), ChargeEfficiency: 0.9, DischargeEfficiency: 0.95,
			SelfDischarge: 0.02, Wear: 2, Reserve: 1, StartsPerDay: some(2), Depths: []der.DepthBand{{Depth: 1, Wear: 1}, {Depth: 3, Wear: 6}},
		},
		&der.Storage{ID: "tank", Port: der.Heat, Charge: 3, Discharge: 4, Energy: 3, ChargeEfficiency: 0.9, DischargeEfficiency: 0.95, End: der.EndFree, EndValue: 12},
		&unit,
		&der.Load{ID: "town", Demand: "load", Sheddable: 0.5, ShedCost: 50},
		&der.Load{ID: "process", Port: der.Gas, Demand: "load", Sheddable: 1, ShedCost: 50},
		&der.DemandResponse{
			ID: "cooling", Load: "load", MaxReductionShare: some(0.3), ReboundHours: some(1), ReboundWeights: []float64{0.7, 0.3}, ReductionCost: 3, ReboundCost: 1,
		},
		&der.DemandResponse{ID: "banned", Load: "load", MaxReduction: some(2), ReboundHours: some(1), ReboundWeights: []float64{1}, Close: der.CloseByBan},
		&der.DemandResponse{
			ID: "moved", Load: "load", MaxReduction: some(2), Rebound: der.ReboundFree, MaxHours: some(1.2), DayAheadCalls: true,
			Calls: der.Calls{MinHours: 0.5, MaxHours: some(1.2), MaxCalls: some(1), MinReduction: 0.3},
		},
		&der.DemandResponse{ID: "deferred", Load: "load", Served: true, MaxReduction: some(2), Rebound: der.ReboundDeferred, MaxRebound: some(4)},
		&der.DemandResponse{ID: "dropped", Load: "load", MaxReduction: some(2), Rebound: der.ReboundNone, ReductionCost: 9},
		&der.ShiftableLoad{ID: "batch", Profile: []float64{2, 1, 3}, ProfileHours: some(0.25), Usual: 22.0 / 60, ShiftCost: 8},
		&der.TransferableLoad{ID: "pump", Load: "load", Min: 2, Max: 20, MinRun: 0.6, TransferCost: 4, Window: der.Window{From: 0.2}},
		&der.HeatPump{
			ID: "house", MaxPower: 3, Outside: "load", COP: []der.COPPoint{{4, 2}, {8, 4}}, Loss: 0.3, Capacity: 1, Initial: 20, MinTemperature: 19, MaxTemperature: 22,
			DiscomfortCost: 60, EndValue: 9, Water: der.HotWater{Draw: "wind", COP: []der.COPPoint{{4, 3}}, Energy: 3, UnmetCost: 70, EndValue: 9},
		},
		&der.RunOfRiver{ID: "mill", Inflow: "load", Turbine: []der.HydroPoint{{4, 2}, {8, 3}}, ResidualFlow: 1, Maintenance: 4},
		&der.Reservoir{
			ID: "dam", Inflow: "wind", Turbine: []der.HydroPoint{{2, 4}, {4, 6}}, MinVolume: hour, MaxVolume: 5 * hour, Initial: 2 * hour, MinRelease: 2,
			ReleaseRamp: some(4), Released: some(3), EndVolume: some(4 * hour), UnmetCost: 60 / hour, EndValue: 30 / hour, Maintenance: 2,
		},
		&der.EVFleet{ID: "cars", Efficiency: 0.9, Wear: 2, UnmetCost: 90, Stays: []der.EVStay{
			{Depart: 1.7, Capacity: 3, Has: 1, Wants: 2.5, Charge: 2, Discharge: 2}, {Arrive: 0.3, Depart: 1.2, Capacity: 2, Wants: 2, Charge: 3, TaperFrom: some(1)},
		}},
		&der.CHP{ID: "chp", Power: run, ElectricEfficiency: 0.4, HeatEfficiency: 0.45, Maintenance: 2},
		&der.ExtractionCHP{ID: "turbine", Power: der.Operation{RampUp: some(6), Before: 1}, Points: []der.OperatingPoint{{1, 0, 3}, {4, 0, 9}, {3, 3, 9}}, Maintenance: 1},
		&der.GasBoiler{ID: "boiler", Heat: run, Efficiency: 0.9},
		&der.ElectricBoiler{ID: "rod", Power: run, Efficiency: 0.98, Maintenance: 1},
		&der.PowerToGas{ID: "electrolyser", Power: run, Efficiency: 0.6, Maintenance: 1},
		&der.CarbonCapture{Unit: host, Efficiency: 0.9, FixedPower: 0.1, AbsorbEnergy: 0.2, ReleaseEnergy: 0.1, SolventCost: 3, Tank: 2, InTank: 1, MaxRelease: some(3)},
		&der.Sequestration{ID: "aquifer", Max: 5, Cost: 8},
		&der.GasSupply{ID: "pipe", Max: 20, Price: "price"},
		&der.GridConnection{ID: "grid", MaxBuy: 5, MaxSell: 5, BuyPrice: "price", SellPrice: "price", Fee: 1},
		&der.Site{ID: "home", MaxImport: some(7), MaxExport: some(3), ExcessCost: some(40), Parts: []der.DER{
			&der.Load{ID: "lights", Demand: "load"}, &der.PV{ID: "roof", Available: "wind"},
			&der.EVFleet{ID: "car", Efficiency: 0.9, UnmetCost: 90, Stays: []der.EVStay{{Depart: 1.7, Capacity: 3, Has: 1, Wants: 2.5, Charge: 2}}},
		}},
		&der.HeatDump{ID: "chimney", Max: 9, Cost: 1},
	}
}

// Every kind passes the conformance suite on steps of 7 to 60 minutes.
func TestKindsConformOnUnequalSteps(t *testing.T) {
	set := unequalDay(t)
	for _, u := range unequalKinds() {
		t.Run(u.Name(), func(t *testing.T) {
			dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: set})
		})
	}
}

// A grid of unequal steps is a fine grid on which decisions are constant inside
// its steps: the optimum is the same if the fine program has that as a
// constraint. Ramps and self-discharge are left out, because they act inside a
// step.
func TestUnequalStepsAreMergedEqualSteps(t *testing.T) {
	groups := []int{1, 3, 2, 4, 2} // steps of the coarse grid in quarter-hours
	lengths := make([]int, len(groups))
	steps := 0
	for g, n := range groups {
		lengths[g] = 15 * n
		steps += n
	}
	var fine []int
	for range steps {
		fine = append(fine, 15)
	}
	// Prices and series are constant in a group.
	spread := func(values []float64) []float64 {
		var out []float64
		for g, n := range groups {
			for range n {
				out = append(out, values[g])
			}
		}
		return out
	}
	price, load := []float64{60, 20, -15, 90, 45}, []float64{4, 6, 5, 8, 3}
	at := func(set *scenario.Set, of func([]float64) []float64) der.Context {
		require.NoError(t, set.AddForecast("load", "MW", of(load)))
		require.NoError(t, set.AddForecast("wind", "MW", of([]float64{2, 5, 3, 1, 6})))
		require.NoError(t, set.AddForecast("price", "currency/MWh", of([]float64{20, 25, 30, 22, 28})))
		return der.Context{Set: set, Tariff: der.Tariff{
			Injection: of(price), Withdrawal: of([]float64{65, 24, -10, 95, 49}), LoadReduction: of([]float64{30, 10, 5, 70, 20}),
			Heat: of([]float64{30, 60, 10, 40, 20}), Gas: of([]float64{20, 15, 40, 10, 30}), CO2: of([]float64{-5, 12, 20, 3, 9}),
		}}
	}
	coarseContext := at(minutes(lengths...), func(v []float64) []float64 { return v })
	fineContext := at(minutes(fine...), spread)

	some := optional.Of
	run := der.Operation{Min: 1, Max: 4, Switchable: true, StartCost: 15}
	unit := der.Thermal{
		ID: "unit", MinOutput: 2, MaxOutput: 6, MinUp: 0.75, MinDown: 1.25, NoLoad: 20, Linear: 30,
		StartUp: []der.StartCost{{Cost: 20}, {After: 1, Cost: 60}}, ShutDown: 10, Maintenance: 2,
		Before: der.ThermalState{On: true, Hours: some(0.5), Output: 3},
	}
	for _, k := range []struct {
		u     der.DER
		fixed []string // decisions that are constant in a group
	}{
		{&der.Wind{ID: "wind farm", Available: "wind", CurtailmentPenalty: 5, Maintenance: 3}, []string{"power"}},
		{&der.Storage{ID: "battery", Charge: 3, Discharge: 4, Energy: 3, ChargeEfficiency: 0.9, DischargeEfficiency: 0.95, Wear: 2}, []string{"charge", "discharge"}},
		{&der.Storage{
			ID: "deep", Charge: 3, Discharge: 4, Energy: 3, ChargeEfficiency: 0.9, DischargeEfficiency: 0.95, StartsPerDay: some(1),
			Depths: []der.DepthBand{{Depth: 1, Wear: 1}, {Depth: 3, Wear: 9}}, End: der.EndFree, EndValue: 20,
		}, []string{"charge", "discharge", "charge_1", "charge_2", "discharge_1", "discharge_2", "charging", "discharging"}},
		{&unit, []string{"output", "on"}},
		{&der.Load{ID: "town", Demand: "load", Sheddable: 0.5, ShedCost: 50}, []string{"shed"}},
		{&der.DemandResponse{ID: "cooling", Load: "load", MaxReductionShare: some(0.3), ReboundHours: some(1), ReboundWeights: []float64{0.7, 0.3}, ReductionCost: 3, ReboundCost: 1}, []string{"curtailed"}},
		{&der.DemandResponse{ID: "moved", Load: "load", MaxReduction: some(2), Rebound: der.ReboundFree, MaxHours: some(1.25)}, []string{"curtailed", "rebound", "call"}},
		{&der.DemandResponse{ID: "called", Load: "load", MaxReduction: some(2), Rebound: der.ReboundDeferred, Calls: der.Calls{MinHours: 0.75, MaxHours: some(1.5), MaxCalls: some(1)}}, []string{"curtailed", "rebound", "call"}},
		{&der.TransferableLoad{ID: "pump", Load: "load", Min: 2, Max: 20, MinRun: 1, TransferCost: 4, Window: der.Window{From: 0.25, To: some(2.5)}}, []string{"power", "on"}},
		{&der.EVFleet{ID: "cars", Efficiency: 0.9, Wear: 2, UnmetCost: 90, Stays: []der.EVStay{{Depart: 3, Capacity: 3, Has: 1, Wants: 2.5, Charge: 2, Discharge: 2}}}, []string{"charge_1", "discharge_1"}},
		{&der.CHP{ID: "chp", Power: run, ElectricEfficiency: 0.4, HeatEfficiency: 0.45, Maintenance: 2}, []string{"gas", "on"}},
		{&der.GasBoiler{ID: "boiler", Heat: run, Efficiency: 0.9}, []string{"heat", "on"}},
		{&der.ElectricBoiler{ID: "rod", Power: run, Efficiency: 0.98, Maintenance: 1}, []string{"power", "on"}},
		{&der.PowerToGas{ID: "electrolyser", Power: run, Efficiency: 0.6, Maintenance: 1}, []string{"power", "on"}},
		{&der.ExtractionCHP{ID: "turbine", Points: []der.OperatingPoint{{1, 0, 3}, {4, 0, 9}, {3, 3, 9}}, Maintenance: 1}, []string{"share_1", "share_2", "share_3"}},
		{&der.Sequestration{ID: "aquifer", Max: 5, Cost: 8}, []string{"stored"}},
		{&der.GasSupply{ID: "pipe", Max: 20, Price: "price"}, []string{"bought"}},
		{&der.GridConnection{ID: "grid", MaxBuy: 5, MaxSell: 5, BuyPrice: "price", SellPrice: "price", Fee: 1}, []string{"bought", "sold"}},
		{&der.HeatDump{ID: "chimney", Max: 9, Cost: 1}, []string{"dumped"}},
	} {
		t.Run(k.u.Name(), func(t *testing.T) {
			require.NoError(t, der.Validate(k.u, coarseContext.Set))
			coarse := alone(t, k.u, coarseContext)

			m := milp.New()
			terms := k.u.Model(m, milp.Const(1), fineContext)
			profit := fineContext.PaymentTerms(m, k.u.Name(), terms)[0].Minus(terms[0].Cost)
			first := map[string]milp.Var{}
			fixed := map[string]bool{}
			for _, name := range k.fixed {
				fixed[k.u.Name()+"."+name] = true
			}
			rows := 0
			for j := range m.Vars() {
				v := m.VarAt(j)
				index := v.Name().Indices()
				if base := base(v.Name().String()); fixed[base] {
					g := groupOf(groups, index[len(index)-1])
					key := fmt.Sprint(base, g)
					if same, ok := first[key]; ok {
						m.Equal(milp.At("constant", base, rows), v.Expr(), same.Expr())
						rows++
					} else {
						first[key] = v
					}
				}
			}
			require.Equal(t, len(k.fixed)*(steps-len(groups)), rows+skipped(k.u), "each decision is constant in each group")
			m.Maximize(profit)
			solution, err := testsolver.New(t).Solve(context.Background(), m)
			require.NoError(t, err)
			require.NoError(t, solution.Err())
			t.Logf("%s: %v on merged steps, %v on fine ones", k.u.Name(), coarse.profit, solution.Objective)
			assert.InDelta(t, solution.Objective, coarse.profit, 1e-5*max(1, math.Abs(coarse.profit)))
			assert.InDelta(t, coarse.profit, k.u.Benefit(coarse.schedule, coarseContext, 0).Total(), 1e-5*max(1, math.Abs(coarse.profit)))
		})
	}
}

// skipped returns the rows that a window leaves out: outside it a load has no
// columns.
func skipped(u der.DER) int {
	if u.Name() == "pump" { // quarter-hours 10 and 11 are outside, one row for each of two decisions
		return 2
	}
	return 0
}

// base returns a name without its indices.
func base(name string) string {
	for i, r := range name {
		if r == '(' {
			return name[:i]
		}
	}
	return name
}

// groupOf returns the group of a fine step.
func groupOf(groups []int, step int) int {
	for g, n := range groups {
		if step < n {
			return g
		}
		step -= n
	}
	return -1
}

// A battery of 1 MW on steps of 7 and 60 minutes. By hand: it buys 7/60 MWh at
// 10 and sells 0.9 of it at 100, the rest of the hour it stands still. Profit
// 10.5 − 1.1667 less 2 per MWh of wear.
func TestStorageInPartialFirstStepByHand(t *testing.T) {
	set := minutes(7, 60)
	u := &der.Storage{ID: "battery", Charge: 1, Discharge: 1, Energy: 5, ChargeEfficiency: 0.9, DischargeEfficiency: 1, Wear: 2}
	r := alone(t, u, der.Context{Set: set, Tariff: onePrice(10, 100)})
	bought, sold := 7.0/60, 0.9*7.0/60
	assert.InDelta(t, 100*sold-10*bought-2*(bought+sold), r.profit, 1e-6)
	assert.InDelta(t, 1, r.schedule.Realised[0].Withdrawn[0], 1e-6)
	assert.InDelta(t, sold, r.schedule.Realised[0].Injected[1], 1e-6)
}

// 1 MWh with 19 % loss per hour is 0.81^(7/60) after 7 minutes and 0.81^(67/60)
// after a further hour.
func TestSelfDischargeFollowsTheHoursOfEachStep(t *testing.T) {
	u := &der.Storage{ID: "tank", Energy: 1, Initial: optional.Of(1.0), ChargeEfficiency: 1, DischargeEfficiency: 1, SelfDischarge: 0.19, End: der.EndFree}
	r := alone(t, u, der.Context{Set: minutes(7, 60)})
	energy := r.schedule.Realised[0].Trace("energy")
	assert.InDelta(t, 0.9757155, energy[0], 1e-6)
	assert.InDelta(t, 0.7903295, energy[1], 1e-6)
}

// A unit at 3 MW that ramps by 6 MW per hour reaches 3 + 6·7/60 = 3.7 MW in a
// step of 7 minutes, 5.2 MW in the quarter-hour that follows, and its limit of
// 6 MW.
func TestThermalRampInPartialFirstStepByHand(t *testing.T) {
	for _, formulation := range []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight} {
		u := &der.Thermal{
			ID: "unit", MinOutput: 1, MaxOutput: 6, RampUp: optional.Of(6.0), RampDown: optional.Of(12.0), Linear: 10,
			Before: der.ThermalState{On: true, Output: 3}, Formulation: formulation,
		}
		up := alone(t, u, der.Context{Set: minutes(7, 15, 15), Tariff: onePrice(50, 50, 50)}).schedule.Realised[0].Injected
		assert.InDeltaSlice(t, []float64{3.7, 5.2, 6}, up, 1e-6, formulation.String())
		// Down by 12 MW per hour: 1.4 MW in the first step, then from 1.6 MW to
		// a standstill.
		down := alone(t, u, der.Context{Set: minutes(7, 15, 15), Tariff: onePrice(0, 0, 0)}).schedule.Realised[0].Injected
		assert.InDeltaSlice(t, []float64{1.6, 0, 0}, down, 1e-6, formulation.String())
	}
}

// A unit that must run for an hour after a start. It has run for 40 minutes
// before steps of 7, 15 and 15 minutes at a loss: it runs until 20 minutes have
// passed, which is in the second step, and stops in the third.
func TestMinimumTimeInPartialFirstStepByHand(t *testing.T) {
	u := &der.Thermal{
		ID: "unit", MinOutput: 1, MaxOutput: 4, Linear: 10, MinUp: 1, MinDown: 0.5,
		Before: der.ThermalState{On: true, Hours: optional.Of(40.0 / 60), Output: 1},
	}
	r := alone(t, u, der.Context{Set: minutes(7, 15, 15), Tariff: onePrice(0, 0, 0)})
	assert.InDeltaSlice(t, []float64{1, 1, 0}, r.schedule.Realised[0].Injected, 1e-6)

	// After a stop of 22 minutes it may start: MinDown 0.5 less 0.2 h are 18
	// minutes, the first two steps.
	u.Before = der.ThermalState{Hours: optional.Of(0.2)}
	r = alone(t, u, der.Context{Set: minutes(7, 15, 15), Tariff: onePrice(50, 50, 50)})
	assert.InDeltaSlice(t, []float64{0, 0, 4}, r.schedule.Realised[0].Injected, 1e-6)
}

// An hour of minimum time from steps of 7, 15, 15, 15 and 15 minutes: a start
// in the first step lasts for five steps, because four have 52 minutes.
func TestMinimumUpTimeCountsTheHoursOfSteps(t *testing.T) {
	u := &der.Thermal{ID: "unit", MinOutput: 1, MaxOutput: 1, MinUp: 1}
	r := alone(t, u, der.Context{Set: minutes(7, 15, 15, 15, 15, 15), Tariff: onePrice(9000, -1, -1, -1, -1, -1)})
	assert.InDeltaSlice(t, []float64{1, 1, 1, 1, 1, 0}, r.schedule.Realised[0].Injected, 1e-6)
}

// One MW less in the first seven minutes, of which all comes back an hour
// later: 7 minutes of 1 MW in the step from 0:52 to 1:22, so 7/30 MW.
func TestReboundFollowsTheClockByHand(t *testing.T) {
	set := minutes(7, 45, 30)
	require.NoError(t, set.AddForecast("load", "MW", []float64{1, 1, 1}))
	u := &der.DemandResponse{ID: "load", Load: "load", ReboundWeights: []float64{1}}
	r := alone(t, u, der.Context{Set: set, Tariff: der.Tariff{Withdrawal: []float64{0, 0, 1}, LoadReduction: []float64{100, 0, 0}}})
	assert.InDelta(t, 1, r.schedule.Realised[0].Reduced[0], 1e-6)
	assert.InDelta(t, 1+7.0/30, r.schedule.Realised[0].Withdrawn[2], 1e-6)
	assert.InDelta(t, 100*7.0/60-0.5-7.0/60, r.profit, 1e-6)
}

// A profile of 2 and 1 MW for a quarter-hour each, from the beginning of a step
// of 7 minutes: 2 MW, then in a step of 20 minutes 8 minutes of 2 MW and 12 of
// 1 MW, then 3 of 10 minutes at 1 MW.
func TestShiftableProfileKeepsItsOwnTimeByHand(t *testing.T) {
	u := &der.ShiftableLoad{ID: "batch", Profile: []float64{2, 1}, ProfileHours: optional.Of(0.25), ShiftCost: 6}
	r := alone(t, u, der.Context{Set: minutes(7, 20, 10, 40), Tariff: onePrice(1, 1, 1, 90)})
	assert.InDeltaSlice(t, []float64{2, 28.0 / 20, 3.0 / 10, 0}, r.schedule.Realised[0].Withdrawn, 1e-6)
	assert.InDelta(t, -0.75, r.profit, 1e-6, "three quarters of a MWh at 1")
	// It costs 6 per MWh to begin at another time; the last beginning from
	// which it ends in the grid is 0:37.
	r = alone(t, u, der.Context{Set: minutes(7, 20, 10, 40), Tariff: onePrice(90, 90, 90, 1)})
	assert.InDeltaSlice(t, []float64{0, 0, 0, 0.75 / (40.0 / 60)}, r.schedule.Realised[0].Withdrawn, 1e-6)
	assert.InDelta(t, -0.75-6*0.75, r.profit, 1e-6)
}

// Profiles of quarter-hours on a grid of quarter-hours are the profiles in
// steps.
func TestProfileHoursOfOneStepChangeNothing(t *testing.T) {
	text := func(u *der.ShiftableLoad) []byte {
		m := milp.New()
		u.Model(m, milp.Const(1), der.Context{Set: steps(6, 15*time.Minute)})
		digest := m.Digest()
		return digest[:]
	}
	u := der.ShiftableLoad{ID: "batch", Profile: []float64{2, 1, 3}, ShiftCost: 5}
	timed := u
	timed.ProfileHours = optional.Of(0.25)
	assert.Equal(t, text(&u), text(&timed))
}

// bestUnequal is the dumb twin of a unit on steps of whole hours: it tries
// every commitment, rejects those that break a rule in hours of the clock, and
// dispatches by dynamic programming over whole MW.
func bestUnequal(u *der.Thermal, lengths []int, price []float64) float64 {
	n, best := len(lengths), math.Inf(-1)
	begin := make([]float64, n+1)
	for t, h := range lengths {
		begin[t+1] = begin[t] + float64(h)
	}
	long := u.Before.Hours.Or(1e6) // hours in the state before
	for code := range 1 << n {
		on := func(t int) bool {
			if t < 0 {
				return u.Before.On
			}
			return code>>t&1 == 1
		}
		cost, lawful := 0.0, true
		since := -long // time of the last change
		for t := range n {
			if on(t) == on(t-1) {
				continue
			}
			lasted := begin[t] - since
			if on(t) {
				lawful = lawful && lasted >= u.MinDown
				category := 0.0
				for i, c := range u.StartUp {
					if i == 0 || lasted >= c.After {
						category = c.Cost
					}
				}
				cost += category
			} else {
				lawful = lawful && lasted >= u.MinUp
				cost += u.ShutDown
			}
			since = begin[t]
		}
		if !lawful {
			continue
		}
		// value[p] is the best value so far with output p MW in the last step.
		value := map[int]float64{int(u.Before.Output): 0}
		for t := range n {
			h := float64(lengths[t])
			ramp := func(r optional.Float) float64 { return r.Or(1e6) * h }
			next := map[int]float64{}
			for before, sum := range value {
				for p := range int(u.MaxOutput) + 1 {
					change, out := float64(p-before), float64(p)
					switch {
					case !on(t) && p != 0, on(t) && out < u.MinOutput:
						continue
					case on(t) && on(t-1) && (change > ramp(u.RampUp) || -change > ramp(u.RampDown)):
						continue
					case on(t) && !on(t-1) && out > u.StartOutput.Or(max(u.MinOutput, ramp(u.RampUp))):
						continue
					case !on(t) && on(t-1) && -change > u.StopOutput.Or(max(u.MinOutput, ramp(u.RampDown))):
						continue
					}
					gain := sum
					if on(t) {
						gain += h * (price[t]*out - u.NoLoad - u.Linear*out - u.Maintenance*out)
					}
					if old, ok := next[p]; !ok || gain > old {
						next[p] = gain
					}
				}
			}
			value = next
		}
		for _, gain := range value {
			best = max(best, gain-cost)
		}
	}
	return best
}

func TestThermalOnUnequalStepsMatchesEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 13))
	for i := range 120 {
		u := randomThermal(r)
		u.MustRun, u.Reserve, u.Quadratic, u.Pieces, u.Curve = false, 0, 0, 0, nil
		u.Linear = 5 + float64(r.IntN(10))
		u.Formulation = der.Formulation(r.IntN(4))
		if u.Before.Boundary != der.BeforeKnown {
			u.Before = der.ThermalState{}
		}
		lengths, price := make([]int, 6), make([]float64, 6)
		for t := range lengths {
			lengths[t] = 1 + r.IntN(3)
			price[t] = float64(r.IntN(40))
		}
		lengths[0], lengths[5] = 1, 2
		durations := make([]int, len(lengths))
		for t, h := range lengths {
			durations[t] = 60 * h
		}
		set := minutes(durations...)
		require.NoError(t, u.Validate(set), "%+v", u)
		want := bestUnequal(u, lengths, price)
		if math.IsInf(want, -1) {
			continue // no schedule keeps the ramps from the output before
		}
		got := alone(t, u, der.Context{Set: set, Tariff: der.Tariff{Injection: price}})
		require.InDelta(t, want, got.profit, 1e-5, "%d: %+v on %v at %v", i, u, lengths, price)
		require.InDelta(t, want, u.Benefit(got.schedule, der.Context{Set: set, Tariff: der.Tariff{Injection: price}}, 0).Total(), 1e-5, "%d", i)
	}
}

// A unit that started 7 minutes ago keeps its rest of the minimum time on the
// grid that follows, in which the 7 minutes are a part of a step.
func TestThermalRollsForwardFromPartialStep(t *testing.T) {
	u := &der.Thermal{ID: "unit", MinOutput: 1, MaxOutput: 4, Linear: 10, MinUp: 0.75, StartUp: []der.StartCost{{Cost: 1}, {After: 2, Cost: 9}}}
	c := der.Context{Set: minutes(7, 15), Tariff: onePrice(500, 500)}
	r := alone(t, u, c)
	next, err := u.RollForward(&r.schedule.Realised[0], c, 0, 1)
	require.NoError(t, err)
	before := next.(*der.Thermal).Before
	assert.True(t, before.On)
	assert.InDelta(t, 7.0/60, before.Hours.Or(0), 1e-9)
	assert.InDelta(t, 38.0/60, before.Hold.Or(0), 1e-9)
	// 38 minutes are three of the quarter-hours that follow.
	set := steps(5, 15*time.Minute)
	require.NoError(t, der.Validate(next, set))
	r = alone(t, next, der.Context{Set: set, Tariff: onePrice(0, 0, 0, 0, 0)})
	assert.InDeltaSlice(t, []float64{1, 1, 1, 0, 0}, r.schedule.Realised[0].Injected, 1e-6)
}

// counted is a kind that counts in steps and does not declare unequal ones.
type counted struct{ der.DER }

func (counted) Name() string { return "counted" }

func TestUnsupportedUnequalStepsAreRejectedByName(t *testing.T) {
	set := unequalDay(t)
	for want, u := range map[string]der.DER{
		`der: "counted": a DER of type der_test.counted supports equal steps only, and the grid has 6 steps of 0.1167 to 1 h`: counted{},
		"Rebound is ReboundDecaying, whose course is defined for equal steps":                                                 &der.DemandResponse{ID: "x", Load: "load", Rebound: der.ReboundDecaying},
		"ReboundHours is 0.5 h, want at least the longest step of 1 h":                                                        &der.DemandResponse{ID: "x", Load: "load", ReboundHours: optional.Of(0.5)},
		"rebound lasts 3 h, want at most the 2.5 h of the horizon":                                                            &der.DemandResponse{ID: "x", Load: "load"},
		"ProfileHours is absent, and the steps of the grid differ in length":                                                  &der.ShiftableLoad{ID: "x", Profile: []float64{1}},
		"Usual is 0.2 h, want the beginning of a step of the grid, such as 0.1167 h":                                          &der.ShiftableLoad{ID: "x", Profile: []float64{1}, ProfileHours: optional.Of(0.25), Usual: 0.2},
		"Before.Boundary is BeforeCyclic, and the steps of the grid differ in length":                                         &der.Thermal{ID: "x", MaxOutput: 1, Before: der.ThermalState{Boundary: der.BeforeCyclic}},
		"ReserveHours is 0.5, want a finite number of at least 1 h, one step":                                                 &der.Storage{ID: "x", ChargeEfficiency: 1, DischargeEfficiency: 1, ReserveHours: optional.Of(0.5)},
		"Window has 0.25 h in whole steps of the grid, want at least the 0.75 h":                                              &der.ShiftableLoad{ID: "x", Profile: []float64{1, 1, 1}, ProfileHours: optional.Of(0.25), Usual: 22.0 / 60, Window: der.Window{From: 0.1, To: optional.Of(0.6)}},
	} {
		assert.ErrorContains(t, der.Validate(u, set), want)
	}
}
