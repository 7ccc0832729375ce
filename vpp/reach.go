package vpp

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// reach holds bounds of what a unit can feed into a plant in one scenario, MW per step, whatever the rest
// of the plant does; what it takes out is negative. Bounds need not be attained, but nothing lies outside.
type reach struct {
	least, most [3][]float64 // by [der.Carrier]
}

// reachOf returns the bounds of a unit, and false where nothing is known of its kind.
func reachOf(unit der.DER, c der.Context, s int) (x reach, known bool) {
	for k := range x.least {
		x.least[k], x.most[k] = make([]float64, c.Steps()), make([]float64, c.Steps())
	}
	series := func(name string) func(t int) float64 {
		if name == "" {
			return func(int) float64 { return 0 }
		}
		path := c.Set.Path(name, s)
		return func(t int) float64 { return path[t] }
	}
	switch u := unit.(type) {
	case *der.Wind:
		x.between(der.Electricity, func(int) float64 { return 0 }, series(u.Available))
	case *der.PV:
		x.between(der.Electricity, func(int) float64 { return 0 }, series(u.Available))
	case *der.Storage:
		x.store(u, c)
	case *der.Thermal:
		x.thermal(u, c)
	case *der.DemandResponse:
		x.response(u, c, s)
	case *der.Load:
		demand := series(u.Demand)
		x.between(u.Port, func(t int) float64 { return -demand(t) }, func(t int) float64 { return -(1 - u.Sheddable) * demand(t) })
	case *der.GridConnection:
		x.between(der.Electricity, constantly(-u.MaxSell), constantly(u.MaxBuy))
	case *der.GasSupply:
		x.between(der.Gas, constantly(0), constantly(u.Max))
	case *der.HeatDump:
		x.between(der.Heat, constantly(-u.Max), constantly(0))
	case *der.GasBoiler:
		least, most := running(u.Heat)
		x.between(der.Heat, constantly(least), constantly(most))
		x.between(der.Gas, constantly(-most/u.Efficiency), constantly(-least/u.Efficiency))
	case *der.ElectricBoiler:
		least, most := running(u.Power)
		x.between(der.Electricity, constantly(-most), constantly(-least))
		x.between(der.Heat, constantly(u.Efficiency*least), constantly(u.Efficiency*most))
	case *der.PowerToGas:
		least, most := running(u.Power)
		x.between(der.Electricity, constantly(-most), constantly(-least))
		x.between(der.Gas, constantly(u.Efficiency*least), constantly(u.Efficiency*most))
	case *der.CHP:
		x.chp(u)
	case *der.ExtractionCHP:
		x.extraction(u)
	case *der.CarbonCapture:
		x.thermal(&u.Unit, c)
		clear(x.least[der.Electricity]) // capture may take all that is generated
	case *der.Sequestration:
	default:
		return x, false
	}
	return x, true
}

func constantly(x float64) func(int) float64 { return func(int) float64 { return x } }

func (x *reach) between(port der.Carrier, least, most func(t int) float64) {
	for t := range x.least[port] {
		x.least[port][t], x.most[port][t] = least(t), most(t)
	}
}

// running returns the bounds of a converter's path, ramps left aside.
func running(o der.Operation) (least, most float64) {
	if o.Switchable {
		return 0, o.Max
	}
	return o.Min, o.Max
}

func (x *reach) chp(u *der.CHP) {
	least, most := running(u.Power)
	leastGas, mostGas := least/u.ElectricEfficiency, most/u.ElectricEfficiency
	if !u.Power.Switchable {
		leastGas = max(leastGas, u.MinHeat/u.HeatEfficiency)
	}
	if u.MaxHeat > 0 {
		mostGas = min(mostGas, u.MaxHeat/u.HeatEfficiency)
	}
	x.between(der.Electricity, constantly(u.ElectricEfficiency*leastGas), constantly(u.ElectricEfficiency*mostGas))
	x.between(der.Heat, constantly(u.HeatEfficiency*leastGas), constantly(u.HeatEfficiency*mostGas))
	x.between(der.Gas, constantly(-mostGas), constantly(-leastGas))
}

