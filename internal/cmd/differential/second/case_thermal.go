package second

import (
	"math"
	"slices"
)

// line is a tangent or a chord of a convex cost curve: the cost of one hour at
// output p is at least constant + slope p, currency.
type line struct{ constant, slope float64 }

// steam is a thermal unit in steps, as case files and both unit-commitment
// formats state it. Hours are steps here, ramps are MW per step.
type steam struct {
	name           string
	low, high      []float64 // P_min, P_max while on, MW per step
	up, down       []float64 // R_up, R_dn, MW in each step
	start, stop    []float64 // SU, SD, MW per step
	minUp, minDown []int     // steps on after a start, off after a stop, in each step
	held           int       // first steps in which the state before must last
	must           bool
	forced         []float64 // 1 on, 0 off, NaN free, per step; nil: free

	wasOn      bool
	begin      []float64 // time of each step, in the unit of the times off; nil: steps
	before     float64   // time in the state before; infinite: longer than any limit
	output     float64   // MW before the first step, if it was on
	firstStop  float64   // highest output from which it may stop in the first step
	lines      [][]line
	categories []category // by time off, ascending
	shutDown   float64    // currency per stop
}

// category is the cost of a start after some steps off; the first one also
// applies before.
type category struct{ after, cost float64 }

// commitment are the first-stage columns of a unit: on, start, stop, and the
// cost of all starts and stops.
type commitment struct {
	on, start, stop []Expr
	cost            Expr
}

// commit adds u_t − u_{t−1} = v_t − w_t, minimum times and the costs of starts.
// The time off of a start is found directly: y_{t,τ} = 1 if the unit starts in
// t and stopped in τ, with no step on between.
//
// A start is followed by minUp steps on, and a stop by minDown steps off, as
// far as the horizon goes.
func commit(p *Program, x *steam, steps int) commitment {
	var c commitment
	for t := range steps {
		c.on = append(c.on, p.bin(x.name+"_on", t))
		c.start = append(c.start, p.bin(x.name+"_start", t))
		c.stop = append(c.stop, p.bin(x.name+"_stop", t))
	}
	wasOn := 0.0
	if x.wasOn {
		wasOn = 1
	}
	for t := range steps {
		before := num(wasOn)
		if t > 0 {
			before = c.on[t-1]
		}
		p.equal(c.on[t].minus(before), c.start[t].minus(c.stop[t]))
		p.atMost(sum(c.start[t], c.stop[t]), num(1))
		for later := t; later < steps && later < t+x.minUp[t]; later++ {
			p.atMost(c.start[t], c.on[later])
		}
		for later := t; later < steps && later < t+x.minDown[t]; later++ {
			p.atMost(c.stop[t], num(1).minus(c.on[later]))
		}
		if t < x.held {
			p.equal(c.on[t], num(wasOn))
		}
		if x.must {
			p.equal(c.on[t], num(1))
		}
		if x.forced != nil && !math.IsNaN(x.forced[t]) {
			p.equal(c.on[t], num(x.forced[t]))
		}
		c.cost = sum(c.cost, c.stop[t].times(x.shutDown), x.startCost(p, c, t))
	}
	return c
}

// startCost returns the cost of a start in step t. Exactly one y is 1 if the
// unit starts:
//
//	Σ_τ y_{t,τ} = v_t,   y_{t,τ} ≤ w_τ,   y_{t,τ} ≤ 1 − u_k for τ ≤ k < t,   cost = Σ_τ S(t − τ) y_{t,τ}
//
// A unit that was off has the additional candidate of the time before the
// horizon.
func (x *steam) startCost(p *Program, c commitment, t int) Expr {
	if len(x.categories) == 0 {
		return Expr{}
	}
	cost, matched := Expr{}, Expr{}
	// follow adds the candidate of a stop in step stopped, or −1 for a stop
	// before the horizon. off is its time off.
	follow := func(stopped int, off float64, possible Expr) {
		y := p.bin(x.name+"_restart", t, stopped+1)
		p.atMost(y, possible)
		for between := max(0, stopped); between < t; between++ {
			p.atMost(y, num(1).minus(c.on[between]))
		}
		matched = sum(matched, y)
		cost = sum(cost, y.times(x.priceOf(off)))
	}
	at := func(t int) float64 {
		if x.begin == nil {
			return float64(t)
		}
		return x.begin[t]
	}
	for stopped := range t {
		follow(stopped, at(t)-at(stopped), c.stop[stopped])
	}
	if !x.wasOn {
		follow(-1, x.before+at(t), num(1))
	}
	p.equal(matched, c.start[t])
	return cost
}

