package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/vpp"
)

// recommendationTable returns the recommended allocation, one row per profile
// and DER:
//
//	draw, probability   number and probability of the profile; one profile with 1 unless a lottery
//	der, choice         the choice of the DER in this profile
//	transfer, payoff    between members, and the payoff with it, expected over all profiles, currency
func (x *run) recommendationTable() *Table {
	t := &Table{Name: "recommendation", Title: "Recommended allocation: choices by profile, transfers and expected payoffs, currency"}
	t.Columns = []Column{
		{Name: "draw", Title: "profile"},
		{Name: "probability", Title: "probability", Decimals: 4},
		{Name: "der", Title: "DER"},
		{Name: "choice", Title: "choice"},
		{Name: "transfer_currency", Title: "transfer", Decimals: 2},
		{Name: "expected_payoff_currency", Title: "expected payoff", Decimals: 2},
	}
	rec := x.result.Recommendation
	draws := rec.Distribution
	if len(draws) == 0 {
		draws = []trigrid.Draw{{Profile: rec.Profile, Probability: 1}}
	}
	for k, d := range draws {
		for _, unit := range x.result.DERs {
			t.add(k+1, d.Probability, unit.Name, d.Profile[unit.Name], rec.Transfers[unit.Name], rec.Payoffs[unit.Name])
		}
	}
	return t
}

// profiles returns the part of the recommendation that needs a table on the
// page: the profiles of a lottery, or else the members with transfers. It
// returns nil without both.
//
// For example, transfers of +40 to a battery and −40 from a turbine that keep
// both in one VPP.
func (x *run) profiles() *shownTable {
	rec := x.result.Recommendation
	t := &Table{Name: "recommendation", Title: "Lottery: profiles with their probabilities, and welfare in currency"}
	switch {
	// A lottery has no transfers.
	case len(rec.Distribution) > 0:
		t.Columns = []Column{{Name: "probability", Title: "probability, %", Decimals: 2}, {Name: "profile", Title: "profile"}, {Name: "welfare", Title: "welfare"}}
		for _, d := range rec.Distribution {
			t.add(100*d.Probability, x.groups(d.Profile), d.Welfare)
		}
	case len(rec.Transfers) > 0:
		t.Title = "Transfers between the members of a VPP, and the payoffs with them; currency"
		t.Columns = []Column{{Name: "der", Title: "DER"}, {Name: "vpp", Title: "VPP"}, {Name: "transfer", Title: "transfer", Decimals: 2}, {Name: "payoff", Title: "payoff", Decimals: 2}}
		for _, u := range x.result.DERs {
			if amount, ok := rec.Transfers[u.Name]; ok {
				t.add(u.Name, u.Choice, amount, rec.Payoffs[u.Name])
			}
		}
	default:
		return nil
	}
	return x.show(t, maxPerDER)
}

// infeasibleTable returns the coalitions that cannot run, with the reasons: for
// example, that the demand of the VPP exceeds its members and its import limit.
// Rows have the order of the result, by VPP and coalition.
func (x *run) infeasibleTable() *Table {
	t := &Table{Name: "infeasible", Title: "Coalitions that cannot run, which the choice excludes"}
	t.Columns = []Column{{Name: "vpp", Title: "VPP"}, {Name: "members", Title: "members"}, {Name: "reason", Title: "reason"}}
	for _, c := range x.result.Infeasible {
		t.add(c.VPP, strings.Join(c.Members, ", "), c.Reason)
	}
	return t
}

// maxTransfers is the number of transfers in a sentence.
const maxTransfers = 6

// recommended describes the recommendation in sentences, "" if the result has
// none:
//
//	Recommended (dynamic_end): the dynamic from its start ends at this strict equilibrium. …
func (x *run) recommended() string {
	rec := x.result.Recommendation
	if rec == nil {
		return ""
	}
	text := fmt.Sprintf("Recommended and settled (%s): %s. Welfare %s currency", rec.Reason, rec.Explanation, number(rec.Welfare, 0))
	switch {
	case rec.Highest:
		text += ", the highest of all profiles."
	// A search that stops early can leave profiles without any bound.
	case rec.Bound == math.MaxFloat64:
		text += "; profiles without a plan may have more."
	default:
		text += fmt.Sprintf("; no profile has more than %s.", number(rec.Bound, 0))
	}
	for k, name := range slices.Sorted(maps.Keys(rec.Transfers)) {
		// A sentence of a hundred names is not readable; the table has all of
		// them.
		if k == maxTransfers {
			text += fmt.Sprintf(" The table has the transfers of %d more.", len(rec.Transfers)-k)
			break
		}
		text += fmt.Sprintf(" %s receives %s from other members.", name, signed(rec.Transfers[name], 2))
	}
	if n := len(rec.Distribution); n > 0 {
		text += fmt.Sprintf(" Choices, values and dispatch on this page are those of the most probable of %d profiles, with probability %s %%.",
			n, number(100*rec.Distribution[0].Probability, 1))
	}
	// Such a DER has the same payoff elsewhere, so that another run could place
	// it there.
	if len(rec.Indifferent) > 0 {
		text += fmt.Sprintf(" Indifferent between several choices: %s.", strings.Join(rec.Indifferent, ", "))
	}
	if sentence := refused(x.result); sentence != "" {
		text += " " + sentence
	}
	if n := len(x.result.Infeasible); n > 0 {
		text += fmt.Sprintf(" %s cannot run and are excluded; the table of infeasible coalitions has the reasons.", count(n, "coalition"))
	}
	return text
}

// withIdlePlans returns the result with a plan for each VPP that never runs:
// nothing is delivered, and there is no demand, which such a VPP cannot meet.
// Tables and figures then need no exception.
func withIdlePlans(r trigrid.Region, res *trigrid.Result) *trigrid.Result {
	out := *res
	out.Plans = slices.Clone(res.Plans)
	for v, plan := range out.Plans {
		if plan != nil || v >= len(r.VPPs) {
			continue
		}
		steps := r.Setting.Set.Steps()
		idle := &vpp.Plan{VPP: r.VPPs[v], Setting: r.Setting, DayAhead: make([]float64, steps)}
		idle.VPP.Demand = ""
		for range r.Setting.Set.Len() {
			idle.Net = append(idle.Net, make([]float64, steps))
			idle.Results = append(idle.Results, vpp.Result{})
		}
		out.Plans[v] = idle
	}
	return &out
}
