package der

// Benefit implements [DER]: what the tariff pays, less fuel, maintenance, start-ups and shut-downs. The
// unit counts as on where its trace "on" says so, or where it delivers if it has no such trace.
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
			fuel += hourly(x.curve, output) * x.hours
		}
		wear += u.Maintenance * output * x.hours
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

// running reads the steps in which a realised schedule has the unit on.
func running(p *Ports, steps int) []bool {
	on := make([]bool, steps)
	trace := p.Trace("on")
	for t := range on {
		if trace != nil {
			on[t] = trace[t] > 0.5
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

// startCost returns what the start in step t costs, by the steps the unit was off before it.
func (x *thermal) startCost(on []bool, t int) float64 {
	coldest := x.categories[len(x.categories)-1]
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
		case x.past == 0:
			return coldest.cost
		case -before > x.past:
			return x.category(off).cost
		}
	}
	return coldest.cost
}
