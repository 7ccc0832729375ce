package casefile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/scenario"
)

// priced has the prices of a case that follow from series, so that each day has
// its own.
//
// For example, {"buy_per_mwh": {"series": "price"}, "sell_fraction": 0.9} has
// buy "price" and sellFraction 0.9.
type priced struct {
	buy, sell, settled string  // series: market prices, real price of imbalance; "": stated
	sellFraction       float64 // of the buying price, used without sell
	short, long        float64 // multiples of the buying price or of settled
	multiples          bool    // the imbalance follows from short and long
	standIn            bool    // during reading: a series has a violation; no checks of prices

	fractions map[string]map[string]float64 // of the buying price, by VPP and price of its tariff
}

// addFraction stores a price of a tariff that is a fraction of the buying
// price.
func (p *priced) addFraction(vppName, name string, fraction float64) {
	if p.fractions == nil {
		p.fractions = map[string]map[string]float64{}
	}
	if p.fractions[vppName] == nil {
		p.fractions[vppName] = map[string]float64{}
	}
	p.fractions[vppName][name] = fraction
}

// isSeries reports whether a price is an object, such as {"series": "price"}.
func isSeries(v Fields) bool { return v.value.IsObject() }

// priceSeries reads {"series": "price"}, the name of a known series, and
// returns its values.
func (c *Case) priceSeries(v Fields) (name string, values market.Series) {
	name = v.At("series").Text()
	i := slices.IndexFunc(c.scenarios.known, func(k known) bool { return k.Name == name && strings.Contains(k.Unit, "/") })
	if i >= 0 && len(c.scenarios.known[i].Path) == c.grid.Steps {
		return name, c.scenarios.known[i].Path
	}
	if i < 0 && name != "" && !c.unsound[name] {
		var prices []string
		for _, k := range c.scenarios.known {
			if strings.Contains(k.Unit, "/") {
				prices = append(prices, k.Name)
			}
		}
		v.At("series").Wrong(oneOf("the name of a series of known in currency/MWh", name, prices))
	}
	c.priced.standIn = true
	return name, make(market.Series, c.grid.Steps)
}

// checkSeriesPrices requires a selling price that follows from the series of
// the buying price.
func (c *Case) checkSeriesPrices(v Fields) {
	if c.priced.buy != "" && c.priced.sell == "" && !v.At("sell_fraction").Given() {
		v.At("sell_per_mwh").Bad(`is stated per step, and the buying price is the series %q; want sell_fraction, or {"series": …}`, c.priced.buy)
	}
	if c.priced.sell != "" && c.priced.buy == "" {
		v.At("buy_per_mwh").Bad(`is stated per step, and the selling price is the series %q; want {"series": …}`, c.priced.sell)
	}
}

// readRealPrice reads an imbalance pricing at real prices, such as
//
//	{"price_per_mwh": {"series": "real_price"}, "short_multiple": 1.1, "long_multiple": 0.9}
func (c *Case) readRealPrice(v Fields, price market.Series, x *market.Imbalance) {
	at := v.At("price_per_mwh")
	x.Short, x.Long = make(market.Series, c.grid.Steps), make(market.Series, c.grid.Steps)
	for _, key := range []string{"short_per_mwh", "long_per_mwh"} {
		if v.At(key).Given() {
			v.At(key).Bad("is given together with price_per_mwh, want one of the two")
		}
	}
	c.priced.short, c.priced.long = v.At("short_multiple").NumberOr(1, 1, 100), v.At("long_multiple").NumberOr(1, 0, 1)
	if !isSeries(at) {
		at.Wrong(`{"series": "name"}, a series of known in currency/MWh`)
		return
	}
	var values market.Series
	c.priced.settled, values = c.priceSeries(at)
	if c.priced.buy == "" {
		at.Bad(`is a series, and the buying price of electricity is stated per step; want {"series": …} for both`)
		return
	}
	x.Short, x.Long = twoPrices(price, values, c.priced.short, c.priced.long)
}

