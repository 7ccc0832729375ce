package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/vpp"
)

// heading prints the size of the region, its notes and its warnings before the
// run:
//
//	threelevel: 2 VPPs, 5 DERs, 10 scenarios, 64 programs
//	villages: 2 VPPs, 10000 DERs in 2 classes, 10 scenarios, one joint program
func heading(out io.Writer, r trigrid.Region, search bool) {
	programs := "programs as the search needs them"
	if !search {
		programs = fmt.Sprintf("%d programs", len(r.VPPs)<<len(r.DERs))
	}
	ders := fmt.Sprintf("%d DERs", len(r.DERs))
	if r.OfFleets() {
		ders, programs = fmt.Sprintf("%d DERs in %s", count(r), classes(len(r.DERs))), "one joint program"
	}
	fmt.Fprintf(out, "%s: %d VPPs, %s, %d scenarios, %s\n", r.Name, len(r.VPPs), ders, r.Setting.Set.Len(), programs)
	for _, note := range r.Notes {
		fmt.Fprintln(out, "  note:", note)
	}
	for _, warning := range r.Warnings() {
		fmt.Fprintln(out, "  warning:", warning)
	}
}

// summary prints the main numbers of a result: VPPs, DERs, equilibria,
// settlement, solver. The JSON result has all numbers.
func summary(out io.Writer, res *trigrid.Result) {
	infeasible(out, res)
	cut(out, res)
	if rec := res.Recommendation; len(res.Settlement) == 0 {
		fmt.Fprintf(out, "\nno recommendation: %s\n", rec.Explanation)
		return
	}
	fmt.Fprintf(out, "\nweights: economic %.3g, risk %.3g, environment %.3g\n", res.Weights.Economic, res.Weights.Risk, res.Weights.Environment)
	if s := res.Signals; s != nil && res.RegionWeights != nil {
		fmt.Fprintf(out, "set by the policy from clean share %.3g, volatility %.3g and supply margin %.3g; the case has %v\n",
			s.CleanShare, s.Volatility, s.SupplyMargin, *res.RegionWeights)
	}
	fmt.Fprint(out, "amounts in the case's currency, expected over the horizon; received is positive\n\n")
	for _, plan := range res.Plans { // the heading has the other warnings
		if plan != nil {
			for _, warning := range plan.Warnings() {
				fmt.Fprintf(out, "  warning: %s\n\n", warning)
			}
		}
	}

	table(out, "VPP\tmembers\teconomic E\tVaR\tCVaR\tenvironment N\tintegrated V\tV without members\trenewables used", len(res.VPPs), func(i int) string {
		p := res.VPPs[i]
		cells := []string{p.Name, strings.Join(p.Members, " ")}
		for _, v := range []float64{p.Economic, p.VaR, p.CVaR, p.Environment, p.Integrated, p.Alone} {
			cells = append(cells, command.Fixed(v, 0))
		}
		renewables := "no renewables"
		switch {
		case res.Fleet == nil: // tables of fleets have no plans
			renewables = used(res.Plans[i])
		case p.AvailableMWh > 0:
			renewables = fmt.Sprintf("%.1f %%", 100*p.RenewableUtilisation)
		}
		return strings.Join(append(cells, renewables), "\t")
	})
	reserves(out, res)
	if res.Fleet != nil {
		fleets(out, res)
		return
	}
	table(out, "DER\tchoice\tpayoff\trevenue\tallocated gain\tbest alternative", len(res.DERs), func(i int) string {
		u := res.DERs[i]
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", u.Name, u.Choice, money(u.Payoff), money(u.Revenue), money(u.AllocatedGain), alternative(u))
	})

	// After a search, the best profile and the list of equilibria are those
	// that it met.
	g := res.Game
	mark := ""
	if !g.Proven {
		mark = " (not proven)"
	}
	fmt.Fprintf(out, "equilibrium: %s%s\n  %s\n", g.Verdict, mark, g.Reason)
	found := ""
	if !g.Exhaustive {
		found = "that were found, "
	}
	fmt.Fprintf(out, "%s\n\n", welfare(g))
	fmt.Fprintf(out, "profiles from which no DER gains (%ssharing by %s):\n", found, res.Sharing)
	if len(g.Nash) == 0 {
		fmt.Fprint(out, "none\n\n")
	} else {
		rows := grouped(g.Nash)
		table(out, "profile\tkind\tmargin\ttolerance\twelfare\trandom starts that end there", len(rows), func(i int) string {
			e := rows[i][0]
			return fmt.Sprintf("%s%s\t%s\t%s\t%.3g\t%s\t%s", equilibrium(res, e), likewise(res, rows[i]), e.Kind, money(e.Margin), e.Tolerance,
				money(e.Welfare), basin(g, rows[i]...))
		})
	}
	mixed(out, g)
	recommendation(out, res)
	refusals(out, res)
	stability(out, res.Stability)
	fmt.Fprint(out, "settlement, expected:")
	for _, line := range res.Settlement {
		fmt.Fprintf(out, "  %s %s", line.Party, command.Signed(float64(line.Minor)/100, 2))
	}
	fmt.Fprintf(out, "\n\n%d programs in %.1f s, %d at a time (%s); largest absolute gap: %.2g currency\n", res.Timing.Programs,
		res.Timing.Coalitions.Seconds(), res.Timing.Workers, res.Solver, res.LargestGap)
}

