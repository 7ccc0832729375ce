package der

import (
	"math"
	"strconv"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// ShiftableLoad is a load that runs once, as a whole and without a pause, at a
// free time: a batch process, a washing machine, a pump.
//
//	Σ_τ x_τ = 1                    x_τ = 1: the run begins in step τ and ends within the window
//	P_t = Σ_τ x_τ b_{t−τ}          power, MW
//	cost = c Δ Σ_k b_k             if τ is not the usual step, else 0
//
// If steps differ in length, or differ from ProfileHours, the run follows its
// own time: each b_k lasts ProfileHours from the beginning of step τ, and the
// power of a step is the mean over it.
//
// The start is decided the day before, equal in all scenarios.
//
// For example, Profile: []float64{2, 1} and Window{From: 8} withdraw 2 MW and
// then 1 MW in two consecutive hours at 8 a.m. or later.
//
// Source: the shiftable load of Xue et al., Renewable Energy Resources 37(8),
// 2019.
type ShiftableLoad struct {
	ID        string
	Profile   []float64 // b_0, b_1, … ≥ 0, MW in each step of the run; b_0 > 0
	Window    Window    // contains the whole run
	Usual     float64   // usual start, hours from the start of the grid
	ShiftCost float64   // c ≥ 0, currency per MWh if it begins at another time

	// ProfileHours is the length of each value of Profile, h, above 0. Absent:
	// one step of the grid, whose steps must then have one length.
	ProfileHours optional.Float

	// Passed is the part of the horizon that lies before the grid, h; 0 by
	// default. Window and Usual count from the beginning of the horizon.
	Passed float64

	// Began is the time from the beginning of the run to the start of the grid,
	// h, above 0. The rest of the run follows in the grid, at no further shift
	// cost. Absent: the run has not begun.
	Began optional.Float
}

// Name implements [DER].
func (u *ShiftableLoad) Name() string { return u.ID }

// Model implements [DER]. Its columns are the binaries "begins(t)", for a fleet
// the numbers of runs that begin.
func (u *ShiftableLoad) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	if began, ok := u.Began.Get(); ok {
		return u.goOn(on, c, began)
	}
	var (
		name   = c.FirstStage(u.ID)
		clock  = c.clock()
		window = u.Window.after(u.Passed).steps(clock)
		usual  = u.usual(c)
		power  = make([]milp.Expr, c.Steps())
		once   milp.Expr
		cost   milp.Expr
	)
	for begin := window.from; begin < window.to; begin++ {
		run := u.run(clock, begin)
		if begin+len(run) > window.to {
			continue // it would end after the window
		}
		x := m.Int(name("begins", begin), 0, MaxCount(on)).Expr()
		once.Add(x)
		for k, mw := range run {
			power[begin+k].Add(x.Times(mw))
		}
		if begin != usual {
			cost.Add(x.Times(u.ShiftCost * u.energy(c.Set.Grid())))
		}
	}
	m.Equal(name("once", window.from), once, on)
	out := c.NewTerms()
	for s := range out {
		for t := range power {
			out[s].Withdraw(t, power[t])
		}
		out[s].Cost.Add(cost)
	}
	return out
}

// goOn returns the terms of a run that began the given hours before the grid.
func (u *ShiftableLoad) goOn(on milp.Expr, c Context, began float64) []Terms {
	out, clock, rest := c.NewTerms(), c.clock(), u.rest(c, began)
	for s := range out {
		for t := range c.Steps() {
			out[s].Withdraw(t, on.Times(mean(rest, clock.at(t), clock.at(t+1))))
		}
	}
	return out
}

// rest returns the values of a run that began the given hours before the grid,
// at their times.
func (u *ShiftableLoad) rest(c Context, began float64) []Pulse {
	hours := u.profileHours(c.Set.Grid())
	out := make([]Pulse, len(u.Profile))
	for k, mw := range u.Profile {
		out[k] = Pulse{float64(k)*hours - began, hours, mw}
	}
	return out
}

