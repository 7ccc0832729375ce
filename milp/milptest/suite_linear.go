package milptest

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// slow returns a linear program that takes far longer than a second: 20 000
// rows with five random columns each. The factor of any elimination order is a
// nearly dense triangle of some thousand rows, and a basis fills alike. All
// columns at 1 satisfy the rows.
func slow() *milp.Model {
	const size = 20_000
	rng := rand.New(rand.NewPCG(1, 6))
	m := milp.New()
	var cost milp.Expr
	for range size {
		cost.Add(v(m, "x", 0, 10).Times(rng.Float64()))
	}
	for range size {
		var row milp.Expr
		sum := 0.0
		for range 5 {
			a := 0.1 + rng.Float64()
			// Each variable at 1 meets the row, so that the program is
			// feasible, and 20,000 rows take longer than the limits of the
			// tests.
			row.Add(m.VarAt(rng.IntN(size)).Times(a))
			sum += a
		}
		atLeast(m, sum, row)
	}
	m.Minimize(cost)
	return m
}

// integersRefused expects an error with the name of an integer variable, and no
// solution.
func (s *suite) integersRefused(t *testing.T) {
	m := milp.New()
	x, y := v(m, "power", 0, 4), n(m, "starts", 0, 3)
	atMost(m, 5, x.Expr(), y.Expr())
	maximize(m, x.Expr(), y.Times(2))
	got, err := s.exact().Solve(t.Context(), m)
	require.ErrorContains(t, err, "starts")
	assert.Nil(t, got)
}

// linearModelUnchanged compares a model's arrays before and after a solve, as
// modelUnchanged.
func (s *suite) linearModelUnchanged(t *testing.T) {
	m := randomLinear(rand.New(rand.NewPCG(3, 1)))
	d := m.Data()
	before := [][]float64{d.Cost, d.Lower, d.Upper, d.Coefficient, d.RowLower, d.RowUpper}
	for i, x := range before {
		before[i] = slices.Clone(x)
	}
	start, column := slices.Clone(d.RowStart), slices.Clone(d.Column)
	solve(t, s.exact(), m)
	d = m.Data()
	assert.Equal(t, before, [][]float64{d.Cost, d.Lower, d.Upper, d.Coefficient, d.RowLower, d.RowUpper})
	assert.Equal(t, start, d.RowStart)
	assert.Equal(t, column, d.Column)
}

// linearTimeLimit expects a result without an error at the time limit, and no
// optimum.
func (s *suite) linearTimeLimit(t *testing.T) {
	got := solve(t, s.newSolver(Settings{TimeLimit: 300 * time.Millisecond}), slow())
	require.Contains(t, []milp.Status{milp.Feasible, milp.NoSolution}, got.Status, "stopped: %s", got.Stopped)
	assert.Contains(t, got.Stopped, "time limit")
	assert.Less(t, got.Time, 10*time.Second, "a generous distance, because machines are busy")
}

// linearCancelled expects the error of a context that ends before a solve or
// during it.
func (s *suite) linearCancelled(t *testing.T) {
	m := slow()
	for name, wait := range map[string]time.Duration{"Before": 0, "During": 200 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			// A context that has ended before the call must end it without
			// work.
			if wait == 0 {
				cancel()
			}
			defer time.AfterFunc(wait, cancel).Stop()
			begin := time.Now()
			got, err := s.exact().Solve(ctx, m)
			require.ErrorIs(t, err, context.Canceled)
			assert.Nil(t, got)
			assert.Less(t, time.Since(begin), 10*time.Second)
		})
	}
	t.Run("Deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		got, err := s.exact().Solve(ctx, m)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Nil(t, got)
	})
	t.Run("Afterwards", func(t *testing.T) { // the solver still works
		assert.InDelta(t, 420, solve(t, s.exact(), sources(1, false)).Objective, tolerance)
	})
}

// linearConcurrency solves different models, and one model several times, with
// one solver.
func (s *suite) linearConcurrency(t *testing.T) {
	shared := randomLinear(rand.New(rand.NewPCG(100, 1)))
	want := solve(t, s.exact(), shared).Objective
	solver := s.exact()
	var wait sync.WaitGroup
	for seed := range uint64(8) {
		wait.Go(func() {
			m := shared
			// Half of the goroutines solve one shared model, which Solve must
			// not change.
			if seed%2 == 0 {
				m = randomLinear(rand.New(rand.NewPCG(seed, 1)))
			}
			got, err := solver.Solve(t.Context(), m)
			if assert.NoError(t, err) && assert.NoError(t, Verify(m, got)) && m == shared {
				assert.InDelta(t, want, got.Objective, tolerance)
			}
		})
	}
	wait.Wait()
}