// priceOf returns the cost of a start after some steps off.
//
// For example, categories of 100 after 0 and 300 after 4 steps charge 100 after
// 3 steps.
func (x *steam) priceOf(off float64) float64 {
	out := x.categories[0].cost
	for _, k := range x.categories {
		if off >= k.after-1e-6 {
			out = k.cost
		}
	}
	return out
}

// dispatch adds the output p of one scenario and its cost per hour, for a
// reserve r ≥ 0 upward:
//
//	P_min u ≤ p,   p + r ≤ P_max u,   p + r ≤ SU if v_t = 1,   ≤ SD if w_{t+1} = 1
//	p_t + r_t − p_{t−1} ≤ R_up,   p_{t−1} − p_t ≤ R_dn      if on in both steps
func (x *steam) dispatch(p *Program, c commitment, s int, reserve []Expr) (output, hourly []Expr) {
	for t := range c.on {
		top := x.high[t]
		o := p.column(0, top, x.name+"_output", s, t)
		upper := sum(o, reserve[t])
		p.atLeast(o, c.on[t].times(x.low[t]))
		p.atMost(upper, c.on[t].times(top))
		if x.start[t] < top {
			p.atMost(upper, sum(num(top), c.start[t].times(x.start[t]-top)))
		}
		if t+1 < len(c.on) && x.stop[t] < top { // stop[t] is the limit before a stop in step t+1
			p.atMost(upper, sum(num(top), c.stop[t+1].times(x.stop[t]-top)))
		}
		var (
			before = num(x.output)
			on     = sum(c.on[t].times(-1), num(1)) // 0 if on in both steps
			// A unit that is off in one of both steps changes its output by at
			// most this.
			limit = max(top, x.output)
		)
		if t > 0 {
			before, on, limit = output[t-1], sum(on, num(1), c.on[t-1].times(-1)), max(top, x.high[t-1])
		}
		if t > 0 || x.wasOn {
			if !math.IsInf(x.up[t], 1) {
				p.atMost(upper.minus(before), sum(num(x.up[t]), on.times(limit)))
			}
			if !math.IsInf(x.down[t], 1) {
				p.atMost(before.minus(o), sum(num(x.down[t]), on.times(limit)))
			}
		}
		// The output before the horizon is too high for a stop in the first
		// step.
		if t == 0 && x.wasOn && x.output > x.firstStop+1e-9 {
			p.equal(c.stop[0], Expr{})
		}
		// The cost is pressed down to the highest line, because no weight of a
		// cost is negative.
		cost := p.column(math.Inf(-1), math.Inf(1), x.name+"_hourly", s, t)
		// Off, output and cost are 0: every line passes through the binary.
		for _, l := range x.lines[t] {
			p.atLeast(cost, sum(c.on[t].times(l.constant), o.times(l.slope)))
		}
		output, hourly = append(output, o), append(hourly, cost)
	}
	return output, hourly
}