// usual returns the step of the usual start, or −1 if it is not in the grid.
func (u *ShiftableLoad) usual(c Context) int {
	clock, hours := c.clock(), u.Usual-u.Passed
	begin := clock.nearest(max(0, hours))
	if begin >= clock.steps || math.Abs(clock.at(begin)-hours) > max(clock.tiny, 1e-6) {
		return -1
	}
	return begin
}

// profileHours returns the length of one value of the profile, h, on steps of
// equal length by default.
func (u *ShiftableLoad) profileHours(grid scenario.Grid) float64 {
	if hours, ok := u.ProfileHours.Get(); ok {
		return hours
	}
	return grid.Hours()
}

// run returns the power in the steps of a run that begins with step begin, MW.
// Steps after the grid have the length of the last one, so that a run that does
// not fit is longer than the grid.
func (u *ShiftableLoad) run(c clock, begin int) []float64 {
	hours := u.ProfileHours.Or(c.dt)
	if c.equal() && hours == c.dt {
		return u.Profile
	}
	var (
		out  []float64
		at   = 0.0 // since the beginning of the run
		ends = float64(len(u.Profile)) * hours
	)
	for t := begin; at < ends-c.tiny; t++ {
		length := c.hours(min(t, c.steps-1))
		mwh := 0.0
		for k, mw := range u.Profile {
			mwh += mw * shared(float64(k)*hours, float64(k+1)*hours, at, at+length)
		}
		out = append(out, mwh/length)
		at += length
	}
	return out
}

// begins reports whether a realised run begins in step t, if it has not begun
// before: at least half of its first power is withdrawn, which tolerates a
// meter.
func (u *ShiftableLoad) begins(p *Ports, c Context, t int) bool {
	return at(p.Withdrawn, t) > u.run(c.clock(), t)[0]/2
}

// energy returns the energy of a run, MWh.
func (u *ShiftableLoad) energy(grid scenario.Grid) float64 {
	hours := u.profileHours(grid)
	sum := 0.0
	for _, mw := range u.Profile {
		sum += mw * hours
	}
	return sum
}

// Benefit implements [DER]. Its items are those of the payment and "shifting".
// The run begins in the first step with at least half of its first power, which
// tolerates a meter.
func (u *ShiftableLoad) Benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	cost := 0.0
	for t := range c.Steps() {
		if u.Began.Given() || !u.begins(&realised.Realised[scenario], c, t) {
			continue
		}
		if t != u.usual(c) {
			cost = u.ShiftCost * u.energy(c.Set.Grid())
		}
		break
	}
	b.Pay("shifting", cost)
	return b
}

// costOfCounts implements counted.
func (u *ShiftableLoad) costOfCounts(n int, p *Ports, c Context) []ItemPath {
	moved := u.moved(n, p, c)
	return []ItemPath{c.byStep("shifting", func(t int) float64 {
		return -moved[t] * u.ShiftCost * u.energy(c.Set.Grid())
	})}
}

// moved returns, per step, the number of runs of n loads that begin in it and
// not at the usual time. The number of runs follows from the power that is not
// that of earlier runs:
//
//	k_t = (W_t − Σ_{i<t} k_i b_{i,t−i}) / b_{t,0}
func (u *ShiftableLoad) moved(n int, p *Ports, c Context) []float64 {
	var (
		clock   = c.clock()
		earlier = make([]float64, c.Steps()) // MW of runs that began before
		moved   = make([]float64, c.Steps())
	)
	for t := 0; t < c.Steps() && !u.Began.Given(); t++ {
		run := u.run(clock, t)
		k := min(math.Round(max(0, at(p.Withdrawn, t)-earlier[t])/run[0]), float64(n))
		for i, mw := range run {
			if t+i < len(earlier) {
				earlier[t+i] += k * mw
			}
		}
		if t != u.usual(c) {
			moved[t] = k
		}
	}
	return moved
}

