package highs

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/trigrid/trigrid/milp"
)

// shortcut solves a changed program with integers by two linear programs, if
// they suffice:
//
//	bound       the relaxation, integers taken as continuous
//	incumbent   the program with every integer fixed at its value in the last solution
//
// If the two objectives differ by at most the gap, the incumbent is optimal by
// the definition of the gap, and branch and bound is not needed. Both programs
// start from their last basis and take few iterations. Small changes of prices
// or weights seldom change a commitment, and a tight formulation has a tight
// relaxation, so that this case is common in a sweep.
//
// For example, at a gap of 1e-3 a bound of 1000 and an incumbent of 1000.6 end
// the solve.
//
// If the objectives differ by more, the incumbent is the best known start.
type shortcut struct {
	relaxed mirror
	missed  int // consecutive attempts without a result
}

// patience is the number of consecutive attempts without a result after which
// the shortcut is not tried again: the linear programs take time, and some
// programs have loose relaxations for all prices.
const patience = 3

// try returns the solution if the shortcut finds it, and otherwise the best
// known start, nil for none. last holds the values of the last solution, nil
// for none.
func (c *shortcut) try(ctx context.Context, s Solver, d milp.Data, last []float64) (_ *milp.Solution, start []float64, err error) {
	if last == nil {
		return nil, nil, nil
	}
	if _, inside := fixed(d, last); inside {
		start = last
	}
	if c.missed >= patience {
		c.relaxed.lose("")
		return nil, start, nil
	}
	c.missed++ // reset below if the attempt succeeds
	begin := time.Now()
	// The caller sees progress and log of branch and bound only.
	s.Progress, s.Log = nil, nil
	bound, err := c.solve(ctx, s, relaxed(d))
	if err != nil {
		return nil, nil, err
	}
	if bound.Status == milp.Infeasible { // the program is infeasible too
		c.missed = 0
		bound.Update = "; the relaxation is infeasible"
		return bound, nil, nil
	}
	if bound.Status != milp.Optimal {
		return nil, start, nil
	}
	candidate, how := last, "; the last integers are within the gap of the relaxation"
	// An integral relaxation is the optimum itself, even if the last solution
	// is far from it.
	if integral(d, bound.Values) {
		candidate, how = bound.Values, "; the relaxation has integers"
	}
	all, _ := fixed(d, candidate)
	out, err := c.solve(ctx, s.since(begin), relaxed(all))
	if err != nil {
		return nil, nil, err
	}
	if out.Status != milp.Optimal {
		return nil, start, nil
	}
	// The values are feasible but not proven optimal, so they become the start.
	if math.Abs(out.Objective-bound.Objective) > s.allowed(out.Objective, unitsOf(d)) {
		return nil, out.Values, nil
	}
	c.missed = 0
	out.Bound, out.Gap = bound.Objective, gap(out.Objective, bound.Objective)
	// A program with integers has no duals; these belong to the fixed program.
	out.Duals, out.ReducedCosts = nil, nil
	out.Iterations += bound.Iterations
	out.Time = time.Since(begin)
	out.Update = how
	return out, nil, nil
}

// solve solves one of the two linear programs. Both use the same object,
// because they differ in bounds only.
func (c *shortcut) solve(ctx context.Context, s Solver, d milp.Data) (*milp.Solution, error) {
	if _, err := c.relaxed.update(ctx, s, d); err != nil {
		return nil, err
	}
	out, err := s.run(ctx, c.relaxed.object, d)
	if err != nil {
		c.relaxed.lose("")
	}
	return out, err
}

// relaxed returns the program with its integers as continuous variables.
func relaxed(d milp.Data) milp.Data {
	d.Integer = make([]bool, len(d.Integer))
	return d
}

// fixed returns the program with every integer fixed at its rounded value in x,
// or at the nearest bound if the value is outside the bounds; inside reports
// whether all values were inside.
func fixed(d milp.Data, x []float64) (_ milp.Data, inside bool) {
	inside = true
	d.Lower, d.Upper = slices.Clone(d.Lower), slices.Clone(d.Upper)
	for j, integer := range d.Integer {
		if !integer {
			continue
		}
		v := math.Round(x[j])
		if v < d.Lower[j] || v > d.Upper[j] {
			inside = false
			v = min(max(v, d.Lower[j]), d.Upper[j])
		}
		d.Lower[j], d.Upper[j] = v, v
	}
	return d, inside
}

// integral reports whether x satisfies integrality within HiGHS's tolerance of
// 1e-6.
func integral(d milp.Data, x []float64) bool {
	for j, integer := range d.Integer {
		if integer && math.Abs(x[j]-math.Round(x[j])) > 1e-6 {
			return false
		}
	}
	return true
}

// allowed returns the distance from the bound at which an objective counts as
// optimal.
func (s Solver) allowed(objective float64, u units) float64 {
	const rounding = 1e-9 // relative difference between two orders of summation
	size := math.Abs(objective)
	relative, absolute := s.gaps(u)
	return max(absolute, relative*size, rounding*max(1/u.cost, size))
}