// unit reads a unit in steps. A unit without "hours" has been in its state for
// longer than any limit. The minimum time less the hours before must still
// pass, in whole steps: 2.2 h less 1.2 h are one step of an hour. Without a
// limit of its own the first step after a start reaches the larger of the
// minimum and a ramp. It reads the keys of a thermal unit of a case file.
func (c *statement) unit(d object) *steam {
	var (
		low, high  = d.num("min_output_mw", 0), d.num("max_output_mw", 0)
		b          = d.object("before")
		state      = b.limit("hours")
		every      = func(mw float64) []float64 { return slices.Repeat([]float64{mw}, c.steps) }
		categories []category
	)
	for _, k := range d.objects("start_up") {
		categories = append(categories, category{k.num("after_h", 0), k.num("cost", 0)})
	}
	x := &steam{
		name: d.text("name", ""), low: every(low), high: every(high), must: d.flag("must_run"),
		wasOn: b.flag("on"), before: state, output: b.num("output_mw", 0),
		lines: slices.Repeat([][]line{lines(d, low, high)}, c.steps), categories: categories, shutDown: d.num("shut_down_cost", 0),
	}
	for t := range c.steps {
		// The ramp into a step takes place in it; a stop belongs to the first
		// step off.
		next := min(t+1, c.steps-1)
		x.up, x.down = append(x.up, d.limit("ramp_up_mw_per_h")*c.hours[t]), append(x.down, d.limit("ramp_down_mw_per_h")*c.hours[t])
		x.start = append(x.start, d.num("start_output_mw", max(low, x.up[t])))
		x.stop = append(x.stop, d.num("stop_output_mw", max(low, d.limit("ramp_down_mw_per_h")*c.hours[next])))
		x.minUp = append(x.minUp, c.stepsUp(t, d.num("min_up_h", 0)))
		x.minDown = append(x.minDown, c.stepsUp(t, d.num("min_down_h", 0)))
		x.begin = append(x.begin, c.begin(t))
	}
	x.firstStop = d.num("stop_output_mw", max(low, x.down[0]))
	least := d.num("min_down_h", 0)
	if x.wasOn {
		least = d.num("min_up_h", 0)
	}
	if !math.IsInf(state, 1) {
		x.held = c.stepsUp(0, least-state)
	}
	return x
}

// lines returns the lines of the cost per hour: tangents of the quadratic, or
// the blocks, of which the first begins at 0 MW.
func lines(d object, low, high float64) []line {
	noLoad := d.num("no_load_cost_per_h", 0)
	if blocks := d.objects("blocks"); blocks != nil {
		var out []line
		from, cost := 0.0, noLoad
		for _, b := range blocks {
			price, to := b.num("price_per_mwh", 0), b.num("up_to_mw", 0)
			// The line has the slope price and passes through the point (from,
			// cost).
			out = append(out, line{cost - price*from, price})
			cost += price * (to - from)
			from = to
		}
		return out
	}
	linear, quadratic := d.num("linear_cost_per_mwh", 0), d.num("quadratic_cost_per_mw2h", 0)
	return tangents(noLoad, linear, quadratic, low, high)
}

// tangents returns tangents of c + b p + a p² at equal distances h between two
// outputs. The highest one is at most a h²/4 below the cost: with 1024
// distances 2.4e-7 of a (p_max − p_min)².
func tangents(c, b, a, low, high float64) []line {
	const n = 1024
	if a == 0 || high <= low {
		return chords(c, b, a, low, high, 1)
	}
	var out []line
	for k := range n + 1 {
		p := low + (high-low)*float64(k)/n
		out = append(out, line{c - a*p*p, b + 2*a*p})
	}
	return out
}

// chords returns the chords of c + b p + a p² between two outputs. A unit with
// one output has one line through its cost.
func chords(c, b, a, low, high float64, n int) []line {
	at := func(p float64) float64 { return c + b*p + a*p*p }
	if a == 0 {
		return []line{{c, b}}
	}
	if high <= low {
		return []line{{at(low), 0}}
	}
	var out []line
	for k := range n {
		from := low + (high-low)*float64(k)/float64(n)
		to := low + (high-low)*float64(k+1)/float64(n)
		slope := (at(to) - at(from)) / (to - from)
		out = append(out, line{at(from) - slope*from, slope})
	}
	return out
}

