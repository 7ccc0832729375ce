package unitcommitment

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// reservoir stores energy with data per step: a battery, or a dam with inflow.
// [der.Storage] has one number per limit and a binary against both directions
// at once, which the formats with such stores lack.
//
//	e_t = keep_t e_{t−1} + h_t (η_t c_t − d_t / κ_t + inflow_t − spill_t)       MWh
//	level_min,t ≤ e_t ≤ level_max,t,   0 ≤ spill_t ≤ inflow_t
//	c_min,t x_t ≤ c_t ≤ c_max,t x_t,   d_min,t y_t ≤ d_t ≤ d_max,t y_t          MW
//	cost = Σ_t (a_t c_t + b_t d_t + q_t d_t² + f_t e_t + g_t spill_t) Δ
//
// x and y are 1, or binaries if a minimum is above 0 or if both directions
// exclude each other. A cyclic store begins with its energy at the end.
//
// For example, keep = 0.99³, h = 3, η = 0.9 and κ = 0.95 are three hours of a
// store that loses 1 % per hour.
type reservoir struct {
	id string

	minCharge, maxCharge       []float64 // MW; nil minimum: 0
	minDischarge, maxDischarge []float64
	exclusive                  []bool // both directions at once are forbidden; nil: allowed
	minLevel, maxLevel         []float64
	charging, discharging      []float64 // η, κ in (0, 1]
	keep, hours                []float64
	inflow                     []float64 // MW; nil: none

	initial float64 // e before the first step, MWh
	cyclic  bool

	levels, net []optional.Float // fixed energy, MWh, and fixed d − c, MW; nil: free

	chargePrice, dischargePrice, spillPrice []float64 // currency per MWh; nil: 0
	quadratic                               []float64 // currency per MW² and hour; nil: 0
	levelPrice                              []float64 // currency per MWh stored and hour; nil: 0
}

var (
	_ der.DER       = (*reservoir)(nil)
	_ der.Validator = (*reservoir)(nil)
)

// Name implements [der.DER].
func (u *reservoir) Name() string { return u.id }

// Model implements [der.DER]. Its columns are "charge(s,t)", "discharge(s,t)",
// "energy(s,t)", "spill(s,t)" if there is inflow, and the binaries
// "charging(s,t)" and "discharging(s,t)".
func (u *reservoir) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	for s := range out {
		var (
			at     = c.Namer(u.id, s)
			n      = c.Steps()
			energy = make([]milp.Expr, n)
			dt     = c.Hours()
		)
		// All levels come first, because a cyclic store begins with the last
		// one.
		for t := range n {
			energy[t] = u.within(m, at, "energy", t, u.minLevel[t], u.maxLevel[t], on)
			if level, given := valueAt(u.levels, t).Get(); given {
				m.Equal(at("level", t), energy[t], on.Times(level))
			}
		}
		before := on.Times(u.initial)
		if u.cyclic {
			before = energy[n-1]
		}
		for t := range n {
			charge := u.within(m, at, "charge", t, 0, u.maxCharge[t], on)
			discharge := u.within(m, at, "discharge", t, 0, u.maxDischarge[t], on)
			u.directions(m, at, t, on, charge, discharge)

			h := u.hours[t]
			stored := milp.Sum(before.Times(u.keep[t]), charge.Times(u.charging[t]*h), discharge.Times(-h/u.discharging[t]))
			if inflow := valueAt(u.inflow, t); inflow > 0 {
				spill := u.within(m, at, "spill", t, 0, inflow, on)
				stored = milp.Sum(stored, on.Times(inflow*h), spill.Times(-h))
				out[s].Cost.Add(spill.Times(valueAt(u.spillPrice, t) * dt))
				out[s].Watch("spill", "MW", t, spill)
			} else {
				stored = stored.Plus(on.Times(inflow * h)) // negative: a loss, such as evaporation
			}
			m.Equal(at("balance", t), energy[t], stored)
			if net, given := valueAt(u.net, t).Get(); given {
				m.Equal(at("net", t), discharge.Minus(charge), on.Times(net))
			}
			out[s].Exchange(der.Electricity, t, discharge, charge)
			out[s].Cost.Add(
				charge.Times(valueAt(u.chargePrice, t)*dt),
				discharge.Times(valueAt(u.dischargePrice, t)*dt),
				energy[t].Times(valueAt(u.levelPrice, t)*dt))
			if q := valueAt(u.quadratic, t); q != 0 {
				out[s].AddConvex(m, at("quadratic", t), discharge, on, parabola(q*dt), 0, u.maxDischarge[t])
			}
			out[s].Watch("energy", "MWh", t, energy[t])
			before = energy[t]
		}
	}
	return out
}

