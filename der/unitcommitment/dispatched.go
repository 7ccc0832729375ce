package unitcommitment

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// dispatched delivers or, if negative, takes any power between two limits per
// step, at a price per step. It is a farm with costs, a machine that is always
// on, a load with a price or, with switching, a machine that can be off.
//
//	least_t u_t ≤ P_t ≤ most_t u_t                                    MW
//	P_t − P_{t−1} ≤ up_t u_{t−1} + R_v (u_t − u_{t−1})                see ramps
//	P_{t−1} − P_t ≤ down_t u_t + R_w (u_{t−1} − u_t)
//	E_min ≤ Σ_t h_t P_t ≤ E_max                                       MWh
//	cost = Σ_t (price_t P_t + q_t P_t² + standing_t u_t + C(P_t)) Δ + Σ_t (S v_t + X w_t)
//
// Without switching u is 1. C is the largest of the lines through neighbouring
// points of the curve, which is the curve itself if it is convex. The first and
// the last line go on beyond their points.
//
// For example, a load of up to 50 MW that pays 100 per MWh has least −50, most
// 0 and price 100: each MW that it takes costs −100.
type dispatched struct {
	id          string
	least, most []float64 // MW
	price       []float64 // currency per MWh; nil: 0
	quadratic   []float64 // q_t ≥ 0, currency per MW² and hour; nil: 0
	curve       []der.CurvePoint
	emission    []float64 // t CO2 per MWh; nil: 0

	up, down  []float64      // MW per step; nil: no limit
	before    optional.Float // output before the first step, MW. Absent: no ramp into it
	switching *switching     // nil: always on

	minEnergy, maxEnergy optional.Float // MWh
	energyHours          []float64      // h_t; nil: the length of a step
}

// switching is the commitment of a unit that counts its times in steps.
//
//	u_t − u_{t−1} = v_t − w_t,   Σ v ≤ u_t over U steps,   Σ w ≤ 1 − u_t over D steps
//
// A ramp limit of a start or a stop bounds the output from above, and from
// below by the rows of
// [dispatched]: P_{t−1} ≥ R_v − up_t before a stop, and P_t ≥ R_w − down_t after a start.
type switching struct {
	standing      []float64 // currency per hour while on; nil: 0
	start, stop   float64   // S, X ≥ 0, currency
	rampV, rampW  float64   // R_v, R_w, MW
	minUp, minOff int       // U, D ≥ 1, steps
	on            bool      // before the first step
	held          int       // steps for which the state before must last
}

var (
	_ der.DER       = (*dispatched)(nil)
	_ der.Validator = (*dispatched)(nil)
)

// Name implements [der.DER].
func (u *dispatched) Name() string { return u.id }

// Model implements [der.DER]. Its columns are "power(s,t)", "injected(s,t)" and
// "withdrawn(s,t)" if the sign of the power is open, and those of the
// commitment.
func (u *dispatched) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	var (
		out  = c.NewTerms()
		x    = u.commit(m, on, c)
		once milp.Expr // costs of the first stage
	)
	// The commitment is equal in all scenarios, so that its cost is computed
	// once.
	if k := u.switching; k != nil {
		for t := range c.Steps() {
			once.Add(x.u[t].Times(valueAt(k.standing, t)*c.Hours()), x.v[t].Times(k.start), x.w[t].Times(k.stop))
		}
	}
	for s := range out {
		var (
			at     = c.Namer(u.id, s)
			power  = make([]milp.Expr, c.Steps())
			energy milp.Expr
		)
		out[s].Cost.Add(once)
		for t := range c.Steps() {
			power[t] = u.power(m, at, t, x.u[t])
			u.exchange(m, at, t, power[t], x.u[t], &out[s])
			u.charge(m, at, t, power[t], x.u[t], c.Hours(), &out[s])
			if e := valueAt(u.emission, t); e != 0 {
				out[s].Emit(t, power[t].Times(e*u.hours(c, t)))
			}
			energy.Add(power[t].Times(u.hours(c, t)))
			if u.switching != nil {
				out[s].Watch("on", "", t, x.u[t])
				out[s].Watch("start", "", t, x.v[t])
				out[s].Watch("stop", "", t, x.w[t])
			}
		}
		u.ramps(m, at, power, x, on)
		if least, given := u.minEnergy.Get(); given {
			m.AtLeast(milp.At(u.id, "energy_min", s), energy, on.Times(least))
		}
		if most, given := u.maxEnergy.Get(); given {
			m.AtMost(milp.At(u.id, "energy_max", s), energy, on.Times(most))
		}
	}
	return out
}

