package vpp

import (
	"cmp"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp/audit"
)

// money demands that markets, members and the loss are charged what the schedules come to.
func (x *check) money(s int) {
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
		penalties += audit.Payment(member.Schedule, energy, s) - paid
		cost += paid - member.DER.Benefit(member.Schedule, x.context, s).Total()
	}
	at.Equal("payments to members", r.Payments, payments)
	at.Equal("penalties of members", r.Penalties, penalties)
	at.Equal("costs of members", r.Cost, cost)

	at.Equal("trade", r.Trade, -x.charge("electricity", s, m.Electricity, func(t int) float64 { return -x.Net[s][t] * x.dt }))
	if m.Imbalance == nil {
		at.Equal("imbalance cost", r.Imbalance, 0)
	} else {
		at.Equal("imbalance cost", r.Imbalance, x.charge("imbalance", s, shortfalls{m.Imbalance}, func(t int) float64 {
			return (x.DayAhead[t] - x.Net[s][t]) * x.dt
		}))
	}
	at.Equal("carbon cost", r.Carbon, x.charge("carbon", s, m.Carbon, func(t int) float64 {
		return x.drawnCarbon(s, t) + x.port(s, t, func(p *der.Ports) []float64 { return p.Emission }) -
			x.port(s, t, func(p *der.Ports) []float64 { return p.Allowance }) - x.lumpSum(t)
	}))
	at.Equal("certificate cost", r.Certificate, x.charge("certificate", s, m.Certificate, func(t int) float64 { return x.owed(s, t) }))

	loss := r.Imbalance
	if x.Setting.Modelling.RiskOf == TotalLoss {
		loss = r.Imbalance + r.Carbon + r.Certificate - r.Trade + x.counted(r)
	}
	at.Equal("loss at risk", r.Loss, loss)
	revenues := 0.0
	for i := range x.Members {
		revenues += x.Members[i].Benefits[s].Total()
	}
	// What members receive and what the plant keeps is what the outside pays less what the members spend.
	at.Equal("budget: revenues of members and surplus of the plant", revenues+r.Trade-r.Payments, r.Trade-r.Cost)
}

// counted returns what scheduling counts as the members' cost.
func (x *check) counted(r *Result) float64 {
	if x.Setting.Modelling.DispatchObjective == TariffPayments {
		return r.Payments + r.Penalties
	}
	return r.Cost
}

// shortfalls lets a settlement of imbalance be read as a market.
type shortfalls struct{ ImbalancePricing }

func (shortfalls) Trades() market.Good        { return market.Electricity }
func (x shortfalls) Curve(p int) market.Curve { return x.Penalty(p) }

// charge returns what a market charges for the net purchases of all periods, currency, and demands that
// each lies within the market's limits. The cost is the integral of the curve's slopes from zero.
func (x *check) charge(what string, s int, m market.Market, purchase func(t int) float64) float64 {
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
		total += curve.Fixed
		if moved := x.moved[m.Trades()]; moved != nil && what != "imbalance" {
			total += moved[s][period] * q // what the volume of all traders has added to the price
		}
		if len(curve.Breaks) == 0 {
			x.at(s, from).Equal("limit of the "+what+" market", q, 0)
			continue
		}
		x.at(s, from).Within("limit of the "+what+" market", curve.Breaks[0], q, curve.Breaks[len(curve.Breaks)-1])
		for k, slope := range curve.Slopes {
			// The part of the way from zero to q that lies in this piece.
			part := min(max(q, curve.Breaks[k]), curve.Breaks[k+1]) - min(max(0, curve.Breaks[k]), curve.Breaks[k+1])
			total += slope * part
		}
	}
	return total
}

// owed returns the certificates that must be bought for a step, negative where they are earned.
func (x *check) owed(s, t int) float64 {
	var (
		o            = x.Setting.Markets.Obligation
		renewable    = x.port(s, t, func(p *der.Ports) []float64 { return p.Renewable })
		conventional = x.port(s, t, func(p *der.Ports) []float64 { return p.Conventional })
		available    = x.port(s, t, func(p *der.Ports) []float64 { return p.Available })
	)
	switch o.Basis {
	case market.OnLoad:
		if x.VPP.Demand == "" {
			return -renewable
		}
		return o.Quota*x.Setting.Set.At(x.VPP.Demand, s, t)*x.dt - renewable
	case market.OnForecast:
		return o.Quota*available - renewable
	}
	return o.Quota*conventional - (1-o.Quota)*renewable
}

// values demands that the dimensions are expectations over the scenarios, that the risk is the mean of
// the worst of them, and that objective and integrated value weigh these.
func (x *check) values() {
	var (
		v, c  = x.Value, x.Setting
		at    = x.at(audit.All, audit.All)
		worst = math.Inf(-1)
	)
	for s := range x.Results {
		worst = max(worst, x.Results[s].Loss)
	}
	at.Equal("expected trade", v.Trade, x.mean(func(r *Result) float64 { return r.Trade }))
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
	economic := v.Trade - v.Payments - imbalance
	at.Equal("economic value", v.Economic, economic)

	counted := x.mean(func(r *Result) float64 { return x.counted(r) })
	weigh := func(economic float64) float64 {
		return c.Weights.Economic*economic - c.Weights.Risk*x.VPP.RiskAversion*v.Risk + c.Weights.Environment*v.Environment
	}
	at.Equal("objective", v.Objective, weigh(v.Trade-counted-imbalance))
	at.Equal("integrated value", v.Integrated, weigh(economic))
}

func (x *check) mean(of func(r *Result) float64) float64 {
	sum := 0.0
	for s := range x.Results {
		sum += x.Setting.Set.Probability(s) * of(&x.Results[s])
	}
	return sum
}

func (x *check) confidence() (float64, bool) {
	switch risk := x.Setting.Risk.(type) {
	case nil:
		return DefaultConfidence, true
	case CVaR:
		return risk.Confidence, true
	}
	return 0, false
}

// tail returns the smallest loss z with P(loss > z) ≤ 1 − confidence, and the mean of the losses in the
// worst 1 − confidence of probability, the scenario at its edge counted in part.
func (x *check) tail(confidence float64) (atRisk, mean float64) {
	var (
		order = make([]int, len(x.Results))
		tail  = 1 - confidence
		above float64 // probability of the losses passed
	)
	for s := range order {
		order[s] = s
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x.Results[b].Loss, x.Results[a].Loss) })
	for _, s := range order {
		loss, probability := x.Results[s].Loss, x.Setting.Set.Probability(s)
		const rounding = 1e-12 // nineteen of twenty equal scenarios add up to less than 0.95
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
