package der

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
)

// ReboundState is the state of the rebound at the start of the grid. The zero
// value is a load with no reduction before it, on a horizon that begins with
// the grid.
//
// For example, 1 MW reduced in the last hour before the grid with the weights
// 0.6, 0.3 and 0.1 is Due: {From: 0, Hours: 1, Power: 0.6}, {1, 1, 0.3}, {2, 1,
// 0.1}.
type ReboundState struct {
	// Passed is the part of the horizon that lies before the grid, h.
	// [CloseByWrap] wraps around the whole horizon.
	Passed float64

	// Owed is the energy that has not come back, MWh, under [ReboundFree] and
	// [ReboundDeferred]. It is negative if more has come back than was reduced,
	// which ReboundFree allows.
	Owed float64

	// Due is the rebound that follows from reductions before the grid, under
	// [ReboundRecursive] and [ReboundDecaying].
	Due []Pulse

	// Ahead is the rebound that came back before the grid, although its
	// reductions are at the end of the horizon, under [CloseByWrap]. Those
	// reductions are then an obligation. From counts from the beginning of the
	// horizon.
	Ahead []Pulse
}

// Pulse is a constant power for some time.
type Pulse struct {
	From, Hours float64 // beginning, from the start of the grid, and length, h
	Power       float64 // MW
}

// mean returns the mean power of pulses between two times, MW.
func mean(pulses []Pulse, from, to float64) float64 {
	mwh := 0.0
	for _, x := range pulses {
		mwh += x.Power * shared(x.From, x.From+x.Hours, from, to)
	}
	return mwh / (to - from)
}

// stages returns the delays of a rebound with a fixed course, h, and their
// shares of κ.
func (u *DemandResponse) stages(c clock) (delays, shares []float64) {
	if u.Rebound == ReboundRecursive {
		for k, b := range u.weights() {
			delays, shares = append(delays, float64(k+1)*u.hours()), append(shares, b)
		}
		return delays, shares
	}
	n := int(math.Round(u.hours() / c.dt))
	for k := range n {
		delays = append(delays, float64(k+1)*c.dt)
		shares = append(shares, 2*float64(n-k)/float64(n*(n+1)))
	}
	return delays, shares
}

// RollForward implements [Stateful]: the rebound that is outstanding, the hours
// and the number of calls that are left, and the call in progress. At the end
// of the horizon a new one begins, in which nothing is owed.
func (u *DemandResponse) RollForward(realised *Ports, c Context, scenario, steps int) (DER, error) {
	var (
		load      = u.load(c, scenario)
		cut, back = make([]float64, steps), make([]float64, steps)
		next      = *u
		err       error
	)
	for t := range steps {
		cut[t], back[t] = max(0, at(realised.Reduced, t)), at(realised.Withdrawn, t)
		if !u.Served {
			back[t] -= load[t]
		}
	}
	if next.Before, err = u.reboundAfter(cut, back, c); err != nil {
		return nil, err
	}
	if err := u.rollCalls(&next, realised, cut, c); err != nil {
		return nil, err
	}
	return &next, nil
}

// reboundAfter returns the state of the rebound after the steps of cut and
// back, MW.
func (u *DemandResponse) reboundAfter(cut, back []float64, c Context) (ReboundState, error) {
	var (
		steps = len(cut)
		clock = c.clock()
		next  = ReboundState{Passed: u.Before.Passed + clock.at(steps)}
	)
	switch u.Rebound {
	case ReboundNone:
		return ReboundState{}, nil
	case ReboundFree, ReboundDeferred:
		owed, moved := u.Before.Owed, math.Abs(u.Before.Owed) // MWh
		for t := range cut {
			owed += (u.ratio()*cut[t] - back[t]) * clock.hours(t)
			moved += (u.ratio()*cut[t] + math.Abs(back[t])) * clock.hours(t)
		}
		lower, upper := math.Inf(-1), math.Inf(1)
		if u.Rebound == ReboundDeferred {
			lower = 0
		}
		if steps == clock.steps {
			lower, upper = 0, 0
		}
		owed, err := carriedEnergy("energy that has not come back", owed, moved, lower, upper)
		if err != nil || steps == clock.steps {
			return ReboundState{}, err
		}
		next.Owed = owed
		return next, nil
	}
	return u.fixedReboundAfter(next, cut, back, clock)
}

