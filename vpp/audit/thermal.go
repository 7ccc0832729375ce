package audit

import (
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// thermal inspects a thermal unit with the output P, reserve r, MW, and the
// commitment on ∈ {0, 1}:
//
//	P_min on_t ≤ P_t,   P_t + r_t ≤ P_max on_t,   r_t ≤ Reserve       see outputs for ramps
//	minimum up and down times                                        see minimumTimes
//	emission = ε P_t Δ,   allowance = quota P_t Δ
//	cost = Σ_t (fuel(P_t) on_t + c_om P_t) Δ + starts + stops         see thermalCosts
func (a *account) thermal(u *der.Thermal) {
	for s := range a.realised.Realised {
		p := a.ports(s)
		a.host(u, s, p.Injected)
		for t := range a.c.Steps() {
			at, energy := a.at(s, t), value(p.Injected, t)*a.dt(t)
			at.Equal("emission", value(p.Emission, t), u.EmissionFactor*energy)
			at.Equal("allowance", value(p.Allowance, t), u.Quota*energy)
			at.Equal("conventional energy", value(p.Conventional, t), energy)
		}
		a.cost(s, true, a.thermalCosts(u, s, p.Injected))
	}
	a.absent(func(p *der.Ports) [][]float64 {
		return [][]float64{p.Withdrawn, p.Reduced, p.Heat, p.Gas, p.CO2, p.Renewable, p.Available}
	})
}

// host inspects commitment, output and reserve of one scenario. output is the
// gross output, MW, which differs from the injection in a unit with carbon
// capture.
func (a *account) host(u *der.Thermal, s int, output []float64) {
	on := a.committed(u, s, output)
	a.commitment(u, s, on)
	a.minimumTimes(u, s, on)
	a.outputs(u, s, on, output)
}

// committed returns the commitment from the trace "on", or from the output
// without that trace.
func (a *account) committed(u *der.Thermal, s int, output []float64) []bool {
	var (
		on    = make([]bool, a.c.Steps())
		trace = a.ports(s).Trace("on")
	)
	for t := range on {
		if trace != nil {
			on[t] = trace[t] > 0.5
			a.at(s, t).Equal("on or off", trace[t], math.Round(trace[t]))
		} else {
			on[t] = value(output, t) > 0
		}
	}
	return on
}

// commitment checks that all scenarios have the same commitment, because it is
// decided before the scenario is known, that a must-run unit is on, and the
// reported starts and stops.
func (a *account) commitment(u *der.Thermal, s int, on []bool) {
	var (
		p     = a.ports(s)
		first = a.ports(0).Trace("on")
	)
	for t := range on {
		at := a.at(s, t)
		if first != nil && s > 0 {
			at.Equal("commitment decided before the scenario is known", number(on[t]), math.Round(first[t]))
		}
		if u.MustRun {
			at.Equal("must run", number(on[t]), 1)
		}
		was, known := wasOn(u, on, t)
		if !known {
			was = on[t] // neither a start nor a stop
		}
		if trace := p.Trace("start"); trace != nil {
			at.Equal("start", trace[t], number(on[t] && !was))
		}
		if trace := p.Trace("stop"); trace != nil {
			at.Equal("stop", trace[t], number(!on[t] && was))
		}
	}
}

// wasOn reports whether the unit was on in the step before t. Before the first
// step that is the given state, the last step of a cyclic horizon, or not
// known.
func wasOn(u *der.Thermal, on []bool, t int) (was, known bool) {
	switch {
	case t > 0:
		return on[t-1], true
	case u.Before.Boundary == der.BeforeKnown:
		return u.Before.On, true
	case u.Before.Boundary == der.BeforeCyclic:
		return on[len(on)-1], true
	}
	return false, false
}

// minimumTimes checks that a unit stays on for MinUp hours after a start and
// off for MinDown hours after a stop. The end of the horizon ends a
// requirement. The hours of the present state before the horizon count.
//
// For example, with MinUp = 3 and hourly steps, a start in step 4 requires on
// in steps 4, 5 and 6.
func (a *account) minimumTimes(u *der.Thermal, s int, on []bool) {
	n := len(on)
	times := map[bool]float64{true: u.MinUp, false: u.MinDown}
	name := map[bool]string{true: "minimum up time", false: "minimum down time"}
	for t := range n {
		was, known := wasOn(u, on, t)
		if !known || on[t] == was {
			continue
		}
		// The state changes at t. lasted is the number of steps in the new
		// state, up to the requirement.
		lasted, required := 1, a.steps(t, times[on[t]])
		for lasted < required {
			next := t + lasted
			if next >= n && u.Before.Boundary == der.BeforeCyclic {
				next %= n
			}
			if next >= n || lasted > n { // the horizon ends the requirement
				lasted = required
				break
			}
			if on[next] != on[t] {
				break
			}
			lasted++
		}
		a.at(s, t).AtLeast(name[on[t]], a.hours(t, t+lasted), a.hours(t, t+required))
	}
	if u.Before.Boundary != der.BeforeKnown || !u.Before.Hours.Given() {
		return
	}
	hours, least := u.Before.Hours.Or(0), u.MinDown
	if u.Before.On {
		least = u.MinUp
	}
	if hold, given := u.Before.Hold.Get(); given {
		hours, least = 0, hold // it replaces the rest of the minimum time
	} else if _, equal := a.c.Set.Grid().EqualSteps(); equal && hours < a.dt(0)*(1-tinyStep) {
		return // a part of a step does not count
	}
	lasted := 0
	for lasted < n && on[lasted] == u.Before.On {
		lasted++
	}
	if lasted < n { // the state changed inside the horizon
		a.at(s, All).AtLeast(name[u.Before.On]+" since before the horizon", hours+a.hours(0, lasted)+a.tiny(), least)
	}
}

// tinyStep is the part of a step that counts as rounding: 0.3333 h are a third
// of an hour.
const tinyStep = 1e-4

// steps returns the number of whole steps from a step on that cover some hours:
// 3 for 2.5 hours of hourly steps. The margin of 1e-4 keeps 3 hours of
// quarter-hours at 12 steps in spite of rounding. More than the horizon has is
// the number of its steps plus 2.
func (a *account) steps(from int, hours float64) int {
	n := 0
	for n < a.c.Steps()+2 && a.hours(from, from+n) < hours-a.tiny() {
		n++
	}
	return n
}

// outputs inspects limits of output and reserve, and ramps with the reserve.
// With RU, RD per hour and the limits SU, SD of the output at a start and
// before a stop:
//
//	on_{t−1} = on_t = 1    P_t + r_t − P_{t−1} ≤ RU Δ,   P_{t−1} − P_t ≤ RD Δ
//	start                  P_t + r_t ≤ SU
//	stop                   P_{t−1} + r_{t−1} ≤ SD
//
// Δ is the length of the step into which the output changes. Absent SU and SD
// are max(P_min, ramp · Δ).
func (a *account) outputs(u *der.Thermal, s int, on []bool, output []float64) {
	var (
		reserve = a.ports(s).Reserve
		none    = math.Inf(1)
	)
	for t := range on {
		var (
			perStep = func(perHour optional.Float) float64 { return perHour.Or(none) * a.dt(t) }
			edge    = func(given, perHour optional.Float) float64 {
				return given.Or(max(u.MinOutput, perStep(perHour)))
			}
			rise, fall         = perStep(u.RampUp), perStep(u.RampDown)
			startAt, stopsFrom = edge(u.StartOutput, u.RampUp), edge(u.StopOutput, u.RampDown)
		)
		at := a.at(s, t)
		power, upper := value(output, t), value(output, t)+value(reserve, t)
		// Reserve is upward: it uses the room below the maximum and the ramp,
		// not the room above the minimum.
		at.AtMost("reserve", value(reserve, t), u.Reserve)
		at.AtLeast("minimum output", power, u.MinOutput*number(on[t]))
		at.AtMost("maximum output", upper, u.MaxOutput*number(on[t]))

		was, known := wasOn(u, on, t)
		if !known {
			continue // the first step is free
		}
		before, heldBefore := u.Before.Output, 0.0
		switch {
		case t > 0:
			before, heldBefore = value(output, t-1), value(reserve, t-1)
		case u.Before.Boundary == der.BeforeCyclic:
			before, heldBefore = value(output, len(on)-1), value(reserve, len(on)-1)
		}
		switch {
		case on[t] && was:
			at.AtMost("ramp up", upper-before, rise)
			at.AtMost("ramp down", before-power, fall)
		case on[t]:
			at.AtMost("output at a start", upper, startAt)
		case was:
			at.AtMost("output before a stop", before+heldBefore, stopsFrom)
		}
	}
}

// thermalCosts returns the costs of one scenario by item, currency:
//
//	fuel = Σ_t f(P_t) on_t Δ,   maintenance = c_om Σ_t P_t Δ,   start-up, shut-down per start and stop
func (a *account) thermalCosts(u *der.Thermal, s int, output []float64) map[string]float64 {
	var (
		on                                 = a.committed(u, s, output)
		fuel, maintenance, start, shutDown float64
	)
	for t := range on {
		if on[t] {
			fuel += fuelPerHour(u, value(output, t)) * a.dt(t)
		}
		maintenance += u.Maintenance * value(output, t) * a.dt(t)
		was, known := wasOn(u, on, t)
		if known && on[t] && !was {
			start += a.startCost(u, on, t)
		}
		if known && !on[t] && was {
			shutDown += u.ShutDown
		}
	}
	return map[string]float64{"fuel": fuel, "maintenance": maintenance, "start-up": start, "shut-down": shutDown}
}

// fuelPerHour returns the cost f(P) of one hour: the interpolated cost curve,
// or
//
//	f(P) = NoLoad + Linear P + Quadratic P²
//
// With Pieces > 0 the chords between Pieces + 1 equidistant outputs from P_min
// to P_max replace f. For example, P² on [0, 4] costs 2.25 at P = 1.5, and 2.5
// with 4 pieces.
func fuelPerHour(u *der.Thermal, power float64) float64 {
	curve := u.Curve
	if len(curve) == 0 {
		if u.Pieces == 0 || u.MaxOutput == u.MinOutput {
			return u.NoLoad + u.Linear*power + u.Quadratic*power*power
		}
		for k := range u.Pieces + 1 {
			x := u.MinOutput + (u.MaxOutput-u.MinOutput)*float64(k)/float64(u.Pieces)
			curve = append(curve, der.CurvePoint{Output: x, Cost: u.NoLoad + u.Linear*x + u.Quadratic*x*x})
		}
	}
	if len(curve) == 1 { // a constant cost
		return curve[0].Cost
	}
	k := 1 // the piece from curve[k−1] to curve[k]
	for k < len(curve)-1 && power > curve[k].Output {
		k++
	}
	left, right := curve[k-1], curve[k]
	return left.Cost + (right.Cost-left.Cost)*(power-left.Output)/(right.Output-left.Output)
}

// startCost returns the cost of the start in step t, which depends on the time
// off before it: the cost of the last category whose After hours have passed.
// If the time off before the horizon is not known, the cost is that of the last
// category.
//
// For example, with {Cost: 60} and {After: 3, Cost: 90}, a start after 2 hours
// off costs 60, after 4 hours 90.
func (a *account) startCost(u *der.Thermal, on []bool, t int) float64 {
	if len(u.StartUp) == 0 {
		return 0
	}
	off, long := 0, false // steps off before t; true if that is unknown
	before := 0.0         // hours off before the horizon
	for t-off-1 >= 0 && !on[t-off-1] {
		off++
	}
	if off == t { // off since before the horizon, which the boundary describes
		switch u.Before.Boundary {
		case der.BeforeFree:
			long = true
		case der.BeforeCyclic:
			for off < len(on) && !on[(t-off-1+len(on))%len(on)] {
				off++
			}
		default:
			if !u.Before.On {
				before = u.Before.Hours.Or(0)
				long = !u.Before.Hours.Given()
			}
		}
	}
	// A cyclic horizon has equal steps.
	hours := before + a.hours(t-min(off, t), t) + float64(off-min(off, t))*a.dt(0)
	cost := u.StartUp[0].Cost
	for _, category := range u.StartUp[1:] {
		if long || hours >= category.After-a.tiny() {
			cost = category.Cost
		}
	}
	return cost
}

// number returns 1 or 0.
func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
