package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// bill is the cost of a schedule by cause, currency.
type bill struct{ production, startUp, shutDown, mismatch, shortfall float64 }

// total returns the sum over all causes.
func (b bill) total() float64 {
	return b.production + b.startUp + b.shutDown + b.mismatch + b.shortfall
}

// audit returns the cost of a schedule and every rule that it breaks by more
// than tol MW:
//
//	Σ_i p_it = D_t,  Σ_i r_it ≥ R_t                       balance and reserve, or priced slack
//	w̲_it ≤ p_it ≤ w̄_it                                   renewable units
//	limits, ramps, start and stop limits                  thermal units, see power
//	must-run, minimum up and down times                   thermal units, see commitment
//
// p is output, r reserve, both MW. A unit that lacks steps is reported and left
// out of supply and cost.
//
// For example, a unit that falls by 30 MW at a ramp of 20 MW gives one sentence
// with name and step.
func audit(inst *instance, plan map[string]*run, tol float64) (b bill, broken []string) {
	note := func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) }
	// Names are sorted here and below, so that equal inputs give equal bytes.
	for _, name := range slices.Sorted(maps.Keys(plan)) {
		if inst.thermal[name] == nil && inst.renewable[name] == nil {
			note("%s is not a unit of the instance", name)
		}
	}
	// complete returns the schedule of a unit, or nil after reporting a missing
	// step.
	complete := func(name string) *run {
		r := plan[name]
		if r == nil || slices.Contains(r.seen, false) {
			note("%s: steps are missing", name)
			return nil
		}
		return r
	}
	supply, reserve := make([]float64, inst.steps), make([]float64, inst.steps)
	for _, name := range slices.Sorted(maps.Keys(inst.renewable)) {
		w, r := inst.renewable[name], complete(name)
		if r == nil {
			continue
		}
		for t, mw := range r.output {
			supply[t] += mw
			if mw < w.least[t]-tol || mw > w.most[t]+tol {
				note("%s, step %d: %g MW, want %g to %g", name, t, mw, w.least[t], w.most[t])
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inst.thermal)) {
		u, r := inst.thermal[name], complete(name)
		if r == nil {
			continue
		}
		for t := range inst.steps {
			supply[t] += r.output[t]
			reserve[t] += r.reserve[t]
		}
		r = u.above(r)
		u.power(r, tol, func(t int, format string, args ...any) {
			note("%s, step %d: %s", name, t, fmt.Sprintf(format, args...))
		})
		u.commitment(r, func(t int, format string, args ...any) {
			note("%s, step %d: %s", name, t, fmt.Sprintf(format, args...))
		}, &b)
		for t, on := range r.on {
			// A unit that is off costs nothing, apart from its starts and
			// stops.
			if on {
				b.production += u.hourly(r.output[t]) * inst.hours
			}
		}
	}
	// An infinite price marks a hard rule; a finite one makes the violation a
	// cost.
	for t := range inst.steps {
		if off := math.Abs(inst.demand[t] - supply[t]); math.IsInf(inst.mismatch, 1) {
			if off > tol {
				note("step %d: supply %g MW, demand %g MW", t, supply[t], inst.demand[t])
			}
		} else {
			b.mismatch += inst.mismatch * off * inst.hours
		}
		if inst.reserve == nil {
			continue
		}
		if short := math.Max(0, inst.reserve[t]-reserve[t]); math.IsInf(inst.shortfall, 1) {
			if short > tol {
				note("step %d: reserve %g MW, required %g MW", t, reserve[t], inst.reserve[t])
			}
		} else {
			b.shortfall += inst.shortfall * short * inst.hours
		}
	}
	return b, broken
}

// above returns the schedule without the output that a unit has while it starts
// up or shuts down. It has that output while off, without fuel cost.
//
// For example, with the startup curve (20, 10) a start in step 5 has 20 MW in
// step 4 and 10 MW in step 3.
func (u *unit) above(r *run) *run {
	if len(u.rising) == 0 && len(u.falling) == 0 {
		return r
	}
	n := len(r.on)
	starts := func(t int) bool {
		if t >= n {
			return u.startsIn > 0 && t == n+u.startsIn-1
		}
		was, _ := u.state(r, t-1)
		return r.on[t] && !was
	}
	stops := func(t int) bool {
		if t < 0 {
			return u.offFor > 0 && t == -u.offFor
		}
		was, _ := u.state(r, t-1)
		return !r.on[t] && was
	}
	out := &run{on: r.on, output: slices.Clone(r.output), reserve: r.reserve, seen: r.seen}
	for t := range out.output {
		for i, mw := range u.rising {
			if starts(t + i + 1) {
				out.output[t] -= mw
			}
		}
		for i, mw := range u.falling {
			if stops(t - i) {
				out.output[t] -= mw
			}
		}
	}
	return out
}

// at returns a limit of step t: that of the step, or the constant one if limits
// do not vary.
func at(series []float64, t int, constant float64) float64 {
	if series == nil {
		return constant
	}
	return series[t]
}

// state returns the on-state and the output of step t. For t = −1 it returns
// those before the first step.
func (u *unit) state(r *run, t int) (bool, float64) {
	if t >= 0 {
		return r.on[t], r.output[t]
	}
	return u.wasOn, u.before
}

