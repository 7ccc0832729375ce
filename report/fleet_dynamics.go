package report

import (
	"fmt"

	"github.com/trigrid/trigrid/fleet"
)

// dynamicsTable has a row per dynamic and start: its end beside the joint
// program, in per cent of the gain.
func (x *fleetReport) dynamicsTable() *Table {
	t := &Table{Name: "dynamics", Title: "Ends of evolutionary dynamics beside the joint program"}
	t.Columns = []Column{
		{Name: "dynamic", Title: "dynamic"},
		{Name: "start", Title: "start"},
		{Name: "verdict", Title: "verdict"},
		{Name: "below_percent_of_gain", Title: "below the joint program, % of the gain", Decimals: 4},
		{Name: "gap_percent_of_gain", Title: "proven by the dynamic alone, % of the gain", Decimals: 4},
		{Name: "elsewhere_percent", Title: "DERs in other places, %", Decimals: 1},
		{Name: "rounds", Title: "rounds"},
		{Name: "programs", Title: "programs"},
	}
	for _, run := range x.summary.Dynamics.Runs {
		t.add(run.Dynamic, run.Start, run.Verdict, 100*run.Below, 100*run.Gap, 100*run.Elsewhere, run.Rounds, run.Programs)
	}
	return t
}

// largeTable has a row per number of large DERs that a class is cut into.
func (x *fleetReport) largeTable() *Table {
	t := &Table{Name: "large", Title: "Equilibria of few large DERs: each class is cut into equal parts that each choose one VPP"}
	t.Columns = []Column{
		{Name: "ders_per_class", Title: "large DERs per class"},
		{Name: "states", Title: "states"},
		{Name: "nash_states", Title: "Nash states"},
		{Name: "best_nash_welfare", Title: "welfare of the best one", Decimals: 2},
		{Name: "worst_nash_welfare", Title: "welfare of the worst one", Decimals: 2},
		{Name: "worst_below_percent_of_gain", Title: "worst one below the bound, % of the gain", Decimals: 3},
	}
	for i, g := range x.summary.Dynamics.Large {
		if g.Nash == 0 {
			t.add(g.Parts, g.States, g.Nash, nil, nil, nil)
			continue
		}
		t.add(g.Parts, g.States, g.Nash, g.BestNash, g.WorstNash, 100*x.summary.Dynamics.Below[i])
	}
	return t
}

// comparison states the outcome of the dynamics in words, "" if the run has
// none.
func comparison(d *fleet.Dynamics) string {
	switch {
	case d == nil:
		return ""
	case d.Reason != "":
		return "No dynamic was run: " + d.Reason + "."
	case d.Cut:
		return fmt.Sprintf("The comparison was cut by the time or by its limit of rounds, after %s; a run that is cut has no rest point.", count(len(d.Runs), "dynamic"))
	case d.Same:
		return "Each dynamic ends at the same equilibrium as the joint program, from every start. Splits of nearly the same potential are ties, so that DERs can be in other places."
	}
	return "Not every dynamic ends at the potential of the joint program."
}
