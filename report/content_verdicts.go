package report

import (
	"fmt"
	"strings"

	"github.com/trigrid/trigrid"
)

// badge is a mark beside a verdict, such as "proven".
type badge struct {
	Text string
	Good bool // green, otherwise orange
}

// provenBadge returns the mark of a verdict. A verdict is proven if it holds
// for all values within the gaps of the programs: see
// [trigrid.GameResult.Proven].
func provenBadge(proven bool) badge {
	if proven {
		return badge{"proven", true}
	}
	return badge{"not proven", false}
}

// recommendationBadges returns the marks of the recommendation: its rule in
// words, whether it is proven, and whether its welfare is the highest.
func (x *run) recommendationBadges() []badge {
	rec := x.result.Recommendation
	out := []badge{{ruleInWords(rec.Reason), rec.Reason != trigrid.BestKnown}, provenBadge(rec.Proven)}
	if rec.Highest {
		out = append(out, badge{"highest welfare", true})
	}
	if rec.Regret > 0 {
		out = append(out, badge{fmt.Sprintf("regret %s currency", number(rec.Regret, 2)), false})
	}
	return out
}

// ruleInWords returns the rule of a recommendation for readers, for example
// "stable with transfers" for [trigrid.WithTransfers]. The key itself stands in
// the sentence and in the tables.
func ruleInWords(r trigrid.Reason) string {
	switch r {
	case trigrid.DynamicEnd:
		return "end of the dynamic"
	case trigrid.BestEquilibrium:
		return "best equilibrium"
	case trigrid.WithTransfers:
		return "stable with transfers"
	case trigrid.Lottery:
		return "lottery over profiles"
	case trigrid.BestKnown:
		return "best known profile, which DERs may leave"
	default:
		return string(r)
	}
}

// cutSentences states that verdicts are open, and why, "" if none are:
//
//	The run ended before all verdicts were proven: 12 programs are open, 3 of them without a plan.
func (x *run) cutSentences() string {
	res := x.result
	if !res.Cut && len(res.OpenPrograms) == 0 {
		return ""
	}
	// Programs without a plan weigh more than those with a gap: the coalition
	// may be infeasible.
	without := 0
	for _, o := range res.OpenPrograms {
		if o.NoPlan != "" {
			without++
		}
	}
	words := "Limits of the solver left verdicts unproven"
	if res.Cut {
		words = "The run ended before all verdicts were proven"
	}
	words += fmt.Sprintf(": %s open, %d without a plan.", are(len(res.OpenPrograms), "program"), without)
	if res.Planning == trigrid.PlanningSearchedFirst {
		words += " The run searched first, because the budget did not suffice for all coalitions."
	}
	return words + " A verdict that is marked as not proven can change with more time."
}

// are returns a number with its noun and verb: "1 program is", "2 programs
// are".
func are(n int, noun string) string {
	if n == 1 {
		return count(n, noun) + " is"
	}
	return count(n, noun) + " are"
}

// openTable returns the programs on which unproven verdicts depend:
//
//	vpp, members       the coalition
//	absolute_gap       of its best plan, currency; empty without a plan
//	no_plan            reason if no plan is known
func (x *run) openTable() *Table {
	t := &Table{Name: "open", Title: "Open programs: coalitions on whose gap, or missing plan, some verdict depends"}
	t.Columns = []Column{
		{Name: "vpp", Title: "VPP"},
		{Name: "members", Title: "members"},
		{Name: "absolute_gap_currency", Title: "absolute gap, currency", Decimals: 4},
		{Name: "no_plan", Title: "without a plan"},
	}
	for _, o := range x.result.OpenPrograms {
		var gap any
		if o.NoPlan == "" {
			gap = o.AbsoluteGap
		}
		t.add(o.VPP, strings.Join(o.Members, ", "), gap, o.NoPlan)
	}
	return t
}
