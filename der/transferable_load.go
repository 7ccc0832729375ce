package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// TransferableLoad needs a fixed energy within a window, at any time in the window, within limits
// of power and in runs of a minimum length: charging, pumping, heating a tank.
//
//	Σ_t P_t Δ = Σ_t L_t Δ                                   energy of the usual load, MWh
//	P_min u_t ≤ P_t ≤ P_max u_t                             power, MW
//	u_t − u_{t−1} ≤ v_t,   v_{t−n+1} + … + v_t ≤ u_t        runs of at least n steps in the window
//	cost = c Σ_t m_t Δ,   m_t ≥ P_t − L_t,   m_t ≥ 0        moved energy
//
// u is decided the day before, equal in all scenarios; P is decided in each scenario. Without P_min
// a run may pause, so that MinRun restricts little.
//
// For example, a usual load of 3 MW for 2 h needs 6 MWh: with Max 2 it runs for 3 h or more.
//
// Source: the transferable load of Xue et al., Renewable Energy Resources 37(8), 2019.
type TransferableLoad struct {
	ID           string
	Load         string  // series of the usual load L, MW; gives the energy
	Min, Max     float64 // 0 ≤ P_min ≤ P_max, MW while it runs
	Window       Window  // contains all runs
	MinRun       float64 // n, shortest run, h, rounded up to at least one step
	TransferCost float64 // c ≥ 0, currency per MWh moved
}

// Name implements [DER].
func (u *TransferableLoad) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)", "moved(s,t)" and, with a minimum power or a
// minimum run, the binaries "on(t)".
func (u *TransferableLoad) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	var (
		clock  = c.clock()
		window = u.Window.steps(clock)
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
		Calls{MinHours: u.MinRun}.state(m, name, runs, inside)
	}
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		var taken, needed milp.Expr
		for t, usual := range c.Set.Path(u.Load, s) {
			needed.Add(on.Times(usual * clock.weight(t)))
			if t < window.from || t >= window.to {
				out[s].Withdraw(t, milp.Expr{})
				continue
			}
			power := within(m, at("power", t), u.Min, u.Max, runs[t-window.from])
			taken.Add(power.Times(clock.weight(t)))
			out[s].Withdraw(t, power)
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
	if v.Err() != nil || set.Steps() == 0 {
		return v.Err()
	}
	// The number of steps follows from the largest need; the smallest need must fill the minimum
	// power of these steps.
	clock := clockOf(set.Grid())
	smallest, largest := math.Inf(1), 0.0 // MW, for one first step
	for s := range set.Len() {
		sum := 0.0
		for t, mw := range set.Path(u.Load, s) {
			sum += mw * clock.weight(t)
		}
		smallest, largest = min(smallest, sum), max(largest, sum)
	}
	first := clock.hours(0)
	need, hours := 0, 0.0
	if largest > 0 {
		hours = max(u.MinRun, largest*first/u.Max)
		need = whole(math.Ceil(largest/u.Max - 1e-9))
		if clock.equal() {
			need = max(need, 1, stepsUp(u.MinRun, first))
		}
	}
	u.Window.validate(v, need, hours, clock)
	switch {
	case !clock.equal() && hours*u.Min > smallest*first*(1+1e-9):
		v.Addf("%.4g h at Min take %v MWh, more than the %v MWh that Load needs in some scenario; "+
			"lower Min or MinRun", hours, hours*u.Min, smallest*first)
	case clock.equal() && float64(need)*u.Min > smallest*(1+1e-9):
		v.Addf("%d steps at Min take %v MWh, more than the %v MWh that Load needs in some scenario; "+
			"lower Min or MinRun", need, float64(need)*u.Min*first, smallest*first)
	}
	return v.Err()
}

// Quantities implements [Measured].
func (u *TransferableLoad) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "Min", u.Min)
	q.add(PowerOf, "Max", u.Max)
	q.add(PriceOf, "TransferCost", u.TransferCost)
	return q
}
