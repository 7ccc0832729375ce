package operate

import (
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

const (
	idle = 1e-5 // power up to which a converter stands still, MW, as in package der
	dust = 1e-9 // MW that rounding leaves
)

// goodsStep is heat and gas of a VPP in one step of the rules.
type goodsStep struct {
	now   *scenario.Set
	dt    float64
	state []der.DER
	ports []der.Ports
	units []heatUnit
}

// goodsRule sets the ports of all members that exchange heat, gas or CO2, as
// [Rules] states, and returns the prices of heat, gas and CO2 inside the VPP,
// currency per MWh or t.
//
// For example, a heat demand of 5 MW is served by 4 MW of a combined unit and 1
// MW of a boiler; the supply buys the gas of both.
func (x *vppDay) goodsRule(now *scenario.Set, t int, ports []der.Ports, markets vpp.Markets) (prices [3]float64, err error) {
	g := goodsStep{now: now, dt: now.HoursAt(0), state: x.state, ports: ports}
	wanted, gas := g.loads()
	for i, d := range g.state {
		if h, ok := heatUnitOf(d, i, g.dt); ok {
			g.units = append(g.units, h)
		}
	}
	slices.SortStableFunc(g.units, func(a, b heatUnit) int { return a.rank - b.rank })
	// Stores of heat take the surplus of minimum outputs and serve the demand
	// above all maximum outputs. Those of gas rest, except on their way to the
	// stated energy.
	least, most := 0.0, 0.0
	for _, h := range g.units {
		most += h.high * h.heat
		if h.runs {
			least += h.low * h.heat
		}
	}
	for i, d := range g.state {
		u, ok := d.(*der.Storage)
		if !ok || u.Port == der.Electricity {
			continue
		}
		net := 0.0
		if u.Port == der.Heat {
			net = max(0, least-wanted) + min(0, most-wanted)
		}
		y := x.storageRule(u, stated(x.members[i]), t, net)
		charge, discharge := y.Withdrawn[0], y.Injected[0]
		ports[i] = der.Ports{Traces: append(y.Traces,
			der.Path{Name: "charge", Unit: "MW", Values: []float64{charge}}, der.Path{Name: "discharge", Unit: "MW", Values: []float64{discharge}})}
		if u.Port == der.Heat {
			ports[i].Heat = []float64{discharge - charge}
			wanted += charge - discharge
		} else {
			ports[i].Gas = []float64{discharge - charge}
			gas += charge - discharge
		}
	}
	if err := g.serveHeat(wanted); err != nil {
		return prices, err
	}
	// Gas is bought last, because the outputs of all units decide its amount.
	burnt, err := g.convert()
	if err != nil {
		return prices, err
	}
	if prices[1], err = g.buyGas(gas + burnt); err != nil {
		return prices, err
	}
	prices[0] = g.heatPrice(prices[1], marginal(markets.Electricity))
	prices[2], err = g.capture(markets)
	return prices, err
}

// loads serves all loads of heat and gas and returns their sums, MW.
func (g *goodsStep) loads() (heat, gas float64) {
	for i, d := range g.state {
		u, ok := d.(*der.Load)
		if !ok || u.Port == der.Electricity {
			continue
		}
		served := g.now.At(u.Demand, 0, 0)
		if u.Port == der.Heat {
			heat += served
		} else {
			gas += served
		}
		g.serve(i, u, served)
	}
	return heat, gas
}

// serve sets the ports of a load of heat or gas.
func (g *goodsStep) serve(i int, u *der.Load, served float64) {
	factor := u.EmissionFactor.Or(0)
	if u.Port == der.Heat {
		g.ports[i] = der.Ports{Heat: []float64{-served}}
	} else {
		g.ports[i] = der.Ports{Gas: []float64{-served}}
		factor = u.EmissionFactor.Or(der.NaturalGasCO2)
	}
	if factor > 0 {
		g.ports[i].Emission = []float64{factor * served * g.dt}
	}
}

// shed takes power from the sheddable loads of a good in their order and
// returns the rest.
func (g *goodsStep) shed(port der.Carrier, missing float64) float64 {
	for i, d := range g.state {
		if u, ok := d.(*der.Load); ok && u.Port == port && missing > 0 {
			demand := g.now.At(u.Demand, 0, 0)
			cut := min(missing, u.Sheddable*demand)
			missing -= cut
			g.serve(i, u, demand-cut)
		}
	}
	return missing
}

// convert sets the ports of all converters and returns the gas that they burn,
// MW. Power-to-gas rests, because no rule captures CO2 for it.
func (g *goodsStep) convert() (burnt float64, err error) {
	one := func(v float64) []float64 { return []float64{v} }
	on := func(o der.Operation, runs bool) []der.Path {
		if !o.Switchable {
			return nil
		}
		if runs {
			return []der.Path{{Name: "on", Values: one(1)}}
		}
		return []der.Path{{Name: "on", Values: one(0)}}
	}
	// fire adds the gas of a unit with its emission.
	fire := func(y *der.Ports, gas, factor float64) {
		y.Gas = one(-gas)
		burnt += gas
		if factor != 0 {
			y.Emission = one(factor * gas * g.dt)
		}
	}
	// allow adds the allowance of a unit, also in steps in which it stands
	// still.
	allow := func(y *der.Ports, power, heat, perPower, perHeat float64) {
		if perPower+perHeat > 0 {
			y.Allowance = one((perPower*power + perHeat*heat) * g.dt)
		}
	}
	for _, h := range g.units {
		y := &g.ports[h.index]
		switch u := g.state[h.index].(type) {
		case *der.CHP:
			power, heat := u.ElectricEfficiency*h.x, u.HeatEfficiency*h.x
			*y = der.Ports{Injected: one(power), Heat: one(heat), Conventional: one(power * g.dt), Traces: on(u.Power, h.runs)}
			fire(y, h.x, u.EmissionFactor.Or(der.NaturalGasCO2))
			allow(y, power, heat, u.PowerQuota, u.HeatQuota)
		case *der.ExtractionCHP:
			var at der.OperatingPoint
			if h.runs {
				at = leastGas(h.points, h.x)
			}
			*y = der.Ports{Injected: one(at.Power), Heat: one(at.Heat), Conventional: one(at.Power * g.dt), Traces: on(u.Power, h.runs)}
			fire(y, at.Gas, u.EmissionFactor.Or(der.NaturalGasCO2))
			allow(y, at.Power, at.Heat, u.PowerQuota, u.HeatQuota)
		case *der.GasBoiler:
			*y = der.Ports{Heat: one(h.x), Traces: on(u.Heat, h.runs)}
			fire(y, h.x/u.Efficiency, u.EmissionFactor.Or(der.NaturalGasCO2))
			allow(y, 0, h.x, 0, u.Quota)
		case *der.ElectricBoiler:
			*y = der.Ports{Withdrawn: one(h.x), Heat: one(u.Efficiency * h.x), Traces: on(u.Power, h.runs)}
		}
	}
	for i, d := range g.state {
		if u, ok := d.(*der.PowerToGas); ok {
			if low, _, stops := span(u.Power, g.dt); low > 0 && !stops {
				return 0, impossible(fmt.Sprintf("power-to-gas %q must run at %.6g MW, and no rule captures CO2 for it", u.ID, low))
			}
			g.ports[i] = der.Ports{Withdrawn: one(0), Gas: one(0), CO2: one(0), Traces: on(u.Power, false)}
		}
	}
	return burnt, nil
}

// buyGas buys gas from the supplies in their order and returns the highest
// price in use. Gas that is not needed, from a store on its way to the stated
// energy, has no use.
func (g *goodsStep) buyGas(needed float64) (price float64, err error) {
	for i, d := range g.state {
		u, ok := d.(*der.GasSupply)
		if !ok {
			continue
		}
		bought := min(u.Max, max(0, needed))
		g.ports[i] = der.Ports{Gas: []float64{bought}}
		if u.EmissionFactor > 0 {
			g.ports[i].Emission = []float64{u.EmissionFactor * bought * g.dt}
		}
		if needed -= bought; bought > 0 {
			price = max(price, g.now.At(u.Price, 0, 0))
		}
	}
	if needed > 0 {
		needed = g.shed(der.Gas, needed)
	}
	if math.Abs(needed) > dust {
		return 0, impossible(fmt.Sprintf("the rules lack %.6g MW of gas; negative is a surplus", needed))
	}
	return price, nil
}
