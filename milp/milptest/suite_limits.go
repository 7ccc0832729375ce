package milptest

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// endless returns a program that no solver finishes: a market split with 6 rows
// and 50 binaries,
//
//	min Σ_i (s_i + r_i)    subject to    Σ_j a_ij x_j + s_i − r_i = b_i,    s, r ≥ 0
//
// Every x is feasible and the relaxation's optimum is 0. Branch and bound needs
// about 2⁵⁰ nodes. planted is a solution with objective 0, from which the
// right-hand sides were computed.
//
// Source: Cornuéjols and Dawande, A class of hard small 0-1 programs, IPCO
// 1998.
func endless() (m *milp.Model, planted []float64) {
	const rows, cols = 6, 50
	rng := rand.New(rand.NewPCG(1, 4))
	m = milp.New()
	x := make([]milp.Var, cols)
	for j := range x {
		x[j] = m.Bin(milp.At("", "x", j))
		planted = append(planted, float64(rng.IntN(2)))
	}
	// short and over are s_i and r_i, the amounts by which row i misses its
	// right-hand side.
	var cost milp.Expr
	for i := range rows {
		var row milp.Expr
		rhs := 0.0
		for j := range x {
			a := float64(rng.IntN(100))
			// A planted point meets each row, so that the optimum is 0 and
			// known without a solver.
			row.Add(x[j].Times(a))
			rhs += a * planted[j]
		}
		short, over := m.Var(milp.At("", "short", i), 0, inf), m.Var(milp.At("", "over", i), 0, inf)
		m.Equal(milp.At("", "row", i), milp.Sum(row, short.Expr(), over.Times(-1)), milp.Const(rhs))
		cost.Add(short.Expr(), over.Expr())
		planted = append(planted, 0, 0)
	}
	m.Minimize(cost)
	return m, planted
}

// timeLimit expects the best solution so far at the end of the time limit: a
// result with the status Feasible, not an error.
func (s *suite) timeLimit(t *testing.T) {
	m, _ := endless()
	got := solve(t, s.newSolver(Settings{TimeLimit: 300 * time.Millisecond}), m)
	require.Equal(t, milp.Feasible, got.Status, "stopped: %s", got.Stopped)
	assert.GreaterOrEqual(t, got.Bound, -tolerance, "no solution is below 0, the relaxation's optimum")
	// A generous distance, because machines are busy; a solver that ignores its
	// limit needs days.
	assert.Less(t, got.Time, 10*time.Second)
}

// workLimit expects the same result twice, with the best solution and a bound,
// from a solver that stops after some nodes. A solver without such a limit
// stops at the time limit, and the test is skipped.
func (s *suite) workLimit(t *testing.T) {
	m, _ := endless()
	solver := s.newSolver(Settings{Nodes: 20, TimeLimit: 10 * time.Second})
	first := solve(t, solver, m)
	if first.Time >= 10*time.Second {
		t.Skip("the solver has no limit of nodes")
	}
	require.Equal(t, milp.Feasible, first.Status, "stopped: %s", first.Stopped)
	assert.GreaterOrEqual(t, first.Bound, -tolerance, "the bound is kept")
	again := solve(t, solver, m)
	first.Time, again.Time = 0, 0
	assert.Equal(t, first, again)
}

// gap expects a solver to stop at the given gap and to report it. The optimum
// is known from dynamic programming, so that both ends of the interval
// [objective, bound] can be compared with it.
func (s *suite) gap(t *testing.T) {
	const gap = 0.05
	m, best := knapsack(7, 40)
	got := solve(t, s.newSolver(Settings{Gap: gap}), m)
	require.Equal(t, milp.Optimal, got.Status)
	// The knapsack is a maximum: the solution may fall short of the best value
	// by the gap, and the bound must not.
	assert.LessOrEqual(t, got.Gap, gap+tolerance)
	assert.GreaterOrEqual(t, got.Objective, best*(1-gap)-tolerance)
	assert.GreaterOrEqual(t, got.Bound, best-tolerance, "the bound holds for the true optimum")
}

// cancelled expects an error that wraps the context's error and no solution,
// for a context that ends before the solve, during it, and by a deadline.
func (s *suite) cancelled(t *testing.T) {
	m, _ := endless()
	// Cancelled before the call: the solver must not start.
	t.Run("Before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got, err := s.exact().Solve(ctx, m)
		require.ErrorIs(t, err, context.Canceled)
		assert.Nil(t, got)
	})
	// Cancelled after 200 ms, while the solver is in branch and bound.
	t.Run("During", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer time.AfterFunc(200*time.Millisecond, cancel).Stop()
		got, err := s.exact().Solve(ctx, m)
		require.ErrorIs(t, err, context.Canceled)
		assert.Nil(t, got)
	})
	// A deadline of the context is an error, unlike a time limit of the solver.
	t.Run("Deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		got, err := s.exact().Solve(ctx, m)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Nil(t, got)
	})
	t.Run("Afterwards", func(t *testing.T) { // the solver still works
		m, best := knapsack(1, 20)
		assert.InDelta(t, best, solve(t, s.exact(), m).Objective, tolerance)
	})
}

