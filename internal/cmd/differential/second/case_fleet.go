package second

import "math"

// fleet states electric cars, each with a binary that forbids charge and
// discharge at once in every step of its stay:
//
//	e_t = e_{t−1} + (η c_t − d_t / η) Δ,   0 ≤ e_t ≤ E,   c_t ≤ A P,   d_t ≤ A D
//	c_t (E − K) ≤ A (P (E − e_t) + F (e_t − K))         the limit of charging that falls
//	cost = Σ_t w d_t Δ + c_u max(0, Wants − e_T)
//
// A is the connected share of its charger. A car that is connected in no step
// of its stay wants nothing.
func (c *statement) fleet(m *Member, d object) {
	eta, wear := d.num("efficiency", 0), d.num("wear_per_mwh", 0)
	c.each(func(s, t int) { c.add(m, "withdrawn", s, t, Expr{}) })
	for i, x := range d.objects("stays") {
		var (
			capacity, most = x.num("capacity_kwh", 0) / 1000, x.num("charge_kw", 0) / 1000
			back           = x.num("discharge_kw", 0) / 1000
			from, to       = c.stepsUp(0, x.num("arrive_h", 0)), c.stepsDown(0, x.num("depart_h", 0))
		)
		if x.has("arrive_step") {
			from = int(x.num("arrive_step", 0))
		}
		if x.has("depart_step") {
			to = int(x.num("depart_step", 0))
		}
		for s := range c.probability {
			energy, came := num(x.num("has_kwh", 0)/1000), 0.0
			for t := from; t < to; t++ {
				share := 1.0
				if x.has("connected") {
					share = c.path(x.text("connected", ""))[s][t]
				}
				came += share
				charge := c.column(0, share*most, m.Name+"_in", i, s, t)
				discharge := c.column(0, share*back, m.Name+"_out", i, s, t)
				up := c.bin(m.Name+"_way", i, s, t)
				c.atMost(charge, up.times(most))
				c.atMost(discharge, num(1).minus(up).times(back))
				now := c.column(0, capacity, m.Name+"_held", i, s, t)
				c.equal(now, sum(energy, charge.times(eta*c.hours[t]), discharge.times(-c.hours[t]/eta)))
				if x.has("taper_from_kwh") {
					knee, full := x.num("taper_from_kwh", 0)/1000, x.num("taper_kw", 0)/1000
					c.atMost(charge.times(capacity-knee), sum(num(capacity).minus(now).times(most), now.minus(num(knee)).times(full)).times(share))
				}
				c.add(m, "withdrawn", s, t, charge)
				c.add(m, "injected", s, t, discharge)
				m.pay(s, discharge.times(wear*c.hours[t]))
				energy = now
			}
			if came > 0 {
				lack := c.column(0, math.Inf(1), m.Name+"_lack", i, s)
				c.atLeast(lack, num(x.num("wants_kwh", 0)/1000).minus(energy))
				m.pay(s, lack.times(d.num("unmet_cost_per_mwh", 0)))
			}
		}
	}
}
