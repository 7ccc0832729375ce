package statistics

import (
	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/vpp"
)

// Payment is money from one party to another at the recommended profile,
// expected over the scenarios. For example, {From: "VPP1", To: "W1", For:
// "energy sold", Amount: 812.5}.
type Payment struct {
	From, To string  // names of DERs and VPPs, or a market
	For      string  // item, such as "energy sold" or "allocated gain"
	Amount   float64 // currency, above 0
}

// Parties beside DERs and VPPs. In the settlement the grid stands for all of
// them.
const (
	ElectricityMarket = "electricity market"
	ImbalanceMarket   = "imbalance pricing"
	CarbonMarket      = "carbon market"
	CertificateMarket = "certificate market"
	ReserveMarket     = "reserve market"
)

// Payments returns the payments between all parties: each VPP with the markets,
// then each VPP with its members in the region's order. Items of zero are left
// out.
//
//	member i of VPP v:  items of its payment, allocated gain, transfer
//	VPP v:              trade, imbalance, carbon, certificates, reserve
//
// Own costs, such as fuel, are paid outside the region and have no payment.
// Received minus paid money of a party is its line of the settlement, up to
// rounding to minor units. A lottery settles the expectation over its profiles,
// while the payments are those of the shown profile.
//
// Heat, gas and captured CO2 that members exchange are paid through their VPP,
// and so are transfers.
func Payments(r trigrid.Region, res *trigrid.Result) []Payment {
	var out ledger
	for _, plan := range res.Plans {
		if plan != nil {
			out.addMarkets(plan)
		}
	}
	for i, unit := range r.DERs {
		own := res.DERs[i]
		_, m := member(res, own.Choice, unit.Name())
		if m == nil {
			continue
		}
		for _, item := range m.Items {
			out.add(own.Choice, unit.Name(), item.What, item.Amount)
		}
		out.add(own.Choice, unit.Name(), "allocated gain", own.AllocatedGain)
		if rec := res.Recommendation; rec != nil {
			out.add(own.Choice, unit.Name(), "transfer from other members", rec.Transfers[unit.Name()])
		}
	}
	return out
}

// ledger collects payments.
type ledger []Payment

// Negligible is the amount below which a payment is left out, currency: a
// thousandth of a minor unit. It removes rounding errors of the solver.
const Negligible = 1e-5

// add adds a payment; a negative amount flows in the other direction.
func (l *ledger) add(from, to, item string, amount float64) {
	switch {
	case amount > Negligible:
		*l = append(*l, Payment{from, to, item, amount})
	case amount < -Negligible:
		*l = append(*l, Payment{to, from, item, -amount})
	}
}

// addMarkets adds the payments of a VPP in the markets.
func (l *ledger) addMarkets(plan *vpp.Plan) {
	var trade, imbalance, carbon, certificate, reserve float64
	for s, r := range plan.Results {
		probability := plan.Setting.Set.Probability(s)
		trade += probability * r.Trade
		imbalance += probability * r.Imbalance
		carbon += probability * r.Carbon
		certificate += probability * r.Certificate
		reserve += probability * r.Reserve
	}
	name := plan.VPP.Name
	l.add(ElectricityMarket, name, "energy", trade)
	l.add(name, ImbalanceMarket, "imbalance", imbalance)
	l.add(name, CarbonMarket, "allowances", carbon)
	l.add(name, CertificateMarket, "certificates", certificate)
	l.add(ReserveMarket, name, "reserve", reserve)
}

// Balance returns received minus paid money of each party, currency. The
// balances sum to zero.
func Balance(payments []Payment) map[string]float64 {
	out := map[string]float64{}
	for _, p := range payments {
		out[p.From] -= p.Amount
		out[p.To] += p.Amount
	}
	return out
}
