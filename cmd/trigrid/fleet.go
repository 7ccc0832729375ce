package main

import (
	"fmt"
	"io"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
)

// fleets prints the classes of a region of fleets with the certificate of the equilibrium:
//
//	class  DERs   outside  payoff of one  gain by moving  payments  proven payment
//	roofs  10000  0        0.0800         0               800.00    roofs#0 at north: 0.08
func fleets(out io.Writer, res *trigrid.Result) {
	f := res.Fleet
	table(out, "class\tDERs\toutside\tpayoff of one\tgain by moving\tpayments\tproven payment", len(f.Classes), func(i int) string {
		c := f.Classes[i]
		paid, proven := int64(0), "none"
		for _, minor := range c.Paid {
			paid += minor
		}
		if p := c.Proven; p != nil {
			proven = fmt.Sprintf("%s at %s: %s", p.Member, p.VPP, command.Fixed(float64(p.Minor)/100, 2))
		}
		return fmt.Sprintf("%s\t%d\t%d\t%s\t%.2g\t%s\t%s", c.Name, c.Count, c.Outside, command.Fixed(c.Payoff, 4), c.Regret, command.Fixed(float64(paid)/100, 2), proven)
	})
	fmt.Fprintf(out, "%s, %s sharing: %s\n", res.Game.Verdict, f.Rule, res.Game.Reason)
	fmt.Fprintf(out, "%d DERs; mean payoff %s; members receive %.1f %% of the gain\n", f.DERs, command.Fixed(f.MeanPayoff, 4), 100*f.PaidShare)
}
