package second

import "math"

// trade returns the income from the market, currency: a sale of the delivered
// energy, or a negative income for a purchase,
//
//	n = sold − bought,   income = Σ_t (sell sold − buy bought) Δ
//
// The selling price is at most the buying price, so that no optimum does both
// at a difference.
func (c *statement) trade(net []Expr, s int) Expr {
	income := Expr{}
	for t, n := range net {
		// At one price for both directions, the net energy itself is traded.
		if c.buy[t] == c.sell[t] {
			income = sum(income, n.times(c.buy[t]*c.hours[t]))
			continue
		}
		sold, bought := c.split("trade", n, s, t)
		income = sum(income, sold.times(c.sell[t]*c.hours[t]), bought.times(-c.buy[t]*c.hours[t]))
	}
	return income
}

// split returns the positive and the negative part of an expression. Nothing
// forbids both at once; the caller needs a cost that does.
func (c *statement) split(name string, e Expr, s, t int) (positive, negative Expr) {
	positive = c.column(0, math.Inf(1), name+"_up", s, t)
	negative = c.column(0, math.Inf(1), name+"_down", s, t)
	c.equal(e, positive.minus(negative))
	return positive, negative
}

// costs returns the costs of the members in the objective: their own ones, or
// the payments of the tariff without those for deviations,
//
//	Σ_t Δ (p_in injected + p_red reduced − p_out withdrawn)
func (c *statement) costs(tariff object, objective string, s int) Expr {
	out := Expr{}
	if objective == "own_costs" {
		for _, m := range c.members {
			out = sum(out, m.cost[s])
		}
		return out
	}
	for _, x := range []struct {
		key, flow string
		sign      float64
	}{{"injection", "injected", 1}, {"load_reduction", "reduced", 1}, {"withdrawal", "withdrawn", -1}} {
		for t := range c.steps {
			price := tariff.path(x.key+"_per_mwh", c.steps)[t]
			if tariff.has(x.key + "_fraction") {
				price = tariff.num(x.key+"_fraction", 0) * c.buy[t]
			}
			out = sum(out, c.total(x.flow, s, t).times(x.sign*price*c.hours[t]))
		}
	}
	return out
}

// imbalance returns the penalties of a shortage and of a surplus against the
// day-ahead schedule. Multiples of the buying price λ are penalties of (short −
// 1) |λ| and (1 − long) |λ|.
//
// For example, multiples of 1.3 and 0.5 at 100 per MWh are penalties of 30 and
// 50 per MWh.
func (c *statement) imbalance(markets object, dayAhead, net []Expr, s int) Expr {
	out := Expr{}
	if !markets.has("imbalance") {
		return out
	}
	m := markets.object("imbalance")
	short, long := m.path("short_per_mwh", c.steps), m.path("long_per_mwh", c.steps)
	for t := range net {
		if m.has("short_multiple") || m.has("long_multiple") {
			short[t] = (m.num("short_multiple", 0) - 1) * math.Abs(c.buy[t])
			long[t] = (1 - m.num("long_multiple", 0)) * math.Abs(c.buy[t])
		}
		missing, surplus := c.split("imbalance", dayAhead[t].minus(net[t]), s, t)
		out = sum(out, missing.times(short[t]*c.hours[t]), surplus.times(long[t]*c.hours[t]))
	}
	return out
}

