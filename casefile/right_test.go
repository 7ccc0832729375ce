package casefile_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// smallCase returns the document of a case with one VPP, one scenario and hourly steps. Members of
// over replace members of the same name.
func smallCase(t *testing.T, over string) map[string]any {
	t.Helper()
	var doc, more map[string]any
	require.NoError(t, json.Unmarshal([]byte(`{
		"name": "small", "grid": {"start": "2031-03-10T00:00", "steps": 4, "step_hours": 1},
		"scenarios": {"probabilities": [1], "series": [{"name": "town", "paths_mw": [[2, 2, 2, 2]]}, {"name": "gust", "paths_mw": [[6, 6, 6, 6]]}, {"name": "shop", "paths_mw": [[2, 2, 2, 2]]}]},
		"weights": {"economic": 1, "risk": 0, "environment": 0}, "risk": {"confidence": 0.8},
		"markets": {"electricity": {"buy_per_mwh": [90, 90, 90, 90], "sell_per_mwh": [30, 30, 30, 30]}},
		"vpps": [{"name": "Hill", "risk_aversion": 0, "pass_through": 1, "tariff": {}}],
		"ders": [{"kind": "wind", "name": "Ridge", "capacity_mw": 9, "available": "gust"}]
	}`), &doc))
	require.NoError(t, json.Unmarshal([]byte(over), &more))
	for key, v := range more {
		doc[key] = v
	}
	return doc
}

// coalition returns the plan of the named members of a document's region in its first VPP.
func coalition(t *testing.T, doc map[string]any, names ...string) (*vpp.Plan, error) {
	t.Helper()
	r, err := regionOf(t, doc)
	require.NoError(t, err)
	return planned(t, r, names...)
}

func planned(t *testing.T, r trigrid.Region, names ...string) (*vpp.Plan, error) {
	t.Helper()
	p := vpp.Problem{VPP: r.VPPs[0], Setting: r.Setting}
	for _, d := range r.DERs {
		if slices.Contains(names, d.Name()) {
			p.Members = append(p.Members, d)
		}
	}
	require.Len(t, p.Members, len(names))
	plan, err := p.Solve(t.Context(), testsolver.New(t))
	testsolver.Skip(t, err)
	return plan, err
}

// Keys at 0, calculated by hand. The town and the shop draw 2 MW in four hours.
func TestRightZerosOfCases(t *testing.T) {
	const (
		town  = `"vpps": [{"name": "Hill", "demand": "town", "risk_aversion": 0, "pass_through": 1, "tariff": {}%LIMIT%}]`
		peak  = `"markets": {"electricity": {"buy_per_mwh": [400, 15, 15, 15], "sell_per_mwh": [5, 5, 5, 5]}}`
		cell  = `"markets": {"electricity": {"buy_per_mwh": [10, 100, 10, 100], "sell_per_mwh": [9, 90, 9, 90]}}`
		swing = `"markets": {"electricity": {"buy_per_mwh": [95, 12, 95, 12], "sell_per_mwh": [85, 0, 85, 0]}}`
		stack = `{"kind": "thermal", "name": "Stack", "min_output_mw": 0, "max_output_mw": 8, "linear_cost_per_mwh": 40,
			"before": {"on": true, "hours": 9, "output_mw": 3}, "ramp_up_mw_per_h": 0, "ramp_down_mw_per_h": 0`
		shop = `{"kind": "demand_response", "name": "Shop", "load": "shop", "rebound": "free"`
	)
	all := -2.0 * (400 + 15 + 15 + 15) // nothing is reduced
	for _, c := range []struct {
		key, source string
		doc         string
		members     []string
		want        float64
	}{
		{"import_limit_mw", "4 MW are sold for 4 h at 30", `{` + limited(town, `, "import_limit_mw": 0`) + `}`, []string{"Ridge"}, 480},
		{"export_limit_mw", "nothing is sold", `{` + limited(town, `, "export_limit_mw": 0`) + `}`, []string{"Ridge"}, 0},
		{
			"ramps, no stop from 3 MW", "3 MW in each hour: 2 sold at 85 and 0; 2 x (170 - 120) - 2 x 120",
			`{` + limited(town, "") + `, ` + swing + `, "scenarios": ` + oneTown + `, "ders": [` + stack + `}]}`,
			[]string{"Stack"},
			-140,
		},
		{
			"ramps, stop from 8 MW", "3 MW for three hours, then 1 MW is bought: 50 - 120 + 50 - 12",
			`{` + limited(town, "") + `, ` + swing + `, "scenarios": ` + oneTown + `, "ders": [` + stack + `, "stop_output_mw": 8}]}`,
			[]string{"Stack"},
			-32,
		},
		{"max_reduction_mw", "no reduction", `{` + peak + `, "ders": [` + shop + `, "max_reduction_mw": 0}]}`, []string{"Shop"}, all},
		{"max_rebound_mw", "no rebound, so no reduction", `{` + peak + `, "ders": [` + shop + `, "max_reduction_mw": 2, "max_rebound_mw": 0}]}`, []string{"Shop"}, all},
		{"max_hours", "no hour of reduction", `{` + peak + `, "ders": [` + shop + `, "max_reduction_mw": 2, "max_hours": 0}]}`, []string{"Shop"}, all},
		{"max_reduction_share", "no reduction", `{` + peak + `, "ders": [` + shop + `, "max_reduction_share": 0}]}`, []string{"Shop"}, all},
		{"calls.max", "no call", `{` + peak + `, "ders": [` + shop + `, "max_reduction_mw": 2, "calls": {"max": 0}}]}`, []string{"Shop"}, all},
		{"rebound_ratio", "all is reduced and nothing comes back", `{` + peak + `, "ders": [` + shop + `, "max_reduction_mw": 2, "rebound_ratio": 0}]}`, []string{"Shop"}, 0},
		{
			"starts_per_day", "no run begins", `{` + cell + `, "ders": [{"kind": "storage", "name": "Cell", "charge_mw": 1, "discharge_mw": 1, "energy_mwh": 2,
			"initial_mwh": 0, "charge_efficiency": 1, "discharge_efficiency": 1, "starts_per_day": 0}]}`, []string{"Cell"}, 0,
		},
	} {
		plan, err := coalition(t, smallCase(t, c.doc), c.members...)
		require.NoError(t, err, c.key)
		t.Logf("%s at 0 | %v | by hand: %s | %v", c.key, c.want, c.source, plan.Value.Objective)
		assert.InDelta(t, c.want, plan.Value.Objective, 1e-6, c.key)
	}
	// 2 MW of demand and no purchase.
	_, err := coalition(t, smallCase(t, `{`+limited(town, `, "import_limit_mw": 0`)+`}`))
	require.ErrorIs(t, err, milp.ErrInfeasible)
	t.Logf("import_limit_mw at 0 without wind | infeasible | by hand: a demand of 2 MW and no supply | %v", err)
	assert.ErrorContains(t, err, "Hill")
}

