package der

import "slices"

// Benefit implements [DER]. Its items are those of the payment, "fuel",
// "maintenance", "start-up" and "shut-down". The unit is on in the steps in
// which its trace "on" is 1. In a metered schedule, which has no traces, it is
// on in the steps with output.
func (u *Thermal) Benefit(realised Schedule, c Context, scenario int) Benefit {
	var (
		b                  = c.Payment(realised, scenario)
		x                  = u.perStep(c)
		p                  = &realised.Realised[scenario]
		on                 = running(p, c.Steps())
		fuel, wear         float64
		startCost, stopped float64
	)
	for t := range c.Steps() {
		output := at(p.Injected, t)
		if on[t] {
			fuel += x.hourly(output) * x.clock.hours(t)
		}
		wear += u.Maintenance * output * x.clock.hours(t)
		was := u.wasOn(on, t)
		if on[t] && !was && len(x.categories) > 0 {
			startCost += x.startCost(on, t)
		}
		if !on[t] && was {
			stopped += u.ShutDown
		}
	}
	b.Pay("fuel", fuel)
	b.Pay("maintenance", wear)
	b.Pay("start-up", startCost)
	b.Pay("shut-down", stopped)
	return b
}

// running returns the steps in which the unit is on.
func running(p *Ports, steps int) []bool {
	on := make([]bool, steps)
	trace := p.Trace("on")
	for t := range on {
		if trace != nil {
			on[t] = trace[t] > 0.5 // a binary within the tolerance of the solver
		} else {
			on[t] = at(p.Injected, t) > 0
		}
	}
	return on
}

// wasOn reports whether the unit was on in the step before t.
func (u *Thermal) wasOn(on []bool, t int) bool {
	if t > 0 {
		return on[t-1]
	}
	switch u.Before.Boundary {
	case BeforeCyclic:
		return on[len(on)-1]
	case BeforeFree:
		return on[0]
	}
	return u.Before.On
}

// startCost returns the cost of the start in step t, currency. It counts the
// steps off before t, across the start of the horizon as its [Boundary]
// prescribes.
func (x *thermal) startCost(on []bool, t int) float64 {
	if x.byHours {
		return x.startCostByHours(on, t)
	}
	coldest := x.categories[len(x.categories)-1]
	if b := x.unit.Before; b.Boundary == BeforeKnown && !b.On && x.past > 0 && !slices.Contains(on[:t], true) {
		return x.categoryBefore(t).cost
	}
	for off := 1; off < coldest.after; off++ {
		switch before := t - off - 1; {
		case before >= 0:
			if on[before] {
				return x.category(off).cost
			}
		case x.unit.Before.Boundary == BeforeCyclic:
			if before += len(on); before < 0 {
				return coldest.cost
			}
			if on[before] {
				return x.category(off).cost
			}
		case x.unit.Before.Boundary == BeforeFree:
			return coldest.cost
		case x.unit.Before.On:
			return x.category(off).cost
		default: // off for long enough
			return coldest.cost
		}
	}
	return coldest.cost
}
