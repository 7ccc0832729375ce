package der_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// park returns two futures of five hours with what multi-energy units read.
func park(t testing.TB) *scenario.Set {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 5}, []float64{0.7, 0.3})
	require.NoError(t, err)
	require.NoError(t, set.Add("power demand", "MW", [][]float64{{3, 4, 6, 5, 3}, {2, 5, 7, 6, 4}}))
	require.NoError(t, set.Add("wind", "MW", [][]float64{{2, 3, 5, 6, 9}, {1, 2, 2, 4, 8}}))
	require.NoError(t, set.Add("heat demand", "MW", [][]float64{{4, 5, 4, 3, 4}, {5, 5, 5, 4, 5}}))
	require.NoError(t, set.Add("buy", "currency/MWh", [][]float64{{50, 90, 120, 90, 60}, {55, 95, 130, 80, 50}}))
	require.NoError(t, set.AddForecast("sell", "currency/MWh", []float64{40, 70, 60, 95, -10}))
	require.NoError(t, set.AddForecast("gas", "currency/MWh", []float64{25, 30, 35, 30, 25}))
	return set
}

func TestConvertersConform(t *testing.T) {
	box := der.Operation{Min: 1, Max: 4, RampUp: optional.Of(1.5), RampDown: optional.Of(2), Before: 2}
	switched := der.Operation{Min: 1, Max: 4, RampUp: optional.Of(1.5), RampDown: optional.Of(2), Switchable: true, StartCost: 30}
	cyclic, free := switched, switched
	cyclic.Boundary, free.Boundary = der.BeforeCyclic, der.BeforeFree
	for name, u := range map[string]der.DER{
		"chp": &der.CHP{
			ID: "u", ElectricEfficiency: 0.35, HeatEfficiency: 0.4, Power: box, MaxHeat: optional.Of(4), HeatRampUp: optional.Of(1.2),
			EmissionFactor: optional.Of(der.NaturalGasCO2), PowerQuota: 0.4, HeatQuota: 0.3, Maintenance: 6,
		},
		"chp, switched": &der.CHP{ID: "u", ElectricEfficiency: 0.35, HeatEfficiency: 0.4, Power: switched, Maintenance: 6},
		"extraction": &der.ExtractionCHP{
			ID: "u", Points: []der.OperatingPoint{{2, 0, 6}, {5, 0, 12}, {4, 4, 12}, {1.5, 2, 6}}, Power: der.Operation{RampUp: optional.Of(1), Before: 3},
			EmissionFactor: optional.Of(der.NaturalGasCO2), PowerQuota: 0.4, HeatQuota: 0.3, Maintenance: 5,
		},
		"extraction, cyclic": &der.ExtractionCHP{
			ID: "u", Points: []der.OperatingPoint{{2, 0, 6}, {5, 0, 12}, {4, 4, 12}},
			Power: der.Operation{RampUp: optional.Of(1), RampDown: optional.Of(2), Boundary: der.BeforeCyclic, Switchable: true, StartCost: 20}, Maintenance: 5,
		},
		"gas boiler":               &der.GasBoiler{ID: "u", Efficiency: 0.9, Heat: box, EmissionFactor: optional.Of(0.2), Quota: 0.1, Maintenance: 3},
		"gas boiler, cyclic":       &der.GasBoiler{ID: "u", Efficiency: 0.9, Heat: cyclic, Maintenance: 3},
		"electric boiler":          &der.ElectricBoiler{ID: "u", Efficiency: 0.98, Power: box, Maintenance: 2},
		"electric boiler, free":    &der.ElectricBoiler{ID: "u", Efficiency: 0.98, Power: free, Maintenance: 2},
		"power to gas":             &der.PowerToGas{ID: "u", Efficiency: 0.6, Power: box, Maintenance: 4},
		"power to gas, switched":   &der.PowerToGas{ID: "u", Efficiency: 0.6, Power: switched, CO2PerMWh: optional.Of(0.18)},
		"sequestration":            &der.Sequestration{ID: "u", Max: 2, Cost: 40},
		"sequestration, credited":  &der.Sequestration{ID: "u", Max: 2, Cost: 40, Carbon: der.CountAtPurchase},
		"gas supply, charged":      &der.GasSupply{ID: "u", Max: 9, Price: "gas", EmissionFactor: 0.2},
		"heat dump":                &der.HeatDump{ID: "u", Max: 2, Cost: 4},
		"gas supply":               &der.GasSupply{ID: "u", Max: 9, Price: "gas"},
		"power load":               &der.Load{ID: "u", Demand: "power demand", Sheddable: 0.2, ShedCost: 900},
		"heat load":                &der.Load{ID: "u", Port: der.Heat, Demand: "heat demand"},
		"gas load":                 &der.Load{ID: "u", Port: der.Gas, Demand: "heat demand", Sheddable: 1, ShedCost: 50, EmissionFactor: optional.Of(0.2)},
		"grid connection":          &der.GridConnection{ID: "u", MaxBuy: 5, MaxSell: 3, BuyPrice: "buy", SellPrice: "sell", Fee: 1, EmissionFactor: 0.5},
		"grid connection, for buy": &der.GridConnection{ID: "u", MaxBuy: 5, BuyPrice: "buy"},
		"carbon capture":           captureUnit(),
		"carbon capture, tank":     captureUnitWithTank(),
	} {
		t.Run(name, func(t *testing.T) {
			dertest.Run(t, testsolver.New(t), u, dertest.Config{
				Set: park(t), Constraints: converterConstraints(u), Periodic: strings.HasSuffix(name, "cyclic"),
			})
		})
	}
}

