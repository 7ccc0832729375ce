package decompose

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/milp"
)

// point is a point of the first stage with its cost, c x + Σ Q_s(x); +Inf if a block has no
// solution there.
type point struct {
	at   []float64
	cost float64
}

// run is one solution of a program.
type run struct {
	solver   Solver
	split    *split
	recourse *recourse
	master   *master
	scale    []float64 // of a first step
	nodes    int64
	steps    int64 // evaluations of all blocks
	iterated int64 // iterations of the simplex method in the master
}

// Numbers of the trust region. They decide the time of the method, not its result.
const (
	good      = 0.5 // share of the predicted decrease above which the region grows
	accepted  = 0.1 // share above which the centre moves
	patience  = 3   // steps without a decrease before the region shrinks
	smallest  = 1e-4
	unlimited = 1e8
	maxSteps  = 2000
)

// converge minimises the relaxation over the bounds of the first stage, from a centre:
//
//	min model(x)  for |x_k − centre_k| ≤ δ scale_k
//
// The centre moves to a point that is better by a share of the predicted decrease; δ grows and
// shrinks with the quality of the prediction. If no side of the region is active, the minimum is
// that of the model without a region and therefore a lower bound. converge ends if the bound is
// within tolerance of the best point, or is at least target.
//
// With fewer steps than maxSteps, at a node of the tree, it also solves the model without a region
// in each step: most nodes end by its bound, before an evaluation. free is the last minimum of the
// model without a region, nil for none. The centre needs no cost if each group has a cut.
//
// Source: Linderoth, Wright, "Decomposition algorithms for stochastic programming on a
// computational grid", Computational Optimization and Applications 24 (2003) 207, algorithm TR.
func (x *run) converge(ctx context.Context, lower, upper []float64, centre point, tolerance, target float64, steps int) (best point, free []float64, bound float64, err error) {
	var (
		delta   = 1.0
		nulls   = 0
		theta   []float64
		within  = func(k int, v float64) float64 { return min(max(v, lower[k]), upper[k]) }
		from    = make([]float64, len(lower))
		to      = make([]float64, len(lower))
		project = func(at []float64) []float64 {
			out := slices.Clone(at)
			for k, v := range out {
				out[k] = within(k, v)
			}
			return out
		}
	)
	bound = math.Inf(-1)
	centre.at = project(centre.at)
	if math.IsInf(centre.cost, 1) && !x.master.complete() {
		if centre, _, err = x.evaluate(ctx, centre.at, nil); err != nil {
			return centre, free, bound, err
		}
	}
	for range steps {
		if steps < maxSteps { // at a node
			if done, err := x.model(ctx, lower, upper, &free, &bound, target); done || err != nil {
				return centre, free, bound, err
			}
			if bound >= centre.cost-tolerance {
				return centre, free, bound, nil
			}
		}
		for k, c := range centre.at {
			from[k], to[k] = lower[k], upper[k]
			if delta < unlimited {
				from[k] = max(lower[k], c-delta*x.scale[k])
				to[k] = min(upper[k], c+delta*x.scale[k])
			}
		}
		solution, err := x.master.relaxed(ctx, from, to)
		if err != nil {
			return centre, free, bound, err
		}
		x.iterated += solution.Iterations
		switch solution.Status {
		case milp.Optimal:
		case milp.Infeasible:
			if delta >= unlimited {
				return centre, free, math.Inf(1), nil // the cuts prove that there is no point
			}
			delta *= 8 // the cuts of infeasible points lie between the centre and the feasible ones
			if delta > 1e6 {
				delta = unlimited
			}
			continue
		default:
			if delta >= unlimited {
				delta = 1e6 // unbounded without a region
				continue
			}
			return centre, free, bound, fmt.Errorf("decompose: the program of the first stage is %v", solution.Status)
		}
		active := x.active(solution.Values, lower, upper, from, to)
		if !active && x.master.complete() {
			bound, free = max(bound, solution.Objective), slices.Clone(solution.Values[:len(lower)])
		}
		if bound >= target || bound >= centre.cost-tolerance {
			return centre, free, bound, nil
		}
		predicted := centre.cost - solution.Objective
		if predicted <= tolerance && active {
			if delta *= 4; delta > 1e6 {
				delta = unlimited
			}
			continue
		}
		next, added, err := x.evaluate(ctx, solution.Values[:len(lower)], x.thetas(&theta, solution.Values))
		if err != nil {
			return centre, free, bound, err
		}
		decrease := centre.cost - next.cost
		switch {
		case math.IsInf(centre.cost, 1) && !math.IsInf(next.cost, 1):
			centre, nulls = next, 0 // the first point with a cost
		case decrease > 0 && (decrease >= accepted*predicted || math.IsInf(predicted, 1)):
			centre, nulls = next, 0
			if active && decrease >= good*predicted && delta < unlimited {
				delta *= 2
			}
		case added == 0:
			// The blocks agree with the model within the tolerance of the solver.
			if decrease > 0 {
				centre = next
			}
			if !active {
				return centre, free, bound, nil
			}
			delta *= 4
		default:
			if decrease > 0 {
				centre = next
			}
			if nulls++; nulls >= patience && delta < unlimited {
				delta, nulls = max(delta/2, smallest), 0
			}
		}
	}
	if steps < maxSteps {
		_, err = x.model(ctx, lower, upper, &free, &bound, target)
	}
	return centre, free, bound, err
}

// model solves the relaxation with all cuts and no region. It reports whether the bound reaches the
// target, or that the cuts have no point.
func (x *run) model(ctx context.Context, lower, upper []float64, free *[]float64, bound *float64, target float64) (done bool, err error) {
	solution, err := x.master.relaxed(ctx, lower, upper)
	if err != nil {
		return false, err
	}
	x.iterated += solution.Iterations
	switch solution.Status {
	case milp.Infeasible:
		*bound = math.Inf(1)
		return true, nil
	case milp.Optimal:
		if x.master.complete() {
			*bound, *free = max(*bound, solution.Objective), slices.Clone(solution.Values[:len(lower)])
		}
	}
	return *bound >= target, nil
}

// thetas returns the values of θ in a solution.
func (x *run) thetas(buffer *[]float64, values []float64) []float64 {
	*buffer = append((*buffer)[:0], values[len(x.split.first):]...)
	return *buffer
}

// active reports whether a side of the region that is no bound limits a solution.
func (x *run) active(values, lower, upper, from, to []float64) bool {
	const near = 1e-7
	for k := range lower {
		size := near * max(1, math.Abs(values[k]))
		if from[k] > lower[k] && values[k] <= from[k]+size || to[k] < upper[k] && values[k] >= to[k]-size {
			return true
		}
	}
	return false
}

// evaluate returns the cost of a point and adds its cuts. theta are the values of θ in the model at
// the point, nil for none.
func (x *run) evaluate(ctx context.Context, at, theta []float64) (out point, added int, err error) {
	x.steps++
	answers, err := x.recourse.evaluate(ctx, x.solver.Of, at)
	if err != nil {
		return point{}, 0, err
	}
	at = slices.Clone(at)
	value, added := x.master.add(answers, at, theta)
	for k, j := range x.split.first {
		value += x.recourse.sign * x.recourse.data.Cost[j] * at[k]
	}
	return point{at, value}, added, nil
}
