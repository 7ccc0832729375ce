package highs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// A further limit tightens a solver and never loosens it.
func TestLimitKeepsTheStricterLimits(t *testing.T) {
	limits := milp.Limits{Gap: 0.01, Nodes: 100, Iterations: 5000, Time: time.Minute}
	for name, c := range map[string]struct {
		own       highs.Solver
		gap       float64
		nodes, it int64
		wall      time.Duration
	}{
		"none":    {highs.Solver{}, 0.01, 100, 5000, time.Minute},
		"tighter": {highs.Solver{Gap: 0.1, MaxNodes: 7, MaxIterations: 9, TimeLimit: time.Second}, 0.1, 7, 9, time.Second},
		"looser":  {highs.Solver{Gap: highs.Exact, MaxNodes: 700, MaxIterations: 9000, TimeLimit: time.Hour}, 0.01, 100, 5000, time.Minute},
	} {
		got := c.own.Limit(limits).(highs.Solver)
		assert.Equal(t, c.gap, got.RelativeGap(), name)
		assert.Equal(t, c.nodes, got.MaxNodes, name)
		assert.Equal(t, c.it, got.MaxIterations, name)
		assert.Equal(t, c.wall, got.TimeLimit, name)
		assert.Equal(t, c.own.RelativeGap(), c.own.Limit(milp.Limits{}).(highs.Solver).RelativeGap(), name)
	}
	assert.Equal(t, 1e-4, highs.Solver{}.RelativeGap())
	assert.Zero(t, highs.Solver{Gap: highs.Exact}.RelativeGap())

	// Limits by name have precedence over fields, so that a larger one must go.
	named := highs.Solver{Options: map[string]string{
		"mip_rel_gap": "0.001", "mip_max_nodes": "900", "simplex_iteration_limit": "10", "time_limit": "3600", "random_seed": "4",
	}}
	got := named.Limit(limits).(highs.Solver)
	assert.Equal(t, map[string]string{"simplex_iteration_limit": "10", "random_seed": "4"}, got.Options)
	assert.Equal(t, 0.01, got.RelativeGap())
	assert.Len(t, named.Options, 5, "the solver itself stays as it is")
}

// crates chooses crates with a total weight of at most half of all, with values close to the
// weights, so that the tree has many nodes.
func crates() *milp.Model {
	m := milp.New()
	var weight, value milp.Expr
	total := 0.0
	for i := range 40 {
		x := m.Bin(milp.At("crate", "taken", i))
		w := 100 + float64(i*i*37%101)
		weight.Add(x.Times(w))
		value.Add(x.Times(w + float64(i*13%7)))
		total += w
	}
	m.AtMost(milp.Named("weight"), weight, milp.Const(total/2+0.5))
	m.Maximize(value)
	return m
}

func TestObserveReportsASolve(t *testing.T) {
	solver := highs.Solver{Gap: highs.Exact, MaxNodes: 2000}
	own, further := 0, 0
	solver.Progress = func(highs.Progress) { own++ }
	var last milp.Progress
	solution, err := solver.Observe(func(p milp.Progress) { further++; last = p }).Solve(t.Context(), crates())
	testsolver.Skip(t, err)
	require.NoError(t, err)
	require.NotNil(t, solution.Values)
	assert.Positive(t, further)
	assert.Equal(t, further, own, "both functions are called")
	assert.GreaterOrEqual(t, last.Bound, last.Incumbent-1e-6)
}
