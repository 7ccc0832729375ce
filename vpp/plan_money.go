package vpp

import (
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
)

// MoneyByStep returns the money of the VPP in scenario s, step by step,
// currency, received positive:
//
//	"energy trade"           selling minus buying energy
//	"payments to members"    under the tariff and the prices inside the VPP
//	"imbalance"              deviations from the day-ahead schedule
//	"carbon"                 allowances bought or sold
//	"certificates"           green certificates bought or sold
//	"reserve"                reserve offered; only with [Markets.Reserve]
//
// The sums over the steps are Trade, −Payments, −Imbalance, −Carbon,
// −Certificate and Reserve of [Result]. A settlement period of several steps
// belongs to its first step. The payment of a member that is no [der.Stepwise]
// belongs to its steps as well, because the tariff states it.
func (p *Plan) MoneyByStep(s int) []der.ItemPath {
	var (
		set     = p.Setting.Set
		dt      = set.HoursAt
		m       = p.Setting.Markets
		net     = p.Net[s]
		context = p.settlement()
		paid    = make([]float64, set.Steps())
		carbon  = make([]float64, set.Steps())
	)
	for t := range carbon {
		carbon[t] = m.gridEmission(t)*max(0, -net[t])*dt(t) - p.VPP.freeAllocation(t)
	}
	for i := range p.Members {
		ports := &p.Members[i].Schedule.Realised[s]
		for t := range carbon {
			carbon[t] += at(ports.Emission, t) - at(ports.Allowance, t)
		}
		for _, item := range context.PaymentByStep(p.Members[i].Schedule, s) {
			for t, amount := range item.Amounts {
				paid[t] -= amount
			}
		}
	}
	income := func(x market.Market, moved [][]float64, perStep func(t int) float64) []float64 {
		return p.income(x, moved, s, perStep)
	}
	out := []der.ItemPath{
		{What: "energy trade", Amounts: income(m.Electricity, p.moved[market.Electricity], func(t int) float64 { return -net[t] * dt(t) })},
		{What: "payments to members", Amounts: paid},
		{What: "imbalance", Amounts: income(m.imbalance(), nil, func(t int) float64 { return (p.DayAhead[t] - net[t]) * dt(t) })},
		{What: "carbon", Amounts: income(m.Carbon, p.moved[market.Carbon], func(t int) float64 { return carbon[t] })},
		{What: "certificates", Amounts: income(m.Certificate, p.moved[market.Certificate], func(t int) float64 { return p.certificates(s, t) })},
	}
	if m.Reserve != nil {
		out = append(out, der.ItemPath{What: "reserve", Amounts: p.reserveIncome()})
	}
	return out
}

// income returns the negative cost of a net purchase per step, at the first
// step of each settlement period. moved are the price changes of an equilibrium
// per scenario and period, or nil.
func (p *Plan) income(x market.Market, moved [][]float64, s int, perStep func(t int) float64) []float64 {
	out := make([]float64, p.Setting.Set.Steps())
	if x == nil {
		return out
	}
	for period := range x.Periods() {
		from, to := x.Span(period)
		q := 0.0
		for t := from; t < to; t++ {
			q += perStep(t)
		}
		curve, quadratic, _ := split(x, period)
		out[from] = -curvePayment(curve, q) - quadratic.Value(q)
		if moved != nil {
			out[from] -= moved[s][period] * q
		}
	}
	return out
}
