package der

import (
	"cmp"
	"math"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// Tariff holds the prices that a VPP pays and charges its members, one per step. A nil slice is
// zero.
//
//	payment_s = Σ_t Δ (p_in I_t + p_red C_t − p_out W_t
//	                   − p_short (A_t − N_t)^+ − p_long (N_t − A_t)^+)
//
// I, C and W are injection, load reduction and withdrawal, N = I + C − W, and A is the day-ahead
// schedule, all in MW. Inside a coalition payments are transfers: the VPP pays the amount that the
// member receives.
//
// For example, Tariff{Injection: []float64{40, 60}, Withdrawal: []float64{50, 70}} pays 40 and 60
// per MWh in two steps, charges 50 and 70, and pays nothing for load reduction.
type Tariff struct {
	Injection     []float64 // p_in, currency per MWh fed in
	Withdrawal    []float64 // p_out, currency per MWh withdrawn
	LoadReduction []float64 // p_red, currency per MWh of verified load reduction
	Shortage      []float64 // p_short ≥ 0, currency per MWh delivered less than scheduled
	Surplus       []float64 // p_long ≥ 0, currency per MWh delivered more than scheduled
}

// Validate reports every violation of the tariff on a grid with the given number of steps: a wrong
// number of prices, prices that are not finite, and negative charges for deviations. A negative
// charge would pay for schedules that the member never delivers.
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
		v.Require(prices.path == nil || len(prices.path) == steps,
			"%s has %d prices, want one for each of %d steps, or nil", prices.field, len(prices.path), steps)
		lower, want := math.Inf(-1), "a finite number"
		if prices.charge {
			lower, want = 0, "a finite number of at least 0"
		}
		bad := func(price float64) bool { return !(price >= lower) || math.IsInf(price, 0) }
		if t := slices.IndexFunc(prices.path, bad); t >= 0 {
			v.Addf("%s[%d] is %v, want %s in currency per MWh", prices.field, t, prices.path[t], want)
		}
	}
	return v.Err()
}

// Deviates reports whether the tariff charges for deviations at step t.
func (x Tariff) Deviates(t int) bool { return at(x.Shortage, t) != 0 || at(x.Surplus, t) != 0 }

// Payment returns the payment of the tariff for one scenario of a schedule, itemised: "energy
// sold", "energy bought", "load reduction" and "deviation". An implementation of [DER.Benefit]
// calls it first and then subtracts its own costs.
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

// PaymentTerms states the same payment in a program. It returns one expression per scenario, to be
// maximised.
//
// If the tariff charges for deviations, it adds the deviations as second-stage columns
// "id.short(s,t)" and "id.long(s,t)". It also adds the day-ahead schedule as first-stage columns
// and stores it in [Terms.DayAhead], unless the DER has set its schedule there.
func (c Context) PaymentTerms(m *milp.Model, id string, terms []Terms) []milp.Expr {
	dt := c.Hours()
	if terms[0].DayAhead == nil && (c.Tariff.Shortage != nil || c.Tariff.Surplus != nil) {
		terms[0].DayAhead = make([]milp.Expr, c.Steps())
		for t := range terms[0].DayAhead {
			terms[0].DayAhead[t] = m.Var(milp.At(id, "announced", t), -milp.Inf, milp.Inf).Expr()
		}
	}
	out := make([]milp.Expr, len(terms))
	for s := range terms {
		x := &terms[s]
		name := c.Namer(id, s)
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

// DayAheadSchedule returns the best day-ahead schedule for a given delivery, MW per step. At each
// step it is the quantile of the delivery N that minimises the expected charge for deviations, the
// newsvendor solution:
//
//	smallest A with  P(N ≤ A) ≥ p_long / (p_short + p_long)
//
// If the tariff charges nothing for deviations it is the mean. For the same delivery
// [Context.PaymentTerms] has this schedule as an optimum.
//
// For example, deliveries of 2 and 6 MW with equal probability, p_short = 30 and p_long = 10 give 2
// MW: the level is 0.25, and a shortage costs more than a surplus.
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
		// A compensated sum (Kahan) with a relative tolerance: a hundred thousand times 1e-5 reaches
		// each level k·1e-5 at the k-th value.
		below, lost := 0.0, 0.0
		for _, a := range atoms {
			next := below + a.probability
			lost += a.probability - (next - below)
			below = next
			out[t] = a.net
			if below+lost >= level*(1-1e-12) {
				break
			}
		}
	}
	return out
}