func (x *reach) extraction(u *der.ExtractionCHP) {
	var least, most [3]float64
	for k, point := range u.Points {
		for port, mw := range [3]float64{der.Electricity: point.Power, der.Heat: point.Heat, der.Gas: -point.Gas} {
			if k == 0 {
				least[port], most[port] = mw, mw
			}
			least[port], most[port] = min(least[port], mw), max(most[port], mw)
		}
	}
	for port := range least {
		if u.Power.Switchable {
			least[port], most[port] = min(least[port], 0), max(most[port], 0)
		}
		x.between(der.Carrier(port), constantly(least[port]), constantly(most[port]))
	}
}

// store bounds discharging by what full charging before could have stored.
func (x *reach) store(u *der.Storage, c der.Context) {
	stored := fullest(u, c)
	before := u.Initial
	keep := math.Pow(1-u.SelfDischarge, c.Hours())
	x.between(u.Port, constantly(-u.Charge), func(t int) float64 {
		if t > 0 {
			before = stored[t-1]
		}
		return max(0, min(u.Discharge, (keep*before-u.MinEnergy)*u.DischargeEfficiency/c.Hours()))
	})
}

// fullest returns the most energy that a store can hold at the end of each step, MWh.
func fullest(u *der.Storage, c der.Context) []float64 {
	out := make([]float64, c.Steps())
	energy := u.Initial
	for t := range out {
		energy = min(u.Energy, math.Pow(1-u.SelfDischarge, c.Hours())*energy+u.ChargeEfficiency*u.Charge*c.Hours())
		out[t] = energy
	}
	return out
}

// thermal follows the ramps, and the minimum times, from where the horizon begins.
func (x *reach) thermal(u *der.Thermal, c der.Context) {
	var (
		dt                = c.Hours()
		whole             = func(hours float64) int { return int(min(math.Ceil(hours/dt-1e-9), 1<<30)) }
		perStep           = func(perHour float64) float64 { return orElse(perHour*dt, math.Inf(1)) }
		up, down          = perStep(u.RampUp), perStep(u.RampDown)
		start             = min(u.MaxOutput, orElse(u.StartOutput, max(u.MinOutput, up)))
		stop              = min(u.MaxOutput, orElse(u.StopOutput, max(u.MinOutput, down)))
		known             = u.Before.Boundary == der.BeforeKnown
		past              = math.Inf(1)
		most, least       = x.most[der.Electricity], x.least[der.Electricity]
		highest, lowest   = 0.0, 0.0
		mayStart, mayStop = whole(u.MinDown), 0
		on                = known && u.Before.On
		running           = on
	)
	if u.Before.Hours > 0 {
		past = u.Before.Hours
	}
	switch {
	case on:
		highest, lowest = u.Before.Output, u.Before.Output
		mayStop = whole(max(0, u.MinUp-past))
	default:
		mayStart = whole(max(0, u.MinDown-past))
	}
	for t := range most {
		if !known {
			most[t] = u.MaxOutput
			if u.MustRun {
				least[t] = u.MinOutput
			}
			continue
		}
		rise := 0.0
		if highest > 0 || on {
			rise = highest + up
		}
		if t >= mayStart {
			rise = max(rise, start)
		}
		highest = min(u.MaxOutput, rise)
		most[t] = highest

		if running && !u.MustRun && t >= mayStop && lowest <= stop {
			running = false
		}
		lowest = max(u.MinOutput, lowest-down)
		if running || u.MustRun {
			least[t] = lowest
		}
	}
}

// orElse returns x, or the other number where x is 0.
func orElse(x, other float64) float64 {
	if x == 0 {
		return other
	}
	return x
}

func (x *reach) response(u *der.DemandResponse, c der.Context, s int) {
	for t := range c.Steps() {
		load, most := 0.0, u.MaxCurtailment
		if u.Load != "" {
			load = c.Set.At(u.Load, s, t)
			cut := orElse(u.Share, 1) * load
			most = min(orElse(u.MaxCurtailment, cut), cut)
		}
		if u.Served {
			load = 0
		}
		x.most[der.Electricity][t] = most - load
		x.least[der.Electricity][t] = -load - orElse(u.MaxRebound, math.Inf(1))
	}
}
