package der

import "github.com/trigrid/trigrid/milp"

// This file has the times of a [Thermal] in hours, for steps of different
// lengths. T_t is the beginning of step t, in hours from the start of the
// horizon.

// holdByHours sets hold to the number of first steps that keep the state before
// the horizon: those that begin before the rest of the minimum time, or of
// [ThermalState.Hold], has passed.
func (x *thermal) holdByHours() {
	u := x.unit
	if u.Before.Boundary != BeforeKnown {
		return
	}
	rest := 0.0
	if hours, given := u.Before.Hours.Get(); given {
		rest = u.MinDown - hours
		if u.Before.On {
			rest = u.MinUp - hours
		}
	}
	rest = max(0, u.Before.Hold.Or(rest))
	x.hold = min(x.clock.upTo(0, rest), x.steps)
}

// lastStarts returns the starts after which the unit must be on in step t:
// those in the steps i with T_t − T_i < U.
func (x *thermal) lastStarts(k *commitment, t int) milp.Expr {
	if x.byHours {
		return k.starts(max(0, x.clock.first(t, x.unit.MinUp)), t)
	}
	from := t - x.minUp + 1
	if x.hold >= 0 { // the hold covers the change before the horizon
		from = max(0, from)
	}
	return k.starts(from, t)
}

// lastStops returns the stops after which the unit must be off in step t.
func (x *thermal) lastStops(k *commitment, t int) milp.Expr {
	if x.byHours {
		return k.stops(max(0, x.clock.first(t, x.unit.MinDown)), t)
	}
	from := t - x.minDown + 1
	if x.hold >= 0 {
		from = max(0, from)
	}
	return k.stops(from, t)
}

// stopsInCategory returns the stops that a start in step t follows after the
// time off of category q: A_q ≤ T_t − T_i < A_{q+1} for a stop in step i.
// Category 0 has no lower limit, the last one no upper limit. The time off
// before the horizon counts from the state before it.
func (x *thermal) stopsInCategory(k *commitment, t, q int) milp.Expr {
	var sum milp.Expr
	for i := range t {
		if x.categoryAfter(x.clock.at(t)-x.clock.at(i)) == q {
			sum.Add(k.w[i])
		}
	}
	before := x.unit.Before
	if hours, given := before.Hours.Get(); given && before.Boundary == BeforeKnown && !before.On &&
		x.categoryAfter(hours+x.clock.at(t)) == q {
		sum.Add(k.on)
	}
	return sum
}

// categoryAfter returns the index of the category of a start after the given
// hours off.
func (x *thermal) categoryAfter(hours float64) int {
	found := 0
	for q, c := range x.categories {
		if hours >= c.hours-x.clock.tiny {
			found = max(found, q)
		}
	}
	return found
}

// startCostByHours returns the cost of the start in step t of a schedule,
// currency.
func (x *thermal) startCostByHours(on []bool, t int) float64 {
	coldest := x.categories[len(x.categories)-1].cost
	for i := t - 1; i >= 0; i-- {
		if on[i] { // the unit stopped at the beginning of step i+1
			return x.categories[x.categoryAfter(x.clock.at(t)-x.clock.at(i+1))].cost
		}
	}
	before := x.unit.Before
	if before.Boundary != BeforeKnown {
		return coldest
	}
	if before.On {
		return x.categories[x.categoryAfter(x.clock.at(t))].cost
	}
	if hours, given := before.Hours.Get(); given {
		return x.categories[x.categoryAfter(hours+x.clock.at(t))].cost
	}
	return coldest
}