// power checks the rules of output p and reserve r of one unit. Reserve must be
// deliverable, so an upper limit applies to the sum of both:
//
//	on:              p ≥ min,  p + r ≤ max
//	off:             p = r = 0
//	first step on:   p + r ≤ start
//	last step on:    p + r ≤ stop
//	on before, too:  p + r − p₋₁ ≤ rampUp,  p₋₁ − p ≤ rampDown
func (u *unit) power(r *run, tol float64, note func(int, string, ...any)) {
	for t, on := range r.on {
		p, held := r.output[t], r.reserve[t]
		was, before := u.state(r, t-1)
		lo, hi := at(u.leastAt, t, u.min), at(u.mostAt, t, u.max)
		start, stop := at(u.startAt, t, u.start), at(u.stopAt, t, u.stop)
		if held < -tol {
			note(t, "reserve %g MW", held)
		}
		if !on {
			if math.Abs(p) > tol || held > tol {
				note(t, "off with %g MW and %g MW reserve", p, held)
			}
			// This catches a stop in step 0 in particular, whose output before
			// is data. Later stops are also checked one step earlier, with the
			// reserve.
			last := u.stop
			switch {
			case t > 0:
				last = at(u.stopAt, t-1, u.stop)
			// Data before the horizon can have a limit of their own.
			case u.firstStop != nil:
				last = *u.firstStop
			}
			if was && before > last+tol {
				note(t, "stops from %g MW, want at most %g", before, last)
			}
			continue
		}
		if p < lo-tol || p+held > hi+tol {
			note(t, "%g MW and %g MW reserve, want %g to %g", p, held, lo, hi)
		}
		if !was && p+held > start+tol {
			note(t, "starts at %g MW and %g MW reserve, want at most %g", p, held, start)
		}
		if was && p+held-before > u.rampUp+tol {
			note(t, "rises from %g to %g MW and %g MW reserve, want at most %g more", before, p, held, u.rampUp)
		}
		if was && before-p > u.rampDown+tol {
			note(t, "falls from %g to %g MW, want at most %g less", before, p, u.rampDown)
		}
		if t+1 < len(r.on) && !r.on[t+1] && (p > stop+tol || p+held > max(stop, u.stopHeld)+tol) {
			note(t, "%g MW and %g MW reserve before a stop, want at most %g and %g in all", p, held, stop, max(stop, u.stopHeld))
		}
	}
}

// commitment checks must-run and minimum up and down times of one unit and adds
// the costs of starts and stops to b. The state before the first step counts: a
// unit that has been on for 1 of 3 steps must stay on for 2 more.
//
// b gets the cost of each change of state.
func (u *unit) commitment(r *run, note func(int, string, ...any), b *bill) {
	on, lasted := u.wasOn, u.past // steps in the present state
	held := u.hold != nil         // the present state began before the horizon and has a hold
	for t, now := range r.on {
		if u.fixed != nil && u.fixed[t] >= 0 && now != (u.fixed[t] == 1) {
			note(t, "on or off against fixed_commitment %d", u.fixed[t])
		}
		if u.mustRun && !now {
			note(t, "off although it must run")
		}
		if now == on {
			lasted++
			continue
		}
		// The check happens at the change of state: at the end of the horizon a
		// unit may have been on or off for less than its minimum time.
		switch {
		case held && t < *u.hold:
			note(t, "changes its state, want that of before the horizon for %d steps", *u.hold)
		case held: // the hold replaces the minimum time
		case now && lasted < u.minDown:
			note(t, "starts after %d steps off, want at least %d", lasted, u.minDown)
		case !now && lasted < u.minUp:
			note(t, "stops after %d steps on, want at least %d", lasted, u.minUp)
		}
		if now {
			b.startUp += u.startCost(lasted)
		} else {
			b.shutDown += u.stopCost
		}
		on, lasted, held = now, 1, false
	}
}

// startCost returns the cost of a start after some steps off: the cost of the
// last category whose lag has passed, or of the first if none has. For example,
// with lags 2 and 8 and costs 100 and 250, a start after 5 steps off costs 100.
func (u *unit) startCost(off int) float64 {
	if len(u.lags) == 0 {
		return 0
	}
	cost := u.startCosts[0]
	for i, lag := range u.lags {
		if off >= lag {
			cost = u.startCosts[i]
		}
	}
	return cost
}

// hourly returns the cost of one hour at output p, currency: the lowest value
// at p of any mixture of two of the curve's points. For a convex curve that is
// the curve itself. A program that mixes the points freely also uses this lower
// hull if the curve is not convex.
func (u *unit) hourly(p float64) float64 {
	// A solver's output can lie outside the curve by its tolerance; the nearest
	// end is used.
	best := math.Inf(1)
	p = math.Min(math.Max(p, u.points[0][0]), u.points[len(u.points)-1][0])
	for _, a := range u.points {
		for _, b := range u.points {
			switch {
			case a[0] == p:
				best = math.Min(best, a[1])
			case a[0] < p && p < b[0]:
				best = math.Min(best, a[1]+(b[1]-a[1])*(p-a[0])/(b[0]-a[0]))
			}
		}
	}
	return best
}
