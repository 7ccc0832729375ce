package second

import "math"

// course is the operating range of one flow x of a converter, MW.
type course struct {
	low, high  float64
	up, down   float64 // ramps, MW per hour; infinite: none
	boundary   string  // "known", "free" or "cyclic"
	before     float64 // x before the first step, if known
	ran        bool    // u was 1 before the first step, also with an output of 0
	switchable bool
	startCost  float64
}

// course reads the keys that converters share.
func (c *statement) course(d object) course {
	return course{
		low: d.num("min_mw", 0), high: d.num("max_mw", 0),
		up: d.limit("ramp_up_mw_per_h"), down: d.limit("ramp_down_mw_per_h"),
		boundary: d.text("boundary", "known"), before: d.num("before_mw", 0), ran: d.flag("runs_before"),
		switchable: d.flag("switchable"), startCost: d.num("start_cost", 0),
	}
}

// scaled returns the range of another flow that is f times x.
//
// Limits of heat, for example, become limits of gas by the inverse of the
// efficiency.
func (o course) scaled(f float64) course {
	o.low, o.high, o.up, o.down, o.before = o.low*f, o.high*f, o.up*f, o.down*f, o.before*f
	return o
}

// operate adds the rules of a flow: limits, ramps and switching,
//
//	P_min u ≤ x ≤ P_max u
//	x_t − x_{t−1} ≤ R_up u_{t−1} + max(P_min, R_up) (1 − u_{t−1})
//	x_{t−1} − x_t ≤ R_dn u_t + max(P_min, R_dn) (1 − u_t)
//
// A converter that cannot switch has u = 1. It returns u, which is equal in all
// scenarios.
func (c *statement) operate(m *Member, o course, x Flow) []Expr {
	on := make([]Expr, c.steps)
	for t := range on {
		on[t] = num(1)
		if o.switchable {
			on[t] = c.bin(m.Name+"_on", t)
		}
	}
	// Before the grid the state is known, free, or that of the last step. A
	// switchable converter with an output of 0 before was off, unless
	// runs_before states otherwise. previous returns u and x of the step
	// before, and false if any is allowed.
	previous := func(s, t int) (u, flow Expr, ok bool) {
		switch {
		case t > 0:
			return on[t-1], x[s][t-1], true
		case o.boundary == "cyclic":
			return on[c.steps-1], x[s][c.steps-1], true
		case o.boundary == "free":
			return Expr{}, Expr{}, false
		}
		u = num(1)
		if o.switchable && o.before == 0 && !o.ran {
			u = Expr{}
		}
		return u, num(o.before), true
	}
	// A start costs the same in all scenarios, because u is equal in them.
	for t := range on {
		if u, _, ok := previous(0, t); ok && o.switchable {
			start := c.column(0, 1, m.Name+"_start", t)
			c.atLeast(start, on[t].minus(u))
			for s := range c.probability {
				m.pay(s, start.times(o.startCost))
			}
		}
	}
	c.each(func(s, t int) {
		c.atLeast(x[s][t], on[t].times(o.low))
		c.atMost(x[s][t], on[t].times(o.high))
		u, before, ok := previous(s, t)
		if !ok {
			return
		}
		// An infinite ramp has no row, because a big-M must be finite.
		up, down := o.up*c.hours[t], o.down*c.hours[t] // MW in this step
		if !math.IsInf(up, 1) {
			c.atMost(x[s][t].minus(before), sum(u.times(up), num(1).minus(u).times(max(o.low, up))))
		}
		if !math.IsInf(down, 1) {
			c.atMost(before.minus(x[s][t]), sum(on[t].times(down), num(1).minus(on[t]).times(max(o.low, down))))
		}
	})
	return on
}

// backPressure states a CHP with a fixed ratio, so that one column suffices:
// the gas. It has P = η_e g and H = η_h g. Both ranges become one range of the
// gas g.
func (c *statement) backPressure(m *Member, d object) {
	power, heat := d.num("electric_efficiency", 0), d.num("heat_efficiency", 0)
	// Power of η_e g in [P_min, P_max] is gas in [P_min/η_e, P_max/η_e], and
	// likewise for heat.
	o := c.course(d).scaled(1 / power)
	o.low = max(o.low, d.num("min_heat_mw", 0)/heat)
	o.high = min(o.high, d.limit("max_heat_mw")/heat)
	o.up = min(o.up, d.limit("heat_ramp_up_mw_per_h")/heat)
	o.down = min(o.down, d.limit("heat_ramp_down_mw_per_h")/heat)
	gas := c.flow()
	c.each(func(s, t int) { gas[s][t] = c.column(0, max(0, o.high), m.Name+"_gas", s, t) })
	c.operate(m, o, gas)
	c.each(func(s, t int) { c.burn(m, d, s, t, gas[s][t].times(power), gas[s][t].times(heat), gas[s][t]) })
}

