package vpp

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/milp"
)

// Information is the value of planning with several scenarios, and of a perfect
// forecast, in units of the objective, which is maximised:
//
//	VSS  = V − V(mean)        value of the stochastic solution
//	EVPI = Σ_s π_s V_s − V    expected value of perfect information
//
// V is the optimum over all scenarios. V(mean) is the objective in all
// scenarios of the first-stage decisions that are optimal for their mean. V_s
// is the optimum for scenario s alone; its loss is certain, so that its risk is
// the loss itself.
//
// VSS and EVPI are at least 0, up to the gap of the solver, for each risk
// measure that is at least the mean. They can be negative on scenarios of
// another sample: see [Plan.Recourse].
//
// For example, with V = 100, V(mean) = 90 and Σ π_s V_s = 130, VSS is 10 and
// EVPI is 30.
//
// Source: Birge, Louveaux, Introduction to Stochastic Programming (1997),
// chapter 4, for an objective that is an expectation.
type Information struct {
	Plan     *Plan   // for all scenarios
	Mean     *Plan   // first stage of the mean in all scenarios; nil if infeasible
	Informed []*Plan // per scenario, for that scenario alone

	VSS  float64 // +Inf if Mean is nil
	EVPI float64
}

// ValueOfInformation solves the problem for all scenarios, for their mean, and
// for each scenario alone.
func (p Problem) ValueOfInformation(ctx context.Context, solver milp.Solver) (*Information, error) {
	plan, err := p.Solve(ctx, solver)
	if err != nil {
		return nil, err
	}
	out := &Information{Plan: plan, VSS: math.Inf(1), EVPI: -plan.Value.Objective}
	mean := p
	mean.Setting.Set = p.Setting.Set.Expected()
	naive, err := mean.Solve(ctx, solver)
	if err != nil {
		return nil, fmt.Errorf("vpp: value of information: mean scenario: %w", err)
	}
	switch out.Mean, err = naive.Recourse(ctx, solver, p.Setting.Set); {
	case err == nil:
		out.VSS = plan.Value.Objective - out.Mean.Value.Objective
	case !errors.Is(err, milp.ErrInfeasible):
		return nil, fmt.Errorf("vpp: value of information: plan for the mean scenario: %w", err)
	}
	for s := range p.Setting.Set.Len() {
		known := p
		known.Setting.Set = p.Setting.Set.Subset(s)
		informed, err := known.Solve(ctx, solver)
		if err != nil {
			return nil, fmt.Errorf("vpp: value of information: scenario %d alone: %w", s, err)
		}
		out.Informed = append(out.Informed, informed)
		out.EVPI += p.Setting.Set.Probability(s) * informed.Value.Objective
	}
	return out, nil
}