// fixedReboundAfter is reboundAfter for a rebound with a fixed course. Every
// reduction is a row of pulses that come back. Those in the past must equal the
// realised rebound, up to the part that reductions at the end of the horizon
// explain.
func (u *DemandResponse) fixedReboundAfter(next ReboundState, cut, back []float64, c clock) (ReboundState, error) {
	var (
		steps          = len(cut)
		now, horizon   = c.at(steps), c.at(c.steps)
		delays, shares = u.stages(c)
		pulses         = slices.Clone(u.Before.Due)
		wrapped        []Pulse // From counts from the beginning of the horizon
	)
	for i, mw := range cut {
		for k, delay := range delays {
			x := Pulse{c.at(i) + delay, c.hours(i), u.ratio() * shares[k] * mw}
			pulses = append(pulses, x)
			x.From -= horizon
			wrapped = append(wrapped, x)
		}
	}
	if u.Close == CloseByBan {
		wrapped = nil
	}
	for _, x := range u.Before.Ahead {
		x.Power -= mean(wrapped, x.From, x.From+x.Hours)
		next.Ahead = append(next.Ahead, x)
	}
	for t, mw := range back {
		from, to := c.at(t), c.at(t+1)
		passed := u.Before.Passed
		next.Ahead = append(next.Ahead, Pulse{
			passed + from, to - from, mw - mean(pulses, from, to) - mean(wrapped, passed+from, passed+to),
		})
	}
	last := 0.0 // h after the beginning of the horizon, end of the wrapped rebound
	for k, delay := range delays {
		if shares[k] != 0 && u.ratio() > 0 && u.Close == CloseByWrap {
			last = delay
		}
	}
	kept := next.Ahead[:0]
	for _, x := range next.Ahead {
		upper := 0.0
		open := x.From < last-c.tiny && steps < c.steps
		if open {
			upper = math.Inf(1)
		}
		power, err := carried(fmt.Sprintf("rebound %.4g h after the beginning of the horizon, less the part that reductions explain,", x.From),
			x.Power, 0, upper, "MW")
		if err != nil {
			return ReboundState{}, err
		}
		if power < idlePower {
			power = 0 // noise of a solver, which no reduction could follow
		}
		if x.Power = power; open {
			kept = append(kept, x)
		}
	}
	if steps == c.steps {
		return ReboundState{}, nil
	}
	next.Ahead = slices.Clip(kept)
	next.Due = u.dueAfter(pulses, now, horizon)
	return next, nil
}

// dueAfter returns the pulses between two times as a row of pulses without
// overlap, with From from the first of these times.
func (u *DemandResponse) dueAfter(pulses []Pulse, now, end float64) []Pulse {
	var cuts []float64
	for _, x := range pulses {
		for _, at := range []float64{x.From, x.From + x.Hours} {
			cuts = append(cuts, min(end, max(now, at)))
		}
	}
	slices.Sort(cuts)
	var out []Pulse
	for i := 1; i < len(cuts); i++ {
		from, to := cuts[i-1], cuts[i]
		if to-from < 1e-9 {
			cuts[i] = from // rounding
			continue
		}
		power := min(mean(pulses, from, to), u.MaxRebound.Or(math.Inf(1)))
		if power > 1e-12 {
			out = append(out, Pulse{from - now, to - from, power})
		}
	}
	return out
}

// rollCalls sets the limits of calls that are left. The trace "call" of a
// program has the called steps. In a metered schedule they are the steps with a
// reduction, if every called step has one.
func (u *DemandResponse) rollCalls(next *DemandResponse, realised *Ports, cut []float64, c Context) error {
	var (
		clock  = c.clock()
		trace  = realised.Trace("call")
		called = func(t int) bool { return cut[t] > idlePower }
	)
	if len(trace) >= len(cut) && (u.DayAheadCalls || u.Calls.limited()) {
		called = func(t int) bool { return trace[t] > 0.5 }
	} else if (u.Calls.MaxCalls.Or(0) > 0 || u.Calls.MinHours > 0) && u.Calls.MinReduction == 0 {
		return fmt.Errorf("calls that may pause (Calls without Calls.MinReduction) cannot be counted in a metered schedule; " +
			"give Calls.MinReduction, or roll forward the schedule of a plan")
	}
	hours, number := 0.0, 0.0
	length := u.Calls.Before // h of the call in progress
	for t := range cut {
		if !called(t) {
			length = 0
			continue
		}
		if length == 0 {
			number++
		}
		length += clock.hours(t)
		hours += clock.hours(t)
	}
	if most, ok := u.MaxHours.Get(); ok {
		left := most - hours
		if left < carryTolerance {
			left = 0
		}
		next.MaxHours = optional.Of(left)
	}
	if most, ok := u.Calls.MaxCalls.Get(); ok {
		next.Calls.MaxCalls = optional.Of(max(0, most-number))
	}
	next.Calls.Before = 0
	if u.Calls.limited() {
		next.Calls.Before = length
	}
	return nil
}

// validate reports violations of a state.
func (x ReboundState) validate(v *faults.List, u *DemandResponse) {
	v.AtLeast("Before.Passed", x.Passed, 0, "h")
	v.Finite("Before.Owed", x.Owed, "MWh")
	if x.Owed != 0 && !u.Rebound.shifts() {
		v.Addf("Before.Owed is %v MWh, want 0: this rebound has a fixed course; give Before.Due", x.Owed)
	}
	if x.Owed < 0 && u.Rebound == ReboundDeferred {
		v.Addf("Before.Owed is %v MWh, want at least 0: ReboundDeferred returns nothing in advance", x.Owed)
	}
	fixed := u.Rebound == ReboundRecursive || u.Rebound == ReboundDecaying
	if len(x.Due)+len(x.Ahead) > 0 && !fixed {
		v.Addf("Before.Due or Before.Ahead is given, want none: this rebound has no fixed course; give Before.Owed")
	}
	if len(x.Ahead) > 0 && u.Close != CloseByWrap {
		v.Addf("Before.Ahead is given, want none under CloseByBan: nothing comes back in advance")
	}
	for _, list := range []struct {
		field  string
		pulses []Pulse
	}{{"Before.Due", x.Due}, {"Before.Ahead", x.Ahead}} {
		for i, y := range list.pulses {
			field := list.field + "[" + strconv.Itoa(i) + "]"
			v.AtLeast(field+".From", y.From, 0, "h")
			v.Positive(field+".Hours", y.Hours, "h")
			v.AtLeast(field+".Power", y.Power, 0, "MW")
		}
	}
}
