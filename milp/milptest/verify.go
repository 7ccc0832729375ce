package milptest

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// tolerance is relative to the magnitude of what is compared, absolute below 1.
const tolerance = 1e-6

func near(a, b float64) bool {
	if math.IsInf(a, 0) || math.IsInf(b, 0) {
		return a == b
	}
	return math.Abs(a-b) <= tolerance*max(1, math.Abs(a), math.Abs(b))
}

// Verify recomputes everything that a solution says about a model and returns all that is wrong
// with it, or nil:
//
//   - values keep to bounds and rows, integers are integers, the objective is theirs;
//   - the bound is on the right side and the gap is |bound − objective| / |objective|;
//   - an optimal linear program has duals y and reduced costs d = c − Aᵀ y, and each price has the
//     sign of the limit that it belongs to: minimising, positive only at a lower limit and negative
//     only at an upper one; maximising, the opposite. By the duality of linear programming these
//     conditions prove the optimum;
//   - without values there are none of these.
//
// The tolerance is 1e-6, relative to what is compared where that is larger than 1.
func Verify(m *milp.Model, s *milp.Solution) error {
	if s == nil {
		return errors.New("there is no solution")
	}
	c := &checker{model: m, data: m.Data(), solution: s}
	c.expect(s.Stopped != "", "Stopped does not say why the solver stopped")
	c.expect(s.Backend != "", "Backend does not name the solver")
	c.expect(s.Time >= 0, "Time is negative")
	c.expect(!math.IsNaN(s.Bound), "the bound is not a number")
	switch s.Status {
	case milp.Optimal, milp.Feasible:
		if len(s.Values) != len(c.data.Cost) {
			c.expect(false, "%v, with %d values for %d variables", s.Status, len(s.Values), len(c.data.Cost))
			break
		}
		c.values()
		c.bound()
		if m.Integers() > 0 {
			c.expect(s.Duals == nil && s.ReducedCosts == nil, "a program with integers has no duals or reduced costs")
		} else if s.Status == milp.Optimal {
			c.duals()
		}
	case milp.Infeasible, milp.Unbounded, milp.NoSolution, milp.Undecided:
		c.expect(s.Values == nil && s.Duals == nil && s.ReducedCosts == nil, "%v, and yet there are values", s.Status)
		c.expect(math.IsNaN(s.Objective), "%v, and yet the objective is %g", s.Status, s.Objective)
		c.expect(math.IsInf(s.Gap, 1), "%v, and yet the gap is %g", s.Status, s.Gap)
	default:
		c.expect(false, "%d is not a status", s.Status)
	}
	return errors.Join(c.wrong...)
}

// checker collects what is wrong with a solution.
type checker struct {
	model    *milp.Model
	data     milp.Data
	solution *milp.Solution
	wrong    []error
}

func (c *checker) expect(ok bool, format string, args ...any) {
	if !ok {
		c.wrong = append(c.wrong, fmt.Errorf(format, args...))
	}
}

func (c *checker) values() {
	inside := func(what milp.Name, x, lo, hi float64) {
		c.expect((x >= lo || near(x, lo)) && (x <= hi || near(x, hi)), "%v = %g is outside [%g, %g]", what, x, lo, hi)
	}
	objective := c.data.Constant
	for j, x := range c.solution.Values {
		name := c.model.VarAt(j).Name()
		inside(name, x, c.data.Lower[j], c.data.Upper[j])
		if c.data.Integer[j] {
			c.expect(near(x, math.Round(x)), "%v = %g is not an integer", name, x)
		}
		objective += c.data.Cost[j] * x
	}
	for i := range c.data.RowLower {
		inside(c.model.RowAt(i).Name(), activity(c.data, i, c.solution.Values), c.data.RowLower[i], c.data.RowUpper[i])
	}
	c.expect(near(objective, c.solution.Objective), "objective is %g, recomputed %g", c.solution.Objective, objective)
}

func (c *checker) bound() {
	s := c.solution
	slack := s.Objective - s.Bound
	if c.data.Maximize {
		slack = -slack
	}
	c.expect(slack >= 0 || near(s.Objective, s.Bound), "objective %g is better than the bound %g", s.Objective, s.Bound)
	want := math.Abs(s.Bound-s.Objective) / math.Abs(s.Objective)
	switch {
	case s.Bound == s.Objective:
		want = 0
	case math.IsInf(s.Bound, 0):
		want = math.Inf(1)
	}
	c.expect(near(want, s.Gap), "gap is %g, recomputed %g", s.Gap, want)
}

func (c *checker) duals() {
	d, s := c.data, c.solution
	if len(s.Duals) != len(d.RowLower) || len(s.ReducedCosts) != len(d.Cost) {
		c.expect(false, "%d duals for %d rows, %d reduced costs for %d variables", len(s.Duals), len(d.RowLower), len(s.ReducedCosts), len(d.Cost))
		return
	}
	reduced := append([]float64(nil), d.Cost...)
	for i, y := range s.Duals {
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			reduced[d.Column[k]] -= y * d.Coefficient[k]
		}
	}
	sign := func(what milp.Name, price, x, lo, hi float64) {
		worse := price
		if d.Maximize {
			worse = -price
		}
		if worse > tolerance {
			c.expect(near(x, lo), "%v: price %g, but %g is not at the lower limit %g", what, price, x, lo)
		}
		if worse < -tolerance {
			c.expect(near(x, hi), "%v: price %g, but %g is not at the upper limit %g", what, price, x, hi)
		}
	}
	for j, r := range s.ReducedCosts {
		name := c.model.VarAt(j).Name()
		c.expect(near(reduced[j], r), "%v: reduced cost is %g, recomputed %g", name, r, reduced[j])
		sign(name, r, s.Values[j], d.Lower[j], d.Upper[j])
	}
	for i, y := range s.Duals {
		sign(c.model.RowAt(i).Name(), y, activity(d, i, s.Values), d.RowLower[i], d.RowUpper[i])
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

// solve solves the model and verifies the answer.
func solve(t *testing.T, solver milp.Solver, m *milp.Model) *milp.Solution {
	t.Helper()
	solution, err := solver.Solve(t.Context(), m)
	require.NoError(t, err)
	require.NoError(t, Verify(m, solution))
	return solution
}
