package main

import (
	"fmt"
	"io"

	"github.com/trigrid/trigrid"
)

// chooseVPPs prints the choice of each DER with its payoff in every
// alternative.
//
// In a Nash equilibrium no DER gains by changing its choice alone. In a strict
// one it loses.
func chooseVPPs(out io.Writer, region trigrid.Region, result *trigrid.Result) {
	fmt.Fprintf(out, "4. %s\n   DER      choice  payoff", result.Game.Verdict)
	alternatives := []string{region.VPPs[0].Name, region.VPPs[1].Name, trigrid.Outside}
	for _, a := range alternatives {
		fmt.Fprintf(out, " %8s", a)
	}
	fmt.Fprintln(out)
	for _, d := range result.DERs {
		// Otherwise has the payoffs of the alternatives, if all other DERs keep
		// their choice.
		fmt.Fprintf(out, "   %-8s %-6s %7.1f", d.Name, d.Choice, d.Payoff)
		for _, a := range alternatives {
			// The own choice has no entry in Otherwise.
			if payoff, other := d.Otherwise[a]; other {
				fmt.Fprintf(out, " %8.1f", payoff)
			} else {
				fmt.Fprintf(out, " %8s", "-")
			}
		}
		fmt.Fprintln(out)
	}
	// All profiles are examined, 27 for 3 DERs with 3 choices, so that all
	// equilibria are known.
	for _, e := range result.Game.Nash {
		fmt.Fprintf(out, "   %s equilibrium, welfare %.1f: %v\n", e.Kind, e.Welfare, e.Profile)
	}
	fmt.Fprintf(out, "   welfare is %.1f below the best profile\n\n", result.Game.WelfareGap)
}
