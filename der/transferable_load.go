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
		dt     = c.Hours()
		window = u.Window.steps(c.Steps(), dt)
		runs   = make([]milp.Expr, window.to-window.from)
		name   = func(what string, t int) milp.Name { return milp.At(u.ID, what, window.from+t) }
	)
	for t := range runs {
		runs[t] = on
		if u.commits(dt) {
			runs[t] = switched(m, name("on", t), on)
		}
	}
	if u.commits(dt) {
		Calls{MinHours: u.MinRun}.state(m, name, runs, dt)
	}
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		var taken, needed milp.Expr
		for t, usual := range c.Set.Path(u.Load, s) {
			needed.Add(on.Times(usual))
			if t < window.from || t >= window.to {
				out[s].Withdraw(t, milp.Expr{})
				continue
			}
			power := within(m, at("power", t), u.Min, u.Max, runs[t-window.from])
			taken.Add(power)
			out[s].Withdraw(t, power)
			if u.TransferCost > 0 {
				moved := upTo(m, at("moved", t), u.Max, on)
				m.AtLeast(at("moved", t), moved, power.Minus(on.Times(usual)))
				out[s].Cost.Add(moved.Times(u.TransferCost * dt))
			}
		}
		m.Equal(at("energy", c.Steps()-1), taken, needed)
	}
	return out
}

// commits reports whether the program needs the binaries u.
func (u *TransferableLoad) commits(hours float64) bool { return u.Min > 0 || u.shortest(hours) > 1 }

// shortest returns n, the minimum number of steps of a run.
func (u *TransferableLoad) shortest(hours float64) int { return max(1, stepsUp(u.MinRun, hours)) }

// Benefit implements [DER]. Its items are those of the payment and "transfer".
func (u *TransferableLoad) Benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	moved := 0.0
	for t, usual := range c.Set.Path(u.Load, scenario) {
		moved += max(0, at(realised.Realised[scenario].Withdrawn, t)-usual) * c.Hours()
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
	smallest, largest := math.Inf(1), 0.0
	for s := range set.Len() {
		sum := 0.0
		for _, mw := range set.Path(u.Load, s) {
			sum += mw
		}
		smallest, largest = min(smallest, sum), max(largest, sum)
	}
	need := 0
	if largest > 0 {
		need = max(u.shortest(set.Hours()), whole(math.Ceil(largest/u.Max-1e-9)))
	}
	u.Window.validate(v, need, set.Steps(), set.Hours())
	if float64(need)*u.Min > smallest*(1+1e-9) {
		v.Addf("%d steps at Min take %v MWh, more than the %v MWh that Load needs in some scenario; "+
			"lower Min or MinRun", need, float64(need)*u.Min*set.Hours(), smallest*set.Hours())
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
