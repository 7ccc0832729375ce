package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/studies/internal/claim"
	"github.com/trigrid/trigrid/vpp"
)

// balances returns factors on the demand of the case, which are assumed. The
// DERs of the case have 29.3 MW; a factor of 0.25 leaves them far above the
// demand of both VPPs, and scarcity puts each VPP above them.
func balances() []float64 { return []float64{0.25, 1, scarcity} }

// ample and scarce are indices of balances.
const ample, scarce = 0, 2

// admissions returns the readings of "resources of low contribution are
// removed": by the choice of the DER only, and three by which a VPP refuses a
// DER and its scheme is enforced.
func admissions() []vpp.Admission {
	return []vpp.Admission{vpp.AdmitAll, vpp.AdmitScheme, vpp.AdmitByObjective, vpp.AdmitByValue}
}

// admitted is the run of one balance under one reading.
type admitted struct {
	Demand     float64 // mean of both VPPs, MW
	Profile    trigrid.Profile
	Reason     trigrid.Reason
	Welfare    float64
	Everywhere float64 // highest welfare with every DER in a VPP; -Inf if none can run
	Payoffs    float64 // sum over the DERs
	Refused    []vpp.Refusal
}

// outside returns the DERs outside, in order of name.
func (a admitted) outside() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(a.Profile)) {
		if a.Profile[name] == trigrid.Outside {
			out = append(out, name)
		}
	}
	return out
}

// unwilling returns the refusals against the choice of the DER.
func (a admitted) unwilling() []vpp.Refusal {
	return slices.DeleteFunc(slices.Clone(a.Refused), func(r vpp.Refusal) bool { return !r.Wanted })
}

// underAdmission runs each balance under each reading. The readings of one
// balance have the same programs, which a folder of solutions keeps.
func (x *study) underAdmission(ctx context.Context, o options) error {
	// Four readings of one balance solve the same 64 programs, so that three of
	// four are read.
	folder, err := os.MkdirTemp("", "threelevel")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	for _, factor := range balances() {
		region, err := variant(ctx, o.file, demanding(factor))
		if err != nil {
			return err
		}
		var row []admitted
		for _, rule := range admissions() {
			// The data stay as they are; only the rule of admission differs.
			region.Setting.Modelling.Admission = rule
			res, err := trigrid.Run(ctx, region, trigrid.Options{Solver: o.solver, Workers: o.workers, Budget: -1, Store: folder})
			if err != nil {
				return fmt.Errorf("demand times %v, admission by %v: %w", factor, rule, err)
			}
			row = append(row, readAdmitted(region, res))
		}
		x.Admissions = append(x.Admissions, row)
	}
	return nil
}

// readAdmitted returns the numbers of a run.
func readAdmitted(r trigrid.Region, res *trigrid.Result) admitted {
	out := admitted{
		Profile: res.Recommendation.Profile, Reason: res.Recommendation.Reason, Welfare: res.Recommendation.Welfare,
		Everywhere: everywhere(res), Refused: res.Refusals,
	}
	// The mean over a day of both VPPs, beside the 29.3 MW of the DERs.
	for _, p := range r.VPPs {
		for _, mw := range r.Setting.Set.Mean(p.Demand) {
			out.Demand += mw / float64(r.Setting.Set.Steps())
		}
	}
	for _, u := range res.DERs {
		out.Payoffs += u.Payoff
	}
	return out
}

// everywhere returns the highest welfare of the profiles in which no DER is
// outside, for two VPPs: the largest sum of the objectives of a coalition of
// the first and of the other DERs in the second.
func everywhere(res *trigrid.Result) float64 {
	objective := map[string]float64{}
	for _, c := range res.Coalitions {
		// A VPP and its members name a coalition, such as "VPP1|W1|T1".
		objective[c.VPP+"|"+strings.Join(c.Members, "|")] = c.Value.Objective
	}
	best := math.Inf(-1)
	for s := range vpp.Coalition(1) << len(res.DERs) {
		var names [2][]string
		for i, u := range res.DERs {
			side := 0
			if s.Has(i) {
				side = 1
			}
			names[side] = append(names[side], u.Name)
		}
		// A coalition that cannot run has no objective, and is no
		// configuration.
		first, ok := objective[res.VPPs[0].Name+"|"+strings.Join(names[0], "|")]
		second, also := objective[res.VPPs[1].Name+"|"+strings.Join(names[1], "|")]
		if ok && also {
			best = max(best, first+second)
		}
	}
	return best
}

