package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// TransferableLoad needs a fixed energy within a window, at any time in the
// window, within limits of power and in runs of a minimum length: charging,
// pumping, heating a tank.
//
//	Σ_t P_t Δ = Σ_t L_t Δ + owed                            energy of the usual load, MWh; see Before
//	P_min u_t ≤ P_t ≤ P_max u_t                             power, MW
//	u_t − u_{t−1} ≤ v_t,   v_{t−n+1} + … + v_t ≤ u_t        runs of at least n steps in the window
//	cost = c Σ_t m_t Δ,   m_t ≥ P_t − L_t,   m_t ≥ 0        moved energy
//
// u is decided the day before, equal in all scenarios; P is decided in each
// scenario. Without P_min a run may pause, so that MinRun restricts little.
//
// For example, a usual load of 3 MW for 2 h needs 6 MWh: with Max 2 it runs for
// 3 h or more.
//
// Source: the transferable load of Xue et al., Renewable Energy Resources
// 37(8), 2019.
type TransferableLoad struct {
	ID           string
	Load         string  // series of the usual load L, MW; gives the energy
	Min, Max     float64 // 0 ≤ P_min ≤ P_max, MW while it runs
	Window       Window  // contains all runs
	MinRun       float64 // n, shortest run, h, rounded up to at least one step
	TransferCost float64 // c ≥ 0, currency per MWh moved

	Before TransferState // state at the start of the grid; none by default
}

// TransferState is the state of a transferable load at the start of the grid.
// The zero value is a load at rest on a horizon that begins with the grid.
//
// For example, {Passed: 2, Owed: 6} is a load that has left out 6 MWh in the
// two hours before.
type TransferState struct {
	// Passed is the part of the horizon that lies before the grid, h. Window
	// counts from the beginning of the horizon.
	Passed float64

	// Owed is the energy of the usual load in the time passed that was not
	// taken, MWh. It is negative if more was taken. The grid must make up for
	// it.
	Owed float64

	// Running is the length of the run in progress at the start of the grid, h;
	// used with MinRun. 0: none.
	Running float64
}

// Name implements [DER].
func (u *TransferableLoad) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)", "moved(s,t)" and, with
// a minimum power or a minimum run, the binaries "on(t)", which are also the
// trace "on".
func (u *TransferableLoad) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	var (
		clock  = c.clock()
		window = u.Window.after(u.Before.Passed).steps(clock)
		inside = clock.window(window)
		runs   = make([]milp.Expr, window.to-window.from)
		name   = func(what string, t int) milp.Name { return milp.At(u.ID, what, window.from+t) }
	)
	for t := range runs {
		runs[t] = on
		if u.commits(inside) {
			runs[t] = switched(m, name("on", t), on)
		}
	}
	if u.commits(inside) {
		Calls{MinHours: u.MinRun, Before: u.Before.Running}.state(m, name, on, runs, inside)
	}
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		var taken, needed milp.Expr
		if u.Before.Owed != 0 {
			needed = on.Times(u.Before.Owed / clock.hours(0))
		}
		for t, usual := range c.Set.Path(u.Load, s) {
			needed.Add(on.Times(usual * clock.weight(t)))
			if t < window.from || t >= window.to {
				out[s].Withdraw(t, milp.Expr{})
				continue
			}
			power := within(m, at("power", t), u.Min, u.Max, runs[t-window.from])
			taken.Add(power.Times(clock.weight(t)))
			out[s].Withdraw(t, power)
			if u.commits(inside) {
				out[s].Watch("on", "", t, runs[t-window.from])
			}
			if u.TransferCost > 0 {
				moved := upTo(m, at("moved", t), u.Max, on)
				m.AtLeast(at("moved", t), moved, power.Minus(on.Times(usual)))
				out[s].Cost.Add(moved.Times(u.TransferCost * c.HoursAt(t)))
			}
		}
		m.Equal(at("energy", c.Steps()-1), taken, needed)
	}
	return out
}

// commits reports whether the program needs the binaries u.
func (u *TransferableLoad) commits(c clock) bool {
	return u.Min > 0 || Calls{MinHours: u.MinRun}.outlasts(c)
}

// Benefit implements [DER]. Its items are those of the payment and "transfer".
func (u *TransferableLoad) Benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	moved := 0.0
	for t, usual := range c.Set.Path(u.Load, scenario) {
		moved += max(0, at(realised.Realised[scenario].Withdrawn, t)-usual) * c.HoursAt(t)
	}
	b.Pay("transfer", u.TransferCost*moved)
	return b
}

