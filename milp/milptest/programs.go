package milptest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// program is a program with its expected result.
type program struct {
	name      string              // of the subtest
	build     func(m *milp.Model) // adds columns, rows and the objective to an empty model
	status    milp.Status         // expected of every solver
	objective float64             // expected if the status is Optimal
	values    []float64           // nil if they are not unique
	duals     []float64           // nil if they are not unique or do not exist
	reduced   []float64           // as duals
}

// programs solves every program of the tables and compares status, objective,
// values and duals.
func (s *suite) programs(t *testing.T) {
	tables := [][]program{linear, integer}
	if s.linear {
		// The second table has integers.
		tables = tables[:1]
	}
	for _, table := range tables {
		for _, p := range table {
			t.Run(p.name, func(t *testing.T) {
				m := milp.New()
				p.build(m)
				solution := solve(t, s.exact(), m)
				require.Equal(t, p.status, solution.Status, "stopped: %s", solution.Stopped)
				if p.status != milp.Optimal {
					return
				}
				assert.InDelta(t, p.objective, solution.Objective, tolerance)
				assert.InDelta(t, p.objective, solution.Bound, 1e-4) // a gap of 1e-4 is enough here
				if p.values != nil {
					assert.InDeltaSlice(t, p.values, solution.Values, tolerance)
				}
				if p.duals != nil {
					assert.InDeltaSlice(t, p.duals, solution.Duals, tolerance, "duals")
				}
				if p.reduced != nil {
					assert.InDeltaSlice(t, p.reduced, solution.ReducedCosts, tolerance, "reduced costs")
				}
			})
		}
	}
}

// v adds a continuous variable. It and the functions below shorten the tables.
func v(m *milp.Model, name string, lo, hi float64) milp.Var { return m.Var(milp.Named(name), lo, hi) }

// n adds an integer variable.
func n(m *milp.Model, name string, lo, hi float64) milp.Var { return m.Int(milp.Named(name), lo, hi) }

// atLeast adds the row Σ lhs ≥ rhs.
func atLeast(m *milp.Model, rhs float64, lhs ...milp.Expr) milp.Row {
	return m.AtLeast(milp.Named("row"), milp.Sum(lhs...), milp.Const(rhs))
}

// atMost adds the row Σ lhs ≤ rhs.
func atMost(m *milp.Model, rhs float64, lhs ...milp.Expr) milp.Row {
	return m.AtMost(milp.Named("row"), milp.Sum(lhs...), milp.Const(rhs))
}

// equal adds the row Σ lhs = rhs.
func equal(m *milp.Model, rhs float64, lhs ...milp.Expr) milp.Row {
	return m.Equal(milp.Named("row"), milp.Sum(lhs...), milp.Const(rhs))
}

// minimize sets the objective to the sum of the terms.
func minimize(m *milp.Model, terms ...milp.Expr) { m.Minimize(milp.Sum(terms...)) }

// maximize sets the objective to the sum of the terms.
func maximize(m *milp.Model, terms ...milp.Expr) { m.Maximize(milp.Sum(terms...)) }
