package milp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
)

// Canonical selects one optimal solution of a linear program by the names of
// its variables. The result does not depend on the order of columns, nor on the
// optimum that a solver happened to return:
//
//	min Σ_j ± h_j x_j    over all optimal x,    h_j in [1, 2) from a hash of the name of j
//
// with the signs of [Ties]. Duals describe the set of optimal solutions, the
// optimal face: by complementary slackness a row with a nonzero dual is at its
// limit and a variable with a nonzero reduced cost is at its bound in every
// optimum. The preference is not added to the objective but optimised in a
// second linear program over this face, so that no preference competes with a
// real cost. Duals and reduced costs below 1e-6 count as zero, after scaling by
// [Data.ObjectiveScale].
//
// Each expression in then is minimised before the names decide, in this order
// and on the face that is optimal for the objective and the expressions before
// it. For example, with then = the expected imbalance cost, the result has the
// smallest one among all optima. An expression refers to columns by their
// number, so that it may belong to a copy of m. An expression without a minimum
// over the face is left out.
//
// A program with integers first has its integers fixed at the solution's
// values. The choice among optimal integers remains the solver's.
//
// Nearly parallel rows, such as tangents of one curve at nearly equal points,
// may be infeasible within a solver's tolerance once all of them are fixed at
// their limits. Canonical therefore tries three descriptions of the face, in
// this order:
//
//   - rows and variables with a price are fixed at their limits;
//   - they are fixed at their values in the given solution, which is then
//     feasible;
//   - one row bounds the objective: it may be worse than the optimum by 1e-9 of
//     its size or of 1 after scaling, whichever is larger.
//
// The result has the optimal objective, the duals and reduced costs of the
// linear program (none for a program with integers), the time spent here, and
// all other fields of the given solution.
func Canonical(ctx context.Context, s Solver, m *Model, solution *Solution, then ...Expr) (*Solution, error) {
	fixed, lp, err := fixedProgram(ctx, s, m, solution)
	if err != nil {
		return nil, fmt.Errorf("milp: canonical solution: %w", err)
	}
	out := *solution
	out.Time = 0
	if lp != solution {
		out.Time = lp.Time
	}
	found, spent, err := descend(ctx, s, m, lp, then)
	if err != nil {
		return nil, fmt.Errorf("milp: canonical solution: %w", err)
	}
	out.Values = found.Values
	out.Time += spent
	out.Objective = m.objectiveOf(out.Values)
	if fixed == 0 {
		out.Duals, out.ReducedCosts = lp.Duals, lp.ReducedCosts
	}
	return &out, nil
}

// descend returns the preferred solution on the optimal face of m at lp: the
// smallest values of the expressions in then, in their order, and then by name.
func descend(ctx context.Context, s Solver, m *Model, lp *Solution, then []Expr) (found *Solution, spent time.Duration, err error) {
	var (
		attempts  faults.List
		unbounded = false
	)
	for _, describe := range []func(*Solution) *Model{m.faceOfPrices, m.faceAsFound, m.faceOfObjective} {
		face := describe(lp)
		face.cost.clear()
		face.constant, face.maximize = 0, false
		if len(then) > 0 {
			for v, c := range then[0].Terms {
				*face.cost.at(v.Index()) += c
			}
		} else {
			face.prefer(1, false)
		}
		if found, err = s.Solve(ctx, face); err == nil {
			spent += found.Time
			err = found.Err()
		}
		unbounded = unbounded || errors.Is(err, ErrUnbounded)
		if err == nil && len(then) > 0 {
			var more time.Duration
			found, more, err = descend(ctx, s, face, found, then[1:])
			spent += more
		}
		if err == nil {
			return found, spent, nil
		}
		if attempts.Add(err); ctx.Err() != nil {
			break
		}
	}
	if unbounded && len(then) > 0 && ctx.Err() == nil {
		found, more, err := descend(ctx, s, m, lp, then[1:])
		return found, spent + more, err
	}
	return nil, spent, attempts.Err()
}

// settled returns the model as a linear program with its integers fixed at a
// solution's values.
func (m *Model) settled(lp *Solution) *Model {
	out := m.Copy()
	out.FixIntegers(lp.Values)
	out.integer.clear()
	out.structure++
	out.start = nil
	return out
}

// faceOfPrices returns the model with each row that has a dual fixed at its
// limit and each variable that has a reduced cost fixed at its bound. By
// complementary slackness its solutions are exactly the optimal ones.
func (m *Model) faceOfPrices(lp *Solution) *Model { return m.face(lp, nearest) }

// faceAsFound is like faceOfPrices, with the rows and variables fixed at their
// values in lp. These differ from the limits by the solver's tolerance at most,
// and lp itself is feasible.
func (m *Model) faceAsFound(lp *Solution) *Model {
	return m.face(lp, func(x, _, _ float64) float64 { return x })
}

// face returns the model with every row and variable that has a price fixed at
// the value that at returns for its current value x and its limits.
func (m *Model) face(lp *Solution, at func(x, lo, hi float64) float64) *Model {
	out, d := m.settled(lp), m.Data()
	zero := 1e-6 / d.ObjectiveScale()
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

// faceOfObjective returns the model with one more row, which bounds the
// objective by that of lp. A slack of 1e-9 keeps lp feasible under rounding.
func (m *Model) faceOfObjective(lp *Solution) *Model {
	const slack = 1e-9
	out, d := m.settled(lp), m.Data()
	// The row has the size of ordinary costs in every unit of money, because a
	// solver's tolerance on rows is absolute too.
	scale := d.ObjectiveScale()
	cost, best := Const(scale*m.constant), scale*m.objectiveOf(lp.Values)
	for j, c := range m.cost.all() {
		if c != 0 {
			cost.Add(out.VarAt(j).Times(scale * c))
		}
	}
	if limit := slack * max(1, math.Abs(best)); m.maximize {
		out.AtLeast(Named("optimum"), cost, Const(best-limit))
	} else {
		out.AtMost(Named("optimum"), cost, Const(best+limit))
	}
	return out
}

// nearest returns the limit closest to x, or x itself if both limits are
// infinite.
func nearest(x, lo, hi float64) float64 {
	switch below, above := math.Abs(x-lo), math.Abs(hi-x); {
	case math.IsInf(below, 1) && math.IsInf(above, 1):
		return x
	case below <= above:
		return lo
	}
	return hi
}