// within adds a column between two limits times on.
//
// For example, limits of −5 and 20 MW are bounds if on is 1, and with a
// membership binary the rows −5 on ≤ x ≤ 20 on of a column between −5 and 20.
func (u *reservoir) within(m *milp.Model, at func(string, int) milp.Name, what string, t int, lower, upper float64, on milp.Expr) milp.Expr {
	if on.IsConst() {
		return m.Var(at(what, t), on.Constant()*lower, on.Constant()*upper).Expr()
	}
	n := der.MaxCount(on)
	x := m.Var(at(what, t), min(0, lower)*n, max(0, upper)*n).Expr()
	m.Between(at(what+"_range", t), on.Times(lower), x, on.Times(upper))
	return x
}

// directions adds the binaries x and y of a step that needs them.
//
// Without a need the column is bounded by within alone, which keeps the program
// free of integers.
func (u *reservoir) directions(m *milp.Model, at func(string, int) milp.Name, t int, on, charge, discharge milp.Expr) {
	var (
		exclusive = u.exclusive != nil && u.exclusive[t]
		lowest    = [2]float64{valueAt(u.minCharge, t), valueAt(u.minDischarge, t)}
	)
	if !exclusive && lowest == [2]float64{} {
		return
	}
	// With a minimum, x or y of 0 is the only way to have no power.
	x, y := m.Bin(at("charging", t)).Expr(), m.Bin(at("discharging", t)).Expr()
	m.AtMost(at("charge_max", t), charge, x.Times(u.maxCharge[t]))
	m.AtMost(at("discharge_max", t), discharge, y.Times(u.maxDischarge[t]))
	m.AtLeast(at("charge_min", t), charge, x.Times(lowest[0]))
	m.AtLeast(at("discharge_min", t), discharge, y.Times(lowest[1]))
	if exclusive {
		m.AtMost(at("one_direction", t), x.Plus(y), on)
	}
}

// Benefit implements [der.DER]. Its items are those of the payment and
// "storage".
func (u *reservoir) Benefit(realised der.Schedule, c der.Context, scenario int) der.Benefit {
	var (
		b     = c.Payment(realised, scenario)
		p     = &realised.Realised[scenario]
		level = p.Trace("energy")
		spill = p.Trace("spill")
		cost  float64
	)
	for t := range c.Steps() {
		d := valueAt(p.Injected, t)
		cost += (valueAt(u.chargePrice, t)*valueAt(p.Withdrawn, t) + valueAt(u.dischargePrice, t)*d +
			valueAt(u.quadratic, t)*d*d + valueAt(u.levelPrice, t)*level[t] +
			valueAt(u.spillPrice, t)*valueAt(spill, t)) * c.Hours()
	}
	b.Pay("storage", cost)
	return b
}

// Validate implements [der.Validator]. It reports the first step of each
// violation.
func (u *reservoir) Validate(set *scenario.Set) error {
	bad := faults.List{Prefix: fmt.Sprintf("unitcommitment: storage %q: ", u.id)}
	bad.Require(u.id != "", "has no name, want one that no other unit has")
	limits := func(what string, lower, upper []float64, unit string) {
		for t := range set.Steps() {
			if !(valueAt(lower, t) <= upper[t]) {
				bad.Addf("step %d: %s from %v to %v %s, want the lower limit first", t, what, valueAt(lower, t), upper[t], unit)
				return
			}
		}
	}
	limits("energy", u.minLevel, u.maxLevel, "MWh")
	limits("charging", u.minCharge, u.maxCharge, "MW")
	limits("discharging", u.minDischarge, u.maxDischarge, "MW")
	for t := range set.Steps() {
		if math.IsInf(u.maxLevel[t], 1) || math.IsInf(u.maxCharge[t], 1) || math.IsInf(u.maxDischarge[t], 1) {
			bad.Addf("step %d: a limit is infinite, want finite limits of energy and power", t)
			break
		}
	}
	return bad.Err()
}
