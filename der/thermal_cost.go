package der

import (
	"strconv"

	"github.com/trigrid/trigrid/milp"
)

// curve returns the piecewise-linear cost curve while on: Curve, or the line c
// + b p, or the chords of c + b p + a p² if Pieces is given. It is nil if
// tangents replace the quadratic.
func (u *Thermal) curve() []CurvePoint {
	if len(u.Curve) > 0 {
		return u.Curve
	}
	at := func(p float64) CurvePoint { return CurvePoint{p, u.NoLoad + u.Linear*p + u.Quadratic*p*p} }
	switch {
	case u.MaxOutput == u.MinOutput:
		return []CurvePoint{at(u.MinOutput)}
	case u.Quadratic == 0:
		return []CurvePoint{at(u.MinOutput), at(u.MaxOutput)}
	case u.Pieces == 0:
		return nil
	}
	curve := make([]CurvePoint, u.Pieces+1)
	for i := range curve {
		part := float64(i) / float64(u.Pieces)
		curve[i] = at(u.MinOutput + part*(u.MaxOutput-u.MinOutput))
	}
	return curve
}

// square is the convex function a p².
type square struct{ a float64 }

func (f square) Value(p float64) float64 { return f.a * p * p }
func (f square) Slope(p float64) float64 { return 2 * f.a * p }

// slope returns the price of block i of a curve, currency per MWh.
func slope(curve []CurvePoint, i int) float64 {
	return (curve[i+1].Cost - curve[i].Cost) / (curve[i+1].Output - curve[i].Output)
}

// hourly returns the cost of one hour at output p while on, currency, without
// maintenance.
func (x *thermal) hourly(p float64) float64 {
	if x.curve == nil {
		return x.unit.NoLoad + x.unit.Linear*p + x.unit.Quadratic*p*p
	}
	return hourly(x.curve, p)
}

// hourly returns the cost of one hour at output p on a curve, currency. The
// first and the last block extend beyond the curve, because a solver's output
// can leave it by a tolerance.
func hourly(curve []CurvePoint, p float64) float64 {
	var (
		cost = curve[0].Cost
		last = len(curve) - 2
	)
	for i := range last + 1 {
		filled := p - curve[i].Output
		if i > 0 {
			filled = max(filled, 0)
		}
		if i < last {
			filled = min(filled, curve[i+1].Output-curve[i].Output)
		}
		cost += slope(curve, i) * filled
	}
	return cost
}

// production adds the cost of step t and the rows between the output and the
// blocks d_l of the curve:
//
//	p_t = P_min u_t + Σ_l d_lt,   0 ≤ d_lt ≤ width_l u_t
//	cost = (C(P_min) u_t + Σ_l slope_l d_lt + m p_t) Δ
//
// Cheaper blocks fill first because the curve is convex. In the tight
// formulation the part of a block above SU is closed in the step of a start,
// and the part above SD in the step before a stop.
//
// Without a curve the cost is (c u_t + b p_t + m p_t) Δ and a convex cost a
// p_t² Δ.
func (x *thermal) production(m *milp.Model, k *commitment, at func(string, int) milp.Name, t int, output milp.Expr, out *Terms) {
	var (
		dt    = x.clock.hours(t)
		cost  = &out.Cost
		on    = k.u[t]
		lower = on.Times(x.min)
	)
	if x.unit.Maintenance != 0 {
		cost.Add(output.Times(x.unit.Maintenance * dt))
	}
	if x.curve == nil {
		m.AtLeast(at("min", t), output, lower)
		cost.Add(on.Times(x.unit.NoLoad*dt), output.Times(x.unit.Linear*dt))
		out.AddConvex(m, at("fuel", t), output, on, square{x.unit.Quadratic * dt}, x.min, x.max)
		return
	}
	cost.Add(on.Times(x.curve[0].Cost * dt))
	switch blocks := len(x.curve) - 1; blocks {
	case 0:
		m.AtLeast(at("min", t), output, lower)
	case 1:
		m.AtLeast(at("min", t), output, lower)
		price := slope(x.curve, 0) * dt
		cost.Add(output.Times(price), lower.Times(-price))
	default:
		filled := lower
		for i := range blocks {
			width := x.curve[i+1].Output - x.curve[i].Output
			block := m.Var(at(x.blockNames[i].filled, t), 0, width*MaxCount(k.on)).Expr()
			filled.Add(block)
			cost.Add(block.Times(slope(x.curve, i) * dt))
			x.blockLimit(m, k, at, i, t, block)
		}
		m.Equal(at("blocks", t), output, filled)
	}
}

// blockLimit adds d_l ≤ width_l u_t minus the parts that a start now and a stop
// next close. A unit with U ≥ 2 cannot do both at once, so that one row has
// both terms. Other units need two rows.
func (x *thermal) blockLimit(m *milp.Model, k *commitment, at func(string, int) milp.Name, i, t int, block milp.Expr) {
	var (
		name        = at(x.blockNames[i].limit, t)
		second      = at(x.blockNames[i].stopLimit, t)
		from, to    = x.curve[i].Output, x.curve[i+1].Output
		full        = k.u[t].Times(to - from)
		start, stop = k.v[t], k.stops(t+1, t+1)
		atStart     = min(max(0, to-x.start), to-from) // closed in the step of a start
		atStop      = min(max(0, to-x.stop), to-from)  // closed in the step before a stop
	)
	switch {
	case !x.form.tight():
		m.AtMost(name, block, full)
	case x.minUp > 1 || atStart == 0 || atStop == 0:
		m.AtMost(name, block, full.Minus(start.Times(atStart)).Minus(stop.Times(atStop)))
	default:
		m.AtMost(name, block, full.Minus(start.Times(atStart)).Minus(stop.Times(max(0, atStop-atStart))))
		m.AtMost(second, block, full.Minus(stop.Times(atStop)).Minus(start.Times(max(0, atStart-atStop))))
	}
}