func captureUnit() *der.CarbonCapture {
	return &der.CarbonCapture{
		Unit: der.Thermal{
			ID: "u", MinOutput: 2, MaxOutput: 6, RampUp: optional.Of(3), RampDown: optional.Of(3), NoLoad: 20, Linear: 25, StartUp: []der.StartCost{{Cost: 60}},
			EmissionFactor: 0.9, Quota: 0.6, Maintenance: 2,
		},
		Efficiency: 0.9, MinSplit: 0.1, MaxSplit: optional.Of(0.8), FixedPower: 0.1, AbsorbEnergy: 0.07, ReleaseEnergy: 0.2, SolventCost: 2,
	}
}

func captureUnitWithTank() *der.CarbonCapture {
	u := captureUnit()
	u.Tank, u.InTank, u.MaxRelease = 4, 1, optional.Of(2)
	return u
}

// converterConstraints recomputes the comments of the multi-energy units from
// their data.
func converterConstraints(unit der.DER) func(dertest.TB, der.Schedule, der.Context) {
	return func(t dertest.TB, realised der.Schedule, c der.Context) {
		for s := range realised.Realised {
			p := &realised.Realised[s]
			for k := range c.Steps() {
				get := func(path []float64) float64 {
					if path == nil {
						return 0
					}
					return path[k]
				}
				power, heat, gas := get(p.Injected)-get(p.Withdrawn), get(p.Heat), get(p.Gas)
				switch u := unit.(type) {
				case *der.CHP:
					near(t, -gas*u.ElectricEfficiency, power, "power", s, k)
					near(t, -gas*u.HeatEfficiency, heat, "heat", s, k)
					near(t, -gas*u.EmissionFactor.Or(0.1975), get(p.Emission), "emission", s, k)
					near(t, power*u.PowerQuota+heat*u.HeatQuota, get(p.Allowance), "allowance", s, k)
					near(t, power, p.Conventional[k], "conventional energy", s, k)
					operated(t, u.Power, p, s, k, p.Injected)
					if heat, ok := u.MaxHeat.Get(); ok {
						operated(t, der.Operation{Max: heat, RampUp: u.HeatRampUp, Boundary: der.BeforeFree}, p, s, k, p.Heat)
					}
				case *der.ExtractionCHP:
					within(t, power+heat, -gas, 12, "gas", s, k)
					op := u.Power
					op.Min, op.Max = 1.5, 5
					if op.Switchable {
						op.Min = 2
					}
					operated(t, op, p, s, k, p.Injected)
				case *der.GasBoiler:
					near(t, -gas*u.Efficiency, heat, "heat", s, k)
					near(t, -gas*u.EmissionFactor.Or(0.1975), get(p.Emission), "emission", s, k)
					near(t, heat*u.Quota, get(p.Allowance), "allowance", s, k)
					operated(t, u.Heat, p, s, k, p.Heat)
				case *der.ElectricBoiler:
					near(t, -power*u.Efficiency, heat, "heat", s, k)
					operated(t, u.Power, p, s, k, p.Withdrawn)
				case *der.PowerToGas:
					rate := u.CO2PerMWh.Or(0.1975)
					near(t, -power*u.Efficiency, gas, "gas", s, k)
					near(t, -gas*rate, p.CO2[k], "CO2", s, k)
					operated(t, u.Power, p, s, k, p.Withdrawn)
				case *der.GridConnection:
					within(t, 0, get(p.Injected), u.MaxBuy, "bought", s, k)
					within(t, 0, get(p.Withdrawn), u.MaxSell, "sold", s, k)
					within(t, 0, min(get(p.Injected), get(p.Withdrawn)), 0, "bought and sold at once", s, k)
					near(t, get(p.Injected)*u.EmissionFactor, get(p.Emission), "emission", s, k)
				case *der.Load:
					demand, served := c.Set.At(u.Demand, s, k), -power-heat-gas
					within(t, demand*(1-u.Sheddable), served, demand, "served", s, k)
					burnt := 0.0
					if u.Port == der.Gas {
						burnt = 0.1975
					}
					near(t, served*u.EmissionFactor.Or(burnt), get(p.Emission), "emission", s, k)
				case *der.HeatDump:
					within(t, 0, -heat, u.Max, "dumped", s, k)
				case *der.GasSupply:
					within(t, 0, gas, u.Max, "bought", s, k)
					near(t, u.EmissionFactor*gas, get(p.Emission), "emission", s, k)
				case *der.Sequestration:
					within(t, 0, -p.CO2[k], u.Max, "stored", s, k)
					if u.Carbon == der.CountAtPurchase {
						near(t, p.CO2[k], p.Emission[k], "emission", s, k)
					}
				case *der.CarbonCapture:
					captured(t, u, p, s, k)
				}
			}
		}
	}
}

