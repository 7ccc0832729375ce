package decompose

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/milp"
)

// part is a part of the tree: ranges of integers that branches made smaller.
type part []limit

// limit is the range of one integer, which has the given place in the first
// stage.
type limit struct {
	place        int
	lower, upper float64
}

// leaf is a part that a search did not divide further, with a bound of its
// cost.
type leaf struct {
	part  part
	bound float64
}

// sample is the program on few scenarios, and its search. The search gives
// parts that cover all integers, and integers that are near the best ones. They
// decide the time of the method alone, not its result.
type sample struct {
	model        *milp.Model
	session      milp.Session
	integers     []int     // places in the first stage
	lower, upper []float64 // of the first stage
	gains        gains
	best         []float64 // of the first stage, nil for none
	cost         float64   // of best, +Inf for none
	leaves       []leaf
	programs     int // solved so far
}

// Numbers of the search. They decide its time and the number of its leaves.
const (
	sampled    = 12   // scenarios
	candidates = 8    // integers whose branches are both solved before one of them is chosen
	reliable   = 2    // solves of a branch from which on its mean gain counts instead
	maxSampled = 600  // programs, after which all open parts are leaves
	integral   = 1e-6 // distance from a whole number that counts as whole
)

// newSample returns the program on n chosen scenarios, whose costs stand for
// those of all scenarios. Its first columns are those of the first stage. It is
// minimised.
func newSample(s *split, d milp.Data, n int) *sample {
	x := &sample{model: milp.New(), cost: math.Inf(1)}
	sign, column := signOf(d), make([]milp.Var, len(d.Cost))
	add := func(columns []int, factor float64) {
		for _, j := range columns {
			column[j] = x.model.Var(milp.At("", "c", j), d.Lower[j], d.Upper[j])
			x.model.SetCost(column[j], factor*sign*d.Cost[j])
		}
	}
	state := func(rows []int) {
		for _, i := range rows {
			var e milp.Expr
			for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
				e.Add(column[d.Column[k]].Times(d.Coefficient[k]))
			}
			row := x.model.AtLeast(milp.At("", "r", i), e, milp.Const(0))
			x.model.SetLimits(row, d.RowLower[i], d.RowUpper[i])
		}
	}
	add(s.first, 1)
	state(s.rows)
	for _, c := range choose(s, d, n) {
		add(s.blocks[c.block].columns, c.factor)
		state(s.blocks[c.block].rows)
	}
	for k, j := range s.first {
		lower, upper := d.Lower[j], d.Upper[j]
		if d.Integer[j] {
			// Values that are rounded must not leave a fractional bound.
			lower, upper = math.Ceil(lower-integral), math.Floor(upper+integral)
			x.integers = append(x.integers, k)
		}
		x.lower, x.upper = append(x.lower, lower), append(x.upper, upper)
	}
	x.gains = newGains(len(s.first))
	return x
}

// search solves the program by branch and bound over a warm session of the
// relaxation. Both branches of several integers are solved before one of them
// is chosen, so that the tree has few leaves: a leaf costs a program of all
// scenarios later, and a branch a program of few.
func (x *sample) search(ctx context.Context, solver milp.Opener) (err error) {
	if x.session, err = solver.Open(x.model); err != nil {
		return err
	}
	defer x.session.Close()
	for open := []leaf{{bound: math.Inf(-1)}}; len(open) > 0; {
		l := open[len(open)-1]
		open = open[:len(open)-1]
		at, v := -1, 0.0
		if l.bound < x.cost && x.programs < maxSampled {
			if l.bound, at, v, err = x.visit(ctx, l.part); err != nil {
				return err
			}
		}
		if at < 0 {
			x.leaves = append(x.leaves, l)
			continue
		}
		near, far := l.part.divide(at, v, x.lower, x.upper)
		open = append(open, leaf{far, l.bound}, leaf{near, l.bound})
	}
	return nil
}

// visit solves the relaxation of a part and returns its bound, and the integer
// to branch on with its value, −1 if the part is a leaf.
func (x *sample) visit(ctx context.Context, p part) (bound float64, at int, v float64, err error) {
	bound, values, err := x.solve(ctx, p)
	if err != nil || bound >= x.cost {
		return bound, -1, 0, err
	}
	fractional := fractionalOf(x.integers, values)
	if len(fractional) == 0 {
		x.best, x.cost = slices.Clone(values[:len(x.lower)]), bound
		return bound, -1, 0, nil
	}
	if p == nil { // a first cost, which ends branches from the start
		if err := x.round(ctx, values); err != nil {
			return bound, -1, 0, err
		}
		if bound >= x.cost {
			return bound, -1, 0, nil
		}
	}
	slices.SortStableFunc(fractional, func(a, b int) int { return cmp.Compare(depth(values[b]), depth(values[a])) })
	for _, k := range fractional[:min(candidates, len(fractional))] {
		near, far := p.divide(k, values[k], x.lower, x.upper)
		for _, child := range []part{near, far} {
			if x.gains.tried(child, x.lower) >= reliable {
				continue
			}
			found, _, err := x.solve(ctx, child)
			if err != nil {
				return bound, -1, 0, err
			}
			// A branch without a solution has no gain of its own.
			x.gains.learn(child, x.lower, min(found-bound, 1+math.Abs(bound)))
		}
	}
	at = x.gains.best(fractional, values)
	return bound, at, values[at], nil
}

// solve returns the cost of the relaxation of a part, +Inf if it has no
// solution.
func (x *sample) solve(ctx context.Context, p part) (cost float64, values []float64, err error) {
	for _, k := range x.integers {
		x.model.SetBounds(x.model.VarAt(k), x.lower[k], x.upper[k])
	}
	for _, l := range p {
		x.model.SetBounds(x.model.VarAt(l.place), l.lower, l.upper)
	}
	x.programs++
	solution, err := x.session.Solve(ctx)
	if err != nil {
		return 0, nil, err
	}
	switch solution.Status {
	case milp.Optimal:
		return solution.Objective, solution.Values, nil
	case milp.Infeasible:
		return math.Inf(1), nil, nil
	}
	return 0, nil, fmt.Errorf("decompose: the program of few scenarios is %v", solution.Status)
}

// round makes the rounded integers of a point the best ones if they have a
// solution.
func (x *sample) round(ctx context.Context, values []float64) error {
	var p part
	for _, k := range x.integers {
		v := math.Round(values[k])
		p = append(p, limit{k, v, v})
	}
	cost, found, err := x.solve(ctx, p)
	if err == nil && cost < x.cost {
		x.best, x.cost = slices.Clone(found[:len(x.lower)]), cost
	}
	return err
}
