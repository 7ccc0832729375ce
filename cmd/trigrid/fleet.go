package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
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

// shownVPPs is the largest number of VPPs with a column in the table of
// classes.
const shownVPPs = 6

// fleets prints the classes of a region of fleets with the certificate of the
// equilibrium:
//
//	class  DERs   north  south  outside  payoff of one  gain by moving  payments  proven payment
//	roofs  10000  3000   7000   0        0.0800         0               800.00    roofs#0 at north: 0.08
//
// Regions of many VPPs have the number of VPPs with members in place of a
// column each.
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
	dynamics(out, f.Dynamics)
}

// dynamics prints the comparison of the joint program with dynamics and with
// few large DERs:
//
//	dynamics: replicator, logit, Smith, BNN from 2 starts end at this equilibrium, at most 0.04 % of the gain below
//	1 large DER per class: 2 Nash states, the worst one 21.24 % of the gain below the bound
func dynamics(out io.Writer, d *fleet.Dynamics) {
	if d == nil {
		return
	}
	var names, starts []string
	below, ended := 0.0, 0
	for _, run := range d.Runs {
		if !slices.Contains(names, run.Dynamic) {
			names = append(names, run.Dynamic)
		}
		if !slices.Contains(starts, run.Start) {
			starts = append(starts, run.Start)
		}
		if below = max(below, run.Below); run.Verdict == "cut" {
			ended++
		}
	}
	far := fmt.Sprintf("at most %.2f %% of the gain below", 100*below)
	switch {
	case d.Reason != "":
		fmt.Fprintf(out, "dynamics: none, %s\n", d.Reason)
	case len(d.Runs) == 0:
		fmt.Fprintln(out, "dynamics: cut, the time ended before the first one")
	case d.Same:
		fmt.Fprintf(out, "dynamics: %s from %d starts end at this equilibrium, %s\n", strings.Join(names, ", "), len(starts), far)
	case d.Cut:
		fmt.Fprintf(out, "dynamics: cut; %d runs ended, %d of them before their planes were exact, %s\n", len(d.Runs), ended, far)
	default:
		fmt.Fprintf(out, "dynamics: %s from %d starts do not all end at this equilibrium, %s\n", strings.Join(names, ", "), len(starts), far)
	}
	for i, g := range d.Large {
		many, nash := "DERs", "Nash states"
		if g.Parts == 1 {
			many = "DER"
		}
		if g.Nash == 1 {
			nash = "Nash state"
		}
		fmt.Fprintf(out, "%d large %s per class: %d %s, the worst one %.2f %% of the gain below the bound\n", g.Parts, many, g.Nash, nash, 100*d.Below[i])
	}
}