// extraction states a CHP that mixes operating points with weights λ ≥ 0:
//
//	P = Σ_k λ_k P_k,   H = Σ_k λ_k H_k,   g = Σ_k λ_k G_k
//
// It runs at a convex combination of operating points with the sum 1, or u if
// it can switch.
func (c *statement) extraction(m *Member, d object) {
	points := d.objects("points")
	o := c.course(d)
	// Its corner points bound the power; no key states the limits.
	o.low, o.high = math.Inf(1), 0
	for _, p := range points {
		o.low, o.high = min(o.low, p.num("power_mw", 0)), max(o.high, p.num("power_mw", 0))
	}
	power, heat, gas, share := c.flow(), c.flow(), c.flow(), c.flow()
	c.each(func(s, t int) {
		for k, p := range points {
			x := c.column(0, 1, m.Name+"_share", k, s, t)
			share[s][t] = sum(share[s][t], x)
			power[s][t] = sum(power[s][t], x.times(p.num("power_mw", 0)))
			heat[s][t] = sum(heat[s][t], x.times(p.num("heat_mw", 0)))
			gas[s][t] = sum(gas[s][t], x.times(p.num("gas_mw", 0)))
		}
	})
	on := c.operate(m, o, power)
	c.each(func(s, t int) {
		// The shares of the corners sum to 1 while the unit is on, and to 0
		// else.
		c.equal(share[s][t], on[t])
		c.burn(m, d, s, t, power[s][t], heat[s][t], gas[s][t])
	})
}

// burn adds the flows and the cost of burning gas for power and heat in one
// step. All gas counts with its full carbon, unless the emission is stated.
func (c *statement) burn(m *Member, d object, s, t int, power, heat, gas Expr) {
	c.add(m, "injected", s, t, power)
	c.add(m, "heat", s, t, heat)
	c.add(m, "gas", s, t, gas.times(-1))
	c.add(m, "conventional", s, t, power.times(c.hours[t]))
	c.add(m, "emission", s, t, gas.times(d.num("emission_t_per_mwh_gas", NaturalGas)*c.hours[t]))
	c.add(m, "allowance", s, t, sum(power.times(d.num("quota_t_per_mwh_power", 0)), heat.times(d.num("quota_t_per_mwh_heat", 0))).times(c.hours[t]))
	m.pay(s, power.times(d.num("maintenance_per_mwh", 0)*c.hours[t]))
}

// converter states boilers and power-to-gas: one flow out of one flow in, at a
// constant efficiency. Maintenance is per MWh of heat for gas boilers and per
// MWh of power for the others.
//
// The flow x with the range of the file is the first one:
//
//	gas_boiler        heat x,   gas x/η
//	electric_boiler   power x,  heat η x
//	power_to_gas      power x,  gas η x,  CO2 of the gas
func (c *statement) converter(m *Member, d object, kind string) {
	x, efficiency := c.flow(), d.num("efficiency", 0)
	o := c.course(d)
	c.each(func(s, t int) { x[s][t] = c.column(0, o.high, m.Name+"_flow", s, t) })
	c.operate(m, o, x)
	c.each(func(s, t int) {
		flow := x[s][t]
		m.pay(s, flow.times(d.num("maintenance_per_mwh", 0)*c.hours[t]))
		// For example, a gas boiler of 1 MW at an efficiency of 0.8 burns 1.25
		// MW of gas.
		switch kind {
		case "gas_boiler":
			gas := flow.times(1 / efficiency)
			c.add(m, "heat", s, t, flow)
			c.add(m, "gas", s, t, gas.times(-1))
			c.add(m, "emission", s, t, gas.times(d.num("emission_t_per_mwh_gas", NaturalGas)*c.hours[t]))
			c.add(m, "allowance", s, t, flow.times(d.num("quota_t_per_mwh_heat", 0)*c.hours[t]))
		case "electric_boiler":
			c.add(m, "withdrawn", s, t, flow)
			c.add(m, "heat", s, t, flow.times(efficiency))
		case "power_to_gas":
			gas := flow.times(efficiency)
			c.add(m, "withdrawn", s, t, flow)
			c.add(m, "gas", s, t, gas)
			c.add(m, "co2", s, t, gas.times(-d.num("co2_t_per_mwh_gas", NaturalGas)*c.hours[t]))
		}
	})
}
