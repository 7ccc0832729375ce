package vpp

import (
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp/audit"
)

// Verify recomputes the plan from its setting, VPP, members and schedules. It
// returns nil, or an [*audit.Violations] with all violated rules:
//
//   - balances, connection limits and energies of the VPP
//   - payments per good, market costs, imbalance, risk, values and their
//     expectations
//   - the income from reserve, and the reserve that members hold for an offer
//     in each scenario
//   - the rules of the kind of each member: see [audit.Inspect]
//
// Verify shares no code with the program or with the computation of the plan.
// The tolerance is relative, and absolute for numbers below 1; 0 means 1e-6. It
// cannot check the interior of a member of an unknown kind ([Plan.Unaudited])
// and no risk measure except [CVaR].
func (p *Plan) Verify(tolerance float64) error {
	x := &verification{Plan: p, inspection: audit.Inspection{Tolerance: tolerance}}
	x.context = der.Context{Set: p.Setting.Set, Tariff: p.VPP.Tariff}
	x.context.Inside = der.InsidePrices{Heat: p.Heat.Prices, Gas: p.Gas.Prices, CO2: p.CO2.Prices}
	if x.shape() { // the other rules need all numbers
		x.members()
		for s := range p.Results {
			x.balance(s)
			x.energies(s)
			x.money(s)
			x.reserve(s)
			x.exchanged(s)
		}
		x.service()
		x.values()
	}
	return x.inspection.Err()
}

// Unaudited returns the names of the members whose kind has no rules for
// [Plan.Verify].
func (p *Plan) Unaudited() []string {
	var (
		out     []string
		context = der.Context{Set: p.Setting.Set, Tariff: p.VPP.Tariff}
	)
	for i := range p.Members {
		if m := &p.Members[i]; !audit.Inspect(&audit.Inspection{}, m.DER, m.Schedule, context) {
			out = append(out, m.DER.Name())
		}
	}
	return out
}

// verification is one run of [Plan.Verify].
type verification struct {
	*Plan
	inspection audit.Inspection
	context    der.Context
}

// dt returns the hours of step t, from the times at which it begins and ends.
func (x *verification) dt(t int) float64 {
	grid := x.Setting.Set.Grid()
	return grid.Time(t + 1).Sub(grid.Time(t)).Hours()
}

func (x *verification) at(s, t int) audit.Spot { return x.inspection.At(x.VPP.Name, s, t) }

// shape checks that each quantity has one number per scenario and step, and
// inspects the members' schedules. It reports whether the other rules can read
// the plan.
func (x *verification) shape() bool {
	var (
		set   = x.Setting.Set
		whole = x.at(audit.All, audit.All)
	)
	whole.Equal("day-ahead schedule has one number per step", float64(len(x.DayAhead)), float64(set.Steps()))
	offers := 0
	if x.Setting.Markets.Reserve != nil {
		offers = set.Steps()
	}
	whole.Equal("offered reserve has one number per step of a reserve market", float64(len(x.Offered)), float64(offers))
	whole.Equal("deliveries have one path per scenario", float64(len(x.Net)), float64(set.Len()))
	whole.Equal("results are one per scenario", float64(len(x.Results)), float64(set.Len()))
	for s := range x.Net {
		x.at(s, audit.All).Equal("delivery has one number per step", float64(len(x.Net[s])), float64(set.Steps()))
	}
	x.priceShape()
	for i := range x.Members {
		m := &x.Members[i]
		spot := x.inspection.At(m.DER.Name(), audit.All, audit.All)
		spot.Equal("schedule has one path per scenario", float64(len(m.Schedule.Realised)), float64(set.Len()))
		spot.Equal("day-ahead schedule has one number per step", float64(len(m.Schedule.DayAhead)), float64(set.Steps()))
		spot.Equal("benefits are one per scenario", float64(len(m.Benefits)), float64(set.Len()))
		spot.Equal("member is named once", float64(x.named(m.DER.Name())), 1)
	}
	if x.inspection.Err() != nil {
		return false
	}
	readable := true
	for i := range x.Members {
		m := &x.Members[i]
		audit.Inspect(&x.inspection, m.DER, m.Schedule, x.context)
		readable = readable && audit.Readable(m.Schedule, x.context)
	}
	return readable
}

// named returns the number of members with a name.
func (x *verification) named(name string) int {
	n := 0
	for i := range x.Members {
		if x.Members[i].DER.Name() == name {
			n++
		}
	}
	return n
}

// members checks payment, cost and revenue of each member against its schedule.
func (x *verification) members() {
	for i := range x.Members {
		var (
			m                = &x.Members[i]
			payment, revenue float64
		)
		for s := range m.Benefits {
			paid, items := audit.Payment(m.Schedule, x.context, s), 0.0
			for _, item := range m.Benefits[s].Items {
				items += item.Amount
			}
			benefit := m.DER.Benefit(m.Schedule, x.context, s).Total()
			x.inspection.At(m.DER.Name(), s, audit.All).Equal("benefit reported", items, benefit)
			payment += x.Setting.Set.Probability(s) * paid
			revenue += x.Setting.Set.Probability(s) * benefit
		}
		spot := x.inspection.At(m.DER.Name(), audit.All, audit.All)
		spot.Equal("expected payment", m.Payment, payment)
		spot.Equal("expected revenue", m.Revenue, revenue)
		spot.Equal("expected cost", m.Cost, payment-revenue)
		x.items(m)
	}
}

