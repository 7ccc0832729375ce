package milptest

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// tolerance is relative to the magnitude of what is compared, absolute below 1.
const tolerance = 1e-6

func near(a, b float64) bool {
	return a == b || math.Abs(a-b) <= tolerance*max(1, math.Abs(a), math.Abs(b))
}

// solve solves the model and recomputes everything in the answer.
func solve(t *testing.T, solver milp.Solver, m *milp.Model) *milp.Solution {
	t.Helper()
	solution, err := solver.Solve(t.Context(), m)
	require.NoError(t, err)
	verify(t, m, solution)
	return solution
}

// verify recomputes everything that a solution says about a model.
func verify(t *testing.T, m *milp.Model, s *milp.Solution) {
	t.Helper()
	require.NotNil(t, s)
	d := m.Data()
	assert.NotEmpty(t, s.Stopped, "Stopped says why the solver stopped")
	assert.NotEmpty(t, s.Backend, "Backend names the solver")
	assert.GreaterOrEqual(t, s.Time.Nanoseconds(), int64(0))

	switch s.Status {
	case milp.Optimal, milp.Feasible:
		require.Len(t, s.Values, len(d.Cost))
		verifyValues(t, m, d, s)
		verifyBound(t, d, s)
		if m.Integers() > 0 {
			assert.Nil(t, s.Duals, "a program with integers has no duals")
			assert.Nil(t, s.ReducedCosts, "a program with integers has no reduced costs")
		} else if s.Status == milp.Optimal {
			verifyDuals(t, m, d, s)
		}
	case milp.Infeasible, milp.Unbounded, milp.NoSolution, milp.Undecided:
		assert.Nil(t, s.Values, "%v: there are no values", s.Status)
		assert.Nil(t, s.Duals, "%v: there are no duals", s.Status)
		assert.Nil(t, s.ReducedCosts, "%v: there are no reduced costs", s.Status)
		assert.True(t, math.IsNaN(s.Objective), "%v: the objective is NaN", s.Status)
		assert.True(t, math.IsInf(s.Gap, 1), "%v: the gap is infinite", s.Status)
		assert.False(t, math.IsNaN(s.Bound), "%v: the bound is a number", s.Status)
	default:
		assert.Fail(t, "status", "%d is not a status", s.Status)
	}
}

func verifyValues(t *testing.T, m *milp.Model, d milp.Data, s *milp.Solution) {
	t.Helper()
	inside := func(what fmt.Stringer, x, lo, hi float64) {
		t.Helper()
		assert.True(t, (x >= lo || near(x, lo)) && (x <= hi || near(x, hi)), "%v = %g is outside [%g, %g]", what, x, lo, hi)
	}
	objective := d.Constant
	for j, x := range s.Values {
		inside(m.VarAt(j).Name(), x, d.Lower[j], d.Upper[j])
		if d.Integer[j] {
			assert.InDelta(t, math.Round(x), x, tolerance, "%v is an integer", m.VarAt(j).Name())
		}
		objective += d.Cost[j] * x
	}
	for i := range d.RowLower {
		inside(m.RowAt(i).Name(), activity(d, i, s.Values), d.RowLower[i], d.RowUpper[i])
	}
	assert.True(t, near(objective, s.Objective), "objective is %g, recomputed %g", s.Objective, objective)
}

// verifyBound checks the bound's side and the gap's definition.
func verifyBound(t *testing.T, d milp.Data, s *milp.Solution) {
	t.Helper()
	assert.False(t, math.IsNaN(s.Bound), "the bound is a number")
	if d.Maximize {
		assert.True(t, s.Bound >= s.Objective || near(s.Bound, s.Objective), "maximum %g exceeds the bound %g", s.Objective, s.Bound)
	} else {
		assert.True(t, s.Bound <= s.Objective || near(s.Bound, s.Objective), "minimum %g is below the bound %g", s.Objective, s.Bound)
	}
	if s.Status == milp.Optimal && !math.IsInf(s.Gap, 0) {
		want := math.Abs(s.Bound-s.Objective) / math.Abs(s.Objective)
		if s.Bound == s.Objective {
			want = 0
		}
		assert.InDelta(t, want, s.Gap, tolerance, "gap is |bound - objective| / |objective|")
	}
}

// verifyDuals checks the conditions that make a solution of a linear program optimal, in the
// model's own sense. With y the duals, d the reduced costs:
//
//	d = c − Aᵀ y
//	minimising: y_i ≥ 0 where only the lower limit holds row i, ≤ 0 where only the upper one does,
//	            0 where neither does; the same for d and the bounds of the variables
//	maximising: the opposite signs
func verifyDuals(t *testing.T, m *milp.Model, d milp.Data, s *milp.Solution) {
	t.Helper()
	require.Len(t, s.Duals, len(d.RowLower))
	require.Len(t, s.ReducedCosts, len(d.Cost))
	reduced := append([]float64(nil), d.Cost...)
	for i, y := range s.Duals {
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			reduced[d.Column[k]] -= y * d.Coefficient[k]
		}
	}
	better := 1.0
	if d.Maximize {
		better = -1
	}
	sign := func(what fmt.Stringer, price, x, lo, hi float64) {
		t.Helper()
		price *= better
		if price > tolerance {
			assert.True(t, near(x, lo), "%v: price %g but %g is not at its lower limit %g", what, price, x, lo)
		}
		if price < -tolerance {
			assert.True(t, near(x, hi), "%v: price %g but %g is not at its upper limit %g", what, price, x, hi)
		}
	}
	for j, r := range s.ReducedCosts {
		assert.True(t, near(reduced[j], r), "%v: reduced cost is %g, recomputed %g", m.VarAt(j).Name(), r, reduced[j])
		sign(m.VarAt(j).Name(), r, s.Values[j], d.Lower[j], d.Upper[j])
	}
	for i, y := range s.Duals {
		sign(m.RowAt(i).Name(), y, activity(d, i, s.Values), d.RowLower[i], d.RowUpper[i])
	}
}

// activity is the value of row i.
func activity(d milp.Data, i int, x []float64) float64 {
	sum := 0.0
	for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
		sum += d.Coefficient[k] * x[d.Column[k]]
	}
	return sum
}
