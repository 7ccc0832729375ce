package audit

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// Inspected is implemented by kinds that state their own rules. Inspect
// recomputes all limits and ports of a schedule from the data of the DER,
// without the code of Model, and adds violations to x:
//
//	for s := range realised.Realised {
//		for t, mw := range realised.Realised[s].Injected {
//			x.At(d.Name(), s, t).AtMost("injection", mw, d.Capacity)
//		}
//	}
//
// Ports have the lengths of the horizon when Inspect is called.
type Inspected interface {
	der.DER
	Inspect(x *Inspection, realised der.Schedule, c der.Context)
}

// Inspect inspects the schedule of a DER: its shape, the signs of its flows,
// the rules of its kind, and its benefit, which is the payment of the tariff
// minus its own costs. known is false for a kind outside package der that is
// not [Inspected]: then Inspect checks shape, signs and benefit only.
func Inspect(x *Inspection, d der.DER, realised der.Schedule, c der.Context) (known bool) {
	if !shape(x, d.Name(), realised, c) {
		return true // the rules of the kind cannot read it
	}
	a := account{Inspection: x, d: d, realised: realised, c: c}
	// Inspected comes first, so that a kind that embeds a kind of package der
	// can replace its rules.
	switch u := d.(type) {
	case Inspected:
		u.Inspect(x, realised, c)
	case *der.Wind:
		a.renewable(farm{u.Available, u.Forecast, u.Maintenance, u.CurtailmentPenalty, 0})
	case *der.PV:
		a.renewable(farm{u.Available, u.Forecast, u.Maintenance, u.CurtailmentPenalty, u.Subsidy})
	case *der.Storage:
		a.storage(u)
	case *der.Thermal:
		a.thermal(u)
	case *der.DemandResponse:
		a.demandResponse(u)
	case *der.ShiftableLoad:
		a.shiftable(u)
	case *der.TransferableLoad:
		a.transferable(u)
	case *der.HeatPump:
		a.heatPump(u)
	case *der.RunOfRiver:
		a.river(u)
	case *der.Reservoir:
		a.reservoir(u)
	case *der.EVFleet:
		a.evFleet(u)
	case *der.Fleet:
		return a.fleet(u)
	case *der.Site:
		return a.site(u)
	default:
		known = a.converter()
		if !known {
			a.benefitOfUnknown()
		}
		return known
	}
	return true
}

// fleet inspects the schedule of single DERs. The mean of n schedules keeps
// every rule of a convex kind, and it is the schedule itself if all DERs follow
// one. Units that run in different steps are inspected one by one. Loads that
// start at different times, and connections of which some buy and some sell,
// keep no such rule in their mean.
func (a *account) fleet(u *der.Fleet) (known bool) {
	if _, connection := u.Unit.(*der.GridConnection); connection && u.Count > 1 {
		a.benefitOfUnknown()
		return false
	}
	parts, ok := u.Parts(a.realised, a.c)
	if !ok {
		a.benefitOfUnknown()
		return false
	}
	if len(parts) == 1 {
		return Inspect(a.Inspection, u.Unit, parts[0].Schedule, a.c)
	}
	for s := range a.realised.Realised {
		spent, counted, earned := 0.0, a.ports(s).Cost, 0.0
		for _, part := range parts {
			spent += float64(part.Count) * part.Schedule.Realised[s].Cost
			earned += float64(part.Count) * (u.Unit.Benefit(part.Schedule, a.c, s).Total() - Payment(part.Schedule, a.c, s))
		}
		a.at(s, All).AtLeast("cost counted by the program", counted, spent)
		a.at(s, All).Equal("benefit", a.d.Benefit(a.realised, a.c, s).Total(), Payment(a.realised, a.c, s)+earned)
	}
	for _, part := range parts {
		known = Inspect(a.Inspection, u.Unit, part.Schedule, a.c)
	}
	return known
}

// Readable reports whether a schedule has one path per scenario and one finite
// number per step in each port that is present. If it returns false, [Inspect]
// reports the violations of the shape only.
func Readable(realised der.Schedule, c der.Context) bool {
	return shape(&Inspection{}, "", realised, c)
}

