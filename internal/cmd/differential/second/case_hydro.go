package second

import "math"

// hydro states a station on a river, or with a reservoir. Turbines of falling
// slope a_k and width w_k stand beside each other, and the spillway has no
// limit:
//
//	P_t = Σ_k a_k q_kt,   0 ≤ q_kt ≤ w_k                  MW, m³/s
//	I_t = R + Σ_k q_kt + spilled                          of a river
//	V_t = V_{t−1} + 0.0036 Δ (I_t − Σ_k q_kt − spilled)   of a reservoir, hm³
//
// The targets of a reservoir are missed at a price: release, its change, and
// the volume at the end.
func (c *statement) hydro(m *Member, d object, reservoir bool) {
	var (
		inflow = c.path(d.text("inflow", ""))
		unmet  = d.num("unmet_cost_per_hm3", 0)
		begin  = d.num("initial_hm3", 0)
		own    = d.num("maintenance_per_mwh", 0)
	)
	for s := range c.probability {
		held := num(begin)
		released, known := num(d.num("released_m3_per_s", 0)), d.has("released_m3_per_s")
		for t := range c.steps {
			var power, turbined Expr
			// best is the power that a station on a river could have made of
			// its inflow, MW: the steepest turbine first, which is the first
			// one.
			best, left := 0.0, max(0, inflow[s][t]-d.num("residual_flow_m3_per_s", 0))
			q0, p0 := 0.0, 0.0
			for k, x := range d.objects("turbine") {
				q1, p1 := x.num("discharge_m3_per_s", 0), x.num("power_mw", 0)
				slope := (p1 - p0) / (q1 - q0)
				q := c.column(0, q1-q0, m.Name+"_turbine", k, s, t)
				power, turbined = sum(power, q.times(slope)), sum(turbined, q)
				use := min(left, q1-q0)
				best, left = best+use*slope, left-use
				q0, p0 = q1, p1
			}
			// 1 m³/s for an hour is 3600 m³, 0.0036 hm³.
			water := 0.0036 * c.hours[t]
			spilled := c.column(0, math.Inf(1), m.Name+"_spilled", s, t)
			if !reservoir {
				c.equal(num(max(0, inflow[s][t]-d.num("residual_flow_m3_per_s", 0))), sum(turbined, spilled))
			}
			c.add(m, "injected", s, t, power)
			c.add(m, "renewable", s, t, power.times(c.hours[t]))
			m.pay(s, power.times(own*c.hours[t]))
			if !reservoir {
				c.add(m, "available", s, t, num(best*c.hours[t]))
				continue
			}
			c.add(m, "available", s, t, power.times(c.hours[t]))
			// Of a reservoir, all energy that it generates was available: the
			// water is not lost.
			release := sum(turbined, spilled)
			next := c.column(d.num("min_volume_hm3", 0), d.num("max_volume_hm3", 0), m.Name+"_volume", s, t)
			c.equal(next, sum(held, num(water*inflow[s][t]), release.times(-water)))
			short := c.column(0, math.Inf(1), m.Name+"_short", s, t)
			c.atLeast(sum(release, short), num(d.num("min_release_m3_per_s", 0)))
			m.pay(s, short.times(unmet*water))
			// The first step has no change of release if the file has none
			// before it.
			if d.has("release_ramp_m3_per_s_h") && known {
				for i, change := range []Expr{release.minus(released), released.minus(release)} {
					beyond := c.column(0, math.Inf(1), m.Name+"_beyond", i, s, t)
					c.atMost(change, sum(num(d.num("release_ramp_m3_per_s_h", 0)*c.hours[t]), beyond))
					m.pay(s, beyond.times(unmet*water)) // one of the two is 0
				}
			}
			held, released, known = next, release, true
		}
		m.pay(s, held.minus(num(begin)).times(-d.num("end_value_per_hm3", 0)))
		if end := d.num("end_volume_hm3", 0); reservoir && end > 0 {
			lack := c.column(0, math.Inf(1), m.Name+"_lack", s)
			c.atLeast(sum(lack, held), num(end))
			m.pay(s, lack.minus(num(max(0, end-begin))).times(unmet))
		}
	}
}
