package trigrid_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
)

// budgeted runs a case of testdata/budget with the default budget, or with a
// smaller one unless TRIGRID_SLOW is set.
func budgeted(t *testing.T, name string, budget time.Duration) *trigrid.Result {
	t.Helper()
	if os.Getenv("TRIGRID_SLOW") != "" {
		budget = trigrid.DefaultBudget
	}
	c, err := casefile.Load(os.DirFS("testdata/budget"), name)
	require.NoError(t, err)
	r, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	began := time.Now()
	res := coordinate(t, r, trigrid.Options{Budget: budget})
	took := time.Since(began)
	assert.Less(t, took, onTime(budget+500*time.Millisecond))
	t.Logf("%s: %v, cut %v, %s, %d open", name, took.Round(time.Millisecond), res.Cut, res.Recommendation.Reason, len(res.OpenPrograms))
	checkSettled(t, res)
	return res
}

// The dynamic cycles, and a strict profile of a higher welfare than the
// momentary one exists.
func TestAnswersWithinABudgetOfACommunity(t *testing.T) {
	res := budgeted(t, "community.json", trigrid.DefaultBudget)
	assert.False(t, res.Cut)
	assert.Equal(t, trigrid.BestEquilibrium, res.Recommendation.Reason)
	assert.InDelta(t, -9105.62, res.Recommendation.Welfare, 0.01)
	assert.True(t, res.Recommendation.Proven)
}

// One idle DER leaves the only equilibrium strict.
func TestAnswersWithinABudgetOfARange(t *testing.T) {
	res := budgeted(t, "range.json", trigrid.DefaultBudget)
	assert.False(t, res.Cut)
	require.Len(t, res.Game.Nash, 1)
	assert.Equal(t, "strict", res.Game.Nash[0].Kind)
	assert.True(t, res.Game.Nash[0].Proven)
}

// Some programs with switched heat and power are not solved to a gap of 1e-7 in
// hours; a gap of 1e-3 takes seconds for all of them.
func TestAnswersWithinABudgetOfHeat(t *testing.T) {
	res := budgeted(t, "heat.json", 15*time.Second)
	assert.Equal(t, trigrid.PlanningEnumerated, res.Planning)
	assert.GreaterOrEqual(t, res.Recommendation.Bound, res.Recommendation.Welfare)
	if res.Cut {
		checkCut(t, res)
	}
}
