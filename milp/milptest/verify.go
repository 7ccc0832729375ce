package milptest

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// tolerance is relative to the larger number of a comparison, absolute below 1.
const tolerance = 1e-6

// near reports whether a and b are equal within the tolerance. Infinities are
// equal only to themselves.
func near(a, b float64) bool {
	if math.IsInf(a, 0) || math.IsInf(b, 0) {
		return a == b
	}
	return math.Abs(a-b) <= tolerance*max(1, math.Abs(a), math.Abs(b))
}

// Verify recomputes a solution from the model and returns all violations, or
// nil:
//
//   - Values satisfy bounds, rows and integrality, and give the objective.
//   - The bound is on the right side of the objective, and the gap is |bound −
//     objective| / |objective|.
//   - An optimal linear program has duals y and reduced costs d = c − Aᵀ y. A
//     minimum has positive prices only at lower limits and negative ones only
//     at upper limits; a maximum has the opposite signs. By linear programming
//     duality these conditions prove optimality.
//   - Without values there are no duals and no objective either.
//
// The tolerance is 1e-6, relative to numbers larger than 1.
func Verify(m *milp.Model, s *milp.Solution) error {
	if s == nil {
		return errors.New("milptest: the solution is nil")
	}
	c := &verifier{model: m, data: m.Data(), solution: s}
	c.bad.Prefix = "milptest: "
	c.bad.Require(s.Stopped != "", "Stopped is empty, want the reason for stopping")
	c.bad.Require(s.Backend != "", "Backend is empty, want solver, version and build")
	c.bad.Require(s.Time >= 0, "Time is %v, want at least 0", s.Time)
	c.bad.Require(!math.IsNaN(s.Bound), "the bound is not a number")
	switch s.Status {
	// A solution with values: everything is recomputed.
	case milp.Optimal, milp.Feasible:
		if len(s.Values) != len(c.data.Cost) {
			c.bad.Addf("%v, with %d values for %d variables", s.Status, len(s.Values), len(c.data.Cost))
			break
		}
		c.values()
		c.bound()
		if m.Integers() > 0 {
			c.bad.Require(s.Duals == nil && s.ReducedCosts == nil, "a program with integers has no duals or reduced costs")
		} else if s.Status == milp.Optimal {
			c.duals()
		}
	// A solution without values must not contain remains of an earlier one.
	case milp.Infeasible, milp.Unbounded, milp.NoSolution, milp.Undecided:
		c.bad.Require(s.Values == nil && s.Duals == nil && s.ReducedCosts == nil, "%v, but there are values", s.Status)
		c.bad.Require(math.IsNaN(s.Objective), "%v, but the objective is %g", s.Status, s.Objective)
		c.bad.Require(math.IsInf(s.Gap, 1), "%v, but the gap is %g", s.Status, s.Gap)
	default:
		c.bad.Addf("%d is not a status", s.Status)
	}
	return c.bad.Err()
}

// verifier collects the violations of a solution.
type verifier struct {
	model    *milp.Model
	data     milp.Data
	solution *milp.Solution
	bad      faults.List
}

// values recomputes bounds, rows, integrality and the objective.
func (c *verifier) values() {
	// inside tests lo ≤ x ≤ hi within the tolerance.
	inside := func(what milp.Name, x, lo, hi float64) {
		c.bad.Require((x >= lo || near(x, lo)) && (x <= hi || near(x, hi)), "%v = %g is outside [%g, %g]", what, x, lo, hi)
	}
	objective := c.data.Constant
	for j, x := range c.solution.Values {
		name := c.model.VarAt(j).Name()
		inside(name, x, c.data.Lower[j], c.data.Upper[j])
		if c.data.Integer[j] {
			c.bad.Require(near(x, math.Round(x)), "%v = %g is not an integer", name, x)
		}
		objective += c.data.Cost[j] * x
	}
	for i := range c.data.RowLower {
		inside(c.model.RowAt(i).Name(), activity(c.data, i, c.solution.Values), c.data.RowLower[i], c.data.RowUpper[i])
	}
	c.bad.Require(near(objective, c.solution.Objective), "objective is %g, recomputed %g", c.solution.Objective, objective)
}

// bound recomputes the gap and the side of the bound. A bound may equal the
// objective within the tolerance.
func (c *verifier) bound() {
	s := c.solution
	// The bound of a minimum is below the objective, that of a maximum above
	// it.
	slack := s.Objective - s.Bound
	if c.data.Maximize {
		slack = -slack
	}
	c.bad.Require(slack >= 0 || near(s.Objective, s.Bound), "objective %g is better than the bound %g", s.Objective, s.Bound)
	want := math.Abs(s.Bound-s.Objective) / math.Abs(s.Objective)
	switch {
	// Also for an objective of 0, for which the quotient is undefined.
	case s.Bound == s.Objective:
		want = 0
	case math.IsInf(s.Bound, 0):
		want = math.Inf(1)
	}
	c.bad.Require(near(want, s.Gap), "gap is %g, recomputed %g", s.Gap, want)
}

// duals recomputes reduced costs as c − Aᵀ y and tests the signs of all prices.
func (c *verifier) duals() {
	d, s := c.data, c.solution
	if len(s.Duals) != len(d.RowLower) || len(s.ReducedCosts) != len(d.Cost) {
		c.bad.Addf("%d duals for %d rows, %d reduced costs for %d variables", len(s.Duals), len(d.RowLower), len(s.ReducedCosts), len(d.Cost))
		return
	}
	// d_j = c_j − Σ_i y_i a_ij
	reduced := append([]float64(nil), d.Cost...)
	for i, y := range s.Duals {
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			reduced[d.Column[k]] -= y * d.Coefficient[k]
		}
	}
	// In a maximum a positive price is at an upper limit, so the price is
	// negated and the rule of a minimum applies.
	sign := func(what milp.Name, price, x, lo, hi float64) {
		worse := price
		if d.Maximize {
			worse = -price
		}
		if worse > tolerance {
			c.bad.Require(near(x, lo), "%v: price %g, but %g is not at the lower limit %g", what, price, x, lo)
		}
		if worse < -tolerance {
			c.bad.Require(near(x, hi), "%v: price %g, but %g is not at the upper limit %g", what, price, x, hi)
		}
	}
	for j, r := range s.ReducedCosts {
		name := c.model.VarAt(j).Name()
		c.bad.Require(near(reduced[j], r), "%v: reduced cost is %g, recomputed %g", name, r, reduced[j])
		sign(name, r, s.Values[j], d.Lower[j], d.Upper[j])
	}
	for i, y := range s.Duals {
		sign(c.model.RowAt(i).Name(), y, activity(d, i, s.Values), d.RowLower[i], d.RowUpper[i])
	}
}

// activity returns the value of row i.
func activity(d milp.Data, i int, x []float64) float64 {
	sum := 0.0
	for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
		sum += d.Coefficient[k] * x[d.Column[k]]
	}
	return sum
}

// solve solves the model and verifies the solution, so that every test of the
// suite includes the checks of Verify.
func solve(t *testing.T, solver milp.Solver, m *milp.Model) *milp.Solution {
	t.Helper()
	solution, err := solver.Solve(t.Context(), m)
	require.NoError(t, err)
	require.NoError(t, Verify(m, solution))
	return solution
}