// a11byReading judges the removal of DERs under both readings: by the choice of
// the DER only, and with refusals that are enforced.
func (x *study) a11byReading() []claim.Claim {
	removed := func(balance int, of func(admitted) int) (counts []int, text string) {
		var parts []string
		for k, rule := range admissions() {
			counts = append(counts, of(x.Admissions[balance][k]))
			parts = append(parts, fmt.Sprintf("%d %v", counts[k], rule))
		}
		return counts, strings.Join(parts, ", ")
	}
	out := func(a admitted) int { return len(a.outside()) }
	refused := func(a admitted) int { return len(a.unwilling()) }
	scarceOut, scarceText := removed(scarce, out)
	ampleRefused, ampleText := removed(ample, refused)
	scarceRefused, scarceRefusedText := removed(scarce, refused)
	// A removal has to gain more than the tolerance of the programs.
	higher, gains := false, []string{}
	for k, rule := range admissions() {
		a := x.Admissions[scarce][k]
		higher = higher || k > 0 && a.Welfare > a.Everywhere+currency
		gains = append(gains, fmt.Sprintf("%+.0f %v", a.Welfare-a.Everywhere, rule))
	}
	return []claim.Claim{
		claim.New("A11c", "with more demand than supply DERs are removed, if only the DER decides",
			fmt.Sprintf("DERs outside at %d times the demand, by admission: %s", scarcity, scarceText), claim.Holds(scarceOut[0] > 0)),
		claim.New("A11d", "and if VPPs refuse DERs and schemes are enforced",
			fmt.Sprintf("%s; refusals against the choice of the DER: %s", scarceText, scarceRefusedText), claim.Holds(slices.Max(scarceOut[1:]) > 0)),
		claim.New("A11e", "the removal gives a higher total than a configuration with every DER",
			fmt.Sprintf("welfare less the highest one with every DER in a VPP, by admission: %s", strings.Join(gains, ", ")), claim.Holds(higher)),
		claim.New("A11f", "VPPs refuse DERs if demand exceeds supply, and not if supply exceeds demand",
			fmt.Sprintf("refusals against the choice of the DER at %g times the demand: %s; at %d times: %s",
				balances()[ample], ampleText, scarcity, scarceRefusedText),
			claim.Holds(slices.Max(scarceRefused) > 0 && slices.Max(ampleRefused) == 0)),
	}
}

// printAdmissions writes one row per balance and reading: the members, the
// welfare, and who was refused by which VPP at which loss.
func (x *study) printAdmissions(w io.Writer) error {
	fmt.Fprintln(w, "Admission on the calibrated case, DERs of 29.3 MW. \"all\": only the DER decides; others: VPPs refuse, enforced.")
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "demand MW\tadmission\tVPP1\tVPP2\toutside\treason\twelfare\tevery DER in a VPP\tpayoffs of DERs\trefused against its choice, at a loss of")
	for b := range x.Admissions {
		for k, a := range x.Admissions[b] {
			// For example, VPP1 has ES and W1, and T1 is outside.
			groups := map[string][]string{}
			for _, name := range slices.Sorted(maps.Keys(a.Profile)) {
				groups[a.Profile[name]] = append(groups[a.Profile[name]], name)
			}
			var refusals []string
			for _, r := range a.unwilling() {
				refusals = append(refusals, fmt.Sprintf("%s by %s %.0f", r.DER, r.VPP, r.Loss))
			}
			fmt.Fprintf(t, "%.1f\t%v\t%s\t%s\t%s\t%s\t%.0f\t%.0f\t%.0f\t%s\n", a.Demand, admissions()[k], strings.Join(groups["VPP1"], " "),
				strings.Join(groups["VPP2"], " "), strings.Join(groups[trigrid.Outside], " "), a.Reason, a.Welfare, a.Everywhere, a.Payoffs,
				strings.Join(refusals, ", "))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}
