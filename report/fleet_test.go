package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// fleetResult returns a region of one class of 1000 DERs and two VPPs, and a
// result by hand.
func fleetResult(t *testing.T) (trigrid.Region, *trigrid.Result) {
	t.Helper()
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	require.NoError(t, set.AddForecast("roof", "MW", []float64{1, 2}))
	r := trigrid.Region{
		Name: "town", VPPs: []vpp.VPP{{Name: vppName}, {Name: "south"}}, Setting: vpp.Setting{Set: set},
		DERs: []der.DER{&der.Fleet{Unit: &der.PV{ID: windName, Available: "roof"}, Count: 1000}},
	}
	return r, &trigrid.Result{
		Region: "town", Planning: trigrid.PlanningFleet, DERs: []trigrid.DERResult{}, Scenarios: 1, Solver: "HiGHS",
		Game: trigrid.GameResult{Verdict: "certified equilibrium of fleets", Reason: "no split is worth more"},
		VPPs: []trigrid.VPPResult{{Name: vppName, Integrated: 5}, {Name: "south", Integrated: 7}}, Plans: []*vpp.Plan{nil, nil},
		Settlement: []trigrid.Line{{Party: windName, Minor: 300}, {Party: vppName, Minor: -100}, {Party: "south", Minor: -150}, {Party: "grid", Minor: -50}},
		Ledger:     &trigrid.LedgerSummary{Blocks: 9, Transactions: 12, Head: "ab"},
		Fleet: &fleet.Summary{
			Rule: "marginal", Solver: "interior point", DERs: 1000, VPPs: []string{vppName, "south"}, Certified: true, MeanPayoff: 0.2, PaidShare: 0.7,
			Deciles: []float64{0, 0.25, 0.25}, Prices: [][]float64{{10, 20}, {30, 40}}, Regret: 0.05,
			Classes: []fleet.ClassSummary{{
				Name: windName, Count: 1000, Members: []int{600, 300}, Outside: 100, Payoff: 0.25, Reach: []float64{0.25, 0.2}, Regret: 0.05, Paid: []int64{200, 100},
				Proven: &fleet.ProvenPayment{Member: "roofs#7", VPP: "south", Minor: 33, Hashes: 9},
			}},
		},
	}
}

// The page of a region of fleets has the classes, the prices, the regrets, and
// one proven payment.
func TestFleetReportShowsClasses(t *testing.T) {
	r, res := fleetResult(t)
	files, err := report.FilesWith(r, res, report.Options{Formats: []report.Format{report.SVG}})
	require.NoError(t, err)
	text := map[string]string{}
	for _, f := range files {
		text[f.Name] = string(f.Data)
	}
	page := text["index.html"]
	require.True(t, strings.HasPrefix(page, "<!doctype html><!-- trigrid report -->"))
	for _, want := range []string{"1,000 DERs in 1 class", "No split is worth more.", "roofs#7", "70.0 %", "Regret of one DER", "W&lt;1&gt; &amp;"} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, "W<1>")
	for _, figure := range []string{"splits", "payoffs", "regrets", "prices"} {
		require.Contains(t, text, "figures/"+figure+".svg")
	}
	// 600, 300 and 100 of 1000 DERs, and the regret of 0.05 as 250 per mille of
	// the mean of 0.2.
	require.Contains(t, page, "600 of 1000 DERs")
	require.Contains(t, page, ">250.0000<")
	require.Contains(t, text["tables/splits.csv"], "south,300,0.2,100\r\n")
	require.Contains(t, text["tables/classes.csv"], `,1000,100,2,0.25,0.05,3`)
	require.Contains(t, text["tables/prices.csv"], "south,1,1 h,40\r\n")
	require.Contains(t, text["result.json"], `"planning": "fleet"`)

	tables, err := report.Tables(r, res)
	require.NoError(t, err)
	require.Len(t, tables, 6)
	figures, err := report.Figures(r, res)
	require.NoError(t, err)
	require.Len(t, figures, 4)
}

// A result of another region, without an allocation, or beside another run is
// refused; one without certificate has no figure of regrets.
func TestFleetReportOfOtherResults(t *testing.T) {
	r, res := fleetResult(t)
	res.Fleet.Certified = false
	figures, err := report.Figures(r, res)
	require.NoError(t, err)
	require.Len(t, figures, 3)
	r.VPPs[1].Name = "west"
	_, err = report.Files(r, res)
	require.ErrorContains(t, err, `"west" in the region and "south" in the result`)
	r, res = fleetResult(t)
	_, err = report.FilesWith(r, res, report.Options{Other: &report.Run{Result: res}})
	require.ErrorContains(t, err, "leave Other nil")
	res.Recommendation = &trigrid.Recommendation{Reason: trigrid.NothingSolved, Explanation: "the run ended"}
	_, err = report.Files(r, res)
	require.ErrorContains(t, err, "no allocation to show: the run ended")
}

// The page has the ends of dynamics and the equilibria of few large DERs, and
// names a comparison that was cut. Own revenues on top of shares stand in the
// facts.
func TestFleetReportComparesDynamics(t *testing.T) {
	r, res := fleetResult(t)
	page := func() (string, map[string]string) {
		files, err := report.FilesWith(r, res, report.Options{Formats: []report.Format{report.SVG}})
		require.NoError(t, err)
		text := map[string]string{}
		for _, f := range files {
			text[f.Name] = string(f.Data)
		}
		return text["index.html"], text
	}
	html, text := page()
	require.NotContains(t, html, "Dynamics")
	require.NotContains(t, text, "tables/dynamics.csv")
	require.Contains(t, html, "an advance on the share")

	res.Fleet.OwnRevenue, res.Fleet.MeanRegret = "on top of the share", 0.0125
	res.Fleet.Dynamics = &fleet.Dynamics{
		Same:  true,
		Runs:  []fleet.DynamicRun{{Dynamic: "Smith", Start: "random 1", Verdict: "converged", Below: 0.002, Gap: 0.004, Elsewhere: 0.25, Rounds: 3, Programs: 44}},
		Large: []fleet.Large{{Parts: 1, States: 81, Nash: 2, Best: 9, BestNash: 8.5, WorstNash: 3.25}, {Parts: 2, States: 90}}, Below: []float64{0.25, 0},
	}
	html, text = page()
	for _, want := range []string{"from every start", "Smith", "random 1", "25.000", "3.25", "a DER gains up to 0.05", "the mean over the VPPs"} {
		require.Contains(t, html, want)
	}
	require.Contains(t, text["tables/dynamics.csv"], "Smith,random 1,converged,0.2")
	require.Contains(t, text["tables/large.csv"], "1,81,2,8.5,3.25,25\r\n2,90,0,,,")
	res.Fleet.Dynamics.Same, res.Fleet.Dynamics.Cut = false, true
	html, _ = page()
	require.Contains(t, html, "was cut by the time or by its limit of rounds")
}
