package decompose

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/ipm"
	"github.com/trigrid/trigrid/milp/milptest"
	"github.com/trigrid/trigrid/optional"
)

func TestMain(m *testing.M) { testsolver.Main(m, "^Example") }

// TestConformance runs the suite of solvers. Programs without two scenarios
// reach HiGHS.
func TestConformance(t *testing.T) {
	testsolver.New(t)
	milptest.Run(t, func(s milptest.Settings) milp.Solver {
		h := highs.Solver{TimeLimit: s.TimeLimit, Gap: s.Gap, AbsoluteGap: highs.Exact, MaxNodes: s.Nodes}
		if s.Gap == 0 {
			h.Gap = highs.Exact
		}
		return Solver{Of: h, Linear: ipm.Solver{}, MinBlocks: 2}
	})
}

// factories is a program with a closed form. A factory i can be opened at cost
// f_i for a capacity of 10, in whole numbers up to 3. In scenario s a demand
// d_s is served at no cost, or bought at 4 per unit:
//
//	min Σ f x + Σ p_s 4 max(0, d_s − 10 Σ x)
func factories(costs, demands []float64) *milp.Model {
	m := milp.New()
	var capacity, objective milp.Expr
	for i, f := range costs {
		x := m.Int(milp.At("factory", "open", i), 0, 3)
		capacity.Add(x.Times(10))
		objective.Add(x.Times(f))
	}
	for s, d := range demands {
		bought := m.Var(milp.At("market", "bought", s, 0), 0, milp.Inf)
		served := m.Var(milp.At("market", "served", s, 0), 0, milp.Inf)
		m.AtMost(milp.At("market", "capacity", s, 0), served.Expr(), capacity)
		m.AtLeast(milp.At("market", "demand", s, 0), milp.Sum(bought.Expr(), served.Expr()), milp.Const(d))
		objective.Add(bought.Times(4 / float64(len(demands))))
	}
	m.Minimize(objective)
	return m
}

// cheapest tries all numbers of open factories.
func cheapest(costs, demands []float64) float64 {
	best := math.Inf(1)
	for code := range int(math.Pow(4, float64(len(costs)))) {
		total, capacity := 0.0, 0.0
		for _, f := range costs {
			total += f * float64(code%4)
			capacity += 10 * float64(code%4)
			code /= 4
		}
		for _, d := range demands {
			total += 4 / float64(len(demands)) * max(0, d-capacity)
		}
		best = min(best, total)
	}
	return best
}

// TestSolverFindsTheEnumeratedOptimum compares random factories with
// enumeration, with relaxations by the interior-point method and by HiGHS.
func TestSolverFindsTheEnumeratedOptimum(t *testing.T) {
	solver := testsolver.New(t)
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 1))
		costs, demands := make([]float64, 3), make([]float64, 2+random.IntN(12))
		for i := range costs {
			costs[i] = 15 + 15*random.Float64()
		}
		for s := range demands {
			demands[s] = 90 * random.Float64()
		}
		m := factories(costs, demands)
		s := Solver{Of: solver, MinBlocks: 2}
		if seed%2 == 0 {
			s.Linear = ipm.Solver{}
		}
		out, err := s.Solve(t.Context(), m)
		require.NoError(t, err)
		assert.Equal(t, Decomposed, out.Update)
		assert.InDelta(t, cheapest(costs, demands), out.Objective, 1e-6)
		assert.InDelta(t, out.Objective, out.Bound, 1e-5)
		assert.Nil(t, milp.Verify(m, out.Values, 1e-6))
	}
}

// TestSolverHandlesPointsWithoutRecourse forbids purchases, so that capacity
// must meet the largest demand: 37 needs four openings, of the cheapest factory
// three.
func TestSolverHandlesPointsWithoutRecourse(t *testing.T) {
	m := factories([]float64{20, 25}, []float64{5, 37, 12})
	for j := range m.Vars() {
		if v := m.VarAt(j); v.Name().Quantity == "bought" {
			m.SetBounds(v, 0, 0)
		}
	}
	solver := Solver{Of: testsolver.New(t), Linear: ipm.Solver{}, MinBlocks: 2}
	out, err := solver.Solve(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, Decomposed, out.Update)
	assert.InDelta(t, 3*20+25, out.Objective, 1e-6)

	// 67 is more than both factories have together.
	m = factories([]float64{20, 25}, []float64{5, 67, 12})
	for j := range m.Vars() {
		if v := m.VarAt(j); v.Name().Quantity == "bought" {
			m.SetBounds(v, 0, 0)
		}
	}
	out, err = solver.Solve(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, milp.Infeasible, out.Status)
}

// TestSolverIsTheSameOnAnyNumberOfCores compares all fields but the time, with
// as many threads as cores.
func TestSolverIsTheSameOnAnyNumberOfCores(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 1))
	demands := make([]float64, 40)
	for s := range demands {
		demands[s] = 90 * random.Float64()
	}
	m := factories([]float64{21, 23, 26}, demands)
	on := func(cores int) *milp.Solution {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		out, err := Solver{Of: testsolver.New(t), Linear: ipm.Solver{Threads: cores}}.Solve(t.Context(), m)
		require.NoError(t, err)
		assert.Equal(t, Decomposed, out.Update)
		out.Time = 0
		return out
	}
	assert.Equal(t, on(1), on(4))
}

