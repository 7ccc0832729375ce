package second

import (
	"math"
	"slices"
)

// stepsUp returns the number of steps from a step on that cover some hours,
// stepsDown the number of whole steps in them. A millionth of a step is taken
// for rounding.
func (c *statement) stepsUp(from int, hours float64) int {
	if math.IsInf(hours, 1) {
		return c.steps + 1
	}
	n := 0
	for c.begin(from+n)-c.begin(from) < hours-1e-6*c.hours[0] {
		n++
	}
	return n
}

// stepsDown returns the number of whole steps within some hours, from a step
// on. For example, 2.5 h are two steps of an hour, and stepsUp returns three.
func (c *statement) stepsDown(from int, hours float64) int {
	n := 0
	for n <= c.steps && c.begin(from+n+1)-c.begin(from) <= hours+1e-6*c.hours[0] {
		n++
	}
	return n
}

// plainLoad states served = L − shed with 0 ≤ shed ≤ α L, and cost c_shed shed
// Δ. A load of gas burns it unless its emission is stated as 0.
func (c *statement) plainLoad(m *Member, d object) {
	demand, share := c.path(d.text("demand", "")), d.num("sheddable_share", 0)
	factor := 0.0
	if d.text("carrier", "electricity") == "gas" {
		factor = NaturalGas
	}
	factor = d.num("emission_t_per_mwh", factor)
	c.each(func(s, t int) {
		shed := c.column(0, share*demand[s][t], m.Name+"_shed", s, t)
		served := num(demand[s][t]).minus(shed)
		c.exchange(m, d.text("carrier", "electricity"), s, t, Expr{}, served)
		c.add(m, "emission", s, t, served.times(factor*c.hours[t]))
		m.pay(s, shed.times(d.num("shed_cost_per_mwh", 0)*c.hours[t]))
	})
}

// demandResponse states a load that can be reduced, metered as N = L − c + r
// with 0 ≤ c ≤ min(C, α L) k and 0 ≤ r ≤ R. The load L + r is withdrawn, or
// only r if the VPP serves the load already.
func (c *statement) demandResponse(m *Member, d object) {
	var (
		load    = c.path(d.text("load", ""))
		calls   = d.object("calls")
		rebound = d.text("rebound", "recursive")
		// Rebound in a called step is excluded by these two models only.
		apart   = rebound == "free" || rebound == "deferred"
		shared  []Expr // calls that are equal in all scenarios
		limited = calls != nil || d.has("max_hours") || d.flag("day_ahead_calls") || apart
	)
	// Calls of the day before are equal in all scenarios. Others have binaries
	// per scenario.
	if d.flag("day_ahead_calls") {
		shared = c.calls(m, d, -1)
	}
	for s := range c.probability {
		called := shared
		if called == nil && limited {
			called = c.calls(m, d, s)
		}
		// cap are the limits of the reduction, MW. total is the largest energy
		// owed, as power in the shortest step.
		cap := make([]float64, c.steps)
		total := 0.0
		for t := range cap {
			cap[t] = min(d.limit("max_reduction_mw"), d.num("max_reduction_share", 1)*load[s][t])
			total += cap[t] * c.hours[t] / slices.Min(c.hours)
		}
		var reduced, returned []Expr
		for t := range c.steps {
			cut := c.column(0, cap[t], m.Name+"_cut", s, t)
			back := c.column(0, d.limit("max_rebound_mw"), m.Name+"_back", s, t)
			if called != nil {
				c.atMost(cut, called[t].times(cap[t]))
				c.atLeast(cut, called[t].times(calls.num("min_mw", 0)))
			}
			if apart {
				// No step can return more than the whole reduction.
				c.atMost(back, num(1).minus(called[t]).times(d.num("rebound_ratio", 1)*total+1))
			}
			c.add(m, "reduced", s, t, cut)
			c.add(m, "withdrawn", s, t, back)
			if !d.flag("served") {
				c.add(m, "withdrawn", s, t, num(load[s][t]))
			}
			m.pay(s, sum(cut.times(d.num("reduction_cost_per_mwh", 0)), back.times(d.num("rebound_cost_per_mwh", 0))).times(c.hours[t]))
			reduced, returned = append(reduced, cut), append(returned, back)
		}
		c.rebound(d, rebound, reduced, returned)
	}
}