// refused expects an error and no solution for an invalid model. Each case
// makes one mistake that a Model records.
func (s *suite) refused(t *testing.T) {
	for name, build := range map[string]func(m *milp.Model){
		"NaN in a bound":       func(m *milp.Model) { v(m, "x", math.NaN(), 1) },
		"NaN in a cost":        func(m *milp.Model) { minimize(m, v(m, "x", 0, 1).Times(math.NaN())) },
		"NaN in a row":         func(m *milp.Model) { atMost(m, 1, v(m, "x", 0, 1).Times(math.NaN())) },
		"NaN in a limit":       func(m *milp.Model) { atMost(m, math.NaN(), v(m, "x", 0, 1).Expr()) },
		"Infinite coefficient": func(m *milp.Model) { atMost(m, 1, v(m, "x", 0, 1).Times(inf)) },
		"Bounds that cross":    func(m *milp.Model) { v(m, "x", 2, 1) },
		"Another model's variable": func(m *milp.Model) {
			v(m, "x", 0, 1)
			minimize(m, v(milp.New(), "y", 0, 1).Expr())
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := milp.New()
			build(m)
			require.Error(t, m.Err())
			got, err := s.exact().Solve(t.Context(), m)
			require.ErrorIs(t, err, m.Err())
			assert.Nil(t, got)
		})
	}
}

// modelUnchanged compares a model's arrays before and after a solve. Solvers
// that scale or round in place would break concurrent solves of a model.
func (s *suite) modelUnchanged(t *testing.T) {
	m, _ := knapsack(2, 20)
	m.SetBounds(m.VarAt(0), 0, 0.5) // a fractional bound, which solvers round
	m.Propose(m.VarAt(1), 1)
	// Data may share memory with the model, so the arrays are copied for the
	// comparison. Start is left out, because it contains NaN, which is unequal
	// to itself.
	clone := func() milp.Data {
		d := m.Data()
		for _, x := range []*[]float64{&d.Cost, &d.Lower, &d.Upper, &d.Coefficient, &d.RowLower, &d.RowUpper} {
			*x = slices.Clone(*x)
		}
		d.RowStart, d.Column, d.Start = slices.Clone(d.RowStart), slices.Clone(d.Column), nil
		return d
	}
	before := clone()
	solve(t, s.exact(), m)
	assert.Equal(t, before, clone())
	assert.Equal(t, 1.0, m.Data().Start[1])
}

// starts proposes good, partial and infeasible starts. None may change the
// optimum, because a start only gives branch and bound a first incumbent.
func (s *suite) starts(t *testing.T) {
	m, best := knapsack(3, 25)
	// All starts below are derived from the optimum or are infeasible.
	optimum := solve(t, s.exact(), m).Values
	for name, propose := range map[string]func(j int) bool{
		"Complete": func(int) bool { return true },
		"Partial":  func(j int) bool { return j%3 == 0 },
		"One":      func(j int) bool { return j == 0 },
	} {
		t.Run(name, func(t *testing.T) {
			// Each start begins from none, so that a partial one is not
			// completed by the one before.
			m.ClearProposals()
			for j, x := range optimum {
				if propose(j) {
					m.Propose(m.VarAt(j), x)
				}
			}
			assert.InDelta(t, best, solve(t, s.exact(), m).Objective, tolerance)
		})
	}
	// Each of these violates the weight limit, the bounds or integrality.
	for name, value := range map[string]float64{"All, too heavy": 1, "Outside the bounds": 5, "Fractional": 0.4} {
		t.Run(name, func(t *testing.T) {
			for j := range m.Vars() {
				m.Propose(m.VarAt(j), value)
			}
			assert.InDelta(t, best, solve(t, s.exact(), m).Objective, tolerance)
		})
	}
}

// concurrency solves different models, and one model several times,
// concurrently with one solver. Run with -race, it also finds solvers that
// write to a shared model.
func (s *suite) concurrency(t *testing.T) {
	var (
		solver         = s.exact()
		shared, optima = knapsack(100, 20)
		wait           sync.WaitGroup
	)
	// Even seeds solve models of different sizes, odd ones share one model.
	for seed := range uint64(8) {
		wait.Go(func() {
			m, best := shared, optima
			if seed%2 == 0 {
				m, best = knapsack(seed, 15+int(seed))
			}
			got, err := solver.Solve(t.Context(), m)
			if assert.NoError(t, err) {
				assert.NoError(t, Verify(m, got))
				assert.InDelta(t, best, got.Objective, tolerance)
			}
		})
	}
	wait.Wait()
}
