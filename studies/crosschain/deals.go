package main

import (
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// outside is the counterparty of all trade that is not between VPPs: grid,
// registry and exchange.
const outside = "outside"

// deal is the sum of one good that a party sells to another over the day.
type deal struct {
	Seller  string  `json:"seller"`
	Buyer   string  `json:"buyer"`
	Good    string  `json:"good"`
	Amount  float64 `json:"amount"` // MWh, t CO2 or certificates
	Payment float64 `json:"payment_cny"`
}

// parties returns the VPPs in their order, then the outside.
func parties(e *vpp.Equilibrium) []string {
	var out []string
	for _, plan := range e.Plans {
		out = append(out, plan.VPP.Name)
	}
	return append(out, outside)
}

// link identifies a deal: indices of seller and buyer among the parties, and of
// the market.
type link struct{ seller, buyer, market int }

// dealSheet sums deals over the hours.
type dealSheet struct {
	names []string
	sums  map[link]deal
}

func (b *dealSheet) add(seller, buyer, m int, good market.Good, amount, payment float64) {
	k := link{seller, buyer, m}
	d := b.sums[k]
	b.sums[k] = deal{
		b.names[seller], b.names[buyer], good.String(), d.Amount + amount, d.Payment + payment,
	}
}

// match pairs sellers with buyers hour by hour and returns the sums over the
// day. Hours have a price p and net purchases q_i of the parties, the outside
// included, with Σ_i q_i = 0:
//
//	amount_ij = max(−q_i, 0) max(q_j, 0) / Σ_k max(−q_k, 0)        payment_ij = p amount_ij
//
// Each seller thus serves all buyers in proportion. Electricity of the tariff
// is different: purchase and sale have different prices, so every VPP trades it
// with the outside only. On the exchange they have one price.
//
// For example, if VPP1 sells 3 t, VPP2 buys 2 t and the outside buys 1 t, then
// VPP1 sells 2 t to VPP2 and 1 t to the outside.
func match(e *vpp.Equilibrium) []deal {
	b := dealSheet{parties(e), map[link]deal{}}
	for m, traded := range e.Markets {
		for period, volume := range traded.Volume[0] {
			if buy, sell := traded.MarketPrices(0, period); traded.Market.Trades() == market.Electricity && buy != sell {
				b.matchPower(e, m, period)
			} else {
				b.matchGood(e, m, period, volume)
			}
		}
	}
	var out []deal
	for m := range e.Markets {
		for i := range b.names {
			for j := range b.names {
				if d, ok := b.sums[link{i, j, m}]; ok && d.Amount > 1e-6 {
					out = append(out, d)
				}
			}
		}
	}
	return out
}

// matchPower adds the trades of electricity with the outside in one hour.
func (b *dealSheet) matchPower(e *vpp.Equilibrium, m, period int) {
	traded := e.Markets[m]
	last := len(b.names) - 1
	for l := range e.Plans {
		switch q, paid := traded.Bought[l][0][period], traded.Payments[l][0][period]; {
		case q > 0:
			b.add(last, l, m, traded.Market.Trades(), q, paid)
		case q < 0:
			b.add(l, last, m, traded.Market.Trades(), -q, -paid)
		}
	}
}

// matchGood adds the trades of a good with one price for all in one hour.
// volume is the net purchase of the VPPs, which the outside sells.
func (b *dealSheet) matchGood(e *vpp.Equilibrium, m, period int, volume float64) {
	traded := e.Markets[m]
	price, _ := traded.MarketPrices(0, period)
	bought := make([]float64, len(b.names))
	for l := range e.Plans {
		bought[l] = traded.Bought[l][0][period]
	}
	bought[len(b.names)-1] = -volume
	supply := 0.0
	for _, q := range bought {
		supply += max(-q, 0)
	}
	for i := range b.names {
		for j := range b.names {
			if amount := max(-bought[i], 0) * max(bought[j], 0); amount > 0 {
				b.add(i, j, m, traded.Market.Trades(), amount/supply, amount/supply*price)
			}
		}
	}
}

// rounding is a small extra amount that each party is issued. The chain counts
// in millionths, so sums of rounded trades can exceed the rounded sum.
const rounding = 1e-5

// account is the obligation and the initial holding of one party in one good,
// in the good's unit.
type account struct{ need, quota float64 }

// accountsOf returns the accounts by good and party. A VPP needs allowances for
// its emission and certificates for its obligation, and holds its free
// allocation and its renewable generation.
func accountsOf(e *vpp.Equilibrium, deals []deal) map[string]map[string]account {
	out := map[string]map[string]account{}
	for _, traded := range e.Markets {
		good := traded.Market.Trades()
		out[good.String()] = map[string]account{}
		for _, plan := range e.Plans {
			r := plan.Results[0]
			a := account{need: r.Emission, quota: r.Allowance}
			if good == market.Certificate {
				quota := plan.Setting.Markets.Obligation.Quota
				a = account{need: quota * (r.Renewable + r.Conventional), quota: r.Renewable}
			}
			if good == market.Electricity {
				a = account{}
			}
			out[good.String()][plan.VPP.Name] = a
		}
		out[good.String()][outside] = account{}
	}
	// The outside holds the amount that it sells and needs the amount that it
	// buys. Electricity is issued to its seller and retired by its buyer: it
	// exists only while it is delivered.
	for _, d := range deals {
		if d.Seller == outside || d.Good == market.Electricity.String() {
			a := out[d.Good][d.Seller]
			a.quota += d.Amount
			out[d.Good][d.Seller] = a
		}
		if d.Buyer == outside || d.Good == market.Electricity.String() {
			a := out[d.Good][d.Buyer]
			a.need += d.Amount
			out[d.Good][d.Buyer] = a
		}
	}
	return out
}