// reserves prints the reserve that each VPP offers, nothing without a reserve
// market:
//
//	reserve of Hill: 1.50 MW on average, 2.00 MW at most, income 180.00
func reserves(out io.Writer, res *trigrid.Result) {
	some := false
	for i, p := range res.VPPs {
		if i >= len(res.Plans) || res.Plans[i] == nil || res.Plans[i].Offered == nil {
			continue
		}
		plan, mean, hours := res.Plans[i], 0.0, 0.0
		for t, mw := range plan.Offered {
			dt := plan.Setting.Set.HoursAt(t)
			mean, hours = mean+mw*dt, hours+dt
		}
		fmt.Fprintf(out, "reserve of %s: %s MW on average, %s MW at most, income %s\n", p.Name,
			command.Fixed(mean/hours, 2), command.Fixed(slices.Max(plan.Offered), 2), money(p.Reserve))
		some = true
	}
	if some {
		fmt.Fprintln(out)
	}
}

// welfare compares the welfare of the end with the best profile, such as
// "welfare 5.00, best profile 7.00, gap 2.00".
func welfare(g trigrid.GameResult) string {
	best, highest := "best profile", money(g.BestWelfare)
	if !g.Exhaustive {
		best = "best profile met"
	}
	if len(g.Best) == 0 {
		highest = "none"
	}
	if g.Infeasible { // the welfare and the gap of the result are then 0 without a meaning
		return fmt.Sprintf("welfare: none, because a VPP of this profile cannot run or has no plan yet; %s %s", best, highest)
	}
	return fmt.Sprintf("welfare %s, %s %s, gap %s", money(g.Welfare), best, highest, money(g.WelfareGap))
}

// mixed prints the random starts that end at no profile, one line per verdict:
//
//	98 % of the random starts, at 4 ends: converged to a rest point that is not a strict Nash profile
//
// Those that end at a profile are a column of the table of equilibria.
func mixed(out io.Writer, g trigrid.GameResult) {
	var verdicts []string
	share, ends := map[string]float64{}, map[string]int{}
	for _, b := range g.Basins {
		if b.Profile != nil {
			continue
		}
		if ends[b.Verdict] == 0 {
			verdicts = append(verdicts, b.Verdict)
		}
		share[b.Verdict] += b.Share
		ends[b.Verdict]++
	}
	for _, verdict := range verdicts {
		at := ""
		if n := ends[verdict]; n > 1 {
			at = fmt.Sprintf(", at %d ends", n)
		}
		fmt.Fprintf(out, "%.0f %% of the random starts%s: %s\n", 100*share[verdict], at, verdict)
	}
	if verdicts != nil {
		fmt.Fprintln(out)
	}
}

