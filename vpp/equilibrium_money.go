package vpp

import (
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// movedPrices is what the volume of all traders adds to the prices of markets that respond to it: per
// good, scenario and settlement period, currency per unit. A plant that trades alone has none.
type movedPrices map[market.Good][][]float64

// cost returns what the moved price adds to the cost of a net purchase per step, for a program in which
// the price is given.
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

// charge adds to the results of scenario s what the plan pays because prices have moved.
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
			r.Trade -= extra
		}
	}
}

// traded returns the markets in which plants trade with each other.
func (x Markets) traded() []market.Market {
	var out []market.Market
	for _, m := range []market.Market{x.Electricity, x.Carbon, x.Certificate} {
		if m != nil {
			out = append(out, m)
		}
	}
	return out
}

// bought returns a plan's net purchase in a settlement period, in units of the market's good.
func (p *Plan) bought(m market.Market, s, period int) float64 {
	from, to := m.Span(period)
	sum := 0.0
	for t := from; t < to; t++ {
		switch m.Trades() {
		case market.Carbon:
			sum += p.Setting.Markets.gridEmission(t)*max(0, -p.Net[s][t])*p.Setting.Set.Hours() - p.VPP.allowance(t)
			for i := range p.Members {
				ports := &p.Members[i].Schedule.Realised[s]
				sum += at(ports.Emission, t) - at(ports.Allowance, t)
			}
		case market.Certificate:
			sum += p.certificates(s, t)
		default:
			sum -= p.Net[s][t] * p.Setting.Set.Hours()
		}
	}
	return sum
}

// bought returns the same number for the program.
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
			sum.Add(x.delivered[s][t].Times(-x.Setting.Set.Hours()))
		}
	}
	return sum
}

// boughtRange returns between which limits the program's net purchase lies.
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

// A Traded is what all traders did in one market, first index the scenario, last the settlement period.
// Quantities are net purchases in units of the good, payments are made by the trader (received where
// negative).
type Clearing struct {
	Market market.Market
	Price  [][]float64 // what the volume adds to the market's own prices, currency per unit
	Volume [][]float64 // net purchase of all traders from outside: the grid, the registry

	Bought   [][][]float64 // per trader, then scenario and period
	Payments [][][]float64 // per trader, then scenario and period, currency
	Outside  [][]float64   // what the counterparty outside pays, currency; with Payments it sums to zero

	// Residual is the largest difference, over traders, scenarios and periods, between the marginal cost
	// that the program acted on and the one that the market charges at the quantities found, currency per
	// unit. It is 0 where the price does not respond.
	Residual float64
}

// MarketPrices returns what the next unit bought and the next unit sold at market costs and earns in a
// scenario and period, currency per unit: the market's own prices at zero plus what the volume adds.
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

// Settle returns the payments of one scenario and period in whole minor units of the currency, one per
// trader, and the counterparty's, which makes the sum zero exactly and carries the rounding. unit is the
// value of a minor unit, such as [market.Fen].
func (x *Clearing) Settle(scenario, period int, unit float64) (traders []int64, outside int64, err error) {
	amounts := make([]float64, len(x.Payments))
	for l := range amounts {
		amounts[l] = x.Payments[l][scenario][period]
	}
	return market.SettleWith(amounts, unit)
}

// account reads one market's trades out of the traders' plans.
func account(m market.Market, plans []*Plan) *Clearing {
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
				paid[l][period] = payCurve(baseCurve(m, period), q) + price[period]*q
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

// baseCurve returns a market's prices at volume zero.
func baseCurve(m market.Market, period int) market.Curve {
	if r, ok := m.(market.Responsive); ok {
		return r.Base(period)
	}
	return m.Curve(period)
}

// responseOf returns how a market's prices move in each period: not at all unless it says so.
func responseOf(m market.Market) func(period int) market.Response {
	if r, ok := m.(market.Responsive); ok {
		return r.Response
	}
	return func(int) market.Response { return market.Response{} }
}

// unmoved is a responsive market at volume zero.
type unmoved struct{ market.Responsive }

func (x unmoved) Curve(period int) market.Curve { return x.Base(period) }

// unmoved returns the markets at volume zero.
func (x Markets) unmoved() Markets {
	for _, m := range []*market.Market{&x.Electricity, &x.Carbon, &x.Certificate} {
		if r, ok := (*m).(market.Responsive); ok {
			*m = unmoved{r}
		}
	}
	return x
}