// carbon returns the cost of the emissions, with those of purchases, minus the
// allowances. A ladder charges λ (1 + a k) in band k of width d in each
// settlement period and pays λ for sales:
//
//	cost ≥ λ d (k + a k (k−1)/2) + λ (1 + a k) (q − d k)   for each band k
//
// For example, 15 t at λ = 70, a = 0.25 and d = 10 cost 70 · 10 + 87.5 · 5 =
// 1137.5.
func (c *statement) carbon(markets, v object, net []Expr, s int) Expr {
	if !markets.has("carbon") {
		return Expr{}
	}
	m := markets.object("carbon")
	factor := markets.object("electricity").path("emission_t_per_mwh", c.steps)
	free := v.path("free_allocation_t_per_step", c.steps)
	price, ladder := m.num("price_per_t", 0), m.object("ladder")
	// period numbers the settlement period of a step. Hours and days count from
	// the start of the grid, and hours of steps of different lengths follow the
	// clock.
	period := func(t int) int {
		offset := 0.0
		if c.uneven() {
			offset = math.Mod(c.start, 60) / 60
		}
		switch ladder.text("settled", "step") {
		case "step":
			return t
		case "hour":
			return int(math.Floor(c.begin(t) + offset + 1e-6))
		case "day":
			return int(math.Floor(c.begin(t)/24 + 1e-6))
		}
		return 0
	}
	out := Expr{}
	for from, next := 0, 0; from < c.steps; from = next {
		q := Expr{}
		for next = from; next < c.steps && period(next) == period(from); next++ {
			t := next
			drawn := c.column(0, math.Inf(1), "drawn", s, t) // MWh bought
			c.atLeast(drawn, net[t].times(-c.hours[t]))
			q = sum(q, c.total("emission", s, t), c.total("allowance", s, t).times(-1), num(-free[t]), drawn.times(factor[t]))
		}
		if ladder == nil {
			out = sum(out, q.times(price))
			continue
		}
		cost := c.column(math.Inf(-1), math.Inf(1), "carbon", s, from)
		for band := range int(ladder.num("bands", 1)) {
			k, a, d := float64(band), ladder.num("growth", 0), ladder.num("band_t", 0)
			c.atLeast(cost, sum(num(price*d*(k+a*k*(k-1)/2)), q.minus(num(d*k)).times(price*(1+a*k))))
		}
		out = sum(out, cost)
	}
	return out
}

// reserve adds the offer of each step, one number for all scenarios, and
// returns it with its income:
//
//	R_t ≤ Σ_i r_{i,t,s},   n_{t,s} + R_t ≤ export limit,   income = Σ_t λ_t R_t Δ_t
func (c *statement) reserve(m, v object, net Flow) (offers []Expr, income Expr) {
	income = Expr{}
	if m == nil {
		return nil, income
	}
	for t := range c.steps {
		offer := c.column(0, m.limit("max_offer_mw"), "reserve", t)
		for s := range c.probability {
			c.atMost(offer, c.total("reserve", s, t))
			if v.has("export_limit_mw") {
				c.atMost(sum(net[s][t], offer), num(v.num("export_limit_mw", 0)))
			}
		}
		offers, income = append(offers, offer), sum(income, offer.times(m.path("price_per_mw_h", c.steps)[t]*c.hours[t]))
	}
	return offers, income
}

// certificates returns the cost of the certificates owed minus those earned, by
// the base γ applies to:
//
//	on_generation   γ conventional − (1 − γ) renewable
//	on_load         γ load − renewable                    of the VPP and of all members
//	on_forecast     γ available − renewable
func (c *statement) certificates(m object, demand []Expr, s int) Expr {
	out := Expr{}
	gamma := m.num("quota", 0)
	for t := range c.steps {
		renewable := c.total("renewable", s, t)
		var owed Expr
		switch m.text("reading", "on_generation") {
		case "on_generation":
			owed = sum(c.total("conventional", s, t), renewable).times(gamma)
		case "on_load":
			owed = c.load(demand, s, t).times(gamma)
		case "on_forecast":
			owed = c.total("available", s, t).times(gamma)
		}
		out = sum(out, owed.minus(renewable).times(m.num("price_per_mwh", 0)))
	}
	return out
}

// load returns the load of an obligation, MWh: the demand of the VPP, and the
// withdrawals of all members but stores, minus load reductions.
func (c *statement) load(demand []Expr, s, t int) Expr {
	out := demand[t]
	for _, m := range c.members {
		if !m.stores {
			out = sum(out, m.at("withdrawn", s, t), m.at("reduced", s, t).times(-1))
		}
	}
	return out.times(c.hours[t])
}
