package dertest

import (
	"math"
	"reflect"

	"github.com/trigrid/trigrid/der"
)

// optional checks the optional interfaces of package der on one solved
// schedule. A kind without an interface passes its check.
func (s *suite) optional(p *program, c der.Context, realised []der.Ports) {
	s.t.Helper()
	if x, ok := der.As[der.Bounded](s.unit); ok {
		s.bounds(x, c, realised)
	}
	if x, ok := der.As[der.StateDescriber](s.unit); ok {
		s.states(x, realised)
	}
	if x, ok := der.As[der.CarbonCounter](s.unit); ok {
		s.carbon(x, p)
	}
	if x, ok := der.As[der.Projected](s.unit); ok {
		s.projection(x, c, realised)
	}
	if x, ok := der.As[der.Diagnoser](s.unit); ok {
		if err := x.Diagnose(c); err != nil {
			s.errorf("Diagnose rejects data that have a schedule: %v", err)
		}
	}
	if x, ok := der.As[der.Classified](s.unit); ok && (x.Class() < der.ClassOther || x.Class() > der.ClassHydro) {
		s.errorf("Class returns %v, want one of the classes of package der", x.Class())
	}
}

// byStep requires that the amounts of a [der.Stepwise] kind sum to the items of
// its benefit.
func (s *suite) byStep(c der.Context, schedule der.Schedule) {
	s.t.Helper()
	stepwise, ok := der.As[der.Stepwise](s.unit)
	if !ok {
		return
	}
	for i := range schedule.Realised {
		benefit, seen := s.unit.Benefit(schedule, c, i), map[string]bool{}
		for _, item := range stepwise.BenefitByStep(schedule, c, i) {
			sum := 0.0
			for _, amount := range item.Amounts {
				sum += amount
			}
			if want := benefit.Item(item.What); !s.equal(sum, want, 0) || len(item.Amounts) != c.Steps() || seen[item.What] {
				s.errorf("scenario %d: BenefitByStep has %d amounts of %q with the sum %.6f, want one item with %d amounts and the sum %.6f of Benefit",
					i, len(item.Amounts), item.What, sum, c.Steps(), want)
			}
			seen[item.What] = true
		}
		for _, item := range benefit.Items {
			if !seen[item.What] {
				s.errorf("scenario %d: Benefit has the item %q, which BenefitByStep lacks", i, item.What)
			}
		}
	}
}

// bounds requires that the schedule keeps the bounds of a [der.Bounded] kind. A
// bound that is too tight makes a diagnosis call a feasible program infeasible.
// For example, a store that discharges 2 MW in a schedule must not have an
// upper bound of 1.5 MW in that step.
func (s *suite) bounds(bounded der.Bounded, c der.Context, realised []der.Ports) {
	s.t.Helper()
	for i := range realised {
		p, b := &realised[i], bounded.Bounds(c, i)
		for t := range c.Steps() {
			// A port that is absent exchanges 0.
			exchange := [3]float64{der.Electricity: p.Net(t)}
			if p.Heat != nil {
				exchange[der.Heat] = p.Heat[t]
			}
			if p.Gas != nil {
				exchange[der.Gas] = p.Gas[t]
			}
			for port, mw := range exchange {
				lower, upper := b.Min[port][t], b.Max[port][t]
				if !(mw >= lower-feasibility && mw <= upper+feasibility) {
					s.errorf("scenario %d, step %d: %g MW of %v are feasible, but Bounds has [%g, %g]",
						i, t, mw, der.Carrier(port), lower, upper)
					return
				}
			}
		}
	}
}

// states requires that every trace lies in the range of a [der.StateDescriber].
// An absent limit accepts any value. A wrong range would show in a report as a
// state beyond its limits.
func (s *suite) states(describer der.StateDescriber, realised []der.Ports) {
	s.t.Helper()
	for i := range realised {
		for _, trace := range realised[i].Traces {
			x := describer.DescribeState(trace.Name)
			lower, upper := x.Min.Or(math.Inf(-1)), x.Max.Or(math.Inf(1))
			for t, value := range trace.Values {
				if !(value >= lower-feasibility && value <= upper+feasibility) {
					s.errorf("scenario %d, step %d: trace %q is %g, but DescribeState has [%g, %g]",
						i, t, trace.Name, value, lower, upper)
					return
				}
			}
		}
	}
}

