package highs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
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
		assert.Equal(t, c.gap, got.AllowedGap(1), name)
		assert.Equal(t, c.nodes, got.MaxNodes, name)
		assert.Equal(t, c.it, got.MaxIterations, name)
		assert.Equal(t, c.wall, got.TimeLimit, name)
		assert.Equal(t, c.own.AllowedGap(1), c.own.Limit(milp.Limits{}).(highs.Solver).AllowedGap(1), name)
	}

	// Limits by name have precedence over fields, so that a larger one must go.
	named := highs.Solver{Options: map[string]string{
		"mip_rel_gap": "0.001", "mip_max_nodes": "900", "simplex_iteration_limit": "10", "time_limit": "3600", "random_seed": "4",
	}}
	got := named.Limit(limits).(highs.Solver)
	assert.Equal(t, map[string]string{"simplex_iteration_limit": "10", "random_seed": "4"}, got.Options)
	assert.Equal(t, 0.01, got.AllowedGap(1))
	assert.Len(t, named.Options, 5, "the solver itself stays as it is")
}

// The gap is the larger one of the relative and the absolute gap, and at least
// what HiGHS ignores.
func TestAllowedGap(t *testing.T) {
	assert.InDelta(t, 0.5, highs.Solver{}.AllowedGap(-5000), 1e-12)
	assert.InDelta(t, 5e-4, highs.Solver{Gap: 1e-7}.AllowedGap(5000), 1e-12)
	assert.InDelta(t, 2, highs.Solver{Gap: 1e-7, AbsoluteGap: 2}.AllowedGap(5000), 1e-12)
	assert.InDelta(t, 5e-6, highs.Solver{Gap: highs.Exact, AbsoluteGap: highs.Exact}.AllowedGap(5000), 1e-12)
}

// Of two crates of 3 and 5 at least one is taken, so that the optimum is 3. A
// cutoff below it proves that nothing is as good; one above it leaves the
// optimum.
func TestCutoffLeavesOutPoorSolutions(t *testing.T) {
	m := milp.New()
	a, b := m.Bin(milp.Named("a")), m.Bin(milp.Named("b"))
	m.AtLeast(milp.Named("one"), a.Expr().Plus(b.Expr()), milp.Const(1))
	m.Minimize(a.Times(3).Plus(b.Times(5)))
	own := highs.Solver{Gap: highs.Exact, Options: map[string]string{"objective_bound": "4"}}
	cut := func(at float64) milp.Solver { return own.Limit(milp.Limits{Cutoff: optional.Of(at)}) }
	worse, err := cut(2.5).Solve(t.Context(), m)
	testsolver.Skip(t, err)
	require.NoError(t, err)
	assert.True(t, worse.Status == milp.Infeasible || worse.Bound > 2.5, "status %v, bound %v", worse.Status, worse.Bound)
	found, err := cut(3.5).Solve(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, milp.Optimal, found.Status)
	assert.InDelta(t, 3, found.Objective, 1e-6)
	assert.Equal(t, "4", own.Options["objective_bound"], "the solver itself stays as it is")
	assert.Equal(t, "4", cut(7).(highs.Solver).Options["objective_bound"], "the smaller one holds")
}

// crates chooses crates with a total weight of at most half of all, with values
// close to the weights, so that the tree has many nodes.
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