// account is the schedule of one DER during its inspection. Its methods contain
// the rules of one kind each; they read ports of the schedule, data of the DER
// and series of the context.
type account struct {
	*Inspection
	d        der.DER
	realised der.Schedule
	c        der.Context
}

// dt returns Δ_t, the hours of step t.
func (a *account) dt(t int) float64 { return length(a.c, t) }

// hours returns the hours from the beginning of one step to that of a later
// one. Steps after the horizon have the length of the last one.
func (a *account) hours(from, to int) float64 {
	grid := a.c.Set.Grid()
	return grid.Time(to).Sub(grid.Time(from)).Hours()
}

// tiny returns the hours that count as rounding: a ten-thousandth of a step, or
// a thousandth of the shortest one if the steps differ in length, so that
// 0.1167 h are seven minutes.
func (a *account) tiny() float64 {
	if _, equal := a.c.Set.Grid().EqualSteps(); equal {
		return tinyStep * a.dt(0)
	}
	shortest := a.dt(0)
	for t := range a.c.Steps() {
		shortest = min(shortest, a.dt(t))
	}
	return 1e-3 * shortest
}

// length returns the hours of step t, from the times at which it begins and
// ends.
func length(c der.Context, t int) float64 {
	grid := c.Set.Grid()
	return grid.Time(t + 1).Sub(grid.Time(t)).Hours()
}

func (a *account) at(s, t int) Spot { return a.At(a.d.Name(), s, t) }

func (a *account) ports(s int) *der.Ports { return &a.realised.Realised[s] }

// each calls f for each scenario and step.
func (a *account) each(f func(s, t int, p *der.Ports, at Spot)) {
	for s := range a.realised.Realised {
		for t := range a.c.Steps() {
			f(s, t, a.ports(s), a.at(s, t))
		}
	}
}

// absent checks that the ports which the kind does not have are 0.
func (a *account) absent(of func(p *der.Ports) [][]float64) {
	a.each(func(_, t int, p *der.Ports, at Spot) {
		for _, port := range of(p) {
			at.Equal("port that the kind does not have", value(port, t), 0)
		}
	})
}

// shape checks that there is one schedule per scenario, one finite number per
// step in each port that is present, and no negative flow. It reports whether
// the other rules can read the schedule; a negative flow does not prevent that.
func shape(x *Inspection, name string, realised der.Schedule, c der.Context) bool {
	before := len(x.violations) // x can contain violations of other DERs
	x.At(name, All, All).Equal("number of scenarios", float64(len(realised.Realised)), float64(c.Scenarios()))
	path := func(rule string, s int, values []float64) {
		if values == nil {
			return
		}
		x.At(name, s, All).Equal(rule+" has one number per step", float64(len(values)), float64(c.Steps()))
		for t, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				x.At(name, s, t).report(rule+" is a number", Equal, v, 0)
			}
		}
	}
	if realised.DayAhead != nil {
		path("day-ahead schedule", All, realised.DayAhead)
	}
	for s := range realised.Realised {
		p := &realised.Realised[s]
		for _, port := range []struct {
			name   string
			values []float64
			signed bool // may be negative
		}{
			{"injection", p.Injected, false},
			{"withdrawal", p.Withdrawn, false},
			{"load reduction", p.Reduced, false},
			{"heat", p.Heat, true},
			{"gas", p.Gas, true},
			{"reserve", p.Reserve, false},
			{"emission", p.Emission, true},
			{"allowance", p.Allowance, true},
			{"CO2", p.CO2, true},
			{"renewable energy", p.Renewable, false},
			{"available energy", p.Available, false},
			{"conventional energy", p.Conventional, false},
		} {
			path(port.name, s, port.values)
			if !port.signed {
				for t, v := range port.values {
					x.At(name, s, t).AtLeast(port.name+" is not negative", v, 0)
				}
			}
		}
		for _, trace := range p.Traces {
			path("trace "+trace.Name, s, trace.Values)
		}
		if math.IsNaN(p.Cost) || math.IsInf(p.Cost, 0) {
			x.At(name, s, All).report("own cost is a number", Equal, p.Cost, 0)
		}
	}
	// Lengths and finiteness are equalities, signs are inequalities.
	for _, v := range x.violations[before:] {
		if v.Relation == Equal {
			return false
		}
	}
	return true
}

