package der

import (
	"cmp"
	"math"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// Tariff holds the prices that a VPP pays and charges its members, one per
// step. A nil slice is zero, except for goods.
//
//	payment_s = Σ_t Δ (p_in I_t + p_red C_t − p_out W_t
//	                   − p_short (A_t − N_t)^+ − p_long (N_t − A_t)^+)
//	            + Σ_t (Δ p_heat H_t + Δ p_gas G_t + p_CO2 Q_t)
//
// I, C and W are injection, load reduction and withdrawal, N = I + C − W, and A
// is the day-ahead schedule, all in MW. H and G are heat and gas, MW, and Q is
// captured CO2, t, each positive for a supply. Inside a coalition payments are
// transfers: the VPP pays the amount that the member receives. Supplies of a
// good equal withdrawals, so that its payments sum to zero.
//
// For example, Tariff{Injection: []float64{40, 60}, Withdrawal: []float64{50,
// 70}} pays 40 and 60 per MWh in two steps, charges 50 and 70, and pays nothing
// for load reduction.
type Tariff struct {
	Injection     []float64 // p_in, currency per MWh fed in
	Withdrawal    []float64 // p_out, currency per MWh withdrawn
	LoadReduction []float64 // p_red, currency per MWh of verified load reduction
	Shortage      []float64 // p_short ≥ 0, currency per MWh delivered less than scheduled
	Surplus       []float64 // p_long ≥ 0, currency per MWh delivered more than scheduled

	// Prices of the goods that members exchange: p_heat and p_gas, currency per
	// MWh, and p_CO2, currency per t. Nil: the price inside the VPP, see
	// [Context.Inside]. A price of 0 is stated.
	Heat, Gas, CO2 []float64
}

// InsidePrices are the prices of heat, gas and captured CO2 inside a VPP, per
// scenario and step: currency per MWh, for CO2 per t. Nil: the good has no
// price.
type InsidePrices struct {
	Heat, Gas, CO2 [][]float64
}

// good is one of the goods that members exchange: the name of its item in a
// payment, its port, its prices, and whether it is a power.
type good struct {
	item   string
	port   []float64
	stated []float64
	inside [][]float64
	energy bool
}

// goods returns the goods of a schedule in the order of the items.
func (c Context) goods(p *Ports) [3]good {
	return [...]good{
		{"heat exchange", p.Heat, c.Tariff.Heat, c.Inside.Heat, true},
		{"gas exchange", p.Gas, c.Tariff.Gas, c.Inside.Gas, true},
		{"CO2 exchange", p.CO2, c.Tariff.CO2, c.Inside.CO2, false},
	}
}

// prices returns the prices of the good in a scenario, nil without a price.
func (x good) prices(scenario int) []float64 {
	if x.stated == nil && x.inside != nil {
		return x.inside[scenario]
	}
	return x.stated
}

// payGoods adds one item per good that the schedule has and that has a price.
func (c Context) payGoods(b *Benefit, p *Ports, scenario int) {
	for _, x := range c.goods(p) {
		prices := x.prices(scenario)
		if x.port == nil || prices == nil {
			continue
		}
		sum := 0.0
		for t, amount := range x.port {
			per := 1.0
			if x.energy {
				per = c.HoursAt(t)
			}
			sum += prices[t] * amount * per
		}
		b.Earn(x.item, sum)
	}
}

// Validate reports every violation of the tariff on a grid with the given
// number of steps: a wrong number of prices, prices that are not finite, and
// negative charges for deviations. A negative charge would pay for schedules
// that the member never delivers.
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
		{"Heat", x.Heat, false},
		{"Gas", x.Gas, false},
		{"CO2", x.CO2, false},
	} {
		v.Require(prices.path == nil || len(prices.path) == steps,
			"%s has %d prices, want one for each of %d steps, or nil", prices.field, len(prices.path), steps)
		lower, want := math.Inf(-1), "a finite number"
		if prices.charge {
			lower, want = 0, "a finite number of at least 0"
		}
		bad := func(price float64) bool { return !(price >= lower) || math.IsInf(price, 0) }
		if t := slices.IndexFunc(prices.path, bad); t >= 0 {
			unit := "MWh"
			if prices.field == "CO2" {
				unit = "t"
			}
			v.Addf("%s[%d] is %v, want %s in currency per %s", prices.field, t, prices.path[t], want, unit)
		}
	}
	return v.Err()
}

// Deviates reports whether the tariff charges for deviations at step t.
func (x Tariff) Deviates(t int) bool { return at(x.Shortage, t) != 0 || at(x.Surplus, t) != 0 }

// Payment returns the payment of the tariff for one scenario of a schedule,
// itemised: "energy sold", "energy bought", "load reduction", "deviation",
// "heat exchange", "gas exchange" and "CO2 exchange". An implementation of
// [DER.Benefit] calls it first and then subtracts its own costs.
func (c Context) Payment(realised Schedule, scenario int) Benefit {
	var (
		b                                           Benefit
		p                                           = &realised.Realised[scenario]
		sales, purchases, reduction, deviationCosts float64
	)
	for t := range c.Steps() {
		dt := c.HoursAt(t)
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
	c.payGoods(&b, p, scenario)
	return b
}

// PaymentTerms states the same payment in a program. It returns one expression
// per scenario, to be maximised. Goods without a stated price have no term,
// because their prices follow from the solution.
//
// If the tariff charges for deviations, it adds the deviations as second-stage
// columns "id.short(s,t)" and "id.long(s,t)". It also adds the day-ahead
// schedule as first-stage columns and stores it in [Terms.DayAhead], unless the
// DER has set its schedule there.
func (c Context) PaymentTerms(m *milp.Model, id string, terms []Terms) []milp.Expr {
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
			dt := c.HoursAt(t)
			for _, flow := range []struct {
				price []float64
				power []milp.Expr
				sign  float64
			}{
				{c.Tariff.Injection, x.Injected, 1},
				{c.Tariff.LoadReduction, x.Reduced, 1},
				{c.Tariff.Withdrawal, x.Withdrawn, -1},
				{c.Tariff.Heat, x.Heat, 1},
				{c.Tariff.Gas, x.Gas, 1},
				{c.Tariff.CO2, x.CO2, 1 / dt},
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

// DayAheadSchedule returns the best day-ahead schedule for a given delivery, MW
// per step. At each step it is the quantile of the delivery N that minimises
// the expected charge for deviations, the newsvendor solution:
//
//	smallest A with  P(N ≤ A) ≥ p_long / (p_short + p_long)
//
// If the tariff charges nothing for deviations it is the mean. For the same
// delivery [Context.PaymentTerms] has this schedule as an optimum.
//
// For example, deliveries of 2 and 6 MW with equal probability, p_short = 30
// and p_long = 10 give 2 MW: the level is 0.25, and a shortage costs more than
// a surplus.
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
		// A compensated sum (Kahan) with a relative tolerance: a hundred
		// thousand times 1e-5 reaches each level k·1e-5 at the k-th value.
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