// calls adds the limits of load reductions. A call is a run of steps with k =
// 1; with a minimum of 2 h on hourly steps, k = 1 in the last step alone is
// impossible. It adds the binaries k of called steps with their limits;
// scenario −1 is that of all.
//
//	s_t ≥ k_t − k_{t−1},   Σ s ≤ N,   a call lasts a to b steps,   Σ k Δ ≤ H
func (c *statement) calls(m *Member, d object, s int) []Expr {
	var k []Expr
	rules := d.object("calls")
	hours, begun := Expr{}, Expr{}
	for t := range c.steps {
		k = append(k, c.bin(m.Name+"_called", s+1, t))
		hours = sum(hours, k[t].times(c.hours[t]))
	}
	for t := range c.steps {
		shortest := max(1, c.stepsUp(t, rules.num("min_h", 0)))
		start, before := c.bin(m.Name+"_begins", s+1, t), Expr{}
		if t > 0 {
			before = k[t-1]
		}
		c.atLeast(start, k[t].minus(before))
		begun = sum(begun, start)
		// The whole call lies in the horizon.
		for later := t; later < t+shortest; later++ {
			if later >= c.steps {
				c.equal(start, Expr{})
			} else {
				c.atMost(start, k[later])
			}
		}
		if longest := rules.limit("max_h"); !math.IsInf(longest, 1) {
			b := c.stepsDown(t, longest)
			run := Expr{}
			for later := t; later <= t+b && later < c.steps; later++ {
				run = sum(run, k[later])
			}
			c.atMost(run, num(float64(b)))
		}
	}
	if d.has("max_hours") {
		c.atMost(hours, num(d.num("max_hours", 0)))
	}
	if rules.has("max") {
		c.atMost(begun, num(rules.num("max", 0)))
	}
	return k
}

// rebound ties the energy that comes back to the reductions, with the ratio κ:
//
//	recursive   r_t = κ Σ_j b_j c_{t−jn}, a stage has n steps
//	decaying    r_t = κ Σ_{k=1..D} w_k c_{t−k},   w_k = 2 (D + 1 − k) / (D (D + 1))
//	free        Σ r = κ Σ c
//	deferred    o_t = o_{t−1} + (κ c_t − r_t) Δ ≥ 0,   o_T = 0
//	none        r = 0
func (c *statement) rebound(d object, model string, reduced, returned []Expr) {
	var weights []float64 // of the steps after a reduction
	ratio := d.num("rebound_ratio", 1)
	steps := c.stepsUp(0, d.num("rebound_hours", 1))
	if model == "recursive" && c.uneven() {
		c.reboundByMinutes(d, reduced, returned)
		return
	}
	switch model {
	case "recursive":
		b := d.list("rebound_weights")
		if b == nil {
			b = []float64{0.6, 0.3, 0.1}
		}
		// Stage j returns n (j+1) steps after the reduction, in one step.
		weights = make([]float64, len(b)*steps)
		for j, x := range b {
			weights[(j+1)*steps-1] = x
		}
	case "decaying":
		ratio = d.num("rebound_ratio", 0.4)
		n := float64(steps)
		for k := 1.0; k <= n; k++ {
			weights = append(weights, 2*(n+1-k)/(n*(n+1)))
		}
	case "free":
		owed := Expr{}
		for t := range reduced {
			owed = sum(owed, reduced[t].times(ratio*c.hours[t]), returned[t].times(-c.hours[t]))
		}
		c.equal(owed, Expr{})
		return
	case "deferred":
		owed := Expr{}
		for t := range reduced {
			owed = sum(owed, reduced[t].times(ratio*c.hours[t]), returned[t].times(-c.hours[t]))
			c.atLeast(owed, Expr{})
		}
		c.equal(owed, Expr{})
		return
	case "none":
		for _, r := range returned {
			c.equal(r, Expr{})
		}
		return
	}
	back := make([]Expr, c.steps)
	for t, cut := range reduced {
		// weights[k] belongs to k+1 steps after the reduction.
		for k, w := range weights {
			later := t + k + 1
			// A rebound behind the horizon returns at its beginning, or forbids
			// the reduction.
			if later >= c.steps && d.text("rebound_close", "wrap") == "ban" {
				if w > 0 && ratio > 0 {
					c.equal(cut, Expr{})
				}
				continue
			}
			back[later%c.steps] = sum(back[later%c.steps], cut.times(ratio*w))
		}
	}
	for t := range returned {
		c.equal(returned[t], back[t])
	}
}

// reboundByMinutes is the recursive rebound on steps of different lengths: the
// reduction of a minute comes back in the minutes that are one, two, … rebound
// times later, and the rebound of a step is the mean of its minutes.
func (c *statement) reboundByMinutes(d object, reduced, returned []Expr) {
	weights := d.list("rebound_weights")
	if weights == nil {
		weights = []float64{0.6, 0.3, 0.1}
	}
	var stepOf []int // of each minute
	for t := range c.steps {
		for range c.minutes(t) {
			stepOf = append(stepOf, t)
		}
	}
	back := make([]Expr, c.steps)
	for minute, from := range stepOf {
		for j, w := range weights {
			later := minute + (j+1)*int(math.Round(60*d.num("rebound_hours", 1)))
			if later >= len(stepOf) && d.text("rebound_close", "wrap") == "ban" {
				if w > 0 && d.num("rebound_ratio", 1) > 0 {
					c.equal(reduced[from], Expr{})
				}
				continue
			}
			to := stepOf[later%len(stepOf)]
			back[to] = sum(back[to], reduced[from].times(d.num("rebound_ratio", 1)*w/float64(c.minutes(to))))
		}
	}
	for t := range returned {
		c.equal(returned[t], back[t])
	}
}