// startUp returns the cost of all starts: the coldest category for each start,
// minus the saving of a shorter time off. Restarts after a short time off are
// variables z, bounded by the starts that they are part of and by the stops
// that they follow.
func (x *thermal) startUp(m *milp.Model, k *commitment) milp.Expr {
	var cost milp.Expr
	n := len(x.categories)
	if n == 0 {
		return cost
	}
	coldest := x.categories[n-1]
	for t := range x.steps {
		cost.Add(k.v[t].Times(coldest.cost))
	}
	if n == 1 {
		return cost
	}
	if x.form.tight() {
		x.matchStarts(m, k, &cost)
	} else {
		x.lagStarts(m, k, &cost)
	}
	return cost
}

// matchStarts pairs each start with the stop it follows, i steps earlier: z_it
// ≥ 0,
//
//	Σ_i z_it ≤ v_t,   Σ_i z_{i,τ+i} ≤ w_τ,   saving = Σ (S_coldest − S(i)) z_it
func (x *thermal) matchStarts(m *milp.Model, k *commitment, cost *milp.Expr) {
	var (
		id      = x.unit.ID
		coldest = x.categories[len(x.categories)-1]
		longest = min(coldest.after, x.steps) // shorter times off can lie within the horizon
		names   = make([]string, longest)     // by steps off: "restart3"
		follow  = make([]milp.Expr, x.steps)  // by stop
		before  milp.Expr                     // restarts after a stop before the horizon
	)
	for i := x.minDown; i < longest; i++ {
		names[i] = "restart" + strconv.Itoa(i)
	}
	for t := range x.steps {
		var pairs milp.Expr
		pair := func(name milp.Name, c startCategory, stop *milp.Expr) {
			z := m.Var(name, 0, MaxCount(k.on)).Expr()
			pairs.Add(z)
			stop.Add(z)
			cost.Add(z.Times(c.cost - coldest.cost))
		}
		for i := x.minDown; i < longest; i++ {
			switch stop := t - i; {
			case stop >= 0:
				pair(milp.At(id, names[i], t), x.category(i), &follow[stop])
			case x.unit.Before.Boundary == BeforeCyclic:
				pair(milp.At(id, names[i], t), x.category(i), &follow[stop+x.steps])
			}
		}
		if c := x.categoryBefore(t); !x.unit.Before.On && x.past > 0 && (x.minDown <= t+x.past || x.hold >= 0) && c != coldest {
			pair(milp.At(id, "restart_before", t), c, &before)
		}
		if !nothing(pairs) {
			m.AtMost(milp.At(id, "restarts", t), pairs, k.v[t])
		}
	}
	for t, pairs := range follow {
		if !nothing(pairs) {
			m.AtMost(milp.At(id, "restarted", t), pairs, k.w[t])
		}
	}
	if !nothing(before) {
		m.AtMost(milp.At(id, "restarted_before"), before, k.on)
	}
}

// lagStarts assigns each start a category q by the window of steps that
// contains the stop: z_qt ≥ 0,
//
//	z_qt ≤ Σ w_{t−i} over the steps i of the window,   Σ_q z_qt ≤ v_t
//	saving = Σ (S_coldest − S_q) z_qt
func (x *thermal) lagStarts(m *milp.Model, k *commitment, cost *milp.Expr) {
	var (
		id      = x.unit.ID
		coldest = x.categories[len(x.categories)-1]
		names   = make([]string, len(x.categories)) // by category: "restart0"
	)
	for q := range names {
		names[q] = "restart" + strconv.Itoa(q)
	}
	for t := range x.steps {
		var sum milp.Expr
		for q := range len(x.categories) - 1 {
			var stops milp.Expr
			if x.byHours {
				stops = x.stopsInCategory(k, t, q)
			} else {
				first, last := x.categories[q].after, x.categories[q+1].after-1
				if x.unit.Before.Boundary == BeforeCyclic {
					last = min(last, x.steps-1)
				}
				if q == 0 && x.hold >= 0 && !x.unit.Before.On && x.past > 0 {
					// Hold lets the unit start before its minimum time off.
					first = min(first, t+x.past)
				}
				stops = k.stops(t-last, t-first)
			}
			if nothing(stops) {
				continue
			}
			z := m.Var(milp.At(id, names[q], t), 0, MaxCount(k.on)).Expr()
			m.AtMost(milp.At(id, names[q]+"_lag", t), z, stops)
			sum.Add(z)
			cost.Add(z.Times(x.categories[q].cost - coldest.cost))
		}
		if !nothing(sum) {
			m.AtMost(milp.At(id, "restarts", t), sum, k.v[t])
		}
	}
}

// category returns the category of a start after the given number of steps off.
func (x *thermal) category(off int) startCategory {
	found := x.categories[0]
	for _, c := range x.categories[1:] {
		if off >= c.after {
			found = c
		}
	}
	return found
}

// categoryBefore returns the category of a start in step t of a unit that has
// been off since before the horizon. Parts of a step count: a unit that is off
// for 1.4 h has been off for 2.4 h an hour later.
func (x *thermal) categoryBefore(t int) startCategory {
	off := x.unit.Before.Hours.Or(0)/x.clock.dt + float64(t)
	found := x.categories[0]
	for i, c := range x.categories[1:] {
		if off >= x.unit.StartUp[i+1].After/x.clock.dt-tinyStep {
			found = c
		}
	}
	return found
}