// projection requires that the clean generation of a [der.Projected] kind is
// the available renewable energy of its schedule, and that no value is
// negative. A wrong one would change the signals of a region and with them the
// weights. For example, 4 MW over half an hour are 2 MWh available. Of a site,
// only parts that are Projected count: the water of a reservoir is available to
// a schedule, and no forecast states when.
func (s *suite) projection(projected der.Projected, c der.Context, realised []der.Ports) {
	s.t.Helper()
	for i := range realised {
		p := projected.Project(c.Set, i)
		if p.Clean != nil && len(p.Clean) != c.Steps() {
			s.errorf("scenario %d: Project has %d values of clean generation, want %d", i, len(p.Clean), c.Steps())
			return
		}
		for t := range c.Steps() {
			clean, available := 0.0, 0.0
			if p.Clean != nil {
				clean = p.Clean[t] * c.HoursAt(t)
			}
			for _, part := range projectedPorts(s.unit, realised[i]) {
				if part.Available != nil {
					available += part.Available[t]
				}
			}
			if !(math.Abs(clean-available) <= feasibility) {
				s.errorf("scenario %d, step %d: Project has %g MWh of clean generation, and the schedule has %g MWh available", i, t, clean, available)
				return
			}
			if p.Load != nil && (len(p.Load) != c.Steps() || !(p.Load[t] >= 0)) {
				s.errorf("scenario %d, step %d: Project has the load %v, want %d values of at least 0 MW", i, t, p.Load, c.Steps())
				return
			}
		}
	}
}

// carbon requires that a [der.CarbonCounter] that charges gas has emissions,
// and that it credits CO2 under a rule of package der. [der.OneCarbonRule]
// compares the members of a VPP by these counts, so that a wrong count lets a
// tonne count twice.
func (s *suite) carbon(counter der.CarbonCounter, p *program) {
	s.t.Helper()
	x := counter.CountsCarbon()
	if (x.ChargesBurning || x.ChargesPurchase) && p.terms[0].Emission == nil {
		s.errorf("CountsCarbon reports a charge for gas, but Terms.Emission is nil")
	}
	if x.Credits && x.Rule != der.CountAtStack && x.Rule != der.CountAtPurchase {
		s.errorf("CountsCarbon returns the rule %d, want CountAtStack or CountAtPurchase", x.Rule)
	}
}

// roll rolls a [der.Stateful] kind forward to every step of a solved schedule.
// The result must have the same type and name. If the data of the kind are
// valid on the rest of the horizon, so are those of the result, in the scenario
// that led to its state. An error is accepted, because some states have no
// field.
func (s *suite) roll(c der.Context, realised []der.Ports) {
	s.t.Helper()
	stateful, ok := der.As[der.Stateful](s.unit)
	if !ok {
		return
	}
	for i := range realised {
		for t := 1; t <= c.Steps(); t++ {
			next, err := stateful.RollForward(&realised[i], c, i, t)
			if err != nil {
				continue
			}
			switch {
			case reflect.TypeOf(next) != reflect.TypeOf(s.unit):
				s.errorf("RollForward returns a %T, want a %T; a kind that embeds another needs its own method", next, s.unit)
				return
			case next.Name() != s.unit.Name():
				s.errorf("RollForward returns %q, want the same name, %q", next.Name(), s.unit.Name())
				return
			}
			// Some data are invalid on any shorter horizon, such as a rebound
			// longer than the rest.
			before, valid := der.As[der.Validator](s.unit)
			if !valid || t == c.Steps() {
				continue
			}
			rest := c.Set.Window(t, c.Steps()).Subset(i)
			if before.Validate(rest) != nil {
				continue
			}
			if err := next.(der.Validator).Validate(rest); err != nil {
				s.errorf("after %d steps of scenario %d RollForward returns invalid data: %v", t, i, err)
				return
			}
		}
	}
}

// projectedPorts returns the ports of the projected parts of a site, and those
// of another DER as they are.
func projectedPorts(d der.DER, p der.Ports) []der.Ports {
	// The kit tries fleets of fleets, too.
	for fleet, ok := d.(*der.Fleet); ok; fleet, ok = d.(*der.Fleet) {
		d = fleet.Unit
	}
	site, ok := d.(*der.Site)
	if !ok {
		return []der.Ports{p}
	}
	var out []der.Ports
	for i, part := range site.PartSchedules(der.Schedule{Realised: []der.Ports{p}}) {
		if _, ok := der.As[der.Projected](site.Parts[i]); ok {
			out = append(out, part.Realised[0])
		}
	}
	return out
}
