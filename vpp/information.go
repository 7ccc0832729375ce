package vpp

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// Information is what it is worth to a plant to plan with its futures, and to know the future, in units of
// its objective, which is maximised:
//
//	VSS  = V − V(mean)        value of the stochastic solution
//	EVPI = Σ_s π_s V_s − V    expected value of perfect information
//
// with V the optimum over all futures, V(mean) what the plan for the mean future achieves in them, and V_s
// the optimum for a plant that knows it will be future s. To such a plant the loss is certain, so that its
// risk is the loss itself. Both values are at least 0, up to what solvers leave open, for every risk measure
// that is no less than the mean; out of sample, see [Plan.Recourse], neither need be.
//
// Source: Birge, Louveaux, Introduction to Stochastic Programming (1997), chapter 4, where the objective is
// an expectation.
type Information struct {
	Plan     *Plan   // made with all futures
	Mean     *Plan   // what the plan for the mean future decided here and now, tried in all; nil where that fails in some future
	Informed []*Plan // per future, made knowing it

	VSS  float64 // +Inf where Mean is nil
	EVPI float64
}

// ValueOfInformation plans with all futures of a setting, with their mean, and with each of them alone.
func ValueOfInformation(ctx context.Context, solver milp.Solver, p VPP, members []der.DER, c Setting) (*Information, error) {
	plan, err := Solve(ctx, solver, p, members, c)
	if err != nil {
		return nil, err
	}
	out := &Information{Plan: plan, VSS: math.Inf(1), EVPI: -plan.Value.Objective}
	mean := c
	mean.Set = c.Set.Expected()
	naive, err := Solve(ctx, solver, p, members, mean)
	if err != nil {
		return nil, fmt.Errorf("the mean future: %w", err)
	}
	switch out.Mean, err = naive.Recourse(ctx, solver, c.Set); {
	case err == nil:
		out.VSS = plan.Value.Objective - out.Mean.Value.Objective
	case !errors.Is(err, milp.ErrInfeasible):
		return nil, fmt.Errorf("the plan for the mean future: %w", err)
	}
	for s := range c.Set.Len() {
		known := c
		known.Set = c.Set.Subset(s)
		informed, err := Solve(ctx, solver, p, members, known)
		if err != nil {
			return nil, fmt.Errorf("future %d alone: %w", s, err)
		}
		out.Informed = append(out.Informed, informed)
		out.EVPI += c.Set.Probability(s) * informed.Value.Objective
	}
	return out, nil
}