// hours returns h_t.
func (u *dispatched) hours(c der.Context, t int) float64 {
	if u.energyHours == nil {
		return c.Hours()
	}
	return u.energyHours[t]
}

// commitments holds u, v and w per step.
type commitments struct{ u, v, w []milp.Expr }

// commit adds the commitment. Without switching u is on.
func (u *dispatched) commit(m *milp.Model, on milp.Expr, c der.Context) commitments {
	var (
		n    = c.Steps()
		name = c.FirstStage(u.id)
		k    = u.switching
		x    = commitments{make([]milp.Expr, n), make([]milp.Expr, n), make([]milp.Expr, n)}
	)
	// before is u_{t−1}; the zero expression is off.
	var before milp.Expr
	if k == nil || k.on {
		before = on
	}
	for t := range n {
		if k == nil {
			x.u[t] = on
			continue
		}
		x.u[t] = m.Bin(name("on", t)).Expr()
		x.v[t] = m.Var(name("start", t), 0, 1).Expr()
		x.w[t] = m.Var(name("stop", t), 0, 1).Expr()
		// Starts before the horizon need no row, because held keeps the state
		// that follows them.
		m.Equal(name("logic", t), x.u[t].Minus(before), x.v[t].Minus(x.w[t]))
		before = x.u[t]
		m.AtMost(name("minup", t), milp.Sum(x.v[max(0, t-k.minUp+1):t+1]...), x.u[t])
		m.AtMost(name("mindown", t), milp.Sum(x.w[max(0, t-k.minOff+1):t+1]...), on.Minus(x.u[t]))
		if t < k.held {
			held := milp.Expr{}
			if k.on {
				held = on
			}
			m.Equal(name("hold", t), x.u[t], held)
		}
	}
	return x
}

// power adds the power of a step. With a constant u its limits are bounds.
func (u *dispatched) power(m *milp.Model, at func(string, int) milp.Name, t int, on milp.Expr) milp.Expr {
	least, most := u.least[t], u.most[t]
	if on.IsConst() {
		k := on.Constant()
		if k == 0 { // 0 × ∞
			return m.Var(at("power", t), 0, 0).Expr()
		}
		return m.Var(at("power", t), k*least, k*most).Expr()
	}
	// The column must admit 0, the power while off, which can lie outside the
	// limits.
	n := der.MaxCount(on)
	power := m.Var(at("power", t), min(0, least)*n, max(0, most)*n).Expr()
	m.Between(at("range", t), on.Times(least), power, on.Times(most))
	return power
}

// exchange adds the power to the port of its sign. A power whose sign is open
// gets two columns.
//
// For example, a power from −5 to 20 MW is injected − withdrawn, with at most
// 20 and 5 MW.
func (u *dispatched) exchange(m *milp.Model, at func(string, int) milp.Name, t int, power, on milp.Expr, out *der.Terms) {
	least, most := u.least[t], u.most[t]
	switch {
	case least >= 0:
		out.Inject(t, power)
		return
	case most <= 0:
		out.Withdraw(t, power.Times(-1))
		return
	}
	n := der.MaxCount(on)
	in, back := m.Var(at("injected", t), 0, most*n).Expr(), m.Var(at("withdrawn", t), 0, -least*n).Expr()
	m.Equal(at("exchange", t), power, in.Minus(back))
	// Without these rows a unit that is off could feed in and take the same
	// power.
	if !on.IsConst() || on.Constant() != 1 {
		m.AtMost(at("injected_max", t), in, on.Times(most))
		m.AtMost(at("withdrawn_max", t), back, on.Times(-least))
	}
	out.Inject(t, in)
	out.Withdraw(t, back)
}

