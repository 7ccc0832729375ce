package highs

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// TestSessionAddsRowsToALinearProgram cuts a corner off max x + y over the unit
// square: with x + 2y ≤ 2 the optimum moves from 2 to (1, ½), with 3x + y ≤ 3
// to the crossing (0.8, 0.6) of both rows.
func TestSessionAddsRowsToALinearProgram(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m := milp.New()
		x, y := m.Var(milp.Named("x"), 0, 1), m.Var(milp.Named("y"), 0, 1)
		m.AtLeast(milp.Named("first"), x.Expr(), milp.Const(0))
		m.Maximize(milp.Sum(x.Expr(), y.Expr()))
		session, err := s.Open(m)
		require.NoError(t, err)
		defer session.Close()
		step := func(objective float64, update string) {
			t.Helper()
			got, err := session.Solve(t.Context())
			require.NoError(t, err)
			assert.InDelta(t, objective, got.Objective, 1e-9)
			assert.Equal(t, update, got.Update)
			assert.Len(t, got.Duals, m.Rows())
		}
		step(2, "built: 2 columns, 1 rows")
		m.AtMost(milp.Named("second"), milp.Sum(x.Expr(), y.Times(2)), milp.Const(2))
		step(1.5, "updated: 1 more rows, no changes")
		m.AtMost(milp.Named("third"), milp.Sum(x.Times(3), y.Expr()), milp.Const(3))
		m.SetBounds(y, 0, 2)
		step(1.4, "updated: 1 more rows, 1 bounds")
		m.Var(milp.Named("z"), 0, 1) // a new column needs a new program
		step(1.4, "rebuilt: columns, rows or coefficients changed")
	})
}
