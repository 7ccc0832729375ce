package trigrid

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// settle returns the expected payments of the recommended allocation in whole minor units. At each
// of its profiles, weighted by their probabilities,
//
//	DER i in VPP v:  payment_i + allocated gain_i + transfer_i
//	VPP v:           trade_v − imbalance_v + environment_v − Σ payments to its members
//	grid:            minus the sum of all others, for the markets, with the rounding
//
// A DER's own costs, such as fuel, are paid outside the region and have no line. For example, a DER
// with a payment of 60 and an allocated gain of 10 receives 7,000 minor units; its VPP, which the
// markets pay 100, receives 3,000, and the grid pays 10,000. Transfers between members change no
// line of a VPP.
func (g *choice) settle(ctx context.Context, a *allocation) ([]Line, error) {
	n := g.Players()
	amounts := make([]float64, n+len(g.region.VPPs)) // DERs, then VPPs
	for _, d := range a.draws {
		paid := make([]float64, len(g.region.VPPs)) // to the members
		for i, v := range d.profile {
			if v == len(g.region.VPPs) {
				continue
			}
			amount, err := g.due(ctx, i, d.profile)
			if err != nil {
				return nil, err
			}
			amounts[i] += d.probability * amount
			paid[v] += amount
		}
		for v, p := range g.planner.vpps {
			if g.proposed[v].never != "" {
				continue
			}
			plan, err := p.Plan(ctx, coalition(d.profile, v))
			if err != nil {
				return nil, err
			}
			value := plan.Value
			amounts[n+v] += d.probability * (value.Trade - value.Imbalance + value.Environment - paid[v])
		}
	}
	for i, t := range a.transfers {
		amounts[i] += t
	}
	minor, counterparty, err := market.SettleWith(amounts, market.Fen)
	if err != nil {
		return nil, fmt.Errorf("settlement: %w", err)
	}
	lines := make([]Line, 0, len(amounts)+1)
	for i := range n {
		lines = append(lines, Line{g.PlayerName(i), minor[i]})
	}
	for v, p := range g.region.VPPs {
		lines = append(lines, Line{p.Name, minor[n+v]})
	}
	return append(lines, Line{GridParty, counterparty}), nil
}

// due returns the payment of a VPP to its member i at a profile: payments for energy and goods, and
// allocated gain.
func (g *choice) due(ctx context.Context, i int, profile []int) (float64, error) {
	m, err := g.member(ctx, i, profile)
	if err != nil {
		return 0, err
	}
	outcome, err := g.planner.outcome(ctx, profile[i], coalition(profile, profile[i]))
	if err != nil {
		return 0, err
	}
	payoff, _, _, err := g.move(ctx, i, profile)
	if err != nil {
		return 0, err
	}
	return m.Payment + (payoff - outcome.Revenue[i]), nil
}

// member returns DER i in the plan of the VPP that it chooses at a profile.
func (g *choice) member(ctx context.Context, i int, profile []int) (*vpp.Member, error) {
	v := profile[i]
	plan, err := g.planner.vpps[v].Plan(ctx, coalition(profile, v))
	if err != nil {
		return nil, err
	}
	for j := range plan.Members {
		if m := &plan.Members[j]; m.DER == g.region.DERs[i] {
			return m, nil
		}
	}
	return nil, fmt.Errorf("settlement: the plan of %s lacks its member %s", g.region.VPPs[v].Name, g.PlayerName(i))
}
