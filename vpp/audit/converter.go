package audit

import (
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// naturalGas is the carbon of natural gas, t CO2 per MWh: 1.964 kg per m³ over
// 35.8 MJ per m³.
const naturalGas = 0.1975

// converter inspects the kinds that convert energy, loads and connections. It
// reports whether the DER is one of them. With the power P, heat H, gas G > 0
// burnt or made, in MW:
//
//	gas boiler        H = η G,  emission = ε G Δ,  allowance = quota H Δ
//	electric boiler   H = η P
//	power to gas      G = η P,  CO2 used = rate G Δ
//	sequestration     0 ≤ CO2 ≤ Max Δ,  emission −CO2 if carbon is counted at the purchase
//	heat dump         0 ≤ −H ≤ Max
//
// For the other kinds see the methods below.
func (a *account) converter() (known bool) {
	switch u := a.d.(type) {
	case *der.CHP:
		a.chp(u)
	case *der.ExtractionCHP:
		a.extraction(u)
	case *der.GasBoiler:
		a.operated(u.Heat, "heat output", func(p *der.Ports, t int) float64 { return value(p.Heat, t) }, u.Maintenance)
		a.each(func(_, t int, p *der.Ports, at Spot) {
			gas, heat := -value(p.Gas, t), value(p.Heat, t)
			at.Equal("heat from gas", heat, u.Efficiency*gas)
			at.Equal("emission", value(p.Emission, t), u.EmissionFactor.Or(naturalGas)*gas*a.dt(t))
			at.Equal("allowance", value(p.Allowance, t), u.Quota*heat*a.dt(t))
		})
	case *der.ElectricBoiler:
		a.operated(u.Power, "power taken in", func(p *der.Ports, t int) float64 { return value(p.Withdrawn, t) }, u.Maintenance)
		a.each(func(_, t int, p *der.Ports, at Spot) {
			at.Equal("heat from power", value(p.Heat, t), u.Efficiency*value(p.Withdrawn, t))
		})
	case *der.PowerToGas:
		a.operated(u.Power, "power taken in", func(p *der.Ports, t int) float64 { return value(p.Withdrawn, t) }, u.Maintenance)
		rate := u.CO2PerMWh.Or(naturalGas)
		a.each(func(_, t int, p *der.Ports, at Spot) {
			at.Equal("gas from power", value(p.Gas, t), u.Efficiency*value(p.Withdrawn, t))
			at.Equal("CO2 in the gas", -value(p.CO2, t), rate*value(p.Gas, t)*a.dt(t))
		})
	case *der.CarbonCapture:
		a.capture(u)
	case *der.Sequestration:
		a.taken("CO2 stored", func(p *der.Ports, t int) float64 { return -value(p.CO2, t) }, func(t int) float64 { return u.Max * a.dt(t) },
			"sequestration", func(int) float64 { return u.Cost })
		a.each(func(_, t int, p *der.Ports, at Spot) {
			credited := 0.0
			if u.Carbon == der.CountAtPurchase {
				credited = value(p.CO2, t)
			}
			at.Equal("emission", value(p.Emission, t), credited)
		})
	case *der.HeatDump:
		a.taken("heat dumped", func(p *der.Ports, t int) float64 { return -value(p.Heat, t) }, func(int) float64 { return u.Max },
			"cooling", func(t int) float64 { return u.Cost * a.dt(t) })
	case *der.Load:
		a.load(u)
	case *der.GridConnection:
		a.connection(u)
	case *der.GasSupply:
		a.gasSupply(u)
	default:
		return false
	}
	return true
}

// chp inspects a CHP with a fixed ratio of power and heat,
//
//	P = η_e G,   H = η_h G,   emission = ε G Δ,   allowance = (quota_P P + quota_H H) Δ
//
// All limits and ramps of power and heat are converted to the gas G, so that
// each pair becomes one: for example, P ≤ 7 with η_e = 0.35 and H ≤ 4 with η_h
// = 0.4 become G ≤ min(20, 10).
func (a *account) chp(u *der.CHP) {
	perPower, perHeat := 1/u.ElectricEfficiency, 1/u.HeatEfficiency
	// narrow returns the tighter of two limits, absent if both are.
	narrow := func(power, heat optional.Float) optional.Float {
		switch {
		case !heat.Given() && !power.Given():
			return optional.Float{}
		case !heat.Given():
			return optional.Of(power.Or(0) * perPower)
		case !power.Given():
			return optional.Of(heat.Or(0) * perHeat)
		}
		return optional.Of(min(power.Or(0)*perPower, heat.Or(0)*perHeat))
	}
	// Starts and boundary are those of the power.
	gas := u.Power
	gas.Min = max(u.Power.Min*perPower, u.MinHeat*perHeat)
	gas.Max = narrow(optional.Of(u.Power.Max), u.MaxHeat).Or(0)
	gas.RampUp, gas.RampDown = narrow(u.Power.RampUp, u.HeatRampUp), narrow(u.Power.RampDown, u.HeatRampDown)
	gas.Before = u.Power.Before * perPower
	a.operated(gas, "gas burnt", func(p *der.Ports, t int) float64 { return -value(p.Gas, t) }, u.Maintenance*u.ElectricEfficiency)
	a.each(func(_, t int, p *der.Ports, at Spot) {
		burnt, power, heat := -value(p.Gas, t), value(p.Injected, t), value(p.Heat, t)
		at.Equal("power from gas", power, u.ElectricEfficiency*burnt)
		at.Equal("heat from gas", heat, u.HeatEfficiency*burnt)
		a.fuelled(at, p, t, u.EmissionFactor.Or(naturalGas)*burnt, u.PowerQuota*power+u.HeatQuota*heat)
	})
}

// extraction inspects an extraction CHP: (P, H, G) is in the convex hull of the
// operating points while it runs, and 0 at standstill. Limits of the power are
// those of the points; ramps apply to the power.
func (a *account) extraction(u *der.ExtractionCHP) {
	op := u.Power
	op.Min, op.Max = math.Inf(1), 0 // of the operating points, found below
	points := make([]point, len(u.Points))
	for k, x := range u.Points {
		op.Min, op.Max = min(op.Min, x.Power), max(op.Max, x.Power)
		points[k] = point{x.Power, x.Heat, x.Gas}
	}
	a.operated(op, "power output", func(p *der.Ports, t int) float64 { return value(p.Injected, t) }, u.Maintenance)
	a.each(func(_, t int, p *der.Ports, at Spot) {
		power, heat, burnt := value(p.Injected, t), value(p.Heat, t), -value(p.Gas, t)
		a.fuelled(at, p, t, u.EmissionFactor.Or(naturalGas)*burnt, u.PowerQuota*power+u.HeatQuota*heat)
		if trace := p.Trace("on"); trace != nil && trace[t] < 0.5 {
			at.Equal("heat at standstill", heat, 0)
			at.Equal("gas burnt at standstill", burnt, 0)
			return // the hull need not contain 0
		}
		// The schedule does not contain the mix; the distance follows from the
		// points alone.
		at.AtMost("distance from a mix of the operating points", fromMix(point{power, heat, burnt}, points), 0)
	})
}

// fuelled inspects emission, allowance and conventional energy of a fuel-fired
// DER. emission and allowance are per hour.
func (a *account) fuelled(at Spot, p *der.Ports, t int, emission, allowance float64) {
	at.Equal("emission", value(p.Emission, t), emission*a.dt(t))
	at.Equal("allowance", value(p.Allowance, t), allowance*a.dt(t))
	at.Equal("conventional energy", value(p.Conventional, t), value(p.Injected, t)*a.dt(t))
}

// operated inspects the operation of a path x, such as a power, MW:
//
//	x_min on_t ≤ x_t ≤ x_max on_t,   on_t = 1 if the DER cannot be switched
//	x_t − x_{t−1} ≤ up Δ,   x_{t−1} − x_t ≤ down Δ        see allowed for starts and stops
//	cost = Σ_t maintenance x_t Δ + start cost × number of starts
//
// on is a first-stage decision. The step before the first one is o.Before, the
// last step if the boundary is cyclic, or free of limits.
func (a *account) operated(o der.Operation, what string, of func(p *der.Ports, t int) float64, maintenance float64) {
	for s := range a.realised.Realised {
		var (
			p, n    = a.ports(s), a.c.Steps()
			running = func(t int) bool {
				trace := p.Trace("on") // without a trace, the path shows operation
				return !o.Switchable || trace == nil && of(p, t) > 0 || trace != nil && trace[t] > 0.5
			}
			energy, starts float64 // MWh, count
		)
		for t := range n {
			at, x, runs := a.at(s, t), of(p, t), running(t)
			energy += x * a.dt(t)
			at.Within(what, o.Min*number(runs), x, o.Max*number(runs))
			if trace := p.Trace("on"); o.Switchable && trace != nil {
				at.Equal("running decided before the scenario is known", trace[t], math.Round(a.ports(0).Trace("on")[t]))
			}
			// A converter with power before the horizon was running.
			before, ran := o.Before, o.Before > 1e-5 || o.RunsBefore || !o.Switchable
			switch {
			case t > 0:
				before, ran = of(p, t-1), running(t-1)
			case o.Boundary == der.BeforeCyclic:
				before, ran = of(p, n-1), running(n-1)
			case o.Boundary == der.BeforeFree:
				continue // no ramp and no start in the first step
			}
			if perHour, ok := o.RampUp.Get(); ok {
				at.AtMost("ramp up", x-before, allowed(o, perHour*a.dt(t), ran))
			}
			if perHour, ok := o.RampDown.Get(); ok {
				at.AtMost("ramp down", before-x, allowed(o, perHour*a.dt(t), runs))
			}
			if runs && !ran {
				starts++
			}
		}
		costs := map[string]float64{"maintenance": maintenance * energy}
		if o.Switchable && o.StartCost > 0 {
			costs["start-up"] = o.StartCost * starts
		}
		a.cost(s, false, costs)
	}
}

// allowed returns the largest change of a path in a step. From or to standstill
// the ramp is at least the minimum, because the path cannot be between 0 and
// the minimum.
func allowed(o der.Operation, ramp float64, running bool) float64 {
	if running {
		return ramp
	}
	return max(ramp, o.Min)
}

// taken inspects a DER that withdraws a quantity x with 0 ≤ x_t ≤ limit and
// cost = c Σ_t x_t.
func (a *account) taken(what string, of func(p *der.Ports, t int) float64, limit func(t int) float64, item string, cost func(t int) float64) {
	for s := range a.realised.Realised {
		spent := 0.0
		for t := range a.c.Steps() {
			x := of(a.ports(s), t)
			a.at(s, t).Within(what, 0, x, limit(t))
			spent += cost(t) * x
		}
		a.cost(s, false, map[string]float64{item: spent})
	}
}

// load inspects a load of electricity, heat or gas with the demand D and the
// served power L,
//
//	(1 − sheddable) D_t ≤ L_t ≤ D_t,   emission = ε L_t Δ,   cost = c_shed Σ_t (D_t − L_t) Δ
func (a *account) load(u *der.Load) {
	perServed := 0.0 // ε of a load without a factor: gas is burnt
	if u.Port == der.Gas {
		perServed = naturalGas
	}
	for s := range a.realised.Realised {
		shed := 0.0
		for t := range a.c.Steps() {
			p, at := a.ports(s), a.at(s, t)
			served := value(p.Withdrawn, t) // heat and gas have one port, positive for supply
			switch u.Port {
			case der.Heat:
				served = -value(p.Heat, t)
			case der.Gas:
				served = -value(p.Gas, t)
			}
			demand := a.c.Set.At(u.Demand, s, t)
			at.Within("load served", (1-u.Sheddable)*demand, served, demand)
			at.Equal("emission", value(p.Emission, t), u.EmissionFactor.Or(perServed)*served*a.dt(t))
			shed += (demand - served) * a.dt(t)
		}
		a.cost(s, false, map[string]float64{"load not served": u.ShedCost * shed})
	}
}

// connection inspects a grid connection that buys B and sells S, MW, but never
// both in a step:
//
//	B_t ≤ MaxBuy,   S_t ≤ MaxSell,   min(B_t, S_t) = 0,   emission = ε B_t Δ
//	cost = Σ_t (p_buy B_t − p_sell S_t + fee (B_t + S_t)) Δ
func (a *account) connection(u *der.GridConnection) {
	price := func(name string, s, t int) float64 {
		if name == "" {
			return 0 // a direction without a price series
		}
		return a.c.Set.At(name, s, t)
	}
	for s := range a.realised.Realised {
		bought, sold, fee := 0.0, 0.0, 0.0
		for t := range a.c.Steps() {
			p, at := a.ports(s), a.at(s, t)
			in, out := value(p.Injected, t), value(p.Withdrawn, t)
			at.AtMost("power bought", in, u.MaxBuy)
			at.AtMost("power sold", out, u.MaxSell)
			at.AtMost("buying and selling at once", min(in, out), 0)
			at.Equal("emission", value(p.Emission, t), u.EmissionFactor*in*a.dt(t))
			bought += price(u.BuyPrice, s, t) * in * a.dt(t)
			sold += price(u.SellPrice, s, t) * out * a.dt(t)
			fee += u.Fee * (in + out) * a.dt(t)
		}
		a.cost(s, false, map[string]float64{"bought from the grid": bought, "sold to the grid": -sold, "grid fee": fee})
	}
}