// Validate implements [Validator].
func (u *TransferableLoad) Validate(set *scenario.Set) error {
	v := checks("transferable load", u.ID)
	checkSeries(v, set, "Load", u.Load, math.Inf(1))
	v.AtLeast("Min", u.Min, 0, "MW")
	v.AtLeast("Max", u.Max, max(u.Min, 0), "MW, not below Min")
	v.AtLeast("MinRun", u.MinRun, 0, "h")
	v.AtLeast("TransferCost", u.TransferCost, 0, "currency per MWh")
	v.AtLeast("Before.Passed", u.Before.Passed, 0, "h")
	v.Finite("Before.Owed", u.Before.Owed, "MWh")
	v.AtLeast("Before.Running", u.Before.Running, 0, "h")
	if v.Err() != nil || set.Steps() == 0 {
		return v.Err()
	}
	// The number of steps follows from the largest need; the smallest need must
	// fill the minimum power of these steps.
	clock := clockOf(set.Grid())
	smallest, largest := math.Inf(1), 0.0 // MW, for one first step
	for s := range set.Len() {
		sum := u.Before.Owed / clock.hours(0)
		for t, mw := range set.Path(u.Load, s) {
			sum += mw * clock.weight(t)
		}
		smallest, largest = min(smallest, sum), max(largest, sum)
	}
	first := clock.hours(0)
	if smallest*first < -carryTolerance*max(1, math.Abs(u.Before.Owed)) {
		v.Addf("Before.Owed is %v MWh, and the rest of Load needs %v MWh in some scenario; want a sum of at least 0: "+
			"energy that was taken cannot be given back", u.Before.Owed, smallest*first-u.Before.Owed)
	}
	need, hours := 0, 0.0
	if largest > carryTolerance/first {
		least := u.MinRun // of the first run
		if u.Before.Running > 0 {
			least = max(0, u.MinRun-u.Before.Running)
		}
		hours = max(least, largest*first/u.Max)
		need = whole(math.Ceil(largest/u.Max - 1e-6))
		if clock.equal() {
			need = max(need, 1, stepsUp(least, first))
		}
	}
	u.Window.validate(v, u.Before.Passed, need, hours, clock)
	rounding := 0.0 // MWh, of energy that a solver left
	if u.Before.Owed != 0 {
		rounding = carryTolerance * max(1, math.Abs(u.Before.Owed))
	}
	switch {
	case smallest < 0: // reported above
	case !clock.equal() && hours*u.Min > smallest*first*(1+1e-9)+rounding:
		v.Addf("%.4g h at Min take %v MWh, more than the %v MWh that Load needs in some scenario; "+
			"lower Min or MinRun", hours, hours*u.Min, smallest*first)
	case clock.equal() && float64(need)*u.Min*first > smallest*first*(1+1e-9)+rounding:
		v.Addf("%d steps at Min take %v MWh, more than the %v MWh that Load needs in some scenario; "+
			"lower Min or MinRun", need, float64(need)*u.Min*first, smallest*first)
	}
	return v.Err()
}

// RollForward implements [Stateful]: the energy that is left to take, the part
// of the window that has passed, and the run in progress. At the end of the
// horizon a new one begins, with energy of its own.
func (u *TransferableLoad) RollForward(realised *Ports, c Context, scenario, steps int) (DER, error) {
	var (
		next   = *u
		clock  = c.clock()
		usual  = c.Set.Path(u.Load, scenario)
		window = u.Window.after(u.Before.Passed).steps(clock)
		owed   = u.Before.Owed // MWh
		rest   = 0.0           // MWh of the usual load after these steps
		most   = 0.0           // MWh that these steps can take
		moved  = math.Abs(owed)
	)
	for t, mw := range usual {
		switch {
		case t < steps:
			owed += (mw - at(realised.Withdrawn, t)) * clock.hours(t)
			moved += mw * clock.hours(t)
		case t >= window.from && t < window.to:
			most += u.Max * clock.hours(t)
			fallthrough
		default:
			rest += mw * clock.hours(t)
		}
	}
	// The sum must be possible for the rest.
	left, err := carriedEnergy("energy that is left to take", owed+rest, moved, 0, most)
	if err != nil {
		return nil, err
	}
	next.Before = TransferState{}
	if steps == clock.steps {
		return &next, nil
	}
	next.Before.Passed, next.Before.Owed = u.Before.Passed+clock.at(steps), left-rest
	if !u.commits(clock.window(window)) {
		return &next, nil
	}
	on, length := realised.Trace("on"), u.Before.Running
	for t := range steps {
		running := at(realised.Withdrawn, t) > idlePower
		if on != nil {
			running = on[t] > 0.5
		}
		if length += clock.hours(t); !running || t < window.from || t >= window.to {
			length = 0
		}
	}
	next.Before.Running = length
	return &next, nil
}

// Quantities implements [Measured].
func (u *TransferableLoad) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "Min", u.Min)
	q.add(PowerOf, "Max", u.Max)
	q.add(PriceOf, "TransferCost", u.TransferCost)
	return q
}
