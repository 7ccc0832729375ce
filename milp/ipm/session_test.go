package ipm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/ipm"
	"github.com/trigrid/trigrid/optional"
)

// diet is min 2x + 3y with x + y ≥ 4 and x ≤ 3: x = 3 and y = 1 cost 9.
func diet() (m *milp.Model, x, y milp.Var) {
	m = milp.New()
	x, y = m.Var(milp.Named("x"), 0, 3), m.Var(milp.Named("y"), 0, 10)
	m.AtLeast(milp.Named("amount"), x.Expr().Plus(y.Expr()), milp.Const(4))
	m.Minimize(x.Times(2).Plus(y.Times(3)))
	return m, x, y
}

// TestSessionSolvesChangedPrograms fixes a column, frees it, and adds a row.
// Costs are by hand.
func TestSessionSolvesChangedPrograms(t *testing.T) {
	m, x, y := diet()
	session, err := ipm.Solver{}.Open(m)
	require.NoError(t, err)
	solve := func(want float64, update string) {
		t.Helper()
		out, err := session.Solve(t.Context())
		require.NoError(t, err)
		assert.Equal(t, milp.Optimal, out.Status)
		assert.InDelta(t, want, out.Objective, 1e-6)
		assert.InDelta(t, want, out.Bound, 1e-6)
		assert.Equal(t, update, out.Update)
	}
	const built, updated = "built: a new elimination order", "updated: the elimination order stays"
	solve(9, built)
	m.Fix(x, 1)
	solve(2+3*3, updated)
	m.SetBounds(x, 0, 3)
	m.SetCost(y, 1)
	solve(4, updated)
	m.AtLeast(milp.Named("some"), x.Expr(), milp.Const(2))
	solve(2*2+2, built)
	require.NoError(t, session.Close())
	_, err = session.Solve(t.Context())
	assert.ErrorContains(t, err, "closed")
	_, err = ipm.Solver{}.Open(nil)
	assert.ErrorContains(t, err, "no model")
}

// TestCutoffEndsAMinimisation has cutoffs below and above the optimum of 9. The
// bound of the first is above the cutoff and holds. A maximum has no cutoff.
func TestCutoffEndsAMinimisation(t *testing.T) {
	m, x, y := diet()
	below := ipm.Solver{}.Limit(milp.Limits{Cutoff: optional.Of(8)})
	out, err := below.Solve(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, milp.NoSolution, out.Status)
	assert.Greater(t, out.Bound, 8.0)
	assert.LessOrEqual(t, out.Bound, 9+1e-6)

	out, err = ipm.Solver{}.Limit(milp.Limits{Cutoff: optional.Of(10)}).Solve(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, milp.Optimal, out.Status)
	assert.InDelta(t, 9, out.Objective, 1e-6)

	// Of two cutoffs the smaller one holds.
	again, err := below.(milp.Limited).Limit(milp.Limits{Cutoff: optional.Of(10)}).Solve(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, milp.NoSolution, again.Status)

	m.Maximize(x.Times(-2).Minus(y.Times(3)))
	out, err = below.Solve(t.Context(), m)
	require.NoError(t, err)
	assert.InDelta(t, -9, out.Objective, 1e-6)

	plain, err := ipm.Solver{}.Identity()
	require.NoError(t, err)
	cut, err := below.(ipm.Solver).Identity()
	require.NoError(t, err)
	assert.NotEqual(t, plain, cut)
}
