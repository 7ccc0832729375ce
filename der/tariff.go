package der

import (
	"cmp"
	"math"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// Tariff is what a VPP pays its members and charges them, per step. A nil slice means zero.
//
//	payment_s = Σ_t Δ (p_in I_t + p_curt C_t − p_out W_t − p_short (A_t − N_t)^+ − p_long (N_t − A_t)^+)
//
// with I, C, W injected, curtailed and withdrawn power, N = I + C − W and A the announced power, MW.
// Inside a coalition it is a transfer: what a member receives is what its VPP pays.
type Tariff struct {
	Injection     []float64 // p_in, currency per MWh paid for energy fed in
	Withdrawal    []float64 // p_out, currency per MWh charged for energy taken out
	LoadReduction []float64 // p_curt, currency per MWh paid for verified load reduction
	Shortage      []float64 // p_short ≥ 0, currency per MWh charged for delivering less than announced
	Surplus       []float64 // p_long ≥ 0, currency per MWh charged for delivering more than announced
}

// Validate reports every reason why the tariff cannot be used on a grid of so many steps: prices that are
// not one per step or no numbers, and charges for deviations below zero, which would pay for announcing what
// is never delivered.
func (x Tariff) Validate(steps int) error {
	v := faults.List{Prefix: "der: tariff: "}
	for _, prices := range []struct {
		field  string
		path   []float64
		charge bool
	}{
		{"Injection", x.Injection, false},
		{"Withdrawal", x.Withdrawal, false},
		{"LoadReduction", x.LoadReduction, false},
		{"Shortage", x.Shortage, true},
		{"Surplus", x.Surplus, true},
	} {
		if prices.path != nil && len(prices.path) != steps {
			v.Addf("%s has %d prices, want one for each of %d steps, or nil", prices.field, len(prices.path), steps)
		}
		least, want := math.Inf(-1), "a finite number"
		if prices.charge {
			least, want = 0, "a finite number of at least 0"
		}
		if t := slices.IndexFunc(prices.path, func(price float64) bool { return !(price >= least) || math.IsInf(price, 0) }); t >= 0 {
			v.Addf("%s[%d] is %v, want %s in currency per MWh", prices.field, t, prices.path[t], want)
		}
	}
	return v.Err()
}

// Deviates reports whether the tariff charges for deviations at step t.
func (x Tariff) Deviates(t int) bool { return at(x.Shortage, t) != 0 || at(x.Surplus, t) != 0 }

// Payment returns what the tariff pays for one scenario of a schedule, itemised. Units call it first in
// their Benefit and subtract their own costs from it.
func (c Context) Payment(realised Schedule, scenario int) Benefit {
	var (
		b                                           Benefit
		p                                           = &realised.Realised[scenario]
		sales, purchases, reduction, deviationCosts float64
		dt                                          = c.Hours()
	)
	for t := range c.Steps() {
		sales += at(c.Tariff.Injection, t) * at(p.Injected, t) * dt
		purchases += at(c.Tariff.Withdrawal, t) * at(p.Withdrawn, t) * dt
		reduction += at(c.Tariff.LoadReduction, t) * at(p.Reduced, t) * dt
		missing := at(realised.DayAhead, t) - p.Net(t)
		deviationCosts += (at(c.Tariff.Shortage, t)*max(missing, 0) + at(c.Tariff.Surplus, t)*max(-missing, 0)) * dt
	}
	if p.Injected != nil {
		b.Earn("energy sold", sales)
	}
	if p.Withdrawn != nil {
		b.Pay("energy bought", purchases)
	}
	if p.Reduced != nil {
		b.Earn("load reduction", reduction)
	}
	if c.Tariff.Shortage != nil || c.Tariff.Surplus != nil {
		b.Pay("deviation", deviationCosts)
	}
	return b
}

// PaymentTerms states the same payment for a program: it returns one expression per scenario, to be
// maximised. Where the tariff charges for deviations it adds the unit's announcement as here-and-now
// variables (unless the unit fixed it in [Terms.DayAhead], which it fills otherwise) and the deviations
// as wait-and-see ones.
func (c Context) PaymentTerms(m *milp.Model, unit string, terms []Terms) []milp.Expr {
	dt := c.Hours()
	if terms[0].DayAhead == nil && (c.Tariff.Shortage != nil || c.Tariff.Surplus != nil) {
		terms[0].DayAhead = make([]milp.Expr, c.Steps())
		for t := range terms[0].DayAhead {
			terms[0].DayAhead[t] = m.Var(milp.At(unit, "announced", t), -milp.Inf, milp.Inf).Expr()
		}
	}
	out := make([]milp.Expr, len(terms))
	for s := range terms {
		x := &terms[s]
		name := c.Namer(unit, s)
		for t := range c.Steps() {
			for _, flow := range []struct {
				price []float64
				power []milp.Expr
				sign  float64
			}{
				{c.Tariff.Injection, x.Injected, 1},
				{c.Tariff.LoadReduction, x.Reduced, 1},
				{c.Tariff.Withdrawal, x.Withdrawn, -1},
			} {
				if price := at(flow.price, t); price != 0 && flow.power != nil {
					out[s].Add(flow.power[t].Times(flow.sign * price * dt))
				}
			}
			if !c.Tariff.Deviates(t) {
				continue
			}
			short := m.Var(name("short", t), 0, milp.Inf)
			long := m.Var(name("long", t), 0, milp.Inf)
			m.Equal(name("deviation", t), x.Net(t), terms[0].DayAhead[t].Plus(long.Expr(), short.Times(-1)))
			out[s].Add(short.Times(-at(c.Tariff.Shortage, t)*dt), long.Times(-at(c.Tariff.Surplus, t)*dt))
		}
	}
	return out
}

// Announce returns the power a unit does best to announce, given what it will deliver: at each step the
// quantile of its delivery at which the expected charge is least,
//
//	P(N ≤ A) ≥ p_long / (p_short + p_long),  the smallest such A
//
// and the mean where the tariff charges nothing for deviations. This is the announcement that
// [Context.PaymentTerms] would choose for the same delivery.
func (c Context) DayAheadSchedule(realised []Ports) []float64 {
	type atom struct{ net, probability float64 }
	out := make([]float64, c.Steps())
	atoms := make([]atom, len(realised))
	for t := range out {
		for s := range realised {
			atoms[s] = atom{realised[s].Net(t), c.Set.Probability(s)}
		}
		if !c.Tariff.Deviates(t) {
			for _, a := range atoms {
				out[t] += a.probability * a.net
			}
			continue
		}
		slices.SortFunc(atoms, func(a, b atom) int { return cmp.Compare(a.net, b.net) })
		level := at(c.Tariff.Surplus, t) / (at(c.Tariff.Shortage, t) + at(c.Tariff.Surplus, t))
		below := 0.0
		for _, a := range atoms {
			below += a.probability
			out[t] = a.net
			if below >= level-1e-12 {
				break
			}
		}
	}
	return out
}
