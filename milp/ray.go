package milp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// ErrBounded is returned by [FindRay] if no direction improves the objective
// without end. Such a program is infeasible or has an optimum.
var ErrBounded = errors.New("milp: no direction improves the objective without end")

// Ray is a direction d in which the objective improves without end: with x,
// every x + λ d with λ ≥ 0 satisfies all rows and bounds. It explains an
// unbounded program.
//
// For example, max 3x − 2y with x ≤ y + 4 and x, y ≥ 0 has the ray x +1, y +1
// of rate 1. A bound of x or y ends it.
type Ray struct {
	// Rate is the improvement of the objective per unit of the ray, above 0 in
	// a minimum too.
	Rate float64
	// Changes are the columns that change along the ray, the largest change
	// first and equal ones in the order of the model. The largest is 1 or −1.
	Changes []Change
}

// Change is the change of one column along a [Ray], d_j.
type Change struct {
	Name  Name
	Value float64
}

// String lists at most eight changes:
//
//	x +1, y +1 improves the objective by 1 per unit
func (r *Ray) String() string {
	const shown = 8
	var b strings.Builder
	for i, c := range r.Changes {
		if i == shown {
			fmt.Fprintf(&b, " and %d more", len(r.Changes)-shown)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%v %+.4g", c.Name, c.Value)
	}
	fmt.Fprintf(&b, " improves the objective by %.4g per unit", r.Rate)
	return b.String()
}

// Numbers of the search for a ray.
const (
	unlimited = 1e20 // bounds and limits of this size count as absent, as in solvers
	rayLength = 1e4  // B: a solver's absolute tolerance of 1e-7 is 1e-11 of it
	rayZero   = 1e-9 // smallest change relative to the largest, and smallest relative rate
	rayMiss   = 1e-7 // largest residual of a row relative to its terms
)

// FindRay returns a ray of an unbounded program, or [ErrBounded] if there is
// none. It solves one linear program over the recession cone of the rows and
// bounds:
//
//	max Σ_j c_j d_j    subject to    Σ_j w_j |d_j| ≤ B
//	Σ_j a_ij d_j ≥ 0 for each finite lower limit,  ≤ 0 for each finite upper limit
//	d_j ≥ 0 for each finite lower bound,  ≤ 0 for each finite upper bound
//
// with −c for a minimum. The sum of absolute values prefers rays of few
// columns. The weights w_j in [1, 1.001) from the names of columns decide
// between equally good rays, so that the result does not depend on the order of
// columns. A ray is checked against the rows before it is returned.
//
// A ray does not prove that the program has a solution: [Elastic] returns
// [ErrFeasible] if it has one. Integers count as continuous: with rational
// coefficients, a multiple of the ray changes them by integers.
//
// Source: Schrijver, Theory of Linear and Integer Programming, Wiley (1986),
// section 8.2, for the recession cone.
func FindRay(ctx context.Context, s Solver, m *Model) (*Ray, error) {
	if m.err != nil {
		return nil, m.err
	}
	cone, parts := m.recession()
	solution, err := s.Solve(ctx, cone)
	if err == nil {
		err = solution.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("milp: search for a ray: %w", err)
	}
	direction := make([]float64, m.Vars())
	for k, p := range parts {
		direction[p.column] += p.sign * solution.Values[k]
	}
	return m.rayOf(direction)
}

// rayPart is a column of the cone: sign times it is a part of d_j.
type rayPart struct {
	column int
	sign   float64
}

// recession returns the program of [FindRay] and the meaning of its columns,
// which are all at least 0. A column without bounds has one part for each sign,
// a column with both has none.
func (m *Model) recession() (cone *Model, parts []rayPart) {
	d := m.Data()
	cone = New()
	at := make([][]int, m.Vars()) // columns of the cone by column of the model
	var objective, length Expr
	for j := range m.Vars() {
		cost := d.Cost[j]
		if !d.Maximize {
			cost = -cost
		}
		weight := 1 + m.names.preference(*m.colNames.at(j))/1000
		for _, sign := range []float64{1, -1} {
			if sign > 0 && d.Upper[j] < unlimited || sign < 0 && d.Lower[j] > -unlimited {
				continue
			}
			v := cone.Var(m.VarAt(j).Name(), 0, Inf)
			at[j] = append(at[j], len(parts))
			parts = append(parts, rayPart{j, sign})
			objective.Add(v.Times(sign * cost))
			length.Add(v.Times(weight))
		}
	}
	cone.Maximize(objective)
	cone.AtMost(Named("length"), length, Const(rayLength))
	for i := range m.Rows() {
		below, above := d.RowLower[i] > -unlimited, d.RowUpper[i] < unlimited
		var sum Expr
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			for _, part := range at[d.Column[k]] {
				sum.Add(cone.VarAt(part).Times(parts[part].sign * d.Coefficient[k]))
			}
		}
		if sum.Len() == 0 {
			continue
		}
		switch name := m.RowAt(i).Name(); {
		case below && above:
			cone.Equal(name, sum, Const(0))
		case below:
			cone.AtLeast(name, sum, Const(0))
		case above:
			cone.AtMost(name, sum, Const(0))
		}
	}
	return cone, parts
}

// rayOf scales a direction to a largest change of 1, drops changes that
// rounding left, and checks it: a row may be missed by rayMiss of the size of
// its terms.
func (m *Model) rayOf(direction []float64) (*Ray, error) {
	largest := 0.0
	for _, x := range direction {
		largest = max(largest, math.Abs(x))
	}
	if largest < rayZero*rayLength {
		return nil, ErrBounded
	}
	ray, d := &Ray{}, m.Data()
	size := 0.0
	for j, x := range direction {
		x /= largest
		if math.Abs(x) < rayZero {
			x = 0
		}
		direction[j] = x
		if x != 0 {
			ray.Rate += d.Cost[j] * x
			size += math.Abs(d.Cost[j] * x)
			ray.Changes = append(ray.Changes, Change{m.VarAt(j).Name(), x})
		}
	}
	if !d.Maximize {
		ray.Rate = -ray.Rate
	}
	if ray.Rate <= rayZero*size {
		return nil, ErrBounded
	}
	for i := range m.Rows() {
		sum, terms := 0.0, 0.0
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			x := d.Coefficient[k] * direction[d.Column[k]]
			sum, terms = sum+x, terms+math.Abs(x)
		}
		low := d.RowLower[i] > -unlimited && sum < -rayMiss*terms
		if high := d.RowUpper[i] < unlimited && sum > rayMiss*terms; low || high {
			return nil, ErrBounded
		}
	}
	slices.SortStableFunc(ray.Changes, func(a, b Change) int {
		// Changes that rounding separates are equal.
		if x, y := math.Abs(a.Value), math.Abs(b.Value); math.Abs(x-y) > rayZero {
			return cmp.Compare(y, x)
		}
		return 0
	})
	return ray, nil
}
