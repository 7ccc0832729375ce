package casefile_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/vpp"
)

// Cases with the cost 0.2 p² per hour of one unit, by hand: 10 MW cost 20, and
// at a price of 3.8 an output of 9.5 MW earns 18.05. The wind of 4 MW earns
// 15.2 more.
func TestRightQuadraticCostsOfCases(t *testing.T) {
	const text = `{
		"name": "quadratic", "seed": 3, "grid": {"start": "2031-03-10T00:00", "steps": 1, "step_hours": 1},
		"scenarios": {"probabilities": [1], "series": [{"name": "town", "paths_mw": [[DEMAND]]}, {"name": "gust", "paths_mw": [[4]]}]},
		"weights": {"economic": 1, "risk": 0, "environment": 0}, "risk": {"confidence": 0.8}, "modelling": {MODELLING},
		"markets": {"electricity": {"buy_per_mwh": [60], "sell_per_mwh": [SELL]}},
		"vpps": [{"name": "Hill", "demand": "town", "risk_aversion": 0, "pass_through": 1, "tariff": {"injection_per_mwh": 0, "withdrawal_per_mwh": 0}}],
		"ders": [
			{"kind": "thermal", "name": "Stack", "min_output_mw": 0, "max_output_mw": 80, "quadratic_cost_per_mw2h": 0.2},
			{"kind": "wind", "name": "Ridge", "capacity_mw": 9, "available": "gust"}
		]
	}`
	plan := func(demand, sell, modelling string, members int) *vpp.Plan {
		doc := strings.NewReplacer("DEMAND", demand, "SELL", sell, "MODELLING", modelling).Replace(text)
		c, err := casefile.Load(fstest.MapFS{"case.json": {Data: []byte(doc)}}, "case.json")
		require.NoError(t, err)
		region, err := c.Region(t.Context(), casefile.Options{})
		require.NoError(t, err)
		out, err := vpp.Problem{VPP: region.VPPs[0], Members: region.DERs[:members], Setting: region.Setting}.Solve(t.Context(), testsolver.New(t))
		testsolver.Skip(t, err)
		require.NoError(t, err)
		require.NoError(t, out.Verify(0))
		return out
	}
	for _, c := range []struct {
		name, demand, sell string
		members            int
		want               float64
	}{
		{"25-quadratic-cost", "10", "0", 1, -20},
		{"26-quadratic-never-used", "0", "3.8", 1, 18.05},
		{"26 with its wind", "0", "3.8", 2, 18.05 + 15.2},
	} {
		found := plan(c.demand, c.sell, "", c.members)
		t.Logf("%s | %v | by hand | %v", c.name, c.want, found.Value.Objective)
		assert.InDelta(t, c.want, found.Value.Objective, 2e-5*20, c.name)
	}
	rough := plan("0", "3.8", `"cost_rounds": 1, "cost_tolerance": 1e-9`, 1)
	assert.Greater(t, rough.CostError, 1e-9*rough.Value.Cost, "the keys reach the plan")
}