// charge adds the cost of the power of a step.
func (u *dispatched) charge(m *milp.Model, at func(string, int) milp.Name, t int, power, on milp.Expr, dt float64, out *der.Terms) {
	out.Cost.Add(power.Times(valueAt(u.price, t) * dt))
	if q := valueAt(u.quadratic, t); q != 0 {
		out.AddConvex(m, at("quadratic", t), power, on, parabola(q*dt), u.least[t], u.most[t])
	}
	addCurve(m, at, t, u.curve, u.least[t], u.most[t], on, power, dt, out)
}

// addCurve adds the cost of a curve at a power between least and most, times
// the hours dt. The column "cost(s,t)" has the largest line, which its rows
// bound from below. Its bounds keep the program bounded if the objective gives
// cost no weight.
func addCurve(
	m *milp.Model, at func(string, int) milp.Name, t int, curve []der.CurvePoint, least, most float64, on, power milp.Expr, dt float64,
	out *der.Terms,
) {
	lines := linesOf(curve)
	switch len(lines) {
	case 0: // no curve
	case 1: // linear, without a column
		out.Cost.Add(on.Times(lines[0].constant*dt), power.Times(lines[0].slope*dt))
	default:
		lower, upper := costRange(lines, least, most)
		n := der.MaxCount(on)
		cost := m.Var(at("cost", t), min(0, lower)*n, max(0, upper)*n).Expr()
		m.AtMost(at("cost_max", t), cost, on.Times(max(0, upper)))
		for i, l := range lines {
			m.AtLeast(at(fmt.Sprint("line", i+1), t), cost, milp.Sum(on.Times(l.constant), power.Times(l.slope)))
		}
		out.Cost.Add(cost.Times(dt))
	}
}

// line is constant + slope P, currency per hour.
type line struct{ constant, slope float64 }

// linesOf returns the lines through neighbouring points of a curve, or a
// constant for one point.
//
// For example, points (0 MW, 100), (10 MW, 200) and (20 MW, 400) give the lines
// 100 + 10 P and 20 P.
func linesOf(curve []der.CurvePoint) []line {
	if len(curve) == 1 {
		return []line{{constant: curve[0].Cost}}
	}
	var out []line
	for i := 1; i < len(curve); i++ {
		a, b := curve[i-1], curve[i]
		slope := (b.Cost - a.Cost) / (b.Output - a.Output)
		out = append(out, line{a.Cost - slope*a.Output, slope})
	}
	return out
}

// largest returns the largest line at a power, currency per hour.
func largest(lines []line, power float64) float64 {
	highest := math.Inf(-1)
	for _, l := range lines {
		highest = max(highest, l.constant+l.slope*power)
	}
	return highest
}

// costRange returns bounds of the largest line between two powers. They are at
// the limits or at powers at which two lines meet.
//
// For example, 100 + 10 P and 20 P between −5 and 20 MW cost from 50 to 400.
func costRange(lines []line, least, most float64) (lower, upper float64) {
	ends := []float64{least, most}
	for i, a := range lines {
		for _, b := range lines[i+1:] {
			if a.slope != b.slope {
				ends = append(ends, min(max((b.constant-a.constant)/(a.slope-b.slope), least), most))
			}
		}
	}
	lower, upper = math.Inf(1), math.Inf(-1)
	for _, power := range ends {
		cost := largest(lines, power)
		lower, upper = min(lower, cost), max(upper, cost)
	}
	return lower, upper
}

