package vpp

import (
	"cmp"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp/audit"
)

// money checks the payments of members, the costs of markets, the loss and the
// budget of scenario s.
func (x *verification) money(s int) {
	var (
		r      = &x.Results[s]
		m      = x.Setting.Markets
		at     = x.at(s, audit.All)
		energy = x.context // without penalties

		payments, penalties, cost float64
	)
	energy.Tariff.Shortage, energy.Tariff.Surplus = nil, nil
	for i := range x.Members {
		member := &x.Members[i]
		paid := audit.Payment(member.Schedule, x.context, s)
		payments += paid
		// A penalty is the difference between the payments without and with
		// penalties.
		penalties += audit.Payment(member.Schedule, energy, s) - paid
		cost += paid - member.DER.Benefit(member.Schedule, x.context, s).Total()
	}
	at.Equal("payments to members", r.Payments, payments)
	at.Equal("penalties of members", r.Penalties, penalties)
	at.Equal("costs of members", r.Cost, cost)

	at.Equal("trade", r.Trade, -x.cost("electricity", s, m.Electricity, func(t int) float64 { return -x.Net[s][t] * x.dt(t) }))
	if m.Imbalance == nil {
		at.Equal("imbalance cost", r.Imbalance, 0)
	} else {
		at.Equal("imbalance cost", r.Imbalance, x.cost("imbalance", s, verifiedImbalance{m.Imbalance}, func(t int) float64 {
			return (x.DayAhead[t] - x.Net[s][t]) * x.dt(t)
		}))
	}
	at.Equal("carbon cost", r.Carbon, x.cost("carbon", s, m.Carbon, func(t int) float64 {
		return x.drawnCarbon(s, t) + x.port(s, t, func(p *der.Ports) []float64 { return p.Emission }) -
			x.port(s, t, func(p *der.Ports) []float64 { return p.Allowance }) - x.freeAllocation(t)
	}))
	at.Equal("certificate cost", r.Certificate, x.cost("certificate", s, m.Certificate, func(t int) float64 { return x.owed(s, t) }))

	loss := r.Imbalance
	if x.Setting.Modelling.RiskOf == TotalLoss {
		loss = r.Imbalance + r.Carbon + r.Certificate - r.Trade - r.Reserve + x.dispatchCost(r)
	}
	at.Equal("loss at risk", r.Loss, loss)
	revenues := 0.0
	for i := range x.Members {
		revenues += x.Members[i].Benefits[s].Total()
	}
	// Payments between the VPP and its members cancel: the revenues of members
	// plus the surplus of the VPP equal the trade and the reserve income minus
	// the own costs of members.
	at.Equal("budget: revenues of members and surplus of the VPP", revenues+r.Trade+r.Reserve-r.Payments, r.Trade+r.Reserve-r.Cost)
}

// dispatchCost returns the costs of members in the objective, currency.
func (x *verification) dispatchCost(r *Result) float64 {
	if x.Setting.Modelling.DispatchObjective == TariffPayments {
		return r.Payments + r.Penalties
	}
	return r.Cost
}

// verifiedImbalance is an imbalance pricing as a market. It repeats
// pricedImbalance, which belongs to the computation of the plan.
type verifiedImbalance struct{ ImbalancePricing }

func (verifiedImbalance) Trades() market.Good        { return market.Electricity }
func (x verifiedImbalance) Curve(p int) market.Curve { return x.Penalty(p) }

// cost returns the cost of the net purchases of all periods in a market,
// currency, and checks the limits of the market. The cost is the integral of
// the slopes of the curve from 0 to the net purchase.
func (x *verification) cost(what string, s int, m market.Market, purchase func(t int) float64) float64 {
	if m == nil {
		return 0
	}
	total := 0.0
	for period := range m.Periods() {
		from, to := m.Span(period)
		q := 0.0
		for t := from; t < to; t++ {
			q += purchase(t)
		}
		curve := m.Curve(period)
		if linear, ok := m.(*market.Linear); ok {
			if base, _, smooth := linear.Split(period); smooth {
				others := 0.0
				if linear.Others != nil {
					others = linear.Others.At(period)
				}
				curve = base
				total += linear.Slope.At(period) * (others + q) * q // the price change times q
			}
		}
		total += curve.Fixed
		if moved := x.moved[m.Trades()]; moved != nil && what != "imbalance" {
			total += moved[s][period] * q // price change by the volume of all participants
		}
		if len(curve.Breaks) == 0 {
			x.at(s, from).Equal("limit of the "+what+" market", q, 0)
			continue
		}
		x.at(s, from).Within("limit of the "+what+" market", curve.Breaks[0], q, curve.Breaks[len(curve.Breaks)-1])
		for k, slope := range curve.Slopes {
			// The length of [0, q] in piece k; negative if q is negative.
			part := min(max(q, curve.Breaks[k]), curve.Breaks[k+1]) - min(max(0, curve.Breaks[k]), curve.Breaks[k+1])
			total += slope * part
		}
	}
	return total
}

