package der

import (
	"math"
	"strconv"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// ShiftableLoad is a load that runs once, as a whole and without a pause, at a free time: a batch
// process, a washing machine, a pump.
//
//	Σ_τ x_τ = 1                    x_τ = 1: the run begins in step τ and ends within the window
//	P_t = Σ_τ x_τ b_{t−τ}          power, MW
//	cost = c Δ Σ_k b_k             if τ is not the usual step, else 0
//
// The start is decided the day before, equal in all scenarios.
//
// For example, Profile: []float64{2, 1} and Window{From: 8} withdraw 2 MW and then 1 MW in two
// consecutive hours at 8 a.m. or later.
//
// Source: the shiftable load of Xue et al., Renewable Energy Resources 37(8), 2019.
type ShiftableLoad struct {
	ID        string
	Profile   []float64 // b_0, b_1, … ≥ 0, MW in each step of the run; b_0 > 0
	Window    Window    // contains the whole run
	Usual     float64   // usual start, hours from the start of the grid
	ShiftCost float64   // c ≥ 0, currency per MWh if it begins at another time
}

// Name implements [DER].
func (u *ShiftableLoad) Name() string { return u.ID }

// Model implements [DER]. Its columns are the binaries "begins(t)".
func (u *ShiftableLoad) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	var (
		name   = c.FirstStage(u.ID)
		window = u.Window.steps(c.Steps(), c.Hours())
		usual  = u.usual(c.Hours())
		power  = make([]milp.Expr, c.Steps())
		once   milp.Expr
		cost   milp.Expr
	)
	for begin := window.from; begin+len(u.Profile) <= window.to; begin++ {
		x := m.Bin(name("begins", begin)).Expr()
		once.Add(x)
		for k, mw := range u.Profile {
			power[begin+k].Add(x.Times(mw))
		}
		if begin != usual {
			cost.Add(x.Times(u.ShiftCost * u.energy(c.Hours())))
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

// usual returns the step of the usual start.
func (u *ShiftableLoad) usual(hours float64) int { return whole(math.Round(u.Usual / hours)) }

// energy returns the energy of a run, MWh.
func (u *ShiftableLoad) energy(hours float64) float64 {
	sum := 0.0
	for _, mw := range u.Profile {
		sum += mw * hours
	}
	return sum
}

// Benefit implements [DER]. Its items are those of the payment and "shifting". The run begins in
// the first step with at least half of its first power, which tolerates a meter.
func (u *ShiftableLoad) Benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	cost := 0.0
	for t := range c.Steps() {
		if at(realised.Realised[scenario].Withdrawn, t) <= u.Profile[0]/2 {
			continue
		}
		if t != u.usual(c.Hours()) {
			cost = u.ShiftCost * u.energy(c.Hours())
		}
		break
	}
	b.Pay("shifting", cost)
	return b
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
	u.Window.validate(v, max(1, len(u.Profile)), set.Steps(), set.Hours())
	v.AtLeast("Usual", u.Usual, 0, "h")
	if begin := u.Usual / set.Hours(); set.Steps() > 0 && !(math.Abs(begin-math.Round(begin)) <= 1e-6) {
		v.Addf("Usual is %v h, want the beginning of a step of %v h", u.Usual, set.Hours())
	}
	last := float64(set.Steps()-len(u.Profile)) * set.Hours()
	if set.Steps() >= len(u.Profile) && set.Steps() > 0 && u.Usual > last+1e-6 {
		v.Addf("Usual is %v h, want at most %v h, so that the cycle ends with the grid", u.Usual, last)
	}
	v.AtLeast("ShiftCost", u.ShiftCost, 0, "currency per MWh")
	return v.Err()
}

// Quantities implements [Measured].
func (u *ShiftableLoad) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "Profile", u.Profile)
	q.add(PriceOf, "ShiftCost", u.ShiftCost)
	return q
}
