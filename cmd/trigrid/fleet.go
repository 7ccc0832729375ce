package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/command"
)

// count returns the number of DERs of a region with all DERs of its fleets.
func count(r trigrid.Region) int {
	sum := 0
	for _, d := range r.DERs {
		if f, ok := d.(*der.Fleet); ok {
			sum += f.Count
		} else {
			sum++
		}
	}
	return sum
}

// classes returns a number of classes in words, such as "2 classes".
func classes(n int) string {
	if n == 1 {
		return "1 class"
	}
	return fmt.Sprintf("%d classes", n)
}

// shownVPPs is the largest number of VPPs with a column in the table of classes.
const shownVPPs = 6

// fleets prints the classes of a region of fleets with the certificate of the equilibrium:
//
//	class  DERs   north  south  outside  payoff of one  gain by moving  payments  proven payment
//	roofs  10000  3000   7000   0        0.0800         0               800.00    roofs#0 at north: 0.08
//
// Regions of many VPPs have the number of VPPs with members in place of a column each.
func fleets(out io.Writer, res *trigrid.Result) {
	f := res.Fleet
	places := "\tVPPs with members"
	if len(f.VPPs) <= shownVPPs {
		places = ""
		for _, name := range f.VPPs {
			places += "\t" + name
		}
	}
	table(out, "class\tDERs"+places+"\toutside\tpayoff of one\tgain by moving\tpayments\tproven payment", len(f.Classes), func(i int) string {
		c := f.Classes[i]
		paid, proven := int64(0), "none"
		for _, minor := range c.Paid {
			paid += minor
		}
		if p := c.Proven; p != nil {
			proven = fmt.Sprintf("%s at %s: %s", p.Member, p.VPP, command.Fixed(float64(p.Minor)/100, 2))
		}
		members := ""
		if len(f.VPPs) <= shownVPPs {
			for _, n := range c.Members {
				members += fmt.Sprintf("\t%d", n)
			}
		} else {
			used := len(c.Members) - len(slices.DeleteFunc(slices.Clone(c.Members), func(n int) bool { return n > 0 }))
			members = fmt.Sprintf("\t%d of %d", used, len(f.VPPs))
		}
		return fmt.Sprintf("%s\t%d%s\t%d\t%s\t%.2g\t%s\t%s", c.Name, c.Count, members, c.Outside, command.Fixed(c.Payoff, 4), c.Regret, command.Fixed(float64(paid)/100, 2), proven)
	})
	fmt.Fprint(out, "a payoff is after own costs and not rounded; payments include own costs, and the DERs of a class\n"+
		"in one VPP receive equal payments, up to one hundredth, that add up to that of the class\n")
	fmt.Fprintf(out, "%s, %s sharing: %s\n", res.Game.Verdict, f.Rule, res.Game.Reason)
	fmt.Fprintf(out, "%d DERs; mean payoff %s; members receive %.1f %% of the gain\n", f.DERs, command.Fixed(f.MeanPayoff, 4), 100*f.PaidShare)
}