// TestSolverStopsWithItsContext cancels before, and during the solution at the
// first evaluation.
func TestSolverStopsWithItsContext(t *testing.T) {
	m := factories([]float64{21, 23}, []float64{5, 37, 12})
	ctx, cancel := context.WithCancel(t.Context())
	solver := Solver{Of: testsolver.New(t), MinBlocks: 2}
	solver.trace = func(string, ...any) { cancel() } // the first line is that of the relaxation
	_, err := solver.Solve(ctx, m)
	assert.ErrorIs(t, err, context.Canceled)
	_, err = solver.Solve(ctx, m)
	assert.ErrorIs(t, err, context.Canceled)
}

// TestSplitByHand has a column of the first stage by its rows (x), one of a
// scenario by its rows (excess), and rows of the first stage alone.
func TestSplitByHand(t *testing.T) {
	m := milp.New()
	x := m.Var(milp.At("v", "position", 0), 0, 1)
	on := m.Bin(milp.At("v", "on", 0))
	excess := []milp.Var{m.Var(milp.At("v", "excess", 0), 0, 1), m.Var(milp.At("v", "excess", 1), 0, 1)}
	m.AtMost(milp.Named("alone"), x.Expr(), on.Expr())
	for s := range 2 {
		y := m.Var(milp.At("v", "delivered", s, 0), 0, 1)
		m.AtLeast(milp.At("v", "tail", s), milp.Sum(excess[s].Expr(), x.Expr()), y.Expr())
	}
	division := splitOf(m, m.Data())
	assert.Equal(t, []int{0, 1}, division.first)
	assert.Equal(t, []int{0}, division.rows)
	assert.Equal(t, []block{{[]int{2, 4}, []int{1}}, {[]int{3, 5}, []int{2}}}, division.blocks)

	// A row of two scenarios joins them: there is no division.
	m.AtMost(milp.Named("total"), milp.Sum(m.VarAt(4).Expr(), m.VarAt(5).Expr()), milp.Const(1))
	assert.Nil(t, splitOf(m, m.Data()))
}

// Scenarios that are equal, that have no cost because their probability is 0,
// or a model of one scenario only have the optimum of the whole model.
func TestSolverHandlesDegenerateScenarios(t *testing.T) {
	h := testsolver.New(t)
	costs := []float64{9, 7}
	equal := []float64{14, 14, 14, 14}
	got, err := Solver{Of: h, MinBlocks: 1}.Solve(t.Context(), factories(costs, equal))
	require.NoError(t, err)
	assert.InDelta(t, cheapest(costs, equal), got.Objective, 1e-6)

	// Without a cost of buying, no factory is opened.
	m := factories(costs, []float64{14, 20})
	for s := range 2 {
		m.SetCost(m.VarAt(len(costs)+2*s), 0)
	}
	got, err = Solver{Of: h, MinBlocks: 1}.Solve(t.Context(), m)
	require.NoError(t, err)
	assert.InDelta(t, 0, got.Objective, 1e-6)
}

// TestLimitsGoToTheWholeProgram has a larger gap, which decomposition keeps,
// and a limit of nodes.
func TestLimitsGoToTheWholeProgram(t *testing.T) {
	solver := Solver{Of: highs.Solver{Gap: 1e-7}, Linear: ipm.Solver{}, MinBlocks: 2}
	assert.InDelta(t, 5e-4, solver.AllowedGap(5000), 1e-12)
	assert.InDelta(t, 5e-5, Solver{Of: highs.Solver{Gap: 1e-9}, Linear: ipm.Solver{}}.AllowedGap(5000), 1e-12)
	assert.InDelta(t, 50, solver.Limit(milp.Limits{Gap: 0.01}).(Solver).AllowedGap(5000), 1e-12)
	for _, l := range []milp.Limits{{Nodes: 3}, {Iterations: 4}, {Time: time.Second}, {Cutoff: optional.Of(7)}} {
		assert.Equal(t, solver.Of.Limit(l), solver.Limit(l))
	}
}

// TestSolverKeepsFractionalBounds has at most 2.5 openings, so that two of them
// are the most. The rest of the demand of 40 is bought: 2·20 + 4·20. Bounds
// between two whole numbers have no integer.
func TestSolverKeepsFractionalBounds(t *testing.T) {
	m := factories([]float64{20}, []float64{40, 40})
	m.SetBounds(m.VarAt(0), 0, 2.5)
	solver := Solver{Of: testsolver.New(t), Linear: ipm.Solver{}, MinBlocks: 2}
	got, err := solver.Solve(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, Decomposed, got.Update)
	assert.InDelta(t, 2*20+4*20, got.Objective, 1e-6)
	assert.InDelta(t, 2, got.Values[0], 1e-9)

	m.SetBounds(m.VarAt(0), 1.2, 1.8)
	got, err = solver.Solve(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, milp.Infeasible, got.Status)
}

// Programs without a solution have the status of the whole model.
func TestSolverProvesInfeasibleAndUnbounded(t *testing.T) {
	h := testsolver.New(t)
	m := factories([]float64{9}, []float64{14, 20})
	x := m.VarAt(0)
	m.AtLeast(milp.At("factory", "many", 0), x.Expr(), milp.Const(4)) // above its bound of 3
	got, err := Solver{Of: h, MinBlocks: 1}.Solve(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, milp.Infeasible, got.Status)

	m = factories([]float64{9}, []float64{14, 20})
	m.SetCost(m.VarAt(1), -1) // bought without a bound
	got, err = Solver{Of: h, MinBlocks: 1}.Solve(t.Context(), m)
	require.NoError(t, err)
	require.ErrorIs(t, got.Err(), milp.ErrUnbounded)
}
