package vpp_test

import (
	"fmt"
	"testing"

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

// window is a setting of the steps from..to of a day of prices.
func window(set *scenario.Set, prices market.Series, from, to int) vpp.Setting {
	return vpp.Setting{
		Set: set.Window(from, to), Weights: weights.Vector{Economic: 1},
		Markets: vpp.Markets{Electricity: &market.Tariff{
			Calendar: market.Calendar{Steps: to - from}, Buy: prices[from:to], Sell: prices[from:to].Times(0.8),
		}},
	}
}

// An optimal plan of the whole day is, from any hour on, an optimal plan of the
// rest from where it stands (Bellman's principle). So its money in the second
// window is that of a plan made for that window alone with the state that
// rolled forward: minimum times that are still running, ramps, warm starts,
// stored energy.
func TestTheRestOfAnOptimalPlanIsOptimal(t *testing.T) {
	const steps = 10
	set := hourly(t, steps, []float64{1}, map[string][][]float64{"load": {{3, 4, 6, 8, 9, 7, 5, 6, 8, 4}}})
	prices := market.Series{40, 35, 60, 110, 120, 50, 20, 70, 130, 60}
	v := vpp.VPP{Name: "v", Demand: "load", ImportLimit: optional.Of(8)}
	homes := &der.Load{ID: "homes", Port: der.Heat, Demand: "heat"}
	gas := &der.GasSupply{ID: "gas", Max: 30, Price: "load"}
	require.NoError(t, set.Add("heat", "MW", [][]float64{{1, 2, 3, 3, 2, 1, 2, 3, 2, 1}}))
	require.NoError(t, set.Add("bus", "MW", [][]float64{{0, 1, 0, 0, 2, 1, 1, 0, 0, 0}}))
	require.NoError(t, set.Add("cold", "MW", [][]float64{{1, 1, 2, 2, 2, 1, 1, 2, 2, 1}}))
	for name, ders := range map[string][]der.DER{
		"minimum times, warm starts, stored energy": {
			&der.Thermal{
				ID: "engine", MinOutput: 2, MaxOutput: 8, RampUp: optional.Of(2), RampDown: optional.Of(2), MinUp: 3, MinDown: 2, NoLoad: 30, Linear: 50,
				StartUp: []der.StartCost{{Cost: 40}, {After: 3, Cost: 120}}, ShutDown: 10, Before: der.ThermalState{Hours: optional.Of(4)},
			},
			&der.Storage{
				ID: "battery", Charge: 2, Discharge: 2, Energy: 5, Initial: optional.Of(1), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9,
				SelfDischarge: 0.01, Wear: 1, End: der.EndFree, EndValue: 30,
			},
			&der.GasBoiler{ID: "boiler", Efficiency: 0.9, Heat: der.Operation{Min: 1, Max: 3, RampUp: optional.Of(1), RampDown: optional.Of(1), Before: 1}},
			homes, gas,
		},
		"loads that run once, move and rebound": {
			&der.ShiftableLoad{ID: "wash", Profile: []float64{1, 2, 1}, Window: der.Window{From: 2, To: optional.Of(9.0)}, Usual: 3},
			&der.TransferableLoad{ID: "buses", Load: "bus", Min: 0.5, Max: 2, MinRun: 2, Window: der.Window{From: 1}},
			&der.DemandResponse{ID: "cooling", Load: "cold", Rebound: der.ReboundDeferred, MaxRebound: optional.Of(2), MaxHours: optional.Of(3)},
			&der.DemandResponse{ID: "freezer", Load: "cold", MaxReductionShare: optional.Of(0.5), ReboundRatio: optional.Of(0.8)},
			&der.DemandResponse{
				ID: "office", Load: "cold", MaxReduction: optional.Of(1), Rebound: der.ReboundDecaying, ReboundHours: optional.Of(2), Close: der.CloseByBan,
				Calls: der.Calls{MinHours: 2, MaxHours: optional.Of(2), MaxCalls: optional.Of(1), MinReduction: 0.5},
			},
		},
		"stores that end as begun": {
			&der.Storage{
				ID: "battery", Charge: 2, Discharge: 2, Energy: 5, Initial: optional.Of(2), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 1,
				StartsPerDay: optional.Of(1),
			},
			&der.Storage{ID: "daily", Charge: 1, Discharge: 1, Energy: 2, Initial: optional.Of(1), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 1, End: der.EndDaily},
		},
		"ramps of converters, starts": {
			&der.CHP{
				ID: "chp", ElectricEfficiency: 0.4, HeatEfficiency: 0.4, MaxHeat: optional.Of(1.5),
				Power: der.Operation{Min: 0.5, Max: 2, RampUp: optional.Of(0.6), RampDown: optional.Of(0.6), Switchable: true, StartCost: 15},
			},
			&der.ExtractionCHP{
				ID: "turbine", Points: []der.OperatingPoint{{Power: 1, Gas: 3}, {Power: 3, Gas: 8}, {Power: 2, Heat: 2, Gas: 7}},
				Power: der.Operation{RampUp: optional.Of(0.5), RampDown: optional.Of(0.5), Before: 1},
			},
			&der.ElectricBoiler{ID: "kettle", Efficiency: 0.98, Power: der.Operation{Max: 2, RampUp: optional.Of(0.7), RampDown: optional.Of(0.4)}},
			&der.HeatDump{ID: "cooler", Max: 9}, homes, gas,
		},
		"capture, ramp of methane": {
			&der.CarbonCapture{
				Unit: der.Thermal{
					ID: "coal", MinOutput: 2, MaxOutput: 6, RampUp: optional.Of(1), RampDown: optional.Of(1), MinUp: 4, Linear: 30, EmissionFactor: 0.9,
					Before: der.ThermalState{On: true, Hours: optional.Of(2), Output: 3},
				},
				Efficiency: 0.9, MinSplit: 0.5, FixedPower: 0.1, AbsorbEnergy: 0.1, ReleaseEnergy: 0.2,
			},
			&der.PowerToGas{ID: "methane", Efficiency: 0.6, Power: der.Operation{Max: 4, RampUp: optional.Of(0.5), RampDown: optional.Of(2), Before: 1}},
			&der.Sequestration{ID: "cavern", Max: 3, Cost: 12},
			&der.GasBoiler{ID: "boiler", Efficiency: 0.9, Heat: der.Operation{Max: 4}},
			&der.HeatDump{ID: "cooler", Max: 9}, homes, gas,
		},
	} {
		v := v
		if name == "loads that run once, move and rebound" {
			v.ImportLimit = optional.Of(40) // they only add to the demand
		}
		t.Run(name, func(t *testing.T) { theRestIsOptimal(t, v, ders, set, prices) })
	}
}

func theRestIsOptimal(t *testing.T, v vpp.VPP, ders []der.DER, set *scenario.Set, prices market.Series) {
	steps := set.Steps()
	whole := solve(t, v, ders, window(set, prices, 0, steps))
	for cut := 1; cut < steps; cut++ {
		t.Run(fmt.Sprint("after step ", cut), func(t *testing.T) {
			next, err := vpp.RollForward(whole, 0, cut)
			require.NoError(t, err)
			rest := solve(t, v, next, window(set, prices, cut, steps))

			money := 0.0 // of the whole plan, from the cut on
			for step := cut; step < steps; step++ {
				net := whole.Net[0][step]
				if net < 0 {
					money += prices[step] * net
				} else {
					money += 0.8 * prices[step] * net
				}
			}
			before, after := costOfSteps(t, whole, 0, cut), costOfSteps(t, whole, cut, steps)
			assert.InDelta(t, whole.Value.Cost, before+after, 1e-6, "the costs of the parts add up")
			assert.InDelta(t, money-after, rest.Value.Objective, 1e-5)
		})
	}
}

// costOfSteps adds up by hand what the members of the plan above spend in the
// steps from..to.
func costOfSteps(t *testing.T, p *vpp.Plan, from, to int) float64 {
	t.Helper()
	sum := 0.0
	for _, m := range p.Members {
		x := &m.Schedule.Realised[0]
		for step := from; step < to; step++ {
			switch u := m.DER.(type) {
			case *der.Thermal:
				on := x.Trace("on")
				sum += u.NoLoad*on[step] + u.Linear*x.Injected[step] + u.ShutDown*x.Trace("stop")[step]
				if x.Trace("start")[step] > 0.5 {
					off := 0
					for k := step - 1; k >= 0 && on[k] < 0.5; k-- {
						off++
					}
					if off == step {
						off += 4 // before the horizon
					}
					sum += 40
					if off >= 3 {
						sum += 80
					}
				}
			case *der.Storage:
				sum += x.Injected[step] + x.Withdrawn[step]
				before := u.Initial.Or(u.MinEnergy)
				if step > 0 {
					before = x.Trace("energy")[step-1]
				}
				sum -= u.EndValue * (x.Trace("energy")[step] - before)
			case *der.CarbonCapture:
				sum += u.Unit.Linear * x.Trace("gross")[step]
			case *der.Sequestration:
				sum -= u.Cost * x.CO2[step]
			case *der.CHP:
				if on := x.Trace("on"); on[step] > 0.5 && (step == 0 || on[step-1] < 0.5) {
					sum += u.Power.StartCost
				}
			case *der.GasSupply:
				sum += p.Setting.Set.At(u.Price, 0, step) * x.Gas[step]
			}
		}
	}
	return sum
}

func TestRollForwardRejectsKindsWithoutARule(t *testing.T) {
	v, ders, setting := village(t)
	plan := solve(t, v, ders, setting)
	_, err := vpp.RollForward(plan, 2, 9)
	assert.ErrorContains(t, err, "scenario 2 after 9 steps of a plan with 2 scenarios of 8 steps")
	for steps := 1; steps <= 8; steps++ {
		_, err = vpp.RollForward(plan, 0, steps)
		assert.NoError(t, err)
	}
	for name, c := range map[string]struct {
		d    der.DER
		want string
	}{
		"a kind without a state rule": {mute{&der.Wind{ID: "wind", Available: "wind"}}, `DER "wind": vpp_test.mute has no rule for its state; implement der.Stateful`},
		"a kind inside another kind":  {costly{&der.Wind{ID: "wind", Available: "wind"}}, `DER "wind" is a vpp_test.costly and would become a *der.Wind`},
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := vpp.Problem{VPP: v, Members: []der.DER{c.d}, Setting: setting}.Solve(t.Context(), testsolver.New(t))
			require.NoError(t, err)
			_, err = vpp.RollForward(plan, 0, 4)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// By hand: 1 MW of cooling reduced in the last step before the cut still owes
// its energy; the battery must end with the 2 MWh of the first window; its
// energy is that of its bands; a start is used up.
func TestStatesWithoutAFieldBeforeRollForward(t *testing.T) {
	v, ders, setting := village(t)
	plan := solve(t, v, ders, setting)
	next, err := vpp.RollForward(plan, 0, 1)
	require.NoError(t, err)
	for i, m := range plan.Members {
		if u, ok := next[i].(*der.DemandResponse); ok && u.ID == "cooling" {
			assert.InDelta(t, 1, u.Before.Owed, 1e-6)
			assert.InDelta(t, 1, m.Schedule.Realised[0].Reduced[0], 1e-6)
		}
	}
	for _, battery := range []*der.Storage{
		{Depths: []der.DepthBand{{Depth: 3, Wear: 1}, {Depth: 6, Wear: 4}}}, {StartsPerDay: optional.Of(1)},
	} {
		u := der.Storage{
			ID: "battery", Charge: 2, Discharge: 2, Energy: 6, Initial: optional.Of(2), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9,
			Depths: battery.Depths, StartsPerDay: battery.StartsPerDay,
		}
		plan := solve(t, v, []der.DER{&u}, setting)
		next, err := vpp.RollForward(plan, 0, 4)
		require.NoError(t, err)
		carried, p := next[0].(*der.Storage), &plan.Members[0].Schedule.Realised[0]
		assert.Equal(t, optional.Of(2.0), carried.EndEnergy)
		sum, begun := 0.0, 0.0
		for _, mwh := range carried.Before.InBands {
			sum += mwh
		}
		if u.Depths != nil {
			assert.InDelta(t, p.Trace("energy")[3], sum, 1e-9)
			continue
		}
		for k := range 4 {
			if p.Trace("charging")[k] > 0.5 && (k == 0 || p.Trace("charging")[k-1] < 0.5) {
				begun++
			}
		}
		assert.Equal(t, begun, carried.Before.ChargingStarts)
		assert.Equal(t, 4.0, carried.Before.DayHours)
	}
}

// mute is a DER without optional interfaces.
type mute struct{ der.DER }

// costly embeds wind and adds a cost of its own.
type costly struct{ *der.Wind }

// The CO2 in the tank is the initial amount plus the absorbed minus the
// released amount.
func TestCO2InTheTankRollsForward(t *testing.T) {
	v, ders, setting := park(t)
	coal := *ders[2].(*der.CarbonCapture)
	coal.Tank, coal.InTank = 2, 0.5
	ders[2] = &coal
	plan := solve(t, v, ders, setting)
	for cut := 1; cut <= setting.Set.Steps(); cut++ {
		next, err := vpp.RollForward(plan, 1, cut)
		require.NoError(t, err)
		for i, m := range plan.Members {
			if m.DER.Name() != "coal" {
				continue
			}
			held := 0.5
			for step := range cut {
				held += m.Schedule.Realised[1].Trace("absorbed")[step] - m.Schedule.Realised[1].CO2[step]
			}
			assert.InDelta(t, held, next[i].(*der.CarbonCapture).InTank, 1e-6, "after step %d", cut)
		}
	}
}

// Two of three hours are used up in the first window; the second has one left,
// and a third none.
func TestHoursOfLoadReductionAreUsedUp(t *testing.T) {
	const steps = 4
	set := hourly(t, steps, []float64{1}, map[string][][]float64{"cold": {{2, 2, 2, 2}}})
	v := vpp.VPP{Name: "v"}
	ders := []der.DER{&der.DemandResponse{ID: "cooling", Load: "cold", Rebound: der.ReboundNone, MaxHours: optional.Of(3), ReductionCost: 5}}
	for window, want := range []float64{4, 6, 8} { // MWh served of 8; a cut hour saves 2
		cheap := market.Series{50, 50, 3, 3} // worth cutting in the first two hours only
		if window > 0 {
			cheap = market.Series{50, 50, 50, 50}
		}
		setting := priced(set, 0, 0)
		setting.Markets.Electricity = &market.Tariff{Calendar: market.Calendar{Steps: steps}, Buy: cheap}
		plan := solve(t, v, ders, setting)
		served := 0.0
		for _, mw := range plan.Net[0] {
			served -= mw
		}
		assert.InDelta(t, want, served, 1e-6, "window %d", window)
		var err error
		ders, err = vpp.RollForward(plan, 0, steps)
		require.NoError(t, err)
	}
}
