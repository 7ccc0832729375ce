package trigrid_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/milp/highs"
)

// A result states the ranges of the recommended payoffs and values. They contain those of runs with
// other seeds of the solver, and the ranges of a VPP are those of its coalition.
func TestRangesOfARunContainThoseOfOtherSeeds(t *testing.T) {
	region := small(t)
	res := coordinate(t, region, trigrid.Options{})
	solver := trigrid.DefaultSolver()
	for _, seed := range []int{7, 42} {
		solver.Seed, solver.Presolve = seed, highs.PresolveOff
		other := coordinate(t, region, trigrid.Options{Solver: solver})
		require.Equal(t, res.Recommendation.Profile, other.Recommendation.Profile)
		for i, u := range res.DERs {
			require.NotNil(t, u.PayoffLow)
			require.NotNil(t, u.PayoffHigh)
			assert.LessOrEqual(t, *u.PayoffLow, other.DERs[i].Payoff, u.Name)
			assert.GreaterOrEqual(t, *u.PayoffHigh, other.DERs[i].Payoff, u.Name)
			if u.Choice == trigrid.Outside {
				assert.Equal(t, *u.PayoffLow, *u.PayoffHigh)
			}
		}
		for v, p := range res.VPPs {
			assert.LessOrEqual(t, *p.IntegratedLow, other.VPPs[v].Integrated, p.Name)
			assert.GreaterOrEqual(t, *p.IntegratedHigh, other.VPPs[v].Integrated, p.Name)
		}
	}
	stated := 0
	for _, c := range res.Coalitions {
		if c.IntegratedLow == nil {
			continue
		}
		stated++
		assert.LessOrEqual(t, *c.IntegratedLow, c.Value.Integrated)
		assert.GreaterOrEqual(t, *c.IntegratedHigh, c.Value.Integrated)
	}
	assert.Positive(t, stated)
	assert.Less(t, stated, len(res.Coalitions), "only the coalitions behind the shown payoffs")
}