// twoPrices returns the penalties of two-price imbalance pricing with the
// day-ahead price λ and the real price r. A shortfall costs max(λ, r + (short −
// 1)|r|) per MWh, and a surplus earns min(λ, r − (1 − long)|r|):
//
//	Short = max(0, r + (short − 1)|r| − λ),   Long = max(0, λ − r + (1 − long)|r|)
//
// For example, λ = 40, r = 60 and both multiples 1: a missing MWh costs 60, and
// one too many earns 40. With r = λ, these are the penalties of
// [market.Spreads].
//
// Source: Conejo, Carrión and Morales, Decision Making Under Uncertainty in
// Electricity Markets (2010), section 7.4.
func twoPrices(price, settled market.Series, short, long float64) (missing, surplus market.Series) {
	above, below := market.Spreads(settled, short, long)
	for t := range price {
		missing = append(missing, max(0, settled[t]+above[t]-price[t]))
		surplus = append(surplus, max(0, price[t]-settled[t]+below[t]))
	}
	return missing, surplus
}

// fractionOf returns a share of each buying price as selling price. At a
// negative price, the fraction of it would earn more than buying costs: a VPP
// would be paid for buying and selling at once. There selling costs as much as
// buying earns.
func fractionOf(buy market.Series, fraction float64) (sell market.Series) {
	for t, price := range buy.Times(fraction) {
		sell = append(sell, min(price, buy[t]))
	}
	return sell
}

// Priced returns a region of the case with the prices that follow from series
// of its set: market prices, imbalance prices, and fractions of tariffs. Other
// data stay. The set may cover any steps; a case whose prices are stated is
// returned as it is.
//
// For example, a season gives each day the prices of its own columns. Priced
// returns an error if the set lacks a series, if selling would earn more than
// buying costs, or if a fraction gives a price of load reduction below 0.
func (c *Case) Priced(r trigrid.Region) (trigrid.Region, error) {
	p := c.priced
	if p.buy == "" {
		return r, nil
	}
	set := r.Setting.Set
	grid := set.Grid()
	prices := map[string]market.Series{}
	for _, name := range []string{p.buy, p.sell, p.settled} {
		if name == "" {
			continue
		}
		if !set.Has(name) {
			return r, fmt.Errorf("casefile: case %q: the set from %s lacks the price %q; it has %q", c.Name, grid.Start.Format("2006-01-02T15:04"), name, set.Names())
		}
		prices[name] = set.Path(name, 0) // equal in all scenarios
	}
	buy := prices[p.buy]
	calendar := calendarOf(grid)
	tariff := &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy, Sell: prices[p.sell]}
	if p.sell == "" {
		tariff.Sell = fractionOf(buy, p.sellFraction)
	}
	for t := range buy {
		if tariff.Sell[t] > buy[t] {
			return r, fmt.Errorf("casefile: case %q: selling earns %v at %s and buying costs %v; a VPP would buy to sell without end",
				c.Name, tariff.Sell[t], grid.Time(t).Format("2006-01-02T15:04"), buy[t])
		}
	}
	r.Setting.Markets.Electricity = tariff
	imbalance := &market.Imbalance{Calendar: calendar, Price: market.Series{0}}
	switch {
	case p.settled != "":
		imbalance.Short, imbalance.Long = twoPrices(buy, prices[p.settled], p.short, p.long)
		r.Setting.Markets.Imbalance = imbalance
	case p.multiples:
		imbalance.Short, imbalance.Long = market.Spreads(buy, p.short, p.long)
		r.Setting.Markets.Imbalance = imbalance
	}
	r.VPPs = slices.Clone(r.VPPs)
	for i := range r.VPPs {
		if err := c.priceTariff(&r.VPPs[i].Tariff, r.VPPs[i].Name, buy, grid); err != nil {
			return r, err
		}
	}
	return r, nil
}

// priceTariff sets the prices of a tariff that are fractions of the buying
// price.
func (c *Case) priceTariff(x *der.Tariff, vppName string, buy market.Series, grid scenario.Grid) error {
	for name, fraction := range c.priced.fractions[vppName] {
		values := buy.Times(fraction)
		if name != "injection" && name != "withdrawal" && slices.Min(values) < 0 {
			return fmt.Errorf("casefile: case %q: VPP %q: %s_fraction gives a price below 0 on %s, where the buying price is negative; want %s_per_mwh",
				c.Name, vppName, name, grid.Start.Format("2006-01-02"), name)
		}
		switch name {
		case "injection":
			x.Injection = values
		case "withdrawal":
			x.Withdrawal = values
		case "load_reduction":
			x.LoadReduction = values
		case "shortage":
			x.Shortage = values
		case "surplus":
			x.Surplus = values
		}
	}
	return nil
}
