package main

import (
	"context"
	"fmt"
	"io"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// tradeInMarkets raises the electricity price by 2 for each MWh that the VPPs
// buy together. It prints the equilibrium of the two VPPs with the members that
// chose them.
//
// For example, joint purchases of 5 MWh in an hour raise its price by 10 per
// MWh.
func tradeInMarkets(
	ctx context.Context, out io.Writer, region trigrid.Region, result *trigrid.Result,
) error {
	// The setting is a copy, so that the region keeps its fixed price.
	setting := region.Setting
	setting.Markets.Electricity = &market.Linear{
		Market: setting.Markets.Electricity,
		Slope:  market.Series{2}, // currency per MWh and MWh
	}
	// Each VPP trades with the members that chose it in step 4.
	var participants []vpp.Participant
	for _, v := range region.VPPs {
		participant := vpp.Participant{VPP: v}
		for _, d := range region.DERs {
			if result.Game.Profile[d.Name()] == v.Name {
				participant.Members = append(participant.Members, d)
			}
		}
		participants = append(participants, participant)
	}
	equilibrium, err := vpp.FindEquilibrium(
		ctx, trigrid.DefaultSolver(), participants, setting, vpp.EquilibriumOptions{})
	if err != nil {
		return err
	}
	// The indices are the VPP, the scenario and the hour. A negative purchase
	// is a sale.
	electricity := equilibrium.Market(market.Electricity)
	fmt.Fprintln(out, "5. hour  Homes buys  Works buys  price change")
	for t := range electricity.Volume[0] {
		fmt.Fprintf(out, "   %4d  %10.1f  %10.1f  %12.1f\n",
			t, electricity.Bought[0][0][t], electricity.Bought[1][0][t], electricity.Price[0][t])
	}
	for l, plan := range equilibrium.Plans {
		// Amounts are in currency. Trade and environment are expected, and
		// positive if received; the CVaR is a loss.
		value := plan.Value
		fmt.Fprintf(out, "   %s: trade %.1f, carbon and certificates %.1f, CVaR %.1f\n",
			region.VPPs[l].Name, value.Trade, value.Environment, value.Risk)
	}
	fmt.Fprintf(out, "   largest price error %.2f, converged: %v\n\n",
		equilibrium.Residual, equilibrium.Converged)
	return nil
}