// ramps adds the limits on the change of power into each step.
func (u *dispatched) ramps(m *milp.Model, at func(string, int) milp.Name, power []milp.Expr, x commitments, on milp.Expr) {
	output, known := u.before.Get()
	previous, was := on.Times(output), on
	// A unit that is off has no power before the first step, so that a start
	// there obeys its ramp.
	if k := u.switching; k != nil && !k.on {
		previous, was, known = milp.Expr{}, milp.Expr{}, true
	}
	for t := range power {
		var rampV, rampW float64
		if u.switching != nil {
			rampV, rampW = u.switching.rampV, u.switching.rampW
		}
		now := x.u[t]
		if up := valueAt(u.up, t); u.up != nil && known && !math.IsInf(up, 1) {
			m.AtMost(at("ramp_up", t), power[t].Minus(previous), milp.Sum(was.Times(up), now.Minus(was).Times(rampV)))
		}
		if down := valueAt(u.down, t); u.down != nil && known && !math.IsInf(down, 1) {
			m.AtMost(at("ramp_down", t), previous.Minus(power[t]), milp.Sum(now.Times(down), was.Minus(now).Times(rampW)))
		}
		previous, was, known = power[t], now, true
	}
}

// parabola is the convex function a p², currency.
type parabola float64

func (a parabola) Value(p float64) float64 { return float64(a) * p * p }
func (a parabola) Slope(p float64) float64 { return 2 * float64(a) * p }

// valueAt returns the value of a series at step t, and without a series the
// zero value: 0, or an absent optional value.
func valueAt[T float64 | optional.Float](series []T, t int) T {
	if series == nil {
		var none T
		return none
	}
	return series[t]
}

// Benefit implements [der.DER]. Its items are those of the payment,
// "production" and "starts and stops".
func (u *dispatched) Benefit(realised der.Schedule, c der.Context, scenario int) der.Benefit {
	var (
		b          = c.Payment(realised, scenario)
		p          = &realised.Realised[scenario]
		running    = p.Trace("on")
		cost, once float64
	)
	for t := range c.Steps() {
		on := 1.0
		if running != nil {
			on = running[t]
		}
		power := p.Net(t)
		hourly := valueAt(u.price, t)*power + valueAt(u.quadratic, t)*power*power
		if len(u.curve) > 0 && on > 0.5 {
			hourly += largest(linesOf(u.curve), power)
		}
		if k := u.switching; k != nil {
			hourly += valueAt(k.standing, t) * on
			once += k.start*p.Trace("start")[t] + k.stop*p.Trace("stop")[t]
		}
		cost += hourly * c.Hours()
	}
	b.Pay("production", cost)
	if u.switching != nil {
		b.Pay("starts and stops", once)
	}
	return b
}

// Validate implements [der.Validator]. It reports the first step of each
// violation.
func (u *dispatched) Validate(set *scenario.Set) error {
	bad := faults.List{Prefix: fmt.Sprintf("unitcommitment: unit %q: ", u.id)}
	bad.Require(u.id != "", "has no name, want one that no other unit has")
	for t := range set.Steps() {
		if !(u.least[t] <= u.most[t]) || math.IsInf(u.least[t], 1) || math.IsInf(u.most[t], -1) {
			bad.Addf("step %d: from %v to %v MW, want the lower limit first", t, u.least[t], u.most[t])
			break
		}
	}
	for t := range set.Steps() {
		if valueAt(u.quadratic, t) != 0 && math.IsInf(u.most[t]-u.least[t], 1) {
			bad.Addf("step %d: a quadratic cost without limits of the power, want finite limits", t)
			break
		}
	}
	if k := u.switching; k != nil {
		for t := range set.Steps() {
			if math.IsInf(u.most[t], 1) || math.IsInf(u.least[t], -1) {
				bad.Addf("step %d: can be off and has no limit, want finite limits", t)
				break
			}
		}
	}
	return bad.Err()
}
