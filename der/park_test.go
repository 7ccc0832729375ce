package der_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// parkUnits is a VPP with every multi-energy device: one coal unit with
// capture, a combined unit, boilers, stores, power-to-gas and connections.
func parkUnits() map[string]der.DER {
	capture := captureUnitWithTank()
	capture.Unit.ID, capture.Unit.MustRun = "coal", true
	return map[string]der.DER{
		"chp": &der.CHP{
			ID: "chp", ElectricEfficiency: 0.35, HeatEfficiency: 0.4, Power: der.Operation{Max: 3}, Maintenance: 4,
			EmissionFactor: optional.Of(der.NaturalGasCO2), PowerQuota: 0.3, HeatQuota: 0.2,
		},
		"coal":      capture,
		"wind":      &der.Wind{ID: "wind", Available: "wind", CurtailmentPenalty: 30},
		"boiler":    &der.GasBoiler{ID: "boiler", Efficiency: 0.9, Heat: der.Operation{Max: 3}, EmissionFactor: optional.Of(der.NaturalGasCO2), Quota: 0.15},
		"electric":  &der.ElectricBoiler{ID: "electric", Efficiency: 0.98, Power: der.Operation{Max: 2}},
		"methane":   &der.PowerToGas{ID: "methane", Efficiency: 0.6, Power: der.Operation{Max: 2}},
		"ground":    &der.Sequestration{ID: "ground", Max: 9, Cost: 15},
		"heatstore": &der.Storage{ID: "heatstore", Port: der.Heat, Charge: 1, Discharge: 1, Energy: 4, Initial: optional.Of(2), ChargeEfficiency: 0.95, DischargeEfficiency: 0.9, SelfDischarge: 0.01},
		"battery":   &der.Storage{ID: "battery", Charge: 1, Discharge: 1, Energy: 4, Initial: optional.Of(2), ChargeEfficiency: 0.95, DischargeEfficiency: 0.9, Wear: 4},
		"network":   &der.GasSupply{ID: "network", Max: 20, Price: "gas"},
		"grid":      &der.GridConnection{ID: "grid", MaxBuy: 8, MaxSell: 8, BuyPrice: "buy", SellPrice: "sell", Fee: 1, EmissionFactor: 0.55},
		"town":      &der.Load{ID: "town", Demand: "power demand"},
		"houses":    &der.Load{ID: "houses", Port: der.Heat, Demand: "heat demand"},
		"cooler":    &der.HeatDump{ID: "cooler", Max: 5},
	}
}

// runPark solves a VPP with the units of the given names at least expected
// cost, carbon at 70 per t, and returns the cost and what each unit did.
func runPark(t *testing.T, without ...string) (cost float64, realised map[string][]der.Ports) {
	t.Helper()
	units := parkUnits()
	for _, name := range without {
		delete(units, name)
	}
	return solvePark(t, units)
}

func solvePark(t *testing.T, units map[string]der.DER) (cost float64, realised map[string][]der.Ports) {
	t.Helper()
	c := der.Context{Set: park(t)}
	c.MinMarginalValues = constant(c.Steps(), -40) // less than any MWh can be worth: wind can be left for 30
	m := milp.New()
	var total milp.Expr
	terms := map[string][]der.Terms{}
	sums := make([][][4]milp.Expr, c.Scenarios())
	for s := range sums {
		sums[s] = make([][4]milp.Expr, c.Steps())
	}
	for _, name := range sortedNames(units) {
		x := units[name].Model(m, milp.Const(1), c)
		terms[name] = x
		for s := range x {
			p := c.Set.Probability(s)
			total.Add(x[s].Cost.Times(p))
			for k := range c.Steps() {
				sum := &sums[s][k]
				sum[0].Add(x[s].Net(k))
				for i, port := range [][]milp.Expr{x[s].Heat, x[s].Gas, x[s].CO2} {
					if port != nil {
						sum[i+1].Add(port[k])
					}
				}
				if x[s].Emission != nil {
					total.Add(x[s].Emission[k].Times(70 * p))
				}
				if x[s].Allowance != nil {
					total.Add(x[s].Allowance[k].Times(-70 * p))
				}
			}
		}
	}
	for s := range sums {
		for k := range sums[s] {
			for i, what := range []string{"power", "heat", "gas", "co2"} {
				m.Equal(milp.At("vpp", what, s, k), sums[s][k][i], milp.Const(0))
			}
		}
	}
	m.Minimize(total)
	solution, err := testsolver.New(t).Solve(context.Background(), m)
	require.NoError(t, err)
	require.NoError(t, solution.Err(), "with %v", sortedNames(units))
	realised = map[string][]der.Ports{}
	for name, x := range terms {
		realised[name] = der.Realise(x, solution.Values)
	}
	return solution.Objective, realised
}

func sortedNames(units map[string]der.DER) []string {
	names := make([]string, 0, len(units))
	for _, x := range []string{"battery", "boiler", "chp", "coal", "cooler", "electric", "grid", "ground", "heatstore", "houses", "methane", "network", "town", "wind"} {
		if units[x] != nil {
			names = append(names, x)
		}
	}
	return names
}

