package second

import "math"

// site states DERs behind one connection. Each part is a member of its own
// whose flows and costs become those of the site, and the net injection keeps
// the limits, or exceeds them at a price:
//
//	−I − x_t ≤ Σ_i n_it ≤ X + x_t,   cost = Σ_i cost_i + Σ_t c_x x_t Δ
func (c *statement) site(m *Member, d object) {
	m.stores = true
	for _, part := range d.objects("parts") {
		one := c.member(part)
		m.stores = m.stores && one.stores
		for name := range one.Flows {
			c.each(func(s, t int) { c.add(m, name, s, t, one.at(name, s, t)) })
		}
		for s := range one.cost {
			m.pay(s, one.cost[s])
		}
	}
	c.each(func(s, t int) {
		net := sum(m.at("injected", s, t), m.at("reduced", s, t)).minus(m.at("withdrawn", s, t))
		most := 0.0
		if d.has("excess_cost_per_mwh") {
			most = math.Inf(1)
		}
		over := c.column(0, most, m.Name+"_excess", s, t)
		m.pay(s, over.times(d.num("excess_cost_per_mwh", 0)*c.hours[t]))
		if d.has("max_export_mw") {
			c.atMost(net, sum(num(d.num("max_export_mw", 0)), over))
		}
		if d.has("max_import_mw") {
			c.atMost(net.times(-1), sum(num(d.num("max_import_mw", 0)), over))
		}
	})
}