// A probability of 0 is one violation, and no follow-up about its paths.
func TestRightProbabilityOfZeroIsOneError(t *testing.T) {
	doc := smallCase(t, `{"scenarios": {"probabilities": [1, 0], "series": [
		{"name": "town", "paths_mw": [[2, 2, 2, 2], [2, 2, 2, 2]]}, {"name": "gust", "paths_mw": [[6, 6, 6, 6], [6, 6, 6, 6]]}]}}`)
	_, err := regionOf(t, doc)
	require.Error(t, err)
	t.Logf("probabilities 1 and 0 | one violation | a scenario of probability 0 is left out | %v", err)
	assert.Equal(t, "x.json:\n$.scenarios.probabilities[1]: is 0, want a probability above 0 and up to 1; leave out a scenario of probability 0", err.Error())
}

// A shop draws 2 MW in hours at 400, 15, 15 and 15 per MWh. With a rebound of ratio κ, which needs an hour
// without a reduction, it reduces 2 MW in three hours and draws 2 MW and 6 κ MWh in the fourth. A ratio
// that a solver would ignore is refused.
func TestRightTinyRebound(t *testing.T) {
	for _, ratio := range []float64{1e-4, 1e-6, 1e-7, 1e-8, 1e-9, 1e-12, 1e-15} {
		for _, rebound := range []string{"free", "deferred"} {
			doc := smallCase(t, fmt.Sprintf(`{"markets": {"electricity": {"buy_per_mwh": [400, 15, 15, 15], "sell_per_mwh": [5, 5, 5, 5]}},
				"ders": [{"kind": "demand_response", "name": "Shop", "load": "shop", "rebound": %q, "max_reduction_mw": 2, "rebound_ratio": %v}]}`, rebound, ratio))
			want := -15 * (2 + 6*ratio)
			if ratio < 1e-9 {
				_, err := regionOf(t, doc)
				t.Logf("%s rebound of ratio %v | refused | a solver ignores it, and 0 has another optimum | %v", rebound, ratio, err)
				assert.ErrorContains(t, err, "$.ders[0].rebound_ratio: is ")
				continue
			}
			plan, err := coalition(t, doc, "Shop")
			require.NoError(t, err)
			t.Logf("%s rebound of ratio %v | %v | by hand: 15 x (2 + 6 κ) in the hour of the rebound | %v", rebound, ratio, want, plan.Value.Objective)
			assert.InDelta(t, want, plan.Value.Objective, 1e-4)
		}
	}
}

const oneTown = `{"probabilities": [1], "series": [{"name": "town", "paths_mw": [[1, 1, 1, 1]]}]}`

func limited(town, limit string) string { return strings.Replace(town, "%LIMIT%", limit, 1) }