// Energy, heat, gas and CO2 handed over sum to zero in every step, and the
// carbon that leaves through stacks and into the ground is the carbon that came
// in as coal, bought gas and bought power: methane made from captured CO2 is
// charged once, when it burns.
func TestParkBalancesCloseAndCarbonCountsOnce(t *testing.T) {
	_, realised := runPark(t)
	set := park(t)
	made := 0.0
	for s := range set.Len() {
		var emission, fuelCarbon, stored, inTank float64
		for k := range set.Steps() {
			var power, heat, gas, co2 float64
			for _, ports := range realised {
				p := &ports[s]
				power += p.Net(k)
				for _, port := range []struct {
					sum  *float64
					path []float64
				}{{&heat, p.Heat}, {&gas, p.Gas}, {&co2, p.CO2}, {&emission, p.Emission}} {
					if port.path != nil {
						*port.sum += port.path[k]
					}
				}
			}
			assert.InDelta(t, 0, power, 1e-6, "power in scenario %d, step %d", s, k)
			assert.InDelta(t, 0, heat, 1e-6, "heat in scenario %d, step %d", s, k)
			assert.InDelta(t, 0, gas, 1e-6, "gas in scenario %d, step %d", s, k)
			assert.InDelta(t, 0, co2, 1e-6, "CO2 in scenario %d, step %d", s, k)

			fuelCarbon += 0.1975*realised["network"][s].Gas[k] + 0.9*realised["coal"][s].Trace("gross")[k] + 0.55*realised["grid"][s].Injected[k]
			stored -= realised["ground"][s].CO2[k]
			inTank = realised["coal"][s].Trace("in tank")[k] - 1
			made += realised["methane"][s].Gas[k]
		}
		assert.InDelta(t, fuelCarbon, emission+stored+inTank, 1e-5, "carbon in scenario %d", s)
	}
	assert.Greater(t, made, 0.1, "the case makes methane, or it would say nothing about counting it")
}

// A device more is never a burden: all of them may idle. The VPP without
// power-to-gas costs at least as much, the one without an electric boiler too,
// on the same data.
func TestParkDevicesNeverRaiseTheCost(t *testing.T) {
	all, _ := runPark(t)
	for _, name := range []string{"methane", "electric", "heatstore", "battery", "ground", "boiler", "cooler"} {
		without := []string{name}
		cost, _ := runPark(t, without...)
		assert.GreaterOrEqual(t, cost, all-1e-6*math.Abs(all), "without %s", name)
	}
}

// CO2 made into gas is either credited at the stack and charged at the burner,
// or neither: e P − Q_cc + ρ (G_bought + G_made) = e P − Q_stored + ρ G_bought,
// because Q_cc is Q_stored + ρ G_made over a day after which the tank holds
// what it held. So a VPP has the same cost and the same emissions under both
// rules.
func TestBothCarbonRulesCountTheSameCarbon(t *testing.T) {
	set := park(t)
	emission := func(realised map[string][]der.Ports) (sums []float64) {
		for s := range set.Len() {
			sum := 0.0
			for _, ports := range realised {
				for _, tonnes := range ports[s].Emission {
					sum += tonnes
				}
			}
			sums = append(sums, sum)
		}
		return sums
	}
	atStack, first := runPark(t)

	units := parkUnits()
	units["coal"].(*der.CarbonCapture).Carbon = der.CountAtPurchase
	units["ground"].(*der.Sequestration).Carbon = der.CountAtPurchase
	units["network"].(*der.GasSupply).EmissionFactor = der.NaturalGasCO2
	units["chp"].(*der.CHP).EmissionFactor = optional.Of(0)
	units["boiler"].(*der.GasBoiler).EmissionFactor = optional.Of(0)
	atPurchase, second := solvePark(t, units)
	assert.InDelta(t, atStack, atPurchase, 1e-6*math.Abs(atStack))
	assert.InDeltaSlice(t, emission(first), emission(second), 1e-4)
}

func TestMixedCarbonRulesAreNamed(t *testing.T) {
	all := func(units map[string]der.DER) (list []der.DER) {
		for _, name := range sortedNames(units) {
			list = append(list, units[name])
		}
		return list
	}
	units := parkUnits()
	require.NoError(t, der.OneCarbonRule(all(units)...))
	units["ground"].(*der.Sequestration).Carbon = der.CountAtPurchase
	complains(t, der.OneCarbonRule(all(units)...), `"coal" follows CountAtStack and "ground" CountAtPurchase`, `"ground" credits CO2 that is stored only, and "boiler"`)
	units["coal"].(*der.CarbonCapture).Carbon = der.CountAtPurchase
	complains(t, der.OneCarbonRule(all(units)...), `"coal" credits CO2 that is stored only, and "boiler" is charged`)
	units = parkUnits()
	units["network"].(*der.GasSupply).EmissionFactor = 0.2
	complains(t, der.OneCarbonRule(all(units)...), `"network" charges gas where it is bought and "boiler" where it is burnt`, `"coal" credits CO2 at the stack, and gas`)
}
