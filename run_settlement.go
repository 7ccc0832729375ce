package trigrid

import (
	"fmt"

	"github.com/trigrid/trigrid/market"
)

// settle returns the expected payments of the chosen coalitions in whole minor units:
//
//	DER i in VPP v:  payment_i + allocated gain_i
//	VPP v:           trade_v − imbalance_v + environment_v − Σ payments to its members
//	grid:            minus the sum of all others, for the markets, with the rounding
//
// A DER's own costs, such as fuel, are paid outside the region and have no line. For example, a DER
// with a payment of 60 and an allocated gain of 10 receives 7,000 minor units; its VPP, which the
// markets pay 100, receives 3,000, and the grid pays 10,000.
func settle(r Region, res *Result) ([]Line, error) {
	var (
		parties []string
		amounts []float64
		paid    = make(map[string]float64) // by VPP, to its members
	)
	for i, d := range res.DERs {
		amount := 0.0
		for v, plan := range res.Plans {
			if r.VPPs[v].Name != d.Choice {
				continue
			}
			for j := range plan.Members {
				if plan.Members[j].DER == r.DERs[i] {
					amount = plan.Members[j].Payment + d.AllocatedGain
				}
			}
		}
		parties = append(parties, d.Name)
		amounts = append(amounts, amount)
		paid[d.Choice] += amount
	}
	for v, plan := range res.Plans {
		value := plan.Value
		parties = append(parties, r.VPPs[v].Name)
		amounts = append(amounts, value.Trade-value.Imbalance+value.Environment-paid[r.VPPs[v].Name])
	}
	minor, counterparty, err := market.SettleWith(amounts, market.Fen)
	if err != nil {
		return nil, fmt.Errorf("settlement: %w", err)
	}
	lines := make([]Line, 0, len(parties)+1)
	for i, party := range parties {
		lines = append(lines, Line{party, minor[i]})
	}
	return append(lines, Line{GridParty, counterparty}), nil
}
