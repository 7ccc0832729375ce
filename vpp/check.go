package vpp

import (
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp/audit"
)

// Check recomputes a plan from the data of its setting, its plant and its members and from the schedules
// alone, and returns nil or an [*audit.Violations] that lists every rule which does not hold: balances and
// limits, what the markets charge, imbalance, value at risk and its conditional mean, payments, costs and
// sums, and for each member the rules of its kind ([audit.Inspect]). It shares no code with the program nor
// with what filled in the plan. A tolerance of 0 stands for 1e-6, relative to the numbers compared and
// absolute below 1.
//
// What a member of an unknown kind does inside is not checked; [Plan.Unaudited] names such members. Nor
// is a risk measure other than [CVaR].
func (p *Plan) Verify(tolerance float64) error {
	x := &check{Plan: p, inspection: audit.Inspection{Tolerance: tolerance}, dt: p.Setting.Set.Hours()}
	x.context = der.Context{Set: p.Setting.Set, Tariff: p.VPP.Tariff}
	if x.shape() {
		x.members()
		for s := range p.Results {
			x.balance(s)
			x.energies(s)
			x.money(s)
		}
		x.service()
		x.values()
	}
	return x.inspection.Err()
}

// Unaudited returns the names of the members whose rules [Plan.Verify] does not know.
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

// check is one run of [Plan.Verify].
type check struct {
	*Plan
	inspection audit.Inspection
	context    der.Context
	dt         float64
}

func (x *check) at(s, t int) audit.Spot { return x.inspection.At(x.VPP.Name, s, t) }

// shape demands one number per scenario and step, without which nothing else can be read, and inspects
// the members' schedules.
func (x *check) shape() bool {
	var (
		set   = x.Setting.Set
		whole = x.at(audit.All, audit.All)
	)
	whole.Equal("position has one number per step", float64(len(x.DayAhead)), float64(set.Steps()))
	whole.Equal("deliveries have one path per scenario", float64(len(x.Net)), float64(set.Len()))
	whole.Equal("results are one per scenario", float64(len(x.Results)), float64(set.Len()))
	for s := range x.Net {
		x.at(s, audit.All).Equal("delivery has one number per step", float64(len(x.Net[s])), float64(set.Steps()))
	}
	for i := range x.Members {
		m := &x.Members[i]
		spot := x.inspection.At(m.DER.Name(), audit.All, audit.All)
		spot.Equal("schedule has one path per scenario", float64(len(m.Schedule.Realised)), float64(set.Len()))
		spot.Equal("announcement has one number per step", float64(len(m.Schedule.DayAhead)), float64(set.Steps()))
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

func (x *check) named(name string) int {
	n := 0
	for i := range x.Members {
		if x.Members[i].DER.Name() == name {
			n++
		}
	}
	return n
}

// members demands that payment, cost and revenue are what the members' schedules come to.
func (x *check) members() {
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
	}
}

// balance demands that what is delivered is what the members feed in less what they take out and the
// demand, and that position and delivery stay within the connection.
func (x *check) balance(s int) {
	least, most := math.Inf(-1), math.Inf(1)
	if mw, ok := x.VPP.ImportLimit.Get(); ok {
		least = -mw
	}
	if mw, ok := x.VPP.ExportLimit.Get(); ok {
		most = mw
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
		x.at(s, t).Within("connection limit of the delivery", least, delivered, most)
		if s == 0 {
			x.at(audit.All, t).Within("connection limit of the position", least, x.DayAhead[t], most)
		}
	}
}

// energies demands that energies, carbon and deviation are the sums of the members' ports.
func (x *check) energies(s int) {
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
				sum += x.lumpSum(t)
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
		deviation += math.Abs(delivered-x.DayAhead[t]) * x.dt
	}
	x.at(s, audit.All).Equal("deviation", r.Deviation, deviation)
}

// drawnCarbon returns the carbon of what is bought from the grid in a step, t CO2.
func (x *check) drawnCarbon(s, t int) float64 {
	factors := x.Setting.Markets.GridEmission
	if factors == nil || x.Net[s][t] >= 0 {
		return 0
	}
	return -x.Net[s][t] * x.dt * factors.At(t)
}

// lumpSum returns the allowances that the plant has whatever it does, t CO2.
func (x *check) lumpSum(t int) float64 {
	switch a := x.VPP.FreeAllocation; len(a) {
	case 0:
		return 0
	case 1:
		return a[0]
	default:
		return a[t]
	}
}

// port adds up a port of all members, in the port's unit.
func (x *check) port(s, t int, of func(*der.Ports) []float64) float64 {
	sum := 0.0
	for i := range x.Members {
		sum += number(of(&x.Members[i].Schedule.Realised[s]), t)
	}
	return sum
}

// service demands that each member's regulation service is the energy by which it offset the rest.
func (x *check) service() {
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
					energy += x.Setting.Set.Probability(s) * min(math.Abs(own), math.Abs(rest)) * x.dt
				}
			}
		}
		x.inspection.At(m.DER.Name(), audit.All, audit.All).Equal("regulation service", m.Service, energy)
	}
}

// number reads a path that may be absent.
func number(path []float64, t int) float64 {
	if path == nil {
		return 0
	}
	return path[t]
}
