package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/market"
	marketdata "github.com/trigrid/trigrid/market/published"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/studies/internal/claim"
	"github.com/trigrid/trigrid/vpp"
)

// The exchange of electricity between VPPs has one price per hour for purchase
// and sale. It depends on the net purchase Q_t of all VPPs from the grid, with
// the prices b_t and s_t of the tariff:
//
//	λ_t(Q) = (b_t + s_t)/2 + k Q, limited to [s_t, b_t]
//
// If the VPPs need more than they have, the price is b_t; if they have more
// than they need, it is s_t; in between it balances them. k is so steep that
// "in between" is at most (b_t − s_t)/(2 k) = 1243·(1 − 0.35)/8000 = 0.1 MWh
// wide in each direction, which the grid trades at λ_t, with the dearest price
// and the selling fraction of the tariff. It is a [market.Linear] around a flat
// price, so that [vpp.FindEquilibrium] clears it with carbon and certificates,
// and the deals pass ledger and relays like theirs.
//
// Without the exchange, no electricity changes hands between VPPs for three
// reasons. Each has only the grid as counterparty. At the loads of the profiles
// every VPP sells in every hour, so that no hour has a buyer. At higher loads a
// VPP rather runs its own dear units than buys at b_t, and another one does not
// run more for s_t, although both would gain at a price in between.

// steepness is k, CNY per MWh, per MWh. It is assumed.
const steepness = 4000

// loadFactors are factors on the electric loads of all sites. The first leaves
// the profiles as they are. The others are CALIBRATED: the paper states that
// sun, wind and units do not suffice at peak, which holds at none of our sites
// with the first factor.
func loadFactors() []float64 { return []float64{1, 1.5, 1.75, 2} }

// exchange is the day of price takers with the exchange, and without it at the
// same loads. Both have the tariff without a slope.
type exchange struct {
	LoadFactor float64 `json:"load_factor"`
	Calibrated bool    `json:"calibrated"`

	Hours   []exchangeHour `json:"hours"`
	Deals   []deal         `json:"deals"`    // electricity only
	With    []outcome      `json:"with"`     // per VPP
	Without []outcome      `json:"without"`  // per VPP
	Seller  int            `json:"sellers"`  // hours in which each VPP sells, without the exchange
	Both    int            `json:"both"`     // hours with seller and buyer, without the exchange
	Carried int            `json:"carried"`  // cross-chain trades with electricity between VPPs
	Worst   float64        `json:"residual"` // largest residual of all markets, CNY per unit
}

// exchangeHour is one hour of the exchange.
type exchangeHour struct {
	Hour  int       `json:"hour"`
	Peak  bool      `json:"peak"` // the tariff is the highest of the day
	Price float64   `json:"price_cny_per_mwh"`
	Net   []float64 `json:"net_mwh"` // net purchase of each VPP

	// Between has the energy that each VPP buys from others, negative if it
	// sells to them. It sums to zero.
	Between []float64 `json:"between_mwh"`
}

// exchanges solves the day with and without the exchange at each load.
func exchanges(ctx context.Context, solver milp.Solver, seed uint64) ([]exchange, error) {
	var out []exchange
	for _, factor := range loadFactors() {
		x, err := trade(ctx, solver, factor, seed)
		if err != nil {
			return nil, fmt.Errorf("exchange at %v times the load: %w", factor, err)
		}
		out = append(out, *x)
	}
	return out, nil
}