// operated recomputes the rules of der.Operation for hourly steps.
func operated(t dertest.TB, o der.Operation, p *der.Ports, s, k int, x []float64) {
	on := func(k int) bool { return !o.Switchable || p.Trace("on")[k] > 0.5 }
	if !on(k) {
		near(t, 0, x[k], "output while off", s, k)
	} else {
		within(t, o.Min, x[k], o.Max, "output", s, k)
	}
	before, ran := o.Before, o.Before > 0 || !o.Switchable
	switch {
	case k > 0:
		before, ran = x[k-1], on(k-1)
	case o.Boundary == der.BeforeFree:
		return
	case o.Boundary == der.BeforeCyclic:
		before, ran = x[len(x)-1], on(len(x)-1)
	}
	up, down := o.RampUp.Or(math.Inf(1)), o.RampDown.Or(math.Inf(1))
	if rise := x[k] - before; ran {
		within(t, -1e9, rise, up, "rise", s, k)
	} else {
		within(t, -1e9, rise, max(up, o.Min), "rise from standstill", s, k)
	}
	if fall := before - x[k]; on(k) {
		within(t, -1e9, fall, down, "fall", s, k)
	} else {
		within(t, -1e9, fall, max(down, o.Min), "fall to standstill", s, k)
	}
}

// captured recomputes the comment of der.CarbonCapture for hourly steps.
func captured(t dertest.TB, u *der.CarbonCapture, p *der.Ports, s, k int) {
	gross, absorbed, on := p.Trace("gross")[k], p.Trace("absorbed")[k], p.Trace("on")[k]
	capture := u.FixedPower*on + u.AbsorbEnergy*absorbed + u.ReleaseEnergy*p.CO2[k]
	flue := u.Efficiency * u.Unit.EmissionFactor * gross
	near(t, gross-capture, p.Injected[k], "net power", s, k)
	within(t, flue*u.MinSplit, absorbed, flue*u.MaxSplit.Or(1), "absorbed CO2", s, k)
	near(t, u.Unit.EmissionFactor*gross-absorbed, p.Emission[k], "emission", s, k)
	near(t, u.Unit.Quota*p.Injected[k], p.Allowance[k], "allowance", s, k)
	if u.Tank == 0 {
		near(t, absorbed, p.CO2[k], "CO2 handed over", s, k)
		return
	}
	tank, before := p.Trace("in tank"), u.InTank
	if k > 0 {
		before = tank[k-1]
	}
	near(t, before+absorbed-p.CO2[k], tank[k], "CO2 in the tank", s, k)
	within(t, 0, tank[k], u.Tank, "CO2 in the tank", s, k)
	within(t, 0, p.CO2[k], u.MaxRelease.Or(math.Inf(1)), "CO2 released", s, k)
	if k == len(tank)-1 {
		near(t, u.InTank, tank[k], "CO2 in the tank at the end", s, k)
	}
}
