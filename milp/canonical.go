package milp

import (
	"context"
	"fmt"
	"math"
)

// Canonical returns the one among the optimal solutions of a linear program that names decide, however
// many there are and whichever of them a solver returned:
//
//	min Σ_j ± h_j x_j    over all optimal x,    h_j in [1, 2) from a hash of the name of j
//
// with the signs of [Ties]. What separates optimal from other solutions is read off the duals: a row with
// a price stays at its limit, a variable with a reduced cost at its bound. Nothing is added to the
// objective, so that no preference, however small, competes with a real cost; the price is a second,
// easy program. A program with integers has its integers fixed at the solution's values first; which
// integers are optimal is then still the solver's choice.
//
// The result has the objective of the optimum, the duals and reduced costs of the linear program unless
// there are integers, the time that was spent here, and the rest of the given solution. Reduced costs
// below 1e-6 count as none.
func Canonical(ctx context.Context, s Solver, m *Model, solution *Solution) (*Solution, error) {
	fixed, lp, err := fixedProgram(ctx, s, m, solution)
	if err != nil {
		return nil, fmt.Errorf("canonical solution: %w", err)
	}
	const zero = 1e-6
	face := m.Relaxed()
	face.cost.clear()
	face.constant, face.maximize, face.start = 0, false, nil
	data := m.Data()
	for j, d := range lp.ReducedCosts {
		if data.Integer[j] {
			face.Fix(face.VarAt(j), math.Round(solution.Values[j]))
		} else if math.Abs(d) > zero {
			face.Fix(face.VarAt(j), nearest(lp.Values[j], data.Lower[j], data.Upper[j]))
		}
	}
	for i, d := range lp.Duals {
		if math.Abs(d) > zero {
			x := nearest(data.activity(i, lp.Values), data.RowLower[i], data.RowUpper[i])
			face.SetLimits(face.RowAt(i), x, x)
		}
	}
	face.prefer(1, false)
	found, err := s.Solve(ctx, face)
	if err == nil {
		err = found.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("canonical solution: %w", err)
	}
	out := *solution
	out.Values, out.Objective = found.Values, m.constant
	for j, x := range out.Values {
		out.Objective += data.Cost[j] * x
	}
	if fixed == 0 {
		out.Duals, out.ReducedCosts = lp.Duals, lp.ReducedCosts
	}
	out.Time = found.Time
	if lp != solution {
		out.Time += lp.Time
	}
	return &out, nil
}

// nearest returns the limit that a value is at, or the value itself where there is none.
func nearest(x, lo, hi float64) float64 {
	switch below, above := math.Abs(x-lo), math.Abs(hi-x); {
	case math.IsInf(below, 1) && math.IsInf(above, 1):
		return x
	case below <= above:
		return lo
	}
	return hi
}
