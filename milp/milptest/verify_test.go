package milptest_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/milptest"
)

// demand is min 2x + 5y, x + y ≥ 10, 0 ≤ x ≤ 4, y ≥ 0, and its answer: x = 4
// and y = 6 cost 38. One more unit of demand is served by y and costs 5; a
// wider bound on x replaces y by x and saves 3.
func demand() (*milp.Model, *milp.Solution) {
	m := milp.New()
	x := m.Var(milp.Named("x"), 0, 4)
	y := m.Var(milp.Named("y"), 0, milp.Inf)
	m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), y.Expr()), milp.Const(10))
	m.Minimize(milp.Sum(x.Times(2), y.Times(5)))
	return m, &milp.Solution{
		Status: milp.Optimal, Stopped: "by hand", Backend: "pencil",
		Objective: 38, Bound: 38,
		Values: []float64{4, 6}, Duals: []float64{5}, ReducedCosts: []float64{-3, 0},
	}
}

func TestVerifyAcceptsTheAnswer(t *testing.T) {
	require.NoError(t, milptest.Verify(demand()))
}

// TestVerifyFindsEveryFalseField changes one thing at a time in a right answer.
func TestVerifyFindsEveryFalseField(t *testing.T) {
	for name, lie := range map[string]struct {
		change func(s *milp.Solution)
		says   string
	}{
		"no status":               {func(s *milp.Solution) { s.Status = 0 }, "not a status"},
		"no reason":               {func(s *milp.Solution) { s.Stopped = "" }, "Stopped"},
		"no backend":              {func(s *milp.Solution) { s.Backend = "" }, "Backend"},
		"too few values":          {func(s *milp.Solution) { s.Values = s.Values[:1] }, "1 values for 2 variables"},
		"outside a bound":         {func(s *milp.Solution) { s.Values, s.Objective = []float64{5, 5}, 35 }, "x = 5 is outside [0, 4]"},
		"outside a row":           {func(s *milp.Solution) { s.Values, s.Objective = []float64{4, 5}, 33 }, "demand = 9 is outside"},
		"objective":               {func(s *milp.Solution) { s.Objective, s.Bound = 37, 37 }, "objective is 37, recomputed 38"},
		"bound above the minimum": {func(s *milp.Solution) { s.Bound = 39 }, "better than the bound"},
		"bound not a number":      {func(s *milp.Solution) { s.Bound = math.NaN() }, "bound is not a number"},
		"gap hidden":              {func(s *milp.Solution) { s.Bound = 19 }, "gap is 0, recomputed 0.5"},
		"duals of the other sign": {func(s *milp.Solution) { s.Duals = []float64{-5} }, "recomputed"},
		"both prices mirrored": {func(s *milp.Solution) {
			s.Duals, s.ReducedCosts = []float64{-5}, []float64{7, 10}
		}, "not at the upper limit"},
		"another dual":              {func(s *milp.Solution) { s.Duals, s.ReducedCosts = []float64{2}, []float64{0, 3} }, "y: price 3, but 6 is not at the lower limit 0"},
		"no duals":                  {func(s *milp.Solution) { s.Duals = nil }, "0 duals for 1 rows"},
		"infeasible but values":     {func(s *milp.Solution) { s.Status = milp.Infeasible }, "but there are values"},
		"no solution but objective": {func(s *milp.Solution) { *s = milp.Solution{Status: milp.NoSolution, Objective: 3} }, "but the objective is 3"},
	} {
		t.Run(name, func(t *testing.T) {
			m, s := demand()
			lie.change(s)
			assert.ErrorContains(t, milptest.Verify(m, s), lie.says)
		})
	}
	m, _ := demand()
	assert.Error(t, milptest.Verify(m, nil))
}

func TestVerifyOfIntegersAndMaxima(t *testing.T) {
	m := milp.New()
	n := m.Int(milp.Named("n"), 0, 3.5)
	m.Maximize(n.Times(2))
	s := &milp.Solution{Status: milp.Optimal, Stopped: "by hand", Backend: "pencil", Objective: 6, Bound: 6, Values: []float64{3}}
	require.NoError(t, milptest.Verify(m, s))

	s.Bound, s.Gap = 7, 1.0/6
	require.NoError(t, milptest.Verify(m, s), "a bound above a maximum is a bound")
	s.Bound = 5
	assert.ErrorContains(t, milptest.Verify(m, s), "better than the bound")
	s.Values, s.Objective, s.Bound, s.Gap = []float64{3.5}, 7, 7, 0
	assert.ErrorContains(t, milptest.Verify(m, s), "n = 3.5 is not an integer")
	s.Values, s.Objective, s.Bound = []float64{3}, 6, 6
	s.Duals = []float64{}
	assert.ErrorContains(t, milptest.Verify(m, s), "no duals")
}

func ExampleVerify() {
	m := milp.New()
	x := m.Var(milp.Named("x"), 0, 4)
	m.Maximize(x.Times(3))

	fmt.Println(milptest.Verify(m, &milp.Solution{
		Status: milp.Optimal, Stopped: "tired", Backend: "guess", Objective: 6, Bound: 6,
		Values: []float64{2}, Duals: []float64{}, ReducedCosts: []float64{3},
	}))
	// Output: milptest: x: price 3, but 2 is not at the upper limit 4
}

// A correct optimum of a linear program includes its duals: one more unit of x
// earns 3.
func ExampleVerify_optimum() {
	m := milp.New()
	x := m.Var(milp.Named("x"), 0, 4)
	m.Maximize(x.Times(3))

	fmt.Println(milptest.Verify(m, &milp.Solution{
		Status: milp.Optimal, Stopped: "by hand", Backend: "pencil", Objective: 12, Bound: 12,
		Values: []float64{4}, Duals: []float64{}, ReducedCosts: []float64{3},
	}))
	// Output: <nil>
}

// A gap must be that of objective and bound, here |7 − 6| / 6.
func ExampleVerify_gap() {
	m := milp.New()
	n := m.Int(milp.Named("n"), 0, 3.5)
	m.Maximize(n.Times(2))

	fmt.Println(milptest.Verify(m, &milp.Solution{
		Status: milp.Feasible, Stopped: "time limit", Backend: "pencil", Objective: 6, Bound: 7,
		Values: []float64{3},
	}))
	// Output: milptest: gap is 0, recomputed 0.16666666666666666
}

// A constructor for Run turns Settings into a solver.
func ExampleSettings() {
	newSolver := func(s milptest.Settings) milp.Solver {
		if s.Gap == 0 {
			s.Gap = highs.Exact // 0 is HiGHS's default gap, not an exact solve
		}
		return highs.Solver{TimeLimit: s.TimeLimit, Gap: s.Gap}
	}
	fmt.Println(newSolver(milptest.Settings{}).(highs.Solver).Gap == highs.Exact)
	// Output: true
}