// refusals prints the refusals of VPPs, nothing if they admit each DER:
//
//	VPPs admit by objective; refused:
//	  Hill refuses Kiln beside {Mill}, which would cost it 40.00; the DER would have 20.00
func refusals(out io.Writer, res *trigrid.Result) {
	if res.Admission == "" {
		return
	}
	fmt.Fprintf(out, "VPPs admit by %s; refused:", res.Admission)
	if len(res.Refusals) == 0 {
		fmt.Fprint(out, " none")
	}
	fmt.Fprintln(out)
	for _, r := range res.Refusals {
		fmt.Fprintf(out, "  %s refuses %s beside {%s}, which would cost it %s", r.VPP, r.DER, strings.Join(r.Against, " "), money(r.Loss))
		if r.Payoff != nil {
			fmt.Fprintf(out, "; the DER would have %s", money(*r.Payoff))
		}
		if !r.Wanted {
			fmt.Fprint(out, " and would not join")
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out)
}

// amount matches a number of a reason, but not the digit of a name such as
// "gt1".
var amount = regexp.MustCompile(`\b[0-9][0-9.]*\b`)

// infeasible prints the coalitions that cannot run, with the reasons. Reasons
// that differ in amounts only have one line:
//
//	Town {chp}, and 11 likewise: 1.25 MW of gas are missing at step 0 of scenario 0, and …
//
// At most 20 reasons are printed; the file of -json has all of them.
func infeasible(out io.Writer, res *trigrid.Result) {
	const shown = 20
	list := res.Infeasible
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%d coalitions cannot run and are excluded from the choice:\n", len(list))
	type group struct{ vpp, reason string }
	// first has one coalition per group, in the order of the result, and size
	// their numbers.
	var (
		first []trigrid.Infeasible
		size  = map[group]int{}
		of    = func(c trigrid.Infeasible) group { return group{c.VPP, amount.ReplaceAllString(c.Reason, "#")} }
	)
	for _, c := range list {
		if size[of(c)]++; size[of(c)] == 1 {
			first = append(first, c)
		}
	}
	for _, c := range first[:min(shown, len(first))] {
		likewise := ""
		if n := size[of(c)] - 1; n > 0 {
			likewise = fmt.Sprintf(", and %d likewise", n)
		}
		fmt.Fprintf(out, "  %s {%s}%s: %s\n", c.VPP, strings.Join(c.Members, " "), likewise, c.Reason)
	}
	if len(first) > shown {
		fmt.Fprintf(out, "  and %d more reasons, see infeasible in the file of -json\n", len(first)-shown)
	}
}

// cut prints that time ended the run, or that the solver's own limits left
// programs open:
//
//	cut: the run ended before all verdicts were proven; 12 programs are open, 3 without a plan
func cut(out io.Writer, res *trigrid.Result) {
	if !res.Cut && len(res.OpenPrograms) == 0 {
		return
	}
	without := 0
	for _, o := range res.OpenPrograms {
		if o.NoPlan != "" {
			without++
		}
	}
	what := "limits of the solver left verdicts unproven"
	if res.Cut {
		what = "cut: the run ended before all verdicts were proven"
	}
	fmt.Fprintf(out, "\n%s; %d programs are open, %d without a plan\n", what, len(res.OpenPrograms), without)
	if res.Planning == trigrid.PlanningSearchedFirst {
		fmt.Fprintln(out, "the run searched first, and the budget did not suffice for all coalitions")
	}
}

// proven returns a mark for a verdict that is not proven.
func proven(yes bool) string {
	if yes {
		return ""
	}
	return ", not proven"
}

// recommendation prints the recommended allocation with its reason:
//
//	recommended: VPP1 {W1 T1 ES}  VPP2 {W2 T2}  (dynamic_end)
//	  the dynamic from its start ends at this strict equilibrium
//	  welfare -25560.83, no profile has more than -25506.56
func recommendation(out io.Writer, res *trigrid.Result) {
	rec := res.Recommendation
	fmt.Fprintf(out, "recommended: %s  (%s%s)\n  %s\n", members(res, rec.Profile), rec.Reason, proven(rec.Proven), rec.Explanation)
	switch {
	case rec.Bound == math.MaxFloat64:
		fmt.Fprintf(out, "  welfare %s, no bound is known\n", money(rec.Welfare))
	case rec.Highest:
		fmt.Fprintf(out, "  welfare %s, the highest of all profiles\n", money(rec.Welfare))
	default:
		fmt.Fprintf(out, "  welfare %s, no profile has more than %s\n", money(rec.Welfare), money(rec.Bound))
	}
	if len(rec.Indifferent) > 0 {
		fmt.Fprintf(out, "  indifferent between several choices: %s\n", strings.Join(rec.Indifferent, " "))
	}
	for _, u := range res.DERs {
		if t := rec.Transfers[u.Name]; t != 0 {
			fmt.Fprintf(out, "  transfer from other members of %s to %s: %s\n", u.Choice, u.Name, command.Signed(t, 2))
		}
	}
	for k, d := range rec.Distribution {
		if k == 0 {
			fmt.Fprint(out, "  the first profile is shown above; the settlement is expected over all:\n")
		}
		fmt.Fprintf(out, "  %5.1f %%  %s\n", 100*d.Probability, members(res, d.Profile))
	}
	fmt.Fprintln(out)
}

// used returns the renewable utilisation of a plan, such as "97.5 %", or "no
// renewables" if its members have no renewable energy, for which the ratio has
// no meaning. The plan of a VPP that never runs is nil.
//
// The ratio is that of all scenarios, each with its probability.
func used(p *vpp.Plan) string {
	if p == nil {
		return "never runs"
	}
	// Results has one entry per scenario; one with available energy is enough
	// for a ratio.
	for _, r := range p.Results {
		if r.Available > 0 {
			return fmt.Sprintf("%.1f %%", 100*p.RenewableUtilisation())
		}
	}
	return "no renewables"
}

// table prints aligned columns. header and rows separate cells by tabs.
//
// For example, table(out, "DER\tpayoff", 1, row) prints a heading and the line
// that row(0) returns.
func table(out io.Writer, header string, rows int, row func(i int) string) {
	// Two blanks separate columns. All cells are aligned left, because they
	// have different units.
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, header)
	for i := range rows {
		fmt.Fprintln(w, row(i))
	}
	w.Flush()
	fmt.Fprintln(out)
}

