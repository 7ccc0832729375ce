package audit

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// Inspected is implemented by units that state their own rules. Inspect recomputes every limit and every
// port of a schedule from the unit's data, without the code that formulated its program, and reports what
// does not hold.
type Inspected interface {
	der.DER
	Inspect(x *Inspection, realised der.Schedule, c der.Context)
}

// Unit inspects a unit's schedule: its shape, that no flow is negative, the rules of its kind, and that
// its benefit is what the tariff pays less its own costs. It reports whether the rules of the kind are
// known: those of a kind that is not in package der and not [Inspected] are not, and then only the shape,
// the signs and the benefit were inspected.
func Inspect(x *Inspection, d der.DER, realised der.Schedule, c der.Context) (known bool) {
	if !shape(x, d.Name(), realised, c) {
		return true // nothing further can be read
	}
	a := account{Inspection: x, d: d, realised: realised, c: c, dt: c.Hours()}
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
	default:
		known = a.converter()
		if !known {
			a.benefitOfUnknown()
		}
		return known
	}
	return true
}

// Readable reports whether a schedule has one path per scenario and one finite number per step in every
// port that is present. [Unit] says what is wrong with one that has not, and nothing more.
func Readable(realised der.Schedule, c der.Context) bool {
	return shape(&Inspection{}, "", realised, c)
}

// account is a unit's schedule under inspection.
type account struct {
	*Inspection
	d        der.DER
	realised der.Schedule
	c        der.Context
	dt       float64 // hours of a step
}

func (a *account) at(s, t int) Spot { return a.At(a.d.Name(), s, t) }

func (a *account) ports(s int) *der.Ports { return &a.realised.Realised[s] }

// each calls f for every scenario and step.
func (a *account) each(f func(s, t int, p *der.Ports, at Spot)) {
	for s := range a.realised.Realised {
		for t := range a.c.Steps() {
			f(s, t, a.ports(s), a.at(s, t))
		}
	}
}

// absent demands that ports which the kind does not have carry nothing.
func (a *account) absent(rule string, of func(p *der.Ports) [][]float64) {
	a.each(func(_, t int, p *der.Ports, at Spot) {
		for _, port := range of(p) {
			at.Equal(rule, value(port, t), 0)
		}
	})
}

// shape demands one schedule per scenario, one finite number per step in every port that is present, and
// flows that are not negative.
func shape(x *Inspection, unit string, realised der.Schedule, c der.Context) bool {
	before := len(x.violations)
	x.At(unit, All, All).Equal("number of scenarios", float64(len(realised.Realised)), float64(c.Scenarios()))
	path := func(rule string, s int, values []float64) {
		if values == nil {
			return
		}
		x.At(unit, s, All).Equal(rule+" has one number per step", float64(len(values)), float64(c.Steps()))
		for t, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				x.At(unit, s, t).report(rule+" is a number", Equal, v, 0)
			}
		}
	}
	if realised.DayAhead != nil {
		path("announcement", All, realised.DayAhead)
	}
	for s := range realised.Realised {
		p := &realised.Realised[s]
		for _, port := range []struct {
			name   string
			values []float64
			signed bool
		}{
			{"injection", p.Injected, false},
			{"withdrawal", p.Withdrawn, false},
			{"curtailment", p.Reduced, false},
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
					x.At(unit, s, t).AtLeast(port.name+" is not negative", v, 0)
				}
			}
		}
		for _, trace := range p.Traces {
			path("trace "+trace.Name, s, trace.Values)
		}
		if math.IsNaN(p.Cost) || math.IsInf(p.Cost, 0) {
			x.At(unit, s, All).report("own cost is a number", Equal, p.Cost, 0)
		}
	}
	for _, f := range x.violations[before:] {
		if f.Relation == Equal {
			return false
		}
	}
	return true
}

// Payment returns what a tariff pays for one scenario of a schedule, currency:
//
//	Σ_t Δ (p_in I_t + p_curt C_t − p_out W_t − p_short (A_t − N_t)^+ − p_long (N_t − A_t)^+)
func Payment(realised der.Schedule, c der.Context, s int) float64 {
	var (
		p   = &realised.Realised[s]
		x   = c.Tariff
		sum float64
	)
	for t := range c.Steps() {
		in, out, cut := value(p.Injected, t), value(p.Withdrawn, t), value(p.Reduced, t)
		perHour := value(x.Injection, t)*in + value(x.LoadReduction, t)*cut - value(x.Withdrawal, t)*out
		surplus := in + cut - out - value(realised.DayAhead, t)
		if surplus > 0 {
			perHour -= value(x.Surplus, t) * surplus
		} else {
			perHour += value(x.Shortage, t) * surplus
		}
		sum += perHour * c.Hours()
	}
	return sum
}

// cost compares a unit's costs in a scenario, recomputed item by item, with what its benefit says and
// with what the program counted. A program may count more than the schedule costs where its objective
// gives no weight to money and the cost is stated by inequalities (slack).
func (a *account) cost(s int, slack bool, items map[string]float64) {
	total := 0.0
	benefit := a.d.Benefit(a.realised, a.c, s)
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

// benefitOfUnknown compares a benefit with the cost that the program counted: all that can be said about
// a unit whose rules are not known.
func (a *account) benefitOfUnknown() {
	for s := range a.realised.Realised {
		a.at(s, All).Equal("benefit", a.d.Benefit(a.realised, a.c, s).Total(), Payment(a.realised, a.c, s)-a.ports(s).Cost)
	}
}

// value reads a path that may be absent.
func value(path []float64, t int) float64 {
	if t < len(path) {
		return path[t]
	}
	return 0
}
