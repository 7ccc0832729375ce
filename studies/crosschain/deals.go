package main

import (
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// outside is whom the plants trade with where they do not trade with each other: grid, registry, exchange.
const outside = "outside"

// deal is what one party sold to another over the day.
type deal struct {
	Seller  string  `json:"seller"`
	Buyer   string  `json:"buyer"`
	Good    string  `json:"good"`
	Amount  float64 `json:"amount"` // MWh, t CO2 or certificates
	Payment float64 `json:"payment_cny"`
}

func parties(e *vpp.Equilibrium) []string {
	var out []string
	for _, plan := range e.Plans {
		out = append(out, plan.Plant.Name)
	}
	return append(out, outside)
}

// match pairs sellers with buyers, hour by hour, each seller serving all buyers in proportion, and adds
// the hours up. Electricity is bought and sold at different prices, so that it is traded with the outside
// only; the other goods have one price for all, and what the plants do not sell each other goes outside.
func match(e *vpp.Equilibrium) []deal {
	type key struct{ seller, buyer, good int }
	names := parties(e)
	sums := map[key]deal{}
	for g, traded := range e.Markets {
		for period, volume := range traded.Volume[0] {
			price, _ := traded.MarketPrices(0, period)
			bought := make([]float64, len(names))
			for l := range e.Plans {
				bought[l] = traded.Bought[l][0][period]
			}
			bought[len(names)-1] = -volume
			add := func(i, j int, amount, payment float64) {
				k := key{i, j, g}
				d := sums[k]
				sums[k] = deal{names[i], names[j], traded.Market.Trades().String(), d.Amount + amount, d.Payment + payment}
			}
			if traded.Market.Trades() == market.Electricity {
				for l := range e.Plans {
					switch q, paid := bought[l], traded.Payments[l][0][period]; {
					case q > 0:
						add(len(names)-1, l, q, paid)
					case q < 0:
						add(l, len(names)-1, -q, -paid)
					}
				}
				continue
			}
			supply := 0.0
			for _, q := range bought {
				supply += max(-q, 0)
			}
			for i := range names {
				for j := range names {
					if amount := max(-bought[i], 0) * max(bought[j], 0); amount > 0 {
						add(i, j, amount/supply, amount/supply*price)
					}
				}
			}
		}
	}
	var out []deal
	for g := range e.Markets {
		for i := range names {
			for j := range names {
				if d, ok := sums[key{i, j, g}]; ok && d.Amount > 1e-6 {
					out = append(out, d)
				}
			}
		}
	}
	return out
}

// rounding is by how much more a party is given than it needs, so that sums of rounded trades stay within
// what is held.
const rounding = 1e-5

// account is what a party owes and has of a good, by its plan.
type account struct{ need, quota float64 }

// accountsOf returns per good and party what it needs over the day and what it has to begin with.
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
			out[good.String()][plan.Plant.Name] = a
		}
		out[good.String()][outside] = account{}
	}
	for _, d := range deals { // the outside has what it sells; power exists once somebody delivers it
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