// owed returns the certificates to be purchased in a step, negative if
// certificates are earned. With the quota κ of the obligation:
//
//	on load:        κ (D + load of members) Δ − E_ren
//	on forecast:    κ E_avail − E_ren
//	on generation:  κ E_conv − (1 − κ) E_ren
func (x *verification) owed(s, t int) float64 {
	var (
		o            = x.Setting.Markets.Obligation
		renewable    = x.port(s, t, func(p *der.Ports) []float64 { return p.Renewable })
		conventional = x.port(s, t, func(p *der.Ports) []float64 { return p.Conventional })
		available    = x.port(s, t, func(p *der.Ports) []float64 { return p.Available })
	)
	switch o.Basis {
	case market.OnLoad:
		load := 0.0 // MW, of the VPP and of members; charging a store and sales to a grid are none
		if x.VPP.Demand != "" {
			load = x.Setting.Set.At(x.VPP.Demand, s, t)
		}
		for i := range x.Members {
			m := &x.Members[i]
			if store, ok := m.DER.(*der.Storage); ok && store.Port == der.Electricity {
				continue
			}
			if own, ok := m.DER.(der.Storer); ok && own.StoresElectricity() {
				continue
			}
			if trader, ok := m.DER.(der.GridTrader); !ok || !trader.TradesWithGrid() {
				load += at(m.Schedule.Realised[s].Withdrawn, t) - at(m.Schedule.Realised[s].Reduced, t)
			}
		}
		return o.Quota*load*x.dt(t) - renewable
	case market.OnForecast:
		return o.Quota*available - renewable
	}
	return o.Quota*conventional - (1-o.Quota)*renewable
}

// values checks the dimensions against the expectations over the scenarios, the
// risk against the mean of the worst scenarios, and the objective and the
// integrated value against their weighted sums.
func (x *verification) values() {
	var (
		v, c  = x.Value, x.Setting
		at    = x.at(audit.All, audit.All)
		worst = math.Inf(-1)
	)
	for s := range x.Results {
		worst = max(worst, x.Results[s].Loss)
	}
	at.Equal("expected trade", v.Trade, x.mean(func(r *Result) float64 { return r.Trade }))
	at.Equal("expected reserve income", v.Reserve, x.mean(func(r *Result) float64 { return r.Reserve }))
	at.Equal("expected costs", v.Cost, x.mean(func(r *Result) float64 { return r.Cost }))
	at.Equal("expected payments", v.Payments, x.mean(func(r *Result) float64 { return r.Payments }))
	at.Equal("expected imbalance cost", v.Imbalance, x.mean(func(r *Result) float64 { return r.Imbalance }))
	at.Equal("environment", v.Environment, -x.mean(func(r *Result) float64 { return r.Carbon + r.Certificate }))
	at.Equal("worst loss", v.Worst, worst)
	if confidence, ok := x.confidence(); ok {
		atRisk, tail := x.tail(confidence)
		at.Equal("value at risk", v.VaR, atRisk)
		at.Equal("conditional value at risk", v.Risk, tail)
	}
	imbalance := 0.0
	if c.Modelling.ImbalanceAccounting == InEconomicToo {
		imbalance = v.Imbalance
	}
	economic := v.Trade + v.Reserve - v.Payments - imbalance
	at.Equal("economic value", v.Economic, economic)

	costs := x.mean(func(r *Result) float64 { return x.dispatchCost(r) })
	weigh := func(economic float64) float64 {
		return c.Weights.Economic*economic - c.Weights.Risk*x.VPP.RiskAversion*v.Risk + c.Weights.Environment*v.Environment
	}
	at.Equal("objective", v.Objective, weigh(v.Trade+v.Reserve-costs-imbalance))
	at.Equal("integrated value", v.Integrated, weigh(economic))
}

func (x *verification) mean(of func(r *Result) float64) float64 {
	sum := 0.0
	for s := range x.Results {
		sum += x.Setting.Set.Probability(s) * of(&x.Results[s])
	}
	return sum
}

// confidence returns the confidence of the CVaR; ok is false for another risk
// measure.
func (x *verification) confidence() (level float64, ok bool) {
	switch risk := x.Setting.Risk.(type) {
	case nil:
		return DefaultConfidence, true
	case CVaR:
		return risk.Confidence, true
	}
	return 0, false
}

// tail returns the value at risk, the smallest loss z with P(loss > z) ≤ 1 − α,
// and the mean of the losses in the worst 1 − α of probability. A scenario at
// the edge counts with the part of its probability inside the tail. For
// example, with α = 0.5 and losses 0, 60, 100 of probabilities 0.4, 0.3, 0.3,
// the value at risk is 60 and the mean is (0.3·100 + 0.2·60) / 0.5 = 84.
func (x *verification) tail(confidence float64) (atRisk, mean float64) {
	var (
		order = make([]int, len(x.Results))
		tail  = 1 - confidence
		above float64 // probability of larger losses
	)
	for s := range order {
		order[s] = s
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x.Results[b].Loss, x.Results[a].Loss) })
	for _, s := range order {
		loss, probability := x.Results[s].Loss, x.Setting.Set.Probability(s)
		// In floating point, 19 of 20 equal probabilities sum to less than
		// 0.95.
		const rounding = 1e-12
		if above <= tail+rounding {
			atRisk = loss
		}
		mean += min(max(0, tail-above), probability) * loss
		above += probability
	}
	if tail == 0 {
		return x.Results[order[0]].Loss, x.Results[order[0]].Loss
	}
	return atRisk, mean / tail
}
