package report_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/report"
)

// A region in which one of two VPPs never runs, with a lottery and transfers.
func TestReportShowsRecommendationAndInfeasibleCoalitions(t *testing.T) {
	r, res := crowd(t, 2, 2, 1, 3)
	res.Plans[1], res.VPPs[1].NeverRuns = nil, "demand <exceeds> the import limit"
	r.VPPs[1].Demand = "idle"
	res.Coalitions = res.Coalitions[:4]
	first, second := res.DERs[0].Name, res.DERs[1].Name
	profile := trigrid.Profile{first: trigrid.Outside, second: trigrid.Outside}
	res.Infeasible = []trigrid.Infeasible{{VPP: r.VPPs[1].Name, Members: []string{first}, Reason: "demand <exceeds> the import limit"}}
	res.Recommendation = &trigrid.Recommendation{
		Profile: profile, Reason: trigrid.Lottery, Explanation: "no <equilibrium>", Welfare: 5, Bound: 7,
		Transfers:    map[string]float64{second: -2.5},
		Distribution: []trigrid.Draw{{Profile: profile, Probability: 0.75, Welfare: 4}, {Profile: trigrid.Profile{first: r.VPPs[0].Name, second: trigrid.Outside}, Probability: 0.25, Welfare: 8}},
		Payoffs:      map[string]float64{first: 1, second: 2},
	}
	of := files(t, r, res)
	page := of["index.html"]
	for _, want := range []string{
		"Recommended and settled (lottery): no &lt;equilibrium&gt;. Welfare 5 currency; no profile has more than 7.",
		">probability, %</th>", ">75.00</td>", `<span class="badge good">lottery over profiles</span>`, `<span class="badge">not proven</span>`,
		"receives −2.50 from other members", "most probable of 2 profiles, with probability 75.0 %", "1 coalition cannot run",
	} {
		assert.Contains(t, page, want)
	}
	assert.Contains(t, of["tables/infeasible.csv"], "demand <exceeds> the import limit")
	assert.Contains(t, of["tables/recommendation.csv"], `2,0.25,"`+first+`","`+r.VPPs[0].Name+`"`)
	assert.Contains(t, of["tables/summary.csv"], "recommendation_reason,lottery")

	res.Recommendation = &trigrid.Recommendation{Reason: trigrid.NothingFeasible, Explanation: "no VPP can run"}
	_, err := report.Tables(r, res)
	assert.ErrorContains(t, err, "no VPP can run")
}

// A profile in which some VPP cannot run has no welfare: 0 would read as an
// amount.
func TestReportOfAProfileThatCannotRunHasNoWelfare(t *testing.T) {
	r, res := crowd(t, 2, 2, 1, 3)
	assert.Contains(t, files(t, r, res)["index.html"], "Welfare of the region ")
	res.Game.Infeasible, res.Game.Welfare, res.Game.WelfareGap = true, 0, 0
	page := files(t, r, res)["index.html"]
	assert.Contains(t, page, "The region has no welfare at this profile, because a VPP cannot run or has no plan yet.")
	assert.NotContains(t, page, "Welfare of the region ")
}
