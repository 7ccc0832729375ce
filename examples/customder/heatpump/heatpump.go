// Package heatpump is a custom kind of DER, written with exported names only.
// This file has the required parts of a kind, optional.go the optional
// interfaces.
//
// A kind of your own is such a file, in this order:
//
//  1. the equations, in the comment of the type;
//  2. the data, a struct with the unit of measure of each field;
//  3. Model, the equations as rows, with every constant and every limit
//     multiplied by on, so that on = 0 removes the DER from the program;
//  4. Benefit, the owner's money for a realised schedule, from the data and not
//     from the model.
//
// Validate rejects invalid data, and Read makes the kind available to case
// files. dertest.Run in the test checks all parts. Nothing else changes: VPPs,
// the game, settlement and reports use the methods of [der.DER].
//
// [dertest.Run]: https://pkg.go.dev/github.com/trigrid/trigrid/der/dertest#Run
package heatpump

import (
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// HeatPump heats one building or many equal ones. It can shift its power in
// time, because walls store heat.
//
//	0 ≤ p_t ≤ P                                            electricity, MW
//	q_t = COP p_t                                          heat, MW
//	T_t = k T_{t−1} + (1−k) (A_t + q_t / U),   k = e^{−UΔ/C}    temperature at the end of step t, °C
//	T_min ≤ T_t ≤ T_max,   T_last ≥ T_end                  comfort, no debt to the next day
//	cost = Σ_t w p_t Δ                                     maintenance
//
// The third line is the exact solution of C dT/dt = q − U (T − A) for heat and
// outside temperature that are constant in a step: a building with one capacity
// and one resistance.
//
// For example, C = 1 MWh/K and U = ln 2 MW/K keep half of a temperature
// difference per hour.
//
// Source: Bacher and Madsen, Energy and Buildings 43 (2011) 1511-1522, model
// Ti.
type HeatPump struct {
	ID          string
	Power       float64   // P ≥ 0, MW of electricity
	COP         float64   // heat per electricity, > 0
	Capacity    float64   // C > 0, MWh per K
	Loss        float64   // U > 0, MW per K
	Outside     []float64 // A, °C per step
	Start       float64   // T_0, °C
	Min, Max    float64   // T_min ≤ T_max, °C
	Maintenance float64   // w ≥ 0, currency per MWh of electricity

	End optional.Float // T_end, °C. Absent: T_0
}

var (
	_ der.DER       = (*HeatPump)(nil)
	_ der.Validator = (*HeatPump)(nil)
)

// Name implements [der.DER].
func (u *HeatPump) Name() string { return u.ID }

// keep returns k, the fraction of a temperature difference that is left after a
// step.
func (u *HeatPump) keep(hours float64) float64 { return math.Exp(-u.Loss * hours / u.Capacity) }

// Model implements [der.DER]. Its columns are "power(s,t)" and
// "temperature(s,t)".
func (u *HeatPump) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		before := on.Times(u.Start)
		for t := range c.Steps() {
			dt := c.HoursAt(t)
			k := u.keep(dt)
			power := m.Var(at("power", t), 0, u.Power*der.MaxCount(on)).Expr()
			heat := power.Times(u.COP)
			temperature := m.Var(at("temperature", t), -milp.Inf, milp.Inf).Expr()

			m.AtMost(at("power_max", t), power, on.Times(u.Power))
			m.Equal(at("building", t), temperature,
				milp.Sum(before.Times(k), on.Times((1-k)*u.Outside[t]), heat.Times((1-k)/u.Loss)))
			m.Between(at("comfort", t), on.Times(u.least(t, c.Steps())), temperature, on.Times(u.Max))

			out[s].Withdraw(t, power)
			out[s].Cost.Add(power.Times(u.Maintenance * dt))
			out[s].Watch("temperature", "°C", t, temperature)
			before = temperature
		}
	}
	return out
}

// least returns the lowest temperature allowed at the end of a step.
func (u *HeatPump) least(t, steps int) float64 {
	if t == steps-1 {
		return max(u.Min, u.End.Or(u.Start))
	}
	return u.Min
}

