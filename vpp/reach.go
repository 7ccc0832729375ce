package vpp

import (
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// reach holds bounds of what a unit can feed into a plant in one scenario, MW per step, whatever the rest
// of the plant does; what it takes out is negative. Bounds need not be attained, but nothing lies outside.
type reach struct {
	least, most [3][]float64 // by [der.Carrier]
}

// reachOf returns the bounds of a member in a scenario: those that its columns have in the program, which
// needs no knowledge of its kind, and closer ones for kinds whose steps hang together.
func (x *Program) reachOf(i, s int) reach {
	out := newReach(x.context.Steps())
	terms := &x.terms[i][s]
	for t := range x.context.Steps() {
		out.least[der.Electricity][t], out.most[der.Electricity][t] = terms.Net(t).Range()
		for port, path := range map[der.Carrier][]milp.Expr{der.Heat: terms.Heat, der.Gas: terms.Gas} {
			if path != nil {
				out.least[port][t], out.most[port][t] = path[t].Range()
			}
		}
	}
	closer := newReach(x.context.Steps())
	switch u := x.Members[i].(type) {
	case *der.Storage:
		closer.store(u, x.context)
	case *der.Thermal:
		closer.thermal(u, x.context)
	case *der.CarbonCapture:
		closer.thermal(&u.Unit, x.context)
		clear(closer.least[der.Electricity]) // capture may take all that is generated
	case *der.ExtractionCHP:
		closer.extraction(u)
	default:
		return out
	}
	for port := range out.least {
		for t := range out.least[port] {
			out.least[port][t] = max(out.least[port][t], closer.least[port][t])
			out.most[port][t] = min(out.most[port][t], closer.most[port][t])
		}
	}
	return out
}

func newReach(steps int) (x reach) {
	for port := range x.least {
		x.least[port], x.most[port] = make([]float64, steps), make([]float64, steps)
	}
	return x
}

// add widens the bounds by those of another unit.
func (x *reach) add(other reach) {
	for port := range x.least {
		for t := range x.least[port] {
			x.least[port][t] += other.least[port][t]
			x.most[port][t] += other.most[port][t]
		}
	}
}

func constantly(x float64) func(int) float64 { return func(int) float64 { return x } }

func (x *reach) between(port der.Carrier, least, most func(t int) float64) {
	for t := range x.least[port] {
		x.least[port][t], x.most[port][t] = least(t), most(t)
	}
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
