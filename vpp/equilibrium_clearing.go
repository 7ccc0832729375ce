package vpp

import (
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// Clearing is the result of one market in an equilibrium. The first index is
// the scenario, the last one the settlement period. Quantities are net
// purchases in units of the good; a payment is made by the participant if
// positive and received if negative.
//
// For example, with two participants that buy 1.5 and 6 MWh at 75, Volume[0][0]
// is 7.5, Payments[1][0][0] is 450 and Outside[0][0] is −562.5.
type Clearing struct {
	Market market.Market
	Price  [][]float64 // price change by the volume, currency per unit
	Volume [][]float64 // net purchase of all participants from the grid or the registry

	Bought   [][][]float64 // per participant, scenario and period
	Payments [][][]float64 // per participant, scenario and period, currency
	Outside  [][]float64   // of the outside counterparty, so that the sum is 0, currency

	// Residual is the largest difference, over participants, scenarios and
	// periods, between the marginal cost in the program and the marginal cost
	// of the market at the quantities found, currency per unit. It is 0 if the
	// price does not respond.
	Residual float64
}

// MarketPrices returns the purchase price and the sale price of the first unit
// in a scenario and period, currency per unit: the prices of the market at
// volume 0 plus the price change by the volume. A price is 0 if the market does
// not allow that direction.
func (x *Clearing) MarketPrices(scenario, period int) (buy, sell float64) {
	moved := x.Price[scenario][period]
	bought, sold := baseCurve(x.Market, period).Blocks()
	if len(bought) > 0 {
		buy = bought[0].Price + moved
	}
	if len(sold) > 0 {
		sell = sold[0].Price + moved
	}
	return buy, sell
}

// Settle returns the payments of one scenario and period in whole minor units
// of the currency, one per participant, and the payment of the outside
// counterparty, which makes the sum exactly 0 and receives the rounding. unit
// is the value of a minor unit, such as [market.Fen].
func (x *Clearing) Settle(scenario, period int, unit float64) (participants []int64, outside int64, err error) {
	amounts := make([]float64, len(x.Payments))
	for l := range amounts {
		amounts[l] = x.Payments[l][scenario][period]
	}
	return market.SettleWith(amounts, unit)
}

// clearingOf returns the clearing of a market from the plans of the
// participants.
func clearingOf(m market.Market, plans []*Plan) *Clearing {
	out := &Clearing{
		Market:   m,
		Bought:   make([][][]float64, len(plans)),
		Payments: make([][][]float64, len(plans)),
	}
	response := responseOf(m)
	for s := range plans[0].Results {
		var (
			price   = make([]float64, m.Periods())
			volume  = make([]float64, m.Periods())
			outside = make([]float64, m.Periods())
			bought  = make([][]float64, len(plans))
			paid    = make([][]float64, len(plans))
		)
		for l := range plans {
			bought[l], paid[l] = make([]float64, m.Periods()), make([]float64, m.Periods())
			for period := range volume {
				bought[l][period] = plans[l].bought(m, s, period)
				volume[period] += bought[l][period]
			}
		}
		for period := range price {
			price[period] = response(period).Price(volume[period])
			for l := range plans {
				q := bought[l][period]
				paid[l][period] = curvePayment(baseCurve(m, period), q) + price[period]*q
				outside[period] -= paid[l][period]
			}
		}
		out.Price, out.Volume, out.Outside = append(out.Price, price), append(out.Volume, volume), append(out.Outside, outside)
		for l := range plans {
			out.Bought[l], out.Payments[l] = append(out.Bought[l], bought[l]), append(out.Payments[l], paid[l])
		}
	}
	return out
}

// movedPrices are the price changes by the volume of all participants, per
// good, scenario and settlement period, currency per unit. A VPP outside an
// equilibrium has none.
type movedPrices map[market.Good][][]float64

// cost returns the cost of a net purchase per step by the price changes, for a
// program with given prices.
func (x movedPrices) cost(m market.Market, s int, perStep func(t int) milp.Expr) milp.Expr {
	var total milp.Expr
	if m == nil || x[m.Trades()] == nil {
		return total
	}
	for period, price := range x[m.Trades()][s] {
		from, to := m.Span(period)
		for t := from; t < to; t++ {
			total.Add(perStep(t).Times(price))
		}
	}
	return total
}

// charge adds the cost of the price changes to the result of scenario s.
func (x movedPrices) charge(p *Plan, s int) {
	for _, m := range p.Setting.Markets.traded() {
		prices := x[m.Trades()]
		if prices == nil {
			continue
		}
		extra := 0.0
		for period, price := range prices[s] {
			extra += price * p.bought(m, s, period)
		}
		switch r := &p.Results[s]; m.Trades() {
		case market.Carbon:
			r.Carbon += extra
		case market.Certificate:
			r.Certificate += extra
		default:
			r.Trade -= extra // an income
		}
	}
}

// bought returns the net purchase of a plan in a settlement period, in units of
// the good.
func (p *Plan) bought(m market.Market, s, period int) float64 {
	from, to := m.Span(period)
	sum := 0.0
	for t := from; t < to; t++ {
		switch m.Trades() {
		case market.Carbon:
			sum += p.Setting.Markets.gridEmission(t)*max(0, -p.Net[s][t])*p.Setting.Set.HoursAt(t) - p.VPP.freeAllocation(t)
			for i := range p.Members {
				ports := &p.Members[i].Schedule.Realised[s]
				sum += at(ports.Emission, t) - at(ports.Allowance, t)
			}
		case market.Certificate:
			sum += p.certificates(s, t)
		default:
			sum -= p.Net[s][t] * p.Setting.Set.HoursAt(t)
		}
	}
	return sum
}

// bought returns the same number as an expression of the program.
func (x *Program) bought(m market.Market, s, period int) milp.Expr {
	from, to := m.Span(period)
	var sum milp.Expr
	for t := from; t < to; t++ {
		switch m.Trades() {
		case market.Carbon:
			sum.Add(x.carbon(s, t))
		case market.Certificate:
			sum.Add(x.certificates(s, t))
		default:
			sum.Add(x.delivered[s][t].Times(-x.Setting.Set.HoursAt(t)))
		}
	}
	return sum
}

// boughtRange returns bounds of the net purchase in the program. For
// electricity the members' ports can be tighter than the connection: see
// [Program.purchases].
func (x *Program) boughtRange(m market.Market, s, period int) (lower, upper float64) {
	if m.Trades() != market.Electricity {
		return x.bought(m, s, period).Range()
	}
	from, to := m.Span(period)
	for t := from; t < to; t++ {
		a, b := x.purchases(s, t)
		lower, upper = lower+a, upper+b
	}
	return lower, upper
}

// baseCurve returns the cost curve of a market at volume 0.
func baseCurve(m market.Market, period int) market.Curve {
	if r, ok := m.(market.Responsive); ok {
		return r.Base(period)
	}
	return m.Curve(period)
}

// responseOf returns the response of the price of a market in each period, zero
// if it does not respond.
func responseOf(m market.Market) func(period int) market.Response {
	if r, ok := m.(market.Responsive); ok {
		return r.Response
	}
	return func(int) market.Response { return market.Response{} }
}

// unmoved is a responsive market at volume 0.
type unmoved struct{ market.Responsive }

func (x unmoved) Curve(period int) market.Curve { return x.Base(period) }

// unmoved returns the markets at volume 0.
func (x Markets) unmoved() Markets {
	for _, m := range []*market.Market{&x.Electricity, &x.Carbon, &x.Certificate} {
		if r, ok := (*m).(market.Responsive); ok {
			*m = unmoved{r}
		}
	}
	return x
}
