package vpp

import (
	"context"
	"errors"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// vicinity is the set of all schedules near the optimum of a program,
//
//	z − ε ≤ objective(x) ≤ bound
//
// An amount has linear expressions in the columns that equal it if the cost
// columns of the program are at their values. A schedule with such columns is
// in the set, so that the extremes of the expression enclose the amount. The
// charge for deviations from the members' schedules is not part of the program.
// It is replaced by 0 from below and by a linear bound from above.
//
// Extremes are those of the linear relaxation, or bounds of a search of
// maxNodes nodes.
type vicinity struct {
	*Program
	model   *milp.Model
	limited milp.Solver // for the search; nil: the relaxation
	solver  milp.Solver
	plan    *Plan
}

// maxNodes limits a search for an extreme of the integrated value, which all
// payoffs share. Revenues have the ranges of the relaxation: a search for each
// end of each would take too long.
const maxNodes = 64

func (p Problem) vicinity(solver milp.Solver, plan *Plan) (*vicinity, error) {
	values := p.minMarginalValues()
	x, err := p.compose(certain, func(der.DER) []float64 { return values })
	if err != nil {
		return nil, err
	}
	out := &vicinity{Program: x, model: x.Model.Copy(), solver: solver, plan: plan}
	x.limit(out.model, solver, plan)
	return out, nil
}

// boundedRevenue returns ranges of the members' revenues without payments at
// prices inside the VPP over the vicinity.
func (p Problem) boundedRevenue(ctx context.Context, solver milp.Solver, plan *Plan) (map[int]Range, error) {
	x, err := p.vicinity(solver, plan)
	if err != nil {
		return nil, err
	}
	out := make(map[int]Range, len(x.Members))
	for i, d := range x.Members {
		m := &plan.Members[i]
		earned := x.payment(i)
		for s, probability := range x.Setting.Set.Probabilities() {
			earned.Add(x.terms[i][s].Cost.Times(-probability))
		}
		r, err := x.extremes(ctx, earned.Minus(x.largestCharge(i)), earned)
		if err != nil {
			return nil, err
		}
		r = r.Join(around(plan.stated(m), 0))
		out[p.number(d)] = r.widened(m.tolerance() + plan.Value.tolerance())
	}
	return out, nil
}

// boundedValue returns a range of the integrated value over the vicinity.
func (p Problem) boundedValue(ctx context.Context, solver milp.Solver, plan *Plan) (Range, error) {
	x, err := p.vicinity(solver, plan)
	if err != nil {
		return Range{}, err
	}
	if l, ok := solver.(milp.Limited); ok && x.Model.Integers() > 0 && !x.wide(solver, plan) {
		x.limited = l.Limit(milp.Limits{Nodes: maxNodes})
	}
	// The objective counts the costs that the modelling options select, the
	// value the payments.
	low := x.objective
	for s, cost := range x.memberCosts() {
		low = low.Plus(cost.Times(x.Setting.Weights.Economic * x.Setting.Set.Probability(s)))
	}
	charges := milp.Const(0)
	for i := range x.Members {
		low = low.Minus(x.payment(i).Times(x.Setting.Weights.Economic))
		charges.Add(x.largestCharge(i))
	}
	r, err := x.extremes(ctx, low, low.Plus(charges.Times(x.Setting.Weights.Economic)))
	if err != nil {
		return Range{}, err
	}
	return r.Join(around(plan.Value.Integrated, 0)).widened(plan.Value.tolerance()), nil
}

// payment returns the expected payment to member i without the charge for
// deviations.
func (x *vicinity) payment(i int) milp.Expr {
	energy := x.context
	energy.Tariff.Shortage, energy.Tariff.Surplus = nil, nil
	var out milp.Expr
	for s, amount := range energy.PaymentTerms(x.Model, x.Members[i].Name(), x.terms[i]) {
		out.Add(amount.Times(x.Setting.Set.Probability(s)))
	}
	return out
}

// largestCharge returns an upper bound of the expected charge for deviations of
// member i, linear in its delivery N: the chord, over the bounds [l, u] of A −
// N, of the charge c against the schedule A,
//
//	c(x) = Δ (p_short x^+ + p_long (−x)^+) ≤ c(l) + (c(u) − c(l)) (x − l) / (u − l),   x = A − N
//
// A is the schedule in the plan. The charge of another delivery is at most that
// against A, because its own schedule is the best one for it. If the member
// decides its schedule in the program, A is its column. Without bounds of A − N
// the result is infinite.
func (x *vicinity) largestCharge(i int) milp.Expr {
	var (
		out    milp.Expr
		tariff = x.context.Tariff
		hours  = x.context.HoursAt
	)
	for s := range x.terms[i] {
		for t := range x.context.Steps() {
			if !tariff.Deviates(t) {
				continue
			}
			schedule := milp.Const(x.plan.Members[i].Schedule.DayAhead[t])
			if own := x.terms[i][0].DayAhead; own != nil {
				schedule = own[t]
			}
			charge := func(missing float64) float64 {
				return (at(tariff.Shortage, t)*max(missing, 0) + at(tariff.Surplus, t)*max(-missing, 0)) * hours(t)
			}
			var (
				missing      = schedule.Minus(x.terms[i][s].Net(t))
				lower, upper = missing.Range()
				weight       = x.Setting.Set.Probability(s)
			)
			switch {
			case math.IsInf(lower, 0) || math.IsInf(upper, 0):
				return milp.Const(math.Inf(1))
			case upper > lower:
				slope := (charge(upper) - charge(lower)) / (upper - lower)
				out.Add(missing.Minus(milp.Const(lower)).Times(weight * slope))
			}
			out.Add(milp.Const(weight * charge(lower)))
		}
	}
	return out
}

// extremes returns a lower bound of low and an upper bound of high over the
// vicinity.
func (x *vicinity) extremes(ctx context.Context, low, high milp.Expr) (Range, error) {
	lower, err := x.extreme(ctx, low.Times(-1))
	if err != nil {
		return Range{}, err
	}
	upper, err := x.extreme(ctx, high)
	return Range{-lower, upper}, err
}

// extreme returns an upper bound of an expression over the vicinity, +Inf if
// none is found.
func (x *vicinity) extreme(ctx context.Context, e milp.Expr) (float64, error) {
	if math.IsInf(e.Constant(), 1) {
		return e.Constant(), nil
	}
	own := milp.Const(e.Constant()) // in the columns of the copy
	for v, c := range e.Terms {
		own.Add(x.model.VarAt(v.Index()).Times(c))
	}
	x.model.Maximize(own)
	if x.limited != nil {
		switch found, err := once(ctx, x.limited, x.model); {
		case err == nil && !math.IsInf(found.Bound, 0) && !math.IsNaN(found.Bound):
			return found.Bound, nil
		case err != nil && ctx.Err() != nil:
			return 0, err
		}
	}
	// A relaxation that is unbounded, or empty within the tolerances, gives no
	// bound.
	found, err := once(ctx, x.solver, x.model.Relaxed())
	switch {
	case err == nil && found.Status == milp.Optimal:
		return found.Objective, nil
	case err == nil, errors.Is(err, milp.ErrNoSolution), errors.Is(err, milp.ErrInfeasible), errors.Is(err, milp.ErrUnbounded):
		return math.Inf(1), nil
	}
	return 0, err
}