// window returns the steps of a load: a window from 0.5 h to 3 h has the steps
// 1 and 2 of an hour. These are the steps [from, to) that lie wholly in the
// window of a load.
func (c *statement) window(d object) (from, to int) {
	to = c.steps
	if d.has("to_h") {
		to = min(to, c.stepsDown(0, d.num("to_h", 0)))
	}
	return c.stepsUp(0, d.num("from_h", 0)), to
}

// shiftable states a load that is drawn once and as a whole, at the time τ of
// Σ_τ x_τ = 1:
//
//	P_t = Σ_τ x_τ b_{t−τ},   cost = c Δ Σ_k b_k if τ is not the usual step
//
// It is a run of a fixed form that begins once in its window. Another start
// than the usual one costs c per MWh.
func (c *statement) shiftable(m *Member, d object) {
	profile := d.list("profile_mw")
	from, to := c.window(d)
	lasts := d.num("profile_hours", c.hours[0]) // of each value of the profile
	energy := 0.0
	for _, mw := range profile {
		energy += mw * lasts
	}
	once, cost := Expr{}, Expr{}
	power := make([]Expr, c.steps)
	for t := from; t < to; t++ {
		// The power of a step is the mean over its minutes. A run that ends
		// after the window is no run.
		means, minute := map[int]float64{}, 0
		step, inside := t, 0
		for minute < int(math.Round(60*lasts))*len(profile) {
			if inside == c.minutes(step) {
				step, inside = step+1, 0
			}
			means[step] += profile[minute/int(math.Round(60*lasts))] / float64(c.minutes(step))
			minute, inside = minute+1, inside+1
		}
		if step >= to {
			continue
		}
		x := c.bin(m.Name+"_begins", t)
		once = sum(once, x)
		for k := t; k <= step; k++ {
			power[k] = sum(power[k], x.times(means[k]))
		}
		if math.Abs(c.begin(t)-d.num("usual_h", 0)) > 1e-3 {
			cost = sum(cost, x.times(energy*d.num("shift_cost_per_mwh", 0)))
		}
	}
	c.equal(once, num(1))
	for s := range c.probability {
		m.pay(s, cost)
		for t := range c.steps {
			c.add(m, "withdrawn", s, t, power[t])
		}
	}
}

// transferable states a load whose energy moves in time:
//
//	Σ_t P_t Δ = Σ_t L_t Δ,   cost = c Σ_t max(0, P_t − L_t) Δ
//
// It has the energy of the usual load, taken in the window at P_min u ≤ P ≤
// P_max u in runs of at least n steps. u is equal in all scenarios. Energy
// above the usual load costs c.
func (c *statement) transferable(m *Member, d object) {
	load := c.path(d.text("load", ""))
	from, to := c.window(d)
	on := make([]Expr, c.steps)
	for t := range on {
		on[t] = Expr{}
		if t >= from && t < to {
			on[t] = c.bin(m.Name+"_on", t)
		}
	}
	for t := from; t < to; t++ {
		shortest := max(1, c.stepsUp(t, d.num("min_run_h", 0)))
		start, before := c.bin(m.Name+"_begins", t), Expr{}
		if t > from {
			before = on[t-1]
		}
		c.atLeast(start, on[t].minus(before))
		for later := t; later < t+shortest; later++ {
			if later >= to {
				c.equal(start, Expr{})
			} else {
				c.atMost(start, on[later])
			}
		}
	}
	for s := range c.probability {
		taken, usual := Expr{}, 0.0
		for t := range c.steps {
			p := c.column(0, d.num("max_mw", 0), m.Name+"_power", s, t)
			c.atMost(p, on[t].times(d.num("max_mw", 0)))
			c.atLeast(p, on[t].times(d.num("min_mw", 0)))
			moved := c.column(0, math.Inf(1), m.Name+"_moved", s, t)
			c.atLeast(moved, p.minus(num(load[s][t])))
			c.add(m, "withdrawn", s, t, p)
			m.pay(s, moved.times(d.num("transfer_cost_per_mwh", 0)*c.hours[t]))
			taken = sum(taken, p.times(c.hours[t]))
			usual += load[s][t] * c.hours[t]
		}
		c.equal(taken, num(usual))
	}
}
