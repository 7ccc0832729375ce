package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/vpp"
)

// heading says what is about to be coordinated, before the long part begins.
func heading(out io.Writer, r trigrid.Region, search bool) {
	programs := "programs as the search needs them"
	if !search {
		programs = fmt.Sprintf("%d programs", len(r.VPPs)<<len(r.DERs))
	}
	fmt.Fprintf(out, "%s: %d plants, %d units, %d scenarios, %s\n", r.Name, len(r.VPPs), len(r.DERs), r.Setting.Set.Len(), programs)
	for _, note := range r.Notes {
		fmt.Fprintln(out, "  note:", note)
	}
	for _, warning := range r.Setting.Warnings(r.VPPs...) {
		fmt.Fprintln(out, "  warning:", warning)
	}
}

// summary prints what a person wants to see first; everything is in the JSON result.
func summary(out io.Writer, res *trigrid.Result) {
	fmt.Fprintf(out, "\nweights: economic %.3g, risk %.3g, environment %.3g\n", res.Weights.Economic, res.Weights.Risk, res.Weights.Environment)
	fmt.Fprint(out, "amounts in the case's currency, expected over the horizon; received is positive\n\n")

	table(out, "plant\tmembers\teconomic E\tVaR\tCVaR\tenvironment N\tintegrated V\tV without members\trenewables used", len(res.VPPs), func(i int) string {
		p := res.VPPs[i]
		return fmt.Sprintf("%s\t%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%s", p.Name, strings.Join(p.Members, " "),
			p.Economic, p.VaR, p.CVaR, p.Environment, p.Integrated, p.Alone, used(res.Plans[i]))
	})
	table(out, "unit\tchoice\tpayoff\trevenue\tshare\tbest alternative", len(res.DERs), func(i int) string {
		u := res.DERs[i]
		return fmt.Sprintf("%s\t%s\t%.2f\t%.2f\t%.2f\t%s", u.Name, u.Choice, u.Payoff, u.Revenue, u.AllocatedGain, alternative(u))
	})

	g := res.Game
	fmt.Fprintf(out, "equilibrium: %s\n  %s\n", g.Verdict, g.Reason)
	best, found := "best profile", ""
	if !g.Exhaustive {
		best, found = "best profile met", "that were found, "
	}
	fmt.Fprintf(out, "welfare %.2f, %s %.2f, gap %.2f\n\n", g.Welfare, best, g.BestWelfare, g.WelfareGap)
	fmt.Fprintf(out, "profiles from which no unit gains (%ssharing by %s):\n", found, res.Sharing)
	if len(g.Nash) == 0 {
		fmt.Fprint(out, "none\n\n")
	} else {
		table(out, "profile\tkind\tmargin\ttolerance\twelfare\trandom starts that end there", len(g.Nash), func(i int) string {
			e := g.Nash[i]
			return fmt.Sprintf("%s\t%s\t%.2f\t%.3g\t%.2f\t%s", members(res, e.Profile), e.Kind, e.Margin, e.Tolerance, e.Welfare, basin(g, e.Profile))
		})
	}
	for _, b := range g.Basins {
		if b.Profile == nil {
			fmt.Fprintf(out, "%.0f %% of the random starts: %s\n\n", 100*b.Share, b.Verdict)
		}
	}
	fmt.Fprint(out, "settlement, expected:")
	for _, line := range res.Settlement {
		fmt.Fprintf(out, "  %s %+.2f", line.Party, float64(line.Minor)/100)
	}
	fmt.Fprintf(out, "\n\n%d programs in %.1f s, %d at a time (%s); none left more than %.2g of its value open\n", res.Timing.Programs,
		res.Timing.Coalitions.Seconds(), res.Timing.Workers, res.Solver, res.LargestGap)
}

// used says which share of the renewable energy available to a plan's members was used.
func used(p *vpp.Plan) string {
	for _, r := range p.Results {
		if r.Available > 0 {
			return fmt.Sprintf("%.1f %%", 100*p.Absorption())
		}
	}
	return "none there"
}

func table(out io.Writer, header string, rows int, row func(i int) string) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, header)
	for i := range rows {
		fmt.Fprintln(w, row(i))
	}
	w.Flush()
	fmt.Fprintln(out)
}

// members writes a profile plant by plant, as "VPP1 {W1 T2 ES}  VPP2 {T1 W2}".
func members(res *trigrid.Result, profile trigrid.Profile) string {
	var parts []string
	for _, p := range append(names(res), trigrid.Outside) {
		var in []string
		for _, u := range res.DERs {
			if profile[u.Name] == p {
				in = append(in, u.Name)
			}
		}
		if len(in) > 0 {
			parts = append(parts, p+" {"+strings.Join(in, " ")+"}")
		}
	}
	return strings.Join(parts, "  ")
}

func names(res *trigrid.Result) []string {
	var out []string
	for _, p := range res.VPPs {
		out = append(out, p.Name)
	}
	return out
}

// alternative names the best other choice of a unit, the first by name among equals.
func alternative(u trigrid.DERResult) string {
	var others []string
	for name := range u.Otherwise {
		others = append(others, name)
	}
	slices.Sort(others)
	best := others[0]
	for _, name := range others[1:] {
		if u.Otherwise[name] > u.Otherwise[best] {
			best = name
		}
	}
	return fmt.Sprintf("%s %.2f", best, u.Otherwise[best])
}

// basin says which part of the random starts ended at a profile.
func basin(g trigrid.GameResult, profile trigrid.Profile) string {
	for _, b := range g.Basins {
		if b.Profile != nil && same(b.Profile, profile) {
			return fmt.Sprintf("%.0f %%", 100*b.Share)
		}
	}
	return "0 %"
}

func same(a, b trigrid.Profile) bool {
	for unit, choice := range a {
		if b[unit] != choice {
			return false
		}
	}
	return len(a) == len(b)
}