// Validate implements [Validator].
func (u *ShiftableLoad) Validate(set *scenario.Set) error {
	v := checks("shiftable load", u.ID)
	if len(u.Profile) == 0 || !(u.Profile[0] > 0) {
		v.Addf("Profile is %v, want one value per step of the load's own cycle, MW, the first above 0", u.Profile)
	}
	for k, mw := range u.Profile {
		v.AtLeast("Profile["+strconv.Itoa(k)+"]", mw, 0, "MW")
	}
	if hours := u.ProfileHours.Or(1); hours > 0 && !math.IsInf(hours, 1) {
		u.validateTimes(v, clockOf(set.Grid()))
	} else {
		v.Positive("ProfileHours", hours, "h")
	}
	v.AtLeast("ShiftCost", u.ShiftCost, 0, "currency per MWh")
	v.AtLeast("Passed", u.Passed, 0, "h")
	return v.Err()
}

// validateTimes reports violations of the times on a grid.
func (u *ShiftableLoad) validateTimes(v *faults.List, c clock) {
	if !c.equal() && !u.ProfileHours.Given() {
		v.Addf("ProfileHours is absent, and the steps of the grid differ in length; give the length of one value of Profile in hours")
		return
	}
	if began, ok := u.Began.Get(); ok {
		v.Positive("Began", began, "h")
		return // the run is no choice any more
	}
	lasts := float64(len(u.Profile)) * u.ProfileHours.Or(c.dt) // hours
	need := max(1, len(u.Profile))
	if c.equal() && u.ProfileHours.Given() && c.steps > 0 {
		need = max(1, stepsUp(lasts, c.dt))
	}
	u.Window.validate(v, u.Passed, need, lasts, c)
	v.AtLeast("Usual", u.Usual, 0, "h")
	if c.steps == 0 || u.Passed > 0 {
		return // the usual start can be over, or off the steps of the rest
	}
	if c.equal() {
		steps := u.Usual / c.dt
		v.Require(math.Abs(steps-math.Round(steps)) <= 1e-6, "Usual is %v h, want the beginning of a step of %v h", u.Usual, c.dt)
	} else {
		begin := c.nearest(u.Usual)
		v.Require(math.Abs(c.at(begin)-u.Usual) <= c.tiny, "Usual is %v h, want the beginning of a step of the grid, such as %.4g h",
			u.Usual, c.at(begin))
	}
	last := c.at(c.steps) - lasts
	if c.equal() {
		last = float64(c.steps-need) * c.dt
	}
	rounding := 1e-6 // hours
	if !c.equal() {
		rounding = c.tiny
	}
	if last >= 0 && u.Usual > last+rounding {
		v.Addf("Usual is %v h, want at most %v h, so that the cycle ends with the grid", u.Usual, last)
	}
}

// RollForward implements [Stateful]: the part of the horizon that has passed,
// and the run if it has begun. At the end of the horizon a new one begins, with
// a run of its own.
func (u *ShiftableLoad) RollForward(realised *Ports, c Context, _, steps int) (DER, error) {
	var (
		next  = *u
		clock = c.clock()
	)
	if steps == clock.steps {
		next.Passed, next.Began = 0, optional.Float{}
		return &next, nil
	}
	next.Passed = u.Passed + clock.at(steps)
	next.ProfileHours = optional.Of(u.profileHours(c.Set.Grid()))
	if began, ok := u.Began.Get(); ok {
		next.Began = optional.Of(began + clock.at(steps))
		return &next, nil
	}
	for t := range steps {
		if u.begins(realised, c, t) {
			next.Began = optional.Of(clock.at(steps) - clock.at(t))
			break
		}
	}
	return &next, nil
}

// Quantities implements [Measured].
func (u *ShiftableLoad) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "Profile", u.Profile)
	q.add(PriceOf, "ShiftCost", u.ShiftCost)
	return q
}