// balance checks in scenario s that
//
//	n_t = Σ_i (injected + reduced − withdrawn)_{i,t} − D_t,   −import ≤ n_t, e_t ≤ export
func (x *verification) balance(s int) {
	lower, upper := math.Inf(-1), math.Inf(1)
	if mw, ok := x.VPP.ImportLimit.Get(); ok {
		lower = -mw
	}
	if mw, ok := x.VPP.ExportLimit.Get(); ok {
		upper = mw
	}
	for t, delivered := range x.Net[s] {
		sum := 0.0
		if x.VPP.Demand != "" {
			sum = -x.Setting.Set.At(x.VPP.Demand, s, t)
		}
		for i := range x.Members {
			ports := &x.Members[i].Schedule.Realised[s]
			sum += number(ports.Injected, t) + number(ports.Reduced, t) - number(ports.Withdrawn, t)
		}
		x.at(s, t).Equal("delivered power", delivered, sum)
		x.at(s, t).Within("connection limit of the delivery", lower, delivered, upper)
		if s == 0 { // the day-ahead schedule has no scenario
			x.at(audit.All, t).Within("connection limit of the day-ahead schedule", lower, x.DayAhead[t], upper)
		}
	}
}

// energies checks that energies, carbon and exchange of scenario s are sums of
// the members' ports, and that the deviation is Σ_t |n_t − e_t| Δ.
func (x *verification) energies(s int) {
	r := &x.Results[s]
	for _, item := range []struct {
		rule  string
		found float64
		port  func(*der.Ports) []float64
	}{
		{"renewable energy", r.Renewable, func(p *der.Ports) []float64 { return p.Renewable }},
		{"available energy", r.Available, func(p *der.Ports) []float64 { return p.Available }},
		{"conventional energy", r.Conventional, func(p *der.Ports) []float64 { return p.Conventional }},
		{"emission", r.Emission, func(p *der.Ports) []float64 { return p.Emission }},
		{"allowance", r.Allowance, func(p *der.Ports) []float64 { return p.Allowance }},
	} {
		sum := 0.0
		for t := range x.Net[s] {
			sum += x.port(s, t, item.port)
			switch item.rule {
			case "emission":
				sum += x.drawnCarbon(s, t)
			case "allowance":
				sum += x.freeAllocation(t)
			}
		}
		x.at(s, audit.All).Equal(item.rule, item.found, sum)
	}
	for t := range x.Net[s] {
		x.at(s, t).Equal("heat balance", x.port(s, t, func(p *der.Ports) []float64 { return p.Heat }), 0)
		x.at(s, t).Equal("gas balance", x.port(s, t, func(p *der.Ports) []float64 { return p.Gas }), 0)
		x.at(s, t).Equal("CO2 balance", x.port(s, t, func(p *der.Ports) []float64 { return p.CO2 }), 0)
	}
	deviation := 0.0
	for t, delivered := range x.Net[s] {
		deviation += math.Abs(delivered-x.DayAhead[t]) * x.dt(t)
	}
	x.at(s, audit.All).Equal("deviation", r.Deviation, deviation)
}

// drawnCarbon returns the carbon of grid purchases in a step, t CO2.
func (x *verification) drawnCarbon(s, t int) float64 {
	factors := x.Setting.Markets.GridEmission
	if factors == nil || x.Net[s][t] >= 0 {
		return 0
	}
	return -x.Net[s][t] * x.dt(t) * factors.At(t)
}

// freeAllocation returns the free allowances of the VPP in a step, t CO2.
func (x *verification) freeAllocation(t int) float64 {
	switch a := x.VPP.FreeAllocation; len(a) {
	case 0:
		return 0
	case 1:
		return a[0]
	default:
		return a[t]
	}
}

// port returns the sum of a port of all members, in the unit of the port.
func (x *verification) port(s, t int, of func(*der.Ports) []float64) float64 {
	sum := 0.0
	for i := range x.Members {
		sum += number(of(&x.Members[i].Schedule.Realised[s]), t)
	}
	return sum
}

// service checks the regulation service of each member: the smaller of its own
// deviation and that of the others, if the two have opposite signs.
func (x *verification) service() {
	for i := range x.Members {
		var (
			m      = &x.Members[i]
			energy float64
		)
		for s := range x.Net {
			p := &m.Schedule.Realised[s]
			for t, delivered := range x.Net[s] {
				own := number(p.Injected, t) + number(p.Reduced, t) - number(p.Withdrawn, t) - m.Schedule.DayAhead[t]
				rest := delivered - x.DayAhead[t] - own
				if own > 0 && rest < 0 || own < 0 && rest > 0 {
					energy += x.Setting.Set.Probability(s) * min(math.Abs(own), math.Abs(rest)) * x.dt(t)
				}
			}
		}
		x.inspection.At(m.DER.Name(), audit.All, audit.All).Equal("regulation service", m.Service, energy)
	}
}

// number returns the value of a path in a step, 0 without the path.
func number(path []float64, t int) float64 {
	if path == nil {
		return 0
	}
	return path[t]
}
