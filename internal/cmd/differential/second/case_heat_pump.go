package second

import (
	"math"
	"slices"
)

// heatPump states a heat pump with the decay of the difference to the outdoor
// temperature,
//
//	T_t − A_t = (T_{t−1} − A_t) e^{−UΔ/C} + q_t (1 − e^{−UΔ/C}) / U,   q_t = COP p_t
//	e_t = (1−σ)^Δ e_{t−1} + (COP_w w_t − D_t + m_t) Δ,   p_t + w_t ≤ P
//	cost = Σ_t (c_d (max(0, T_min − T_t) + max(0, T_t − T_max)) + c_m m_t) Δ − v (T_T − T_0) − v_w (e_T − e_0)
func (c *statement) heatPump(m *Member, d object) {
	var (
		outside    = c.path(d.text("outside", ""))
		loss, size = d.num("loss_mw_per_k", 0), d.num("capacity_mwh_per_k", 0)
		most       = d.num("max_mw", 0)
		w          = d.object("water")
		points     = w.objects("cop")
		huge       = 1e4 // K, far beyond any temperature
	)
	if len(points) == 0 {
		points = d.objects("cop")
	}
	for s := range c.probability {
		celsius, tank := num(d.num("initial_c", 0)), num(w.num("initial_mwh", 0))
		for t := range c.steps {
			a, h := outside[s][t], c.hours[t]
			// A share e^{−UΔ/C} of the difference to the outdoor temperature is
			// left after the step.
			left := math.Exp(-loss * h / size)
			p := c.column(0, most, m.Name+"_building", s, t)
			now := c.column(-huge, huge, m.Name+"_celsius", s, t)
			c.equal(now.minus(num(a)), sum(celsius.minus(num(a)).times(left), p.times(performance(d.objects("cop"), a)*(1-left)/loss)))
			// Kelvin below and above the comfort band. Each is at least 0, and
			// costs drive it there.
			for i, miss := range []Expr{num(d.num("min_c", 0)).minus(now), now.minus(num(d.num("max_c", 0)))} {
				x := c.column(0, huge, m.Name+"_miss", i, s, t)
				c.atLeast(x, miss)
				m.pay(s, x.times(d.num("discomfort_cost_per_k_h", 0)*h))
			}
			if w != nil {
				draw := c.path(w.text("draw", ""))[s][t]
				// Building and tank share the power of the pump. Water that the
				// tank lacks is drawn cold.
				x, lack := c.column(0, most, m.Name+"_water", s, t), c.column(0, draw, m.Name+"_lack", s, t)
				next := c.column(0, w.num("energy_mwh", 0), m.Name+"_tank", s, t)
				kept := math.Pow(1-w.num("self_discharge_per_hour", 0), h)
				c.equal(next, sum(tank.times(kept), x.times(performance(points, a)*h), lack.minus(num(draw)).times(h)))
				p = sum(p, x)
				c.atMost(p, num(most))
				m.pay(s, lack.times(w.num("unmet_cost_per_mwh", 0)*h))
				tank = next
			}
			c.add(m, "withdrawn", s, t, p)
			celsius = now
		}
		// Heat that is left at the end has a value, as heat that was there at
		// the start had.
		m.pay(s, celsius.minus(num(d.num("initial_c", 0))).times(-d.num("end_value_per_k", 0)))
		m.pay(s, tank.minus(num(w.num("initial_mwh", 0))).times(-w.num("end_value_per_mwh", 0)))
	}
}

// performance returns the COP at an outdoor temperature, on the line between
// two points.
func performance(points []object, celsius float64) float64 {
	next := slices.IndexFunc(points, func(x object) bool { return x.num("outside_c", 0) >= celsius })
	// Beyond the first and the last point the COP is that of the point.
	switch next {
	case 0:
		return points[0].num("cop", 0)
	case -1:
		return points[len(points)-1].num("cop", 0)
	}
	a, b := points[next-1], points[next]
	share := (b.num("outside_c", 0) - celsius) / (b.num("outside_c", 0) - a.num("outside_c", 0))
	return share*a.num("cop", 0) + (1-share)*b.num("cop", 0)
}
