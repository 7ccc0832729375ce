package vpp_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
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

// An optimal plan of the whole day is, from any hour on, an optimal plan of the rest from where it stands
// (Bellman's principle). So its money in the second window is that of a plan made for that window alone
// with what was carried over: minimum times that are still running, ramps, warm starts, stored energy.
func TestTheRestOfAnOptimalPlanIsOptimal(t *testing.T) {
	const steps = 10
	set := hourly(t, steps, []float64{1}, map[string][][]float64{"load": {{3, 4, 6, 8, 9, 7, 5, 6, 8, 4}}})
	prices := market.Series{40, 35, 60, 110, 120, 50, 20, 70, 130, 60}
	plant := vpp.Plant{Name: "v", Demand: "load", ImportLimit: 8}
	units := []der.DER{
		&der.Thermal{
			ID: "engine", MinOutput: 2, MaxOutput: 8, RampUp: 2, RampDown: 2, MinUp: 3, MinDown: 2, NoLoad: 30, Linear: 50,
			StartUp: []der.StartCost{{Cost: 40}, {After: 3, Cost: 120}}, ShutDown: 10, Before: der.ThermalState{Hours: 4},
		},
		&der.Storage{
			ID: "battery", Charge: 2, Discharge: 2, Energy: 5, Initial: 1, ChargeEfficiency: 0.9, DischargeEfficiency: 0.9,
			SelfDischarge: 0.01, Wear: 1, End: der.EndFree, EndValue: 30,
		},
		&der.GasBoiler{ID: "boiler", Efficiency: 0.9, Heat: der.Operation{Min: 1, Max: 3, RampUp: 1, RampDown: 1, Before: 1}},
		&der.Load{ID: "homes", Port: der.Heat, Demand: "heat"},
		&der.GasSupply{ID: "gas", Max: 9, Price: "load"},
	}
	require.NoError(t, set.Add("heat", "MW", [][]float64{{1, 2, 3, 3, 2, 1, 2, 3, 2, 1}}))
	whole := solve(t, plant, units, window(set, prices, 0, steps))
	for cut := 1; cut < steps; cut++ {
		t.Run(fmt.Sprint("after step ", cut), func(t *testing.T) {
			carried, err := vpp.Carry(whole, 0, cut)
			require.NoError(t, err)
			rest := solve(t, plant, carried, window(set, prices, cut, steps))

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

// costOfSteps adds up by hand what the members of the plan above spend in the steps from..to.
func costOfSteps(t *testing.T, p *vpp.Plan, from, to int) float64 {
	t.Helper()
	sum := 0.0
	for _, m := range p.Members {
		x := &m.Schedule.Realised[0]
		for step := from; step < to; step++ {
			switch u := m.Unit.(type) {
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
				before := u.Initial
				if step > 0 {
					before = x.Trace("energy")[step-1]
				}
				sum -= u.EndValue * (x.Trace("energy")[step] - before)
			case *der.GasSupply:
				sum += p.Setting.Set.At(u.Price, 0, step) * x.Gas[step]
			}
		}
	}
	return sum
}

func TestCarryRefusesWhatItCannotCarry(t *testing.T) {
	plant, units, setting := village(t)
	plan := solve(t, plant, units, setting)
	_, err := vpp.Carry(plan, 0, 1)
	assert.ErrorContains(t, err, `unit "cooling" after 1 steps of scenario 0: 1 MWh that were cut have not come back`)
	_, err = vpp.Carry(plan, 2, 9)
	assert.ErrorContains(t, err, "scenario 2 after 9 steps of a plan with 2 scenarios of 8 steps")
	_, err = vpp.Carry(plan, 0, 8) // at the end nothing is owed by cooling; the freezer's rebound has wrapped
	assert.NoError(t, err)
}
