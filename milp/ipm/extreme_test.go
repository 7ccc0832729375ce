package ipm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/ipm"
)

// Numbers of very different sizes, with optima found by hand.
func TestExtremeNumbers(t *testing.T) {
	name := func(s string) milp.Name { return milp.At("", s) }
	for what, x := range map[string]struct {
		want  float64
		build func(m *milp.Model)
	}{
		"x + 1e15 y ≥ 5 with y = 0 needs x = 5": {5, func(m *milp.Model) {
			x, y := m.Var(name("x"), 0, 10), m.Var(name("y"), 0, 0)
			m.AtLeast(name("row"), x.Expr().Plus(y.Times(1e15)), milp.Const(5))
			m.Minimize(x.Expr())
		}},
		"x + 1e15 y ≥ 5 with y ≤ 1e-15 needs x = 4": {4, func(m *milp.Model) {
			x, y := m.Var(name("x"), 0, 10), m.Var(name("y"), 0, 1e-15)
			m.AtLeast(name("row"), x.Expr().Plus(y.Times(1e15)), milp.Const(5))
			m.Minimize(x.Expr())
		}},
		// max 2x + y, x + y = 1, x − y ≤ 0.5: x = 0.75.
		"bounds of 5e19 that stand for none": {1.75, func(m *milp.Model) {
			x, y := m.Var(name("x"), 0, 5e19), m.Var(name("y"), 0, 5e19)
			m.Equal(name("sum"), x.Expr().Plus(y.Expr()), milp.Const(1))
			m.AtMost(name("difference"), x.Expr().Minus(y.Expr()), milp.Const(0.5))
			m.Maximize(x.Times(2).Plus(y.Expr()))
		}},
		"bounds of −1e15 and 1e15": {-1, func(m *milp.Model) {
			x, y := m.Var(name("x"), -1e15, 1e15), m.Var(name("y"), 0, 1)
			m.AtLeast(name("sum"), x.Expr().Plus(y.Expr()), milp.Const(0))
			m.Minimize(x.Expr())
		}},
	} {
		m := milp.New()
		x.build(m)
		got, err := ipm.Solver{}.Solve(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, milp.Optimal, got.Status, "%s: %s", what, got.Stopped)
		assert.InDelta(t, x.want, got.Objective, 1e-7, what)
		assert.Nil(t, milp.Verify(m, got.Values, 1e-7), what)
	}
}

// y ≤ 1e-15 and 1e15 y ≥ 5 miss each other by 4e-15 in y, but by 4 in the row.
func TestContradictionOfALargeCoefficient(t *testing.T) {
	m := milp.New()
	y := m.Var(milp.At("", "y"), 0, 1e-15)
	m.AtLeast(milp.At("", "row"), y.Times(1e15), milp.Const(5))
	m.Minimize(y.Expr())
	got, err := ipm.Solver{}.Solve(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, milp.Infeasible, got.Status)
}

// x_k = 10 x_{k−1} from x_0 = 1 has the solution x_12 = 1e12. Prices exclude
// all points up to 1e7 only, which is no proof.
func TestFarSolutionIsNotInfeasible(t *testing.T) {
	m := milp.New()
	x := m.Var(milp.At("", "x", 0), -milp.Inf, milp.Inf)
	m.AtLeast(milp.At("", "first"), x.Expr().Plus(m.Var(milp.At("", "s"), 0, 5).Expr()), milp.Const(3))
	for k := range 12 {
		next := m.Var(milp.At("", "x", k+1), -milp.Inf, milp.Inf)
		m.Equal(milp.At("", "row", k), next.Expr(), x.Times(10))
		x = next
	}
	m.AtLeast(milp.At("", "last"), x.Expr(), milp.Const(1e12))
	m.Minimize(x.Expr())
	got, err := ipm.Solver{}.Solve(t.Context(), m)
	require.NoError(t, err)
	assert.NotEqual(t, milp.Infeasible, got.Status, got.Stopped)
}
