package milptest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// program is a program with its answer.
type program struct {
	name      string
	build     func(m *milp.Model)
	status    milp.Status
	objective float64
	values    []float64 // nil where they are not unique
	duals     []float64 // nil where they are not unique or there are none
	reduced   []float64
}

// programs solves every program of the tables.
func (s *suite) programs(t *testing.T) {
	for _, table := range [][]program{linear, integer} {
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
				assert.InDelta(t, p.objective, solution.Bound, 1e-4)
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

// Short forms for the tables.

func v(m *milp.Model, name string, lo, hi float64) milp.Var { return m.Var(milp.Named(name), lo, hi) }

func n(m *milp.Model, name string, lo, hi float64) milp.Var { return m.Int(milp.Named(name), lo, hi) }

func atLeast(m *milp.Model, rhs float64, lhs ...milp.Expr) milp.Row {
	return m.AtLeast(milp.Named("row"), milp.Sum(lhs...), milp.Const(rhs))
}

func atMost(m *milp.Model, rhs float64, lhs ...milp.Expr) milp.Row {
	return m.AtMost(milp.Named("row"), milp.Sum(lhs...), milp.Const(rhs))
}

func equal(m *milp.Model, rhs float64, lhs ...milp.Expr) milp.Row {
	return m.Equal(milp.Named("row"), milp.Sum(lhs...), milp.Const(rhs))
}

func minimize(m *milp.Model, terms ...milp.Expr) { m.Minimize(milp.Sum(terms...)) }

func maximize(m *milp.Model, terms ...milp.Expr) { m.Maximize(milp.Sum(terms...)) }