// Benefit implements [der.DER].
func (u *HeatPump) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	b := c.Payment(realised, s)
	for t, mw := range realised.Realised[s].Withdrawn {
		b.Pay("maintenance", u.Maintenance*mw*c.HoursAt(t))
	}
	return b
}

// Validate implements [der.Validator]. It also rejects a comfort band that no
// schedule keeps: reachable temperatures form an interval, which it follows
// from step to step.
func (u *HeatPump) Validate(set *scenario.Set) error {
	var bad []error
	complain := func(format string, args ...any) {
		bad = append(bad, fmt.Errorf("heat pump %q: %s", u.ID, fmt.Sprintf(format, args...)))
	}
	if u.ID == "" {
		complain("ID is empty, want a name that no other unit of the region has")
	}
	for _, x := range []struct {
		field string
		value float64
		valid bool
		want  string
	}{
		{"Power", u.Power, u.Power >= 0, "MW, at least 0"},
		{"COP", u.COP, u.COP > 0, "MW of heat per MW of electricity, above 0"},
		{"Capacity", u.Capacity, u.Capacity > 0, "MWh per K, above 0"},
		{"Loss", u.Loss, u.Loss > 0, "MW per K, above 0"},
		{"Start", u.Start, u.Start <= u.Max, "°C, no more than Max"},
		{"Min", u.Min, u.Min <= u.Max, "°C, no more than Max"},
		{"End", u.End.Or(u.Min), u.End.Or(u.Min) <= u.Max, "°C, no more than Max"},
		{"Max", u.Max, true, "°C"},
		{"Maintenance", u.Maintenance, u.Maintenance >= 0, "currency per MWh, at least 0"},
	} {
		if !x.valid || math.IsNaN(x.value) || math.IsInf(x.value, 0) {
			complain("%s is %v, want %s", x.field, x.value, x.want)
		}
	}
	if len(u.Outside) != set.Steps() {
		complain("Outside has %d temperatures, want one for each of %d steps", len(u.Outside), set.Steps())
	}
	for t, a := range u.Outside {
		if math.IsNaN(a) || math.IsInf(a, 0) {
			complain("Outside[%d] is %v, want °C", t, a)
		}
	}
	if bad != nil {
		return errors.Join(bad...)
	}
	cold, warm := u.Start, u.Start
	for t, a := range u.Outside {
		k := u.keep(set.HoursAt(t))
		cold = max(k*cold+(1-k)*a, u.least(t, set.Steps()))
		warm = min(k*warm+(1-k)*(a+u.COP*u.Power/u.Loss), u.Max)
		if cold > warm {
			complain("the comfort band cannot be held in step %d: without heating the building has at least %.1f °C there, with all of it at most %.1f °C", t, cold, warm)
			break
		}
	}
	return errors.Join(bad...)
}

// Read reads the kind from a case file; it is a [casefile.DERReader]:
//
//	casefile.Loader{Kinds: map[string]casefile.DERReader{"heat_pump": heatpump.Read}}
func Read(v casefile.Fields, _ map[string]bool) func() der.DER {
	u := HeatPump{
		ID:          v.At("name").Text(),
		Power:       v.At("power_mw").Number(0, 1e6),
		COP:         v.At("cop").Number(0.1, 20),
		Capacity:    v.At("capacity_mwh_per_k").Number(1e-9, 1e9),
		Loss:        v.At("loss_mw_per_k").Number(1e-9, 1e9),
		Start:       v.At("start_c").Number(-60, 100),
		Min:         v.At("min_c").Number(-60, 100),
		Max:         v.At("max_c").Number(-60, 100),
		Maintenance: v.At("maintenance_per_mwh").NumberOr(0, 0, 1e6),
	}
	for _, item := range v.At("outside_c").List() {
		u.Outside = append(u.Outside, item.Number(-60, 60))
	}
	return func() der.DER { x := u; return &x }
}