// members returns a profile by VPP with the outside option last, such as "VPP1
// {W1 T2 ES} VPP2 {T1 W2}".
//
// Names of VPPs come in the order of the result, and names of DERs as well.
func members(res *trigrid.Result, profile trigrid.Profile) string {
	var parts []string
	// VPPs without members are left out, as is the outside option if no DER
	// chose it.
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

// names returns the names of the VPPs.
func names(res *trigrid.Result) []string {
	var out []string
	for _, p := range res.VPPs {
		out = append(out, p.Name)
	}
	return out
}

// equilibrium returns the profile of a row of equilibria, with the indifferent
// DERs and the number of swaps that it stands for.
func equilibrium(res *trigrid.Result, e trigrid.Equilibrium) string {
	text := members(res, e.Profile)
	if len(e.Indifferent) > 0 {
		text += "  (indifferent: " + strings.Join(e.Indifferent, " ") + ")"
	}
	if e.Swaps > 1 {
		text += fmt.Sprintf("  (%d swaps of identical DERs)", e.Swaps)
	}
	return text
}

// grouped joins the weak and the undetermined equilibria of equal welfare,
// which differ in the choices of DERs that earn nothing anywhere: 5 idle DERs
// beside 2 VPPs are 243 profiles and one row. The order of the first profile of
// each row is kept. The file of -json has all profiles.
func grouped(all []trigrid.Equilibrium) (rows [][]trigrid.Equilibrium) {
	index := map[string]int{}
	for _, e := range all {
		key := e.Kind + " " + money(e.Welfare)
		if i, ok := index[key]; ok && e.Kind != evogame.Strict.String() {
			rows[i] = append(rows[i], e)
			continue
		}
		index[key] = len(rows)
		rows = append(rows, []trigrid.Equilibrium{e})
	}
	return rows
}

// likewise returns the part of a row that stands for several equilibria:
//
//	(and 8 that differ in the choices of: T1 ES)
func likewise(res *trigrid.Result, row []trigrid.Equilibrium) string {
	if len(row) == 1 {
		return ""
	}
	var differ []string
	for _, u := range res.DERs {
		if slices.ContainsFunc(row, func(e trigrid.Equilibrium) bool { return e.Profile[u.Name] != row[0].Profile[u.Name] }) {
			differ = append(differ, u.Name)
		}
	}
	return fmt.Sprintf("  (and %d that differ in the choices of: %s)", len(row)-1, strings.Join(differ, " "))
}

// alternative returns the best other strategy of a DER with its payoff, such as
// "VPP2 598.09". Of equal ones it returns the first by name, and "none" if no
// other choice is available. The payoff is that of a move of this DER alone.
func alternative(u trigrid.DERResult) string {
	if len(u.Otherwise) == 0 {
		return "none"
	}
	// Map order is random; sorting makes equal results print equal lines.
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
	return best + " " + money(u.Otherwise[best])
}

// money returns an amount with two decimals.
func money(v float64) string { return command.Fixed(v, 2) }

// basin returns the fraction of the random starts that end at a profile of a
// row, such as "16 %".
func basin(g trigrid.GameResult, row ...trigrid.Equilibrium) string {
	share := 0.0
	for _, b := range g.Basins {
		if b.Profile != nil && slices.ContainsFunc(row, func(e trigrid.Equilibrium) bool { return same(b.Profile, e.Profile) }) {
			share += b.Share
		}
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// same reports whether two profiles are equal.
//
// A profile has one choice per DER, so that two of one result have equal keys.
func same(a, b trigrid.Profile) bool {
	for name, choice := range a {
		if b[name] != choice {
			return false
		}
	}
	return len(a) == len(b)
}

// stored prints how many solutions of a run were read from a folder, if there
// is one:
//
//	31 of 66 solutions were read from solved
func stored(out io.Writer, folder string, t trigrid.Timing) {
	if folder == "" {
		return
	}
	fmt.Fprintf(out, "%d of %d solutions were read from %s\n", t.Reused, t.Reused+t.Computed, folder)
	if t.NotStored != "" {
		fmt.Fprintln(out, "  warning: not all solutions were stored:", t.NotStored)
	}
}

// stability prints the groups that gain by leaving the recommended allocation
// together, such as "core: {W1, B2} would have 12.00 more as the only members
// of VPP1".
func stability(out io.Writer, st *vpp.Stability) {
	if st == nil {
		return
	}
	for _, c := range st.VPPs {
		switch {
		case c.InCore:
			fmt.Fprintf(out, "core: no coalition of the members of %s gains without the others\n", c.VPP)
		default:
			fmt.Fprintf(out, "core: {%s} would have %s more as the only members of %s\n", strings.Join(c.Dissatisfied, ", "), money(c.LargestExcess), c.VPP)
		}
		if c.LeastCore != nil && *c.LeastCore > c.Tolerance {
			fmt.Fprintf(out, "  the core is empty: each division leaves a coalition with %s or more\n", money(*c.LeastCore))
		}
	}
	for k, g := range st.Groups {
		name := "the recommended profile"
		if k > 0 {
			name = fmt.Sprintf("equilibrium %d", k)
		}
		if g.Strong {
			fmt.Fprintf(out, "groups: none gains by leaving %s together\n", name)
			continue
		}
		var moves []string
		for _, d := range slices.Sorted(maps.Keys(g.Moves)) {
			moves = append(moves, d+" to "+g.Moves[d])
		}
		fmt.Fprintf(out, "groups: from %s, %s together gain at least %s each\n", name, strings.Join(moves, ", "), money(g.Gain))
	}
	if st.Unknown != "" {
		fmt.Fprintf(out, "stability is not complete: %s\n", st.Unknown)
	}
	fmt.Fprintln(out)
}
