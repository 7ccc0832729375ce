package highs

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

func TestAllowedGap(t *testing.T) {
	assert.InDelta(t, 0.5, Solver{}.AllowedGap(-5000), 1e-12)
	assert.InDelta(t, 5e-4, Solver{Gap: 1e-7}.AllowedGap(5000), 1e-12)
	assert.InDelta(t, 2, Solver{Gap: 1e-7, AbsoluteGap: 2}.AllowedGap(5000), 1e-12)
	assert.InDelta(t, 5e-6, Solver{Gap: Exact, AbsoluteGap: Exact}.AllowedGap(5000), 1e-12)
}

// The optimum of small is 18. A cut below it proves that nothing is as good; one above it leaves the
// optimum.
func TestCutLeavesOutPoorSolutions(t *testing.T) {
	s := Solver{Gap: Exact, Options: map[string]string{"mip_rel_gap": "0"}}
	if _, err := s.Build(); err != nil {
		t.Skip("needs a solver: ", err)
	}
	worse, err := s.Cut(17.5).Solve(t.Context(), small())
	require.NoError(t, err)
	assert.True(t, worse.Status == milp.Infeasible || worse.Bound > 17.5, "status %v, bound %v", worse.Status, worse.Bound)
	found, err := s.Cut(18.5).Solve(t.Context(), small())
	require.NoError(t, err)
	assert.Equal(t, milp.Optimal, found.Status)
	assert.InDelta(t, 18, found.Objective, 1e-6)
	assert.NotContains(t, s.Options, "objective_bound", "the options of the caller are not changed")
	limited, ok := s.Limited(5).(Solver)
	require.True(t, ok)
	assert.EqualValues(t, 5, limited.MaxNodes)
}