// produce states a thermal unit of a case. Commitment is equal in all
// scenarios, output is not. It adds commitment, output and cost of the unit,
// per scenario and step.
func (c *statement) produce(m *Member, d object) (on []Expr, output Flow) {
	x := c.unit(d)
	k := commit(c.Program, x, c.steps)
	for s := range c.probability {
		ready := make([]Expr, c.steps)
		for t := range ready {
			ready[t] = Expr{}
			// A unit with capture has no reserve.
			if most := d.num("reserve_mw", 0); most > 0 {
				ready[t] = c.column(0, most, m.Name+"_ready", s, t)
				c.add(m, "reserve", s, t, ready[t])
			}
		}
		p, hourly := x.dispatch(c.Program, k, s, ready)
		output = append(output, p)
		m.pay(s, k.cost)
		for t := range p {
			m.pay(s, sum(hourly[t], p[t].times(d.num("maintenance_per_mwh", 0))).times(c.hours[t]))
			c.add(m, "emission", s, t, p[t].times(d.num("emission_t_per_mwh", 0)*c.hours[t]))
		}
	}
	return k.on, output
}

// thermal states a unit that sells its whole output.
func (c *statement) thermal(m *Member, d object) {
	_, output := c.produce(m, d)
	c.each(func(s, t int) {
		p := output[s][t]
		c.add(m, "injected", s, t, p)
		c.add(m, "conventional", s, t, p.times(c.hours[t]))
		c.add(m, "allowance", s, t, p.times(d.num("quota_t_per_mwh", 0)*c.hours[t]))
	})
}

// capture states a unit that uses part of its power to capture its CO2:
//
//	N_t = P_t − A_t ≥ 0,   A_t = A_fix u_t + (λ_a a_t + λ_d d_t) / Δ
//	η δ_min e P_t Δ ≤ a_t ≤ η δ_max e P_t Δ,   v_t = v_{t−1} + a_t − d_t in [0, V],   v_T = v_0 or v_end
func (c *statement) capture(m *Member, d object) {
	var (
		on, output = c.produce(m, d)
		share      = d.num("capture_efficiency", 0) * d.num("emission_t_per_mwh", 0) // t per MWh
		tank       = d.num("tank_t", 0)
	)
	for s := range c.probability {
		held := num(d.num("in_tank_t", 0))
		for t := range c.steps {
			p := output[s][t]
			absorbed := c.column(0, math.Inf(1), m.Name+"_absorbed", s, t)
			c.atLeast(absorbed, p.times(share*c.hours[t]*d.num("min_split", 0)))
			c.atMost(absorbed, p.times(share*c.hours[t]*d.num("max_split", 1)))
			released := absorbed // without a tank in the same step
			if tank > 0 {
				released = c.column(0, d.limit("max_release_t_per_h")*c.hours[t], m.Name+"_released", s, t)
				content := c.column(0, tank, m.Name+"_held", s, t)
				c.equal(content, sum(held, absorbed, released.times(-1)))
				held = content
			}
			used := sum(on[t].times(d.num("fixed_power_mw", 0)),
				absorbed.times(d.num("absorb_mwh_per_t", 0)/c.hours[t]), released.times(d.num("release_mwh_per_t", 0)/c.hours[t]))
			net := p.minus(used)
			c.atLeast(net, Expr{})
			c.add(m, "injected", s, t, net)
			c.add(m, "conventional", s, t, net.times(c.hours[t]))
			c.add(m, "allowance", s, t, net.times(d.num("quota_t_per_mwh", 0)*c.hours[t]))
			c.add(m, "co2", s, t, released)
			if d.text("carbon", "at_stack") == "at_stack" {
				c.add(m, "emission", s, t, absorbed.times(-1))
			}
			m.pay(s, absorbed.times(d.num("solvent_cost_per_t", 0)))
		}
		if tank > 0 {
			c.equal(held, num(d.num("end_in_tank_t", d.num("in_tank_t", 0))))
		}
	}
}
