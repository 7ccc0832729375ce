package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// 2 MW and 1 MW in two hours are 1.5 MW on average; a VPP without an offer has
// no line.
func TestTheSummaryHasTheReserveOfEachVPP(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	plan := &vpp.Plan{Offered: []float64{2, 1}, Setting: vpp.Setting{Set: set}}
	res := &trigrid.Result{Plans: []*vpp.Plan{plan, nil}, VPPs: []trigrid.VPPResult{{Name: "Hill", Reserve: 25}, {Name: "Dale"}}}
	var out strings.Builder
	reserves(&out, res)
	assert.Equal(t, "reserve of Hill: 1.50 MW on average, 2.00 MW at most, income 25.00\n\n", out.String())
	out.Reset()
	reserves(&out, &trigrid.Result{Plans: []*vpp.Plan{{}}, VPPs: []trigrid.VPPResult{{Name: "Hill"}}})
	assert.Empty(t, out.String())
}

// Two idle DERs beside one VPP make four profiles that nothing distinguishes,
// and the summary has one row for them; strict profiles keep their own rows,
// also at equal welfare.
func TestProfilesThatDifferInIdleDERsAreOneRow(t *testing.T) {
	res := &trigrid.Result{
		Plans: []*vpp.Plan{nil}, Recommendation: &trigrid.Recommendation{},
		VPPs: []trigrid.VPPResult{{Name: "Hill"}}, DERs: []trigrid.DERResult{{Name: "W"}, {Name: "a"}, {Name: "b"}},
		Settlement: []trigrid.Line{{Party: "W"}},
	}
	choices := []string{"Hill", trigrid.Outside}
	for _, a := range choices {
		for _, b := range choices {
			profile := trigrid.Profile{"W": "Hill", "a": a, "b": b}
			res.Game.Nash = append(res.Game.Nash, trigrid.Equilibrium{Profile: profile, Kind: "undetermined", Welfare: 480})
			res.Game.Basins = append(res.Game.Basins, trigrid.Basin{Profile: profile, Share: 0.2})
		}
	}
	for _, choice := range choices {
		res.Game.Nash = append(res.Game.Nash, trigrid.Equilibrium{
			Profile: trigrid.Profile{"W": choice, "a": choice, "b": choice}, Kind: "strict", Margin: 3, Welfare: 480,
		})
	}
	var out strings.Builder
	summary(&out, res)
	assert.Contains(t, out.String(), "Hill {W a b}  (and 3 that differ in the choices of: a b)")
	assert.Equal(t, 1, strings.Count(out.String(), "undetermined"))
	assert.Regexp(t, `undetermined .* 80 %`, out.String())
	assert.Equal(t, 2, strings.Count(out.String(), "strict "))
}
