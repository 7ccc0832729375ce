package der

import (
	"math"

	"github.com/trigrid/trigrid/optional"
)

// Class implements [Classified].
func (u *Thermal) Class() Class { return ClassThermal }

// RollForward implements [Stateful]: on or off, the time in that state, the
// output, and whether the reserve of the last step allows a stop.
func (u *Thermal) RollForward(realised *Ports, c Context, _, steps int) (DER, error) {
	before, err := u.stateAfter(realised, c, at(realised.Injected, steps-1), steps)
	if err != nil {
		return nil, err
	}
	next := *u
	next.Before = before
	return &next, nil
}

// stateAfter returns the state after the given number of steps with the given
// last output, MW. The last reserve counts if it keeps the unit from a stop in
// the first step of the next window.
//
// A periodic horizon ends with it: the time in the state goes back to the end
// of the plan, and the state in the last step of the next window is free.
func (u *Thermal) stateAfter(realised *Ports, c Context, output float64, steps int) (ThermalState, error) {
	on, err := traced(realised, "on", steps)
	if err != nil {
		return ThermalState{}, err
	}
	next := ThermalState{On: on[steps-1] > 0.5}
	n := 0 // steps since the last change
	for n < steps && (on[steps-1-n] > 0.5) == next.On {
		n++
	}
	clock := c.clock()
	hours := clock.at(steps) - clock.at(steps-n)
	if clock.equal() {
		hours = float64(n) * clock.dt
	}
	next.Hours = optional.Of(hours)
	if n == steps {
		u.stateSinceBefore(&next, on, hours, clock)
	}
	if total, known := next.Hours.Get(); known && !clock.equal() && !next.Hold.Given() {
		// The next grid may have longer steps than the time in the state, which
		// then needs a Hold.
		least := u.MinDown
		if next.On {
			least = u.MinUp
		}
		next.Hold = optional.Of(max(0, least-total))
	}
	if !next.On {
		return next, nil
	}
	if next.Output, err = carried("output", output, u.MinOutput, u.MaxOutput, "MW"); err != nil {
		return ThermalState{}, err
	}
	if held := at(realised.Reserve, steps-1); held > 0 {
		x := u.perStep(c)
		x.limitsAt(min(steps, x.steps-1))
		if output+held > x.stopUpper+carryTolerance*max(1, x.stopUpper) {
			next.StopOutput = optional.Of(0)
		}
	}
	return next, nil
}

// stateSinceBefore adds the time before the horizon to a state that has lasted
// since its first step.
func (u *Thermal) stateSinceBefore(next *ThermalState, on []float64, hours float64, c clock) {
	switch before := u.Before; {
	case before.Boundary == BeforeFree:
		next.Hours = optional.Float{} // the state before is that of the first step, for long enough
	case before.Boundary == BeforeCyclic:
		n := 0
		for n < len(on) && (on[len(on)-1-n] > 0.5) == next.On {
			n++
		}
		next.Hours = optional.Of(hours + float64(n)*c.dt)
		if n == len(on) {
			next.Hours = optional.Float{}
		}
	case before.On == next.On:
		past, known := before.Hours.Get()
		next.Hours = optional.Of(hours + past)
		if !known {
			next.Hours = optional.Float{}
		}
		if hold, given := before.Hold.Get(); given {
			next.Hold = optional.Of(max(0, hold-hours))
		}
	}
}

// Bounds implements [Bounded]. It follows the ramps and the minimum times from
// the state before the horizon. The upper bound starts as early and climbs as
// fast as possible; the lower bound descends and stops as early as possible.
// Under another boundary than [BeforeKnown] the output limits remain.
func (u *Thermal) Bounds(c Context, _ int) Bounds {
	b := c.NewBounds()
	for port := range b.Min {
		clear(b.Min[port])
		clear(b.Max[port])
	}
	lower, upper := b.Min[Electricity], b.Max[Electricity]
	if u.Before.Boundary != BeforeKnown {
		for t := range upper {
			upper[t] = u.MaxOutput
			if u.MustRun {
				lower[t] = u.MinOutput
			}
		}
		return b
	}
	var (
		clock             = c.clock()
		past              = u.Before.Hours.Or(math.Inf(1))
		hold, held        = u.Before.Hold.Get()
		on                = u.Before.On
		highest, lowest   = 0.0, 0.0
		mayStart, mayStop = 0, 0 // first steps of a start and of a stop
	)
	if on {
		highest, lowest = u.Before.Output, u.Before.Output
		mayStart = clock.upTo(0, u.MinDown)
		mayStop = clock.upTo(0, max(0, u.MinUp-past))
	} else {
		mayStart = clock.upTo(0, max(0, u.MinDown-past))
	}
	if held { // it replaces the rest of the minimum time
		mayStop = clock.upTo(0, hold)
		if !on {
			mayStart = mayStop
		}
	}
	running := on // still running if it stops as early as possible
	for t := range upper {
		var (
			up    = u.RampUp.Or(math.Inf(1)) * clock.hours(t)
			down  = u.RampDown.Or(math.Inf(1)) * clock.hours(t)
			start = min(u.MaxOutput, u.StartOutput.Or(max(u.MinOutput, up)))
			stop  = min(u.MaxOutput, u.StopOutput.Or(max(u.MinOutput, down)))
		)
		rise := 0.0
		if highest > 0 || on {
			rise = highest + up
		}
		if t >= mayStart {
			rise = max(rise, start)
		}
		highest = min(u.MaxOutput, rise)
		upper[t] = highest

		limit := stop
		if t == 0 {
			limit = u.Before.StopOutput.Or(stop)
		}
		if running && !u.MustRun && t >= mayStop && lowest <= limit {
			running = false
		}
		lowest = max(u.MinOutput, lowest-down)
		if running || u.MustRun {
			lower[t] = lowest
		}
	}
	return b
}