// Payment returns the payment of a tariff for one scenario of a schedule,
// currency:
//
//	Σ_t Δ (p_in I_t + p_red R_t − p_out W_t − p_short max(0, A_t − N_t) − p_long max(0, N_t − A_t))
//
// I is the injection, R the load reduction, W the withdrawal, N = I + R − W the
// net injection and A the day-ahead schedule, MW. The payments of [Goods] come
// in addition. For example, an injection of 2 MW at 50 per MWh that was
// scheduled as 3 MW, with a shortage penalty of 4 per MWh, is paid 2·50 − 4 =
// 96 in an hour.
func Payment(realised der.Schedule, c der.Context, s int) float64 {
	var (
		p   = &realised.Realised[s]
		x   = c.Tariff
		sum float64
	)
	for t := range c.Steps() {
		in, out, reduced := value(p.Injected, t), value(p.Withdrawn, t), value(p.Reduced, t)
		perHour := value(x.Injection, t)*in + value(x.LoadReduction, t)*reduced - value(x.Withdrawal, t)*out
		surplus := in + reduced - out - value(realised.DayAhead, t)
		if surplus > 0 { // only one of the two penalties applies
			perHour -= value(x.Surplus, t) * surplus
		} else {
			perHour += value(x.Shortage, t) * surplus
		}
		sum += perHour * length(c, t)
	}
	for _, amount := range Goods(realised, c, s) {
		sum += amount
	}
	return sum
}

// Goods returns the payments for heat, gas and CO2 in one scenario of a
// schedule, currency, by the name of their item, with the price p of the tariff
// or otherwise the price inside the VPP:
//
//	heat exchange: Σ_t Δ p H_t,   gas exchange: Σ_t Δ p G_t,   CO2 exchange: Σ_t p Q_t
//
// A good without a price has no item. For example, 2 MW of heat withdrawn for
// half an hour at 30 per MWh are charged 30.
func Goods(realised der.Schedule, c der.Context, s int) map[string]float64 {
	out := make(map[string]float64, 3)
	pay := func(item string, port, stated []float64, inside [][]float64, unit func(t int) float64) {
		price := stated
		if price == nil && s < len(inside) {
			price = inside[s]
		}
		if port == nil || price == nil {
			return
		}
		for t, amount := range port {
			out[item] += unit(t) * amount * value(price, t)
		}
	}
	p := &realised.Realised[s]
	hours := func(t int) float64 { return length(c, t) }
	one := func(int) float64 { return 1 }
	pay("heat exchange", p.Heat, c.Tariff.Heat, c.Inside.Heat, hours)
	pay("gas exchange", p.Gas, c.Tariff.Gas, c.Inside.Gas, hours)
	pay("CO2 exchange", p.CO2, c.Tariff.CO2, c.Inside.CO2, one)
	return out
}

// cost checks the items of the cost of a scenario against the benefit of the
// DER, and their sum against the cost in the program. With slack, the cost in
// the program may be larger: it is stated by inequalities, which do not bind if
// the objective has no economic weight.
func (a *account) cost(s int, slack bool, items map[string]float64) {
	total := 0.0
	benefit := a.d.Benefit(a.realised, a.c, s)
	// An item with two errors that cancel would pass a comparison of the totals
	// only.
	for what, spent := range items {
		total += spent
		a.at(s, All).Equal("cost of "+what, -benefit.Item(what), spent)
	}
	a.at(s, All).Equal("benefit", benefit.Total(), Payment(a.realised, a.c, s)-total)
	if counted := a.ports(s).Cost; slack {
		a.at(s, All).AtLeast("cost counted by the program", counted, total)
	} else {
		a.at(s, All).Equal("cost counted by the program", counted, total)
	}
}

// benefitOfUnknown checks the benefit of a kind without rules against the cost
// in the program.
func (a *account) benefitOfUnknown() {
	for s := range a.realised.Realised {
		a.at(s, All).Equal("benefit", a.d.Benefit(a.realised, a.c, s).Total(),
			Payment(a.realised, a.c, s)-a.ports(s).Cost)
	}
}

// value returns the value of a path in a step, 0 without the path.
func value(path []float64, t int) float64 {
	if t < len(path) {
		return path[t]
	}
	return 0
}