// trade solves the day at one load.
func trade(ctx context.Context, solver milp.Solver, factor float64, seed uint64) (*exchange, error) {
	all := sites()
	for i := range all {
		all[i].loads = factor
	}
	set, err := forecastDay(all)
	if err != nil {
		return nil, err
	}
	r := base()
	r.prices.PowerSlope = 0
	c, err := r.setting(set)
	if err != nil {
		return nil, err
	}
	without, err := clear(ctx, solver, participants(all, r.carbonQuota), c, market.PriceTaking)
	if err != nil {
		return nil, err
	}
	buy, sell, err := tariffOf(set.Steps())
	if err != nil {
		return nil, err
	}
	if c.Markets.Electricity, err = exchangeMarket(buy, sell); err != nil {
		return nil, err
	}
	with, err := clear(ctx, solver, participants(all, r.carbonQuota), c, market.PriceTaking)
	if err != nil {
		return nil, err
	}
	out := &exchange{LoadFactor: factor, Calibrated: factor != 1, With: with.VPPs, Without: without.VPPs, Worst: with.equilibrium.Residual}
	alone := without.equilibrium.Market(market.Electricity)
	for t := range buy {
		sellers, buyers := 0, 0
		for l := range all {
			switch q := alone.Bought[l][0][t]; {
			case q < -1e-6:
				sellers++
			case q > 1e-6:
				buyers++
			}
		}
		if sellers == len(all) {
			out.Seller++
		}
		if sellers > 0 && buyers > 0 {
			out.Both++
		}
	}
	out.Hours = exchangeHours(with.equilibrium, buy)
	recorded, err := record(ctx, with.equilibrium, seed)
	if err != nil {
		return nil, err
	}
	for _, d := range recorded.Deals {
		if d.Good == market.Electricity.String() {
			out.Deals = append(out.Deals, d)
			if d.Seller != outside && d.Buyer != outside {
				out.Carried++
			}
		}
	}
	return out, nil
}

// tariffOf returns the prices of a purchase from the grid and of a sale to it,
// per hour.
func tariffOf(steps int) (buy, sell market.Series, err error) {
	tariff, err := marketdata.TimeOfUseCheng().SellingAt(marketdata.CalibratedSellFraction).Tariff(market.Calendar{Steps: steps})
	if err != nil {
		return nil, nil, err
	}
	for t := range steps {
		bought, sold := tariff.Curve(t).Blocks()
		if len(bought) != 1 || len(sold) != 1 {
			return nil, nil, fmt.Errorf("hour %d of the tariff has %d buying and %d selling prices, want one each", t, len(bought), len(sold))
		}
		buy, sell = append(buy, bought[0].Price), append(sell, sold[0].Price)
	}
	return buy, sell, nil
}

// exchangeMarket returns the market of the exchange between the prices of the
// grid.
func exchangeMarket(buy, sell market.Series) (market.Market, error) {
	var middle market.Series
	for t := range buy {
		middle = append(middle, (buy[t]+sell[t])/2)
	}
	calendar := market.Calendar{Steps: len(buy)}
	m := &market.Linear{
		Market: &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: middle, Sell: middle},
		Slope:  market.Series{steepness}, Floor: sell, Cap: buy,
	}
	return m, nil
}

// exchangeHours returns the hours of an equilibrium with the exchange. Each
// seller serves all buyers in proportion, as in match.
func exchangeHours(e *vpp.Equilibrium, buy market.Series) []exchangeHour {
	traded := e.Market(market.Electricity)
	out := make([]exchangeHour, len(buy))
	for t := range out {
		h := exchangeHour{Hour: t, Peak: buy[t] >= slices.Max(buy)-1e-9}
		h.Price, _ = traded.MarketPrices(0, t)
		for l := range e.Plans {
			h.Net = append(h.Net, traded.Bought[l][0][t])
		}
		h.Between = between(h.Net)
		out[t] = h
	}
	return out
}

// between returns the part of the net purchases q_l that VPPs trade with each
// other: the smaller of purchases and sales, in proportion.
//
//	B = Σ max(q, 0),  S = Σ max(−q, 0),  m = min(B, S)
//	between_l = q_l m/B for a buyer, q_l m/S for a seller
//
// For example, +3, −1 and −1 become +2, −1 and −1: the buyer has 1 from the
// grid.
func between(net []float64) []float64 {
	bought, sold := 0.0, 0.0
	for _, q := range net {
		bought, sold = bought+max(q, 0), sold+max(-q, 0)
	}
	out := make([]float64, len(net))
	for l, q := range net {
		if of := bought; min(bought, sold) > 0 {
			if q < 0 {
				of = sold
			}
			out[l] = q * min(bought, sold) / of
		}
	}
	return out
}

// bought returns the energy that VPP l buys from other VPPs in peak hours or in
// the others, MWh; negative if it sells.
func (x *exchange) bought(l int, peak bool) float64 {
	sum := 0.0
	for _, h := range x.Hours {
		if h.Peak == peak {
			sum += h.Between[l]
		}
	}
	return sum
}

// volume returns the energy that changes hands between VPPs in peak hours or in
// the others, MWh.
func (x *exchange) volume(peak bool) float64 {
	sum := 0.0
	for _, h := range x.Hours {
		for _, q := range h.Between {
			if h.Peak == peak {
				sum += max(q, 0)
			}
		}
	}
	return sum
}

