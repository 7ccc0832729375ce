package highs

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/trigrid/trigrid/milp"
)

// shortcut solves a changed program with integers by two linear programs, where they suffice:
//
//	bound       the relaxation, integers taken as continuous
//	incumbent   the program with every integer fixed where the last solution had it
//
// When the two are as close as the gap asked for, the incumbent is an optimum by the definition of
// the gap, and branch and bound is not needed. Both start from the basis of the time before and
// take few iterations. Small changes of prices or weights seldom move a commitment, and a tight
// formulation has a tight relaxation, which makes this the common case in a sweep.
//
// Where the two stay apart, the incumbent still is the best start there is.
type shortcut struct {
	relaxed mirror
	missed  int // attempts in a row that decided nothing
}

// patience is how many attempts in a row may decide nothing before no more are made: the linear
// programs cost a little, and some programs have loose relaxations throughout.
const patience = 3

// try returns the solution if the shortcut finds it, and otherwise the best start that is known,
// nil for none. last are the values of the last solution, nil for none.
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
	c.missed++ // unless it turns out otherwise
	begin := time.Now()
	s.Progress, s.Log = nil, nil
	bound, err := c.solve(ctx, s, relaxed(d))
	if err != nil {
		return nil, nil, err
	}
	if bound.Status == milp.Infeasible { // and with it the program
		c.missed = 0
		bound.Update = "; the relaxation is infeasible"
		return bound, nil, nil
	}
	if bound.Status != milp.Optimal {
		return nil, start, nil
	}
	candidate, how := last, "; the last integers are within the gap of the relaxation"
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
	if math.Abs(out.Objective-bound.Objective) > s.allowed(out.Objective) {
		return nil, out.Values, nil
	}
	c.missed = 0
	out.Bound, out.Gap = bound.Objective, gap(out.Objective, bound.Objective)
	out.Duals, out.ReducedCosts = nil, nil
	out.Iterations += bound.Iterations
	out.Time = time.Since(begin)
	out.Update = how
	return out, nil, nil
}

// solve solves one of the two linear programs.
func (c *shortcut) solve(ctx context.Context, s Solver, d milp.Data) (*milp.Solution, error) {
	if _, err := c.relaxed.update(s, d); err != nil {
		return nil, err
	}
	out, err := s.run(ctx, c.relaxed.object, d)
	if err != nil {
		c.relaxed.lose("")
	}
	return out, err
}

// relaxed returns the program with its integers taken as continuous.
func relaxed(d milp.Data) milp.Data {
	d.Integer = make([]bool, len(d.Integer))
	return d
}

// fixed returns the program with every integer fixed at its value in x, or at the bound nearest to
// it; inside reports whether no bound was in the way.
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

func integral(d milp.Data, x []float64) bool {
	for j, integer := range d.Integer {
		if integer && math.Abs(x[j]-math.Round(x[j])) > 1e-6 {
			return false
		}
	}
	return true
}

// allowed is the distance from the bound at which an objective counts as optimal.
func (s Solver) allowed(objective float64) float64 {
	const rounding = 1e-9 // what two ways of adding up an objective may differ by
	size := math.Abs(objective)
	relative, absolute := s.gaps()
	return max(absolute, relative*size, rounding*max(1, size))
}
