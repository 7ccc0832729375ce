package milp

import (
	"context"
	"errors"
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
// Rows that are nearly parallel, such as tangents of one curve at points that nearly coincide, may leave
// nothing within a solver's tolerance when all of them are held at their limits. Then they are held where
// the given solution has them, which keeps at least that; and if a solver loses even it, the optimal
// solutions are told by their objective, which may be worse than the optimum by 1e-9 of its size or of 1,
// whichever is larger.
//
// The result has the objective of the optimum, the duals and reduced costs of the linear program unless
// there are integers, the time that was spent here, and the rest of the given solution. Reduced costs
// below 1e-6 count as none.
func Canonical(ctx context.Context, s Solver, m *Model, solution *Solution) (*Solution, error) {
	fixed, lp, err := fixedProgram(ctx, s, m, solution)
	if err != nil {
		return nil, fmt.Errorf("canonical solution: %w", err)
	}
	out := *solution
	out.Time = 0
	if lp != solution {
		out.Time = lp.Time
	}
	prefer := func(face *Model) error {
		face.cost.clear()
		face.constant, face.maximize = 0, false
		face.prefer(1, false)
		found, err := s.Solve(ctx, face)
		if err != nil {
			return err
		}
		out.Time += found.Time
		out.Values = found.Values
		return found.Err()
	}
	var problems []error
	for _, face := range []func(*Solution) *Model{m.faceOfPrices, m.faceAsFound, m.faceOfObjective} {
		if err = prefer(face(lp)); err == nil {
			break
		}
		if problems = append(problems, err); ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("canonical solution: %w", errors.Join(problems...))
	}
	out.Objective = m.objectiveOf(out.Values)
	if fixed == 0 {
		out.Duals, out.ReducedCosts = lp.Duals, lp.ReducedCosts
	}
	return &out, nil
}

// settled returns the model as a linear program with its integers at the values of a solution.
func (m *Model) settled(lp *Solution) *Model {
	out := m.Copy()
	out.FixIntegers(lp.Values)
	out.integer.clear()
	out.structure++
	out.start = nil
	return out
}

// faceOfPrices returns the model with every row that has a price at its limit and every variable that has
// a reduced cost at its bound: by complementary slackness, all solutions as good as lp and no others.
func (m *Model) faceOfPrices(lp *Solution) *Model { return m.face(lp, nearest) }

// faceAsFound is faceOfPrices with these rows and variables where lp has them, which is at their limits
// but for the tolerance of a solver.
func (m *Model) faceAsFound(lp *Solution) *Model {
	return m.face(lp, func(x, _, _ float64) float64 { return x })
}

// face returns the model with every row and variable that has a price fixed at a value, of which at tells
// from where it is and its limits.
func (m *Model) face(lp *Solution, at func(x, lo, hi float64) float64) *Model {
	const zero = 1e-6
	out, d := m.settled(lp), m.Data()
	for j, reduced := range lp.ReducedCosts {
		if math.Abs(reduced) > zero && !d.Integer[j] {
			out.Fix(out.VarAt(j), at(lp.Values[j], d.Lower[j], d.Upper[j]))
		}
	}
	for i, dual := range lp.Duals {
		if math.Abs(dual) > zero {
			x := at(d.activity(i, lp.Values), d.RowLower[i], d.RowUpper[i])
			out.SetLimits(out.RowAt(i), x, x)
		}
	}
	return out
}

// faceOfObjective returns the model with the row that no solution may be worse than lp.
func (m *Model) faceOfObjective(lp *Solution) *Model {
	const slack = 1e-9
	out := m.settled(lp)
	cost, best := Const(m.constant), m.objectiveOf(lp.Values)
	for j, c := range m.cost.all() {
		if c != 0 {
			cost.Add(out.VarAt(j).Times(c))
		}
	}
	if limit := slack * max(1, math.Abs(best)); m.maximize {
		out.AtLeast(Named("optimum"), cost, Const(best-limit))
	} else {
		out.AtMost(Named("optimum"), cost, Const(best+limit))
	}
	return out
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