// b20 judges the interaction of section 4.5: in peak hours VPP1 and VPP2 buy
// electricity and VPP3 sells it. The profiles decide B20a; B20b to B20d use the
// calibrated load at which most changes hands, and can therefore show a
// direction only.
func (x *study) b20() []claim.Claim {
	// Assumed, so that the tolerances of the equilibrium and of its programs
	// decide no claim.
	const (
		little = 1e-3 // MWh
		free   = 1.0  // CNY a day
	)
	own := &x.Exchanges[0]
	most := &x.Exchanges[1]
	for i := range x.Exchanges[1:] {
		if e := &x.Exchanges[i+1]; e.volume(true)+e.volume(false) > most.volume(true)+most.volume(false) {
			most = e
		}
	}
	pattern := func(e *exchange) (string, bool) {
		a, b, c := e.bought(0, true), e.bought(1, true), e.bought(2, true)
		return fmt.Sprintf("in peak hours VPP1, 2 and 3 buy %+.2f, %+.2f and %+.2f MWh of each other", a, b, c), a > little && b > little && c < -little
	}
	ownText, ownHolds := pattern(own)
	mostText, mostHolds := pattern(most)
	at := fmt.Sprintf("at %g times the load (calibrated) ", most.LoadFactor)
	hours := [2]float64{}
	for _, h := range most.Hours {
		if h.Peak {
			hours[0]++
		} else {
			hours[1]++
		}
	}
	peak, other := most.volume(true)/hours[0], most.volume(false)/hours[1]
	worst, text := 0.0, []string{}
	for l := range most.With {
		saved := most.Without[l].Cost - most.With[l].Cost
		worst = min(worst, saved)
		text = append(text, fmt.Sprintf("%s %.0f", most.With[l].VPP, saved))
	}
	return []claim.Claim{
		claim.New("B20a", "in peak hours VPP1 and VPP2 buy electricity of VPP3, at the loads of the profiles",
			fmt.Sprintf("%s; all three sell in %d of 24 hours, so that %d hours have a buyer and a seller", ownText, own.Seller, own.Both), claim.Holds(ownHolds)),
		claim.New("B20b", "and if sun, wind and units do not suffice at peak", at+mostText, claim.Agrees(mostHolds)),
		claim.New("B20c", "more changes hands in peak hours than in others",
			fmt.Sprintf("%s%.3f MWh per peak hour and %.3f per other hour", at, peak, other), claim.Agrees(peak > other+little)),
		claim.New("B20d", "the exchange costs no VPP anything",
			fmt.Sprintf("%ssavings a day: %s CNY", at, strings.Join(text, ", ")), claim.Agrees(worst >= -free)),
	}
}

// printExchanges writes the energy between VPPs at each load, and the hours at
// the calibrated ones.
func (x *study) printExchanges(t tables) {
	t.title("Electricity between VPPs by an hourly exchange between the prices of the grid (MWh of each other, CNY saved a day; " +
		"load factors above 1 are CALIBRATED)")
	t.row("load factor", "hours in which all sell", "hours with both", "peak: VPP1, 2, 3", "other: VPP1, 2, 3", "saved: VPP1, 2, 3", "trades over the relays", "residual")
	for i := range x.Exchanges {
		e := &x.Exchanges[i]
		var peak, other, saved []float64
		for l := range e.With {
			peak, other = append(peak, e.bought(l, true)), append(other, e.bought(l, false))
			saved = append(saved, e.Without[l].Cost-e.With[l].Cost)
		}
		t.row(e.LoadFactor, e.Seller, e.Both, numbers(peak), numbers(other), numbers(saved), e.Carried, fmt.Sprintf("%.4f", e.Worst))
	}
	for i := range x.Exchanges {
		e := &x.Exchanges[i]
		if e.volume(true)+e.volume(false) < 1e-3 {
			continue
		}
		t.title("Hours of the exchange at %g times the load: net purchases, and purchases of each other, MWh", e.LoadFactor)
		t.row("hour", "peak", "price", "net", "of each other")
		for _, h := range e.Hours {
			t.row(h.Hour, h.Peak, whole(h.Price), numbers(h.Net), numbers(h.Between))
		}
	}
}
