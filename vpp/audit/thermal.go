package audit

import (
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// thermal inspects a unit that can be started and stopped.
func (a *account) thermal(u *der.Thermal) {
	for s := range a.realised.Realised {
		p := a.ports(s)
		a.host(u, s, p.Injected)
		for t := range a.c.Steps() {
			at, energy := a.at(s, t), value(p.Injected, t)*a.dt
			at.Equal("emission", value(p.Emission, t), u.EmissionFactor*energy)
			at.Equal("allowance", value(p.Allowance, t), u.Quota*energy)
			at.Equal("conventional energy", value(p.Conventional, t), energy)
		}
		a.cost(s, true, a.thermalCosts(u, s, p.Injected))
	}
	a.absent("port that the kind does not have", func(p *der.Ports) [][]float64 {
		return [][]float64{p.Withdrawn, p.Reduced, p.Heat, p.Gas, p.CO2, p.Renewable, p.Available}
	})
}

// host inspects commitment, output and reserve of one scenario; output is gross, MW.
func (a *account) host(u *der.Thermal, s int, output []float64) {
	on := a.committed(u, s, output)
	a.commitment(u, s, on)
	a.minimumTimes(u, s, on)
	a.outputs(u, s, on, output)
}

// committed reads when the unit is on: from its trace or, without one, from its output.
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

// commitment inspects that all scenarios have the same one, must-run, and the reported starts and stops.
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
			was = on[t]
		}
		if trace := p.Trace("start"); trace != nil {
			at.Equal("start", trace[t], number(on[t] && !was))
		}
		if trace := p.Trace("stop"); trace != nil {
			at.Equal("stop", trace[t], number(!on[t] && was))
		}
	}
}

// wasOn says whether the unit was on in the step before t, and whether that is known.
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

// minimumTimes inspects that a unit which was started stays on, and one that was stopped stays off, for
// as long as it has to; the end of the horizon ends the duty, what lies before the horizon counts.
func (a *account) minimumTimes(u *der.Thermal, s int, on []bool) {
	n := len(on)
	least := map[bool]int{true: a.steps(u.MinUp), false: a.steps(u.MinDown)}
	name := map[bool]string{true: "minimum up time", false: "minimum down time"}
	for t := range n {
		was, known := wasOn(u, on, t)
		if !known || on[t] == was {
			continue
		}
		// A change at t: how long does the new state last?
		lasted := 1
		for lasted < least[on[t]] {
			next := t + lasted
			if next >= n && u.Before.Boundary == der.BeforeCyclic {
				next %= n
			}
			if next >= n || lasted > n {
				lasted = least[on[t]]
				break
			}
			if on[next] != on[t] {
				break
			}
			lasted++
		}
		a.at(s, t).AtLeast(name[on[t]], float64(lasted)*a.dt, float64(least[on[t]])*a.dt)
	}
	if u.Before.Boundary != der.BeforeKnown || !u.Before.Hours.Given() {
		return
	}
	past := int(math.Floor(u.Before.Hours.Or(0)/a.dt + 1e-9))
	lasted := past
	if lasted == 0 {
		return // less than a step is not counted
	}
	for t := 0; t < n && on[t] == u.Before.On; t++ {
		lasted++
	}
	if lasted-past < n {
		a.at(s, All).AtLeast(name[u.Before.On]+" since before the horizon", float64(lasted)*a.dt, float64(least[u.Before.On])*a.dt)
	}
}

// steps returns the whole steps that cover a number of hours.
func (a *account) steps(hours float64) int { return int(math.Ceil(hours/a.dt - 1e-9)) }

// outputs inspects limits of output and reserve, ramps, and the outputs at starts and stops.
func (a *account) outputs(u *der.Thermal, s int, on []bool, output []float64) {
	var (
		reserve = a.ports(s).Reserve
		none    = math.Inf(1)
		perStep = func(perHour optional.Float) float64 { return perHour.Or(none) * a.dt }
		edge    = func(given, perHour optional.Float) float64 {
			return given.Or(max(u.MinOutput, perStep(perHour)))
		}
		rise, fall         = perStep(u.RampUp), perStep(u.RampDown)
		startAt, stopsFrom = edge(u.StartOutput, u.RampUp), edge(u.StopOutput, u.RampDown)
	)
	for t := range on {
		at := a.at(s, t)
		power, upper := value(output, t), value(output, t)+value(reserve, t)
		at.AtMost("reserve", value(reserve, t), u.Reserve)
		at.AtLeast("minimum output", power, u.MinOutput*number(on[t]))
		at.AtMost("maximum output", upper, u.MaxOutput*number(on[t]))

		was, known := wasOn(u, on, t)
		if !known {
			continue
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

// thermalCosts returns fuel, maintenance, starts and stops, currency.
func (a *account) thermalCosts(u *der.Thermal, s int, output []float64) map[string]float64 {
	var (
		on                                 = a.committed(u, s, output)
		fuel, maintenance, start, shutDown float64
	)
	for t := range on {
		if on[t] {
			fuel += fuelPerHour(u, value(output, t)) * a.dt
		}
		maintenance += u.Maintenance * value(output, t) * a.dt
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

// fuelPerHour interpolates the cost curve, or the quadratic cost between the ends of its chords.
func fuelPerHour(u *der.Thermal, power float64) float64 {
	curve := u.Curve
	if len(curve) == 0 {
		pieces := u.Pieces
		if pieces == 0 {
			pieces = 4
		}
		if u.MaxOutput == u.MinOutput || u.Quadratic == 0 {
			return u.NoLoad + u.Linear*power
		}
		for k := range pieces + 1 {
			x := u.MinOutput + (u.MaxOutput-u.MinOutput)*float64(k)/float64(pieces)
			curve = append(curve, der.CurvePoint{Output: x, Cost: u.NoLoad + u.Linear*x + u.Quadratic*x*x})
		}
	}
	if len(curve) == 1 {
		return curve[0].Cost
	}
	k := 1
	for k < len(curve)-1 && power > curve[k].Output {
		k++
	}
	left, right := curve[k-1], curve[k]
	return left.Cost + (right.Cost-left.Cost)*(power-left.Output)/(right.Output-left.Output)
}

// startCost returns what the start in step t costs by the steps that the unit was off before it: the last
// category that applies, and the last of all where the unit has been off for long.
func (a *account) startCost(u *der.Thermal, on []bool, t int) float64 {
	if len(u.StartUp) == 0 {
		return 0
	}
	off, long := 0, false
	for t-off-1 >= 0 && !on[t-off-1] {
		off++
	}
	if off == t { // off since before the horizon
		switch u.Before.Boundary {
		case der.BeforeFree:
			long = true
		case der.BeforeCyclic:
			for off < len(on) && !on[(t-off-1+len(on))%len(on)] {
				off++
			}
		default:
			if past := int(math.Floor(u.Before.Hours.Or(0)/a.dt + 1e-9)); !u.Before.On {
				off += past
				long = past == 0
			}
		}
	}
	cost := u.StartUp[0].Cost
	for _, category := range u.StartUp[1:] {
		if long || off >= a.steps(category.After) {
			cost = category.Cost
		}
	}
	return cost
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
