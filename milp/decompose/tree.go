package decompose

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// tree is branch and bound of the whole program from the leaves of a sample.
// Costs are those of a minimisation without its constant.
//
// The leaves cover all integers, so that the least bound of the closed parts is
// a bound of the program, from whatever sample the leaves come. Poor leaves
// only stay open and are branched.
type tree struct {
	linear       milp.Limited
	cut          bool        // whether linear stops at cutoffs
	relaxed      *milp.Model // the relaxation, minimised
	session      milp.Session
	split        *split
	integers     []int // places in the first stage
	lower, upper []float64
	gains        gains
	allowed      func(cost float64) float64

	best  *milp.Solution // of relaxed with fixed integers
	tried []part         // fixed integers
	low   float64        // least bound of the closed parts that have solutions
	nodes int64
	trace func(format string, args ...any)
}

// maxNodes ends a search that a loose relaxation makes long. The program is
// then solved whole.
const maxNodes = 500

// errUndecided reports that the relaxation does not separate the bound from the
// best solution.
var errUndecided = errors.New("decompose: the bound does not reach the best solution")

// search closes all leaves: by a bound that is not below the best cost, by the
// best solution itself, or by branches.
func (t *tree) search(ctx context.Context, start []float64, leaves []leaf) error {
	defer t.close()
	t.low = math.Inf(1)
	if start != nil {
		if err := t.fix(ctx, start); err != nil {
			return err
		}
	}
	// The last part is the next one. The leaf with the lowest bound has the
	// best integers.
	slices.SortStableFunc(leaves, func(a, b leaf) int { return cmp.Compare(b.bound, a.bound) })
	var open []part
	for _, l := range leaves {
		open = append(open, l.part)
	}
	for len(open) > 0 {
		p := open[len(open)-1]
		open = open[:len(open)-1]
		if t.nodes++; t.nodes > maxNodes {
			return errUndecided
		}
		at, v, err := t.visit(ctx, p)
		if err != nil {
			return err
		}
		if at >= 0 {
			near, far := p.divide(at, v, t.lower, t.upper)
			open = append(open, far, near)
		}
	}
	return nil
}

// cost returns the best cost, +Inf without a solution.
func (t *tree) cost() float64 {
	if t.best == nil {
		return math.Inf(1)
	}
	return t.best.Objective
}

// target returns the bound from which on a part has no solution that is better
// by more than the allowed gap.
func (t *tree) target() float64 {
	if t.best == nil {
		return math.Inf(1)
	}
	return t.best.Objective - t.allowed(t.best.Objective)
}

// visit solves the relaxation of a part. It returns the integer to branch on
// and its value, −1 if the part is closed.
func (t *tree) visit(ctx context.Context, p part) (at int, v float64, err error) {
	solution, err := t.solve(ctx, p)
	if err != nil {
		return -1, 0, err
	}
	t.trace("  part of %d branches: %v bound %.6f best %.6f after %d steps", len(p), solution.Status, solution.Bound, t.cost(), solution.Iterations)
	switch {
	case solution.Status == milp.Infeasible:
		return -1, 0, nil
	case solution.Status == milp.NoSolution && solution.Bound >= t.target():
		t.low = min(t.low, solution.Bound)
		return -1, 0, nil
	case solution.Status != milp.Optimal:
		return -1, 0, fmt.Errorf("decompose: the relaxation is %v (%s)", solution.Status, solution.Stopped)
	}
	values := make([]float64, len(t.split.first))
	for k, j := range t.split.first {
		values[k] = solution.Values[j]
	}
	// Rounding the relaxation often gives the best integers of a part, and its
	// program without integers takes a fraction of the time of a relaxation:
	// nothing connects the scenarios but a few continuous columns.
	if solution.Bound < t.target() {
		if err := t.fix(ctx, values); err != nil {
			return -1, 0, err
		}
	}
	if solution.Bound >= t.target() {
		t.low = min(t.low, solution.Bound)
		return -1, 0, nil
	}
	fractional := fractionalOf(t.integers, values)
	if len(fractional) == 0 {
		return -1, 0, errUndecided // the same program has two costs: of the relaxation and of fix
	}
	at = t.gains.best(fractional, values)
	return at, values[at], nil
}

// solve solves the relaxation of a part, up to the cutoff. The session keeps
// what a solver of linear programs can use again, such as an elimination order
// or a basis.
func (t *tree) solve(ctx context.Context, p part) (*milp.Solution, error) {
	t.set(t.relaxed, p)
	if t.session == nil {
		var err error
		solver := milp.Solver(t.linear)
		if t.cut && t.best != nil {
			solver = t.linear.Limit(milp.Limits{Cutoff: optional.Of(t.target())})
		}
		opener, ok := solver.(milp.Opener)
		if !ok {
			return solver.Solve(ctx, t.relaxed)
		}
		if t.session, err = opener.Open(t.relaxed); err != nil {
			return nil, err
		}
	}
	return t.session.Solve(ctx)
}

// set gives a model the ranges of a part.
func (t *tree) set(m *milp.Model, p part) {
	for _, k := range t.integers {
		m.SetBounds(m.VarAt(t.split.first[k]), t.lower[k], t.upper[k])
	}
	for _, l := range p {
		m.SetBounds(m.VarAt(t.split.first[l.place]), l.lower, l.upper)
	}
}

// fix solves the program with its integers rounded and keeps the solution if it
// is the best one. It does nothing for integers that were tried before.
func (t *tree) fix(ctx context.Context, values []float64) error {
	var p part
	for _, k := range t.integers {
		v := math.Round(values[k])
		p = append(p, limit{k, v, v})
	}
	if slices.ContainsFunc(t.tried, func(q part) bool { return slices.Equal(p, q) }) {
		return nil
	}
	t.tried = append(t.tried, p)
	t.set(t.relaxed, p)
	solution, err := t.linear.Solve(ctx, t.relaxed)
	if err != nil {
		return err
	}
	t.trace("  integers fixed: %v %.6f after %d steps", solution.Status, solution.Objective, solution.Iterations)
	if solution.Status == milp.Optimal && solution.Objective < t.cost() {
		t.best = solution
		t.close() // the cutoff of the session is out of date
	}
	return nil
}

// close releases the session.
func (t *tree) close() {
	if t.session != nil {
		t.session.Close()
	}
	t.session = nil
}
