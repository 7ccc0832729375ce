package trigrid

import (
	"fmt"

	"github.com/trigrid/trigrid/market"
)

// Line is what one party receives in the settlement, in minor units (hundredths of the currency);
// negative is paid. The lines of a settlement add up to zero exactly.
type Line struct {
	Party string `json:"party"`
	Minor int64  `json:"minor_units"`
}

// settle turns the expected payments of the chosen coalitions into whole minor units: each unit receives
// its tariff payment and its share, each plant what the markets pay it less what it passes on, and the
// grid, for the markets, stands against them all and carries the rounding. A unit's own costs leave the region through its
// own books and are no payment here.
func settle(r Region, res *Result) ([]Line, error) {
	var (
		parties []string
		amounts []float64
		paid    = make(map[string]float64) // per plant, to its members
	)
	for i, unit := range res.Units {
		amount := 0.0
		for v, plan := range res.Plans {
			if r.Plants[v].Name != unit.Choice {
				continue
			}
			for j := range plan.Members {
				if plan.Members[j].Unit == r.Units[i] {
					amount = plan.Members[j].Payment + unit.Share
				}
			}
		}
		parties = append(parties, unit.Name)
		amounts = append(amounts, amount)
		paid[unit.Choice] += amount
	}
	for v, plan := range res.Plans {
		value := plan.Value
		parties = append(parties, r.Plants[v].Name)
		amounts = append(amounts, value.Trade-value.Imbalance+value.Environment-paid[r.Plants[v].Name])
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
