package vpp

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// Solve solves the program and returns the plan. The data determine the plan;
// it does not depend on which of several optima the solver finds:
//
//  1. The search decides the integers. Ties between commitments are broken by
//     name.
//  2. The program with fixed integers is a linear program, whose duals give the
//     prices of the plan.
//  3. Among its optima those with the smallest expected imbalance cost remain.
//     By default the objective counts imbalance in the risk only, so that
//     optima can differ in this cost.
//  4. [milp.Canonical] selects one of them by name.
//
// Step 1 is unique only up to the gap of the solver. A [StoringSolver] can have
// the solution from an earlier call. An error wraps [milp.ErrInfeasible] if no
// schedule exists, with the reason as an [InfeasibleError]; [Program.Explain]
// has the rows. It is an [UnboundedError] if the objective has no limit.
func (x *Program) Solve(ctx context.Context, solver milp.Solver) (*Plan, error) {
	solution, err := x.stored(ctx, solver)
	if err != nil {
		return nil, failed(x.VPP.Name, len(x.Members), x.explained(ctx, solver, x.Model, err))
	}
	return x.plan(solution)
}

// optimum returns the canonical solution with duals. Bound and statistics are
// those of the search.
func (x *Program) optimum(ctx context.Context, solver milp.Solver) (*milp.Solution, error) {
	return x.curved().optimum(ctx, solver, x.Model)
}

// searched solves a model. It returns the solution, the linear program with
// fixed integers, and the solution of that program, which has duals.
func searched(ctx context.Context, solver milp.Solver, m *milp.Model) (search *milp.Solution, program *milp.Model, linear *milp.Solution, err error) {
	if search, err = solver.Solve(ctx, m); err != nil {
		return nil, nil, nil, err
	}
	if err := search.Err(); err != nil {
		return nil, nil, nil, err
	}
	// Without a bound, and for a linear program stopped at a limit, the values
	// prove nothing.
	if math.IsInf(search.Bound, 0) || m.Integers() == 0 && search.Status != milp.Optimal {
		return nil, nil, nil, fmt.Errorf("%w with a bound (%s)", milp.ErrNoSolution, search.Stopped)
	}
	if m.Integers() == 0 {
		return search, m, search, nil // already linear
	}
	fixed := m.Copy()
	fixed.FixIntegers(search.Values)
	program = fixed.Relaxed()
	if linear, err = solver.Solve(ctx, program); err != nil {
		return nil, nil, nil, err
	}
	if linear.Status == milp.Feasible || linear.Status == milp.NoSolution {
		// The solver stopped at a limit.
		return nil, nil, nil, fmt.Errorf("with integers fixed: %w", milp.ErrNoSolution)
	}
	if linear.Status != milp.Optimal {
		return nil, nil, nil, fmt.Errorf("%w: with integers fixed at its values the program is %v; "+
			"reduce the integrality tolerance of the solver", milp.ErrFailed, linear.Status)
	}
	return search, program, linear, nil
}

// canonical returns the canonical optimum of the linear program, with the bound
// and the statistics of the search. Its expected imbalance cost is the smallest
// one of all optima.
func canonical(ctx context.Context, solver milp.Solver, search *milp.Solution, program *milp.Model, linear *milp.Solution, imbalance milp.Expr) (*milp.Solution, error) {
	var then []milp.Expr
	if !imbalance.IsConst() {
		then = append(then, imbalance)
	}
	canonical, err := milp.Canonical(ctx, solver, program, linear, then...)
	if err != nil {
		return nil, err
	}
	out := *search
	out.Values, out.Duals, out.ReducedCosts = canonical.Values, canonical.Duals, canonical.ReducedCosts
	out.Objective = linear.Objective
	// The program is maximised. The linear program can exceed the bound by the
	// tolerance of the solver.
	out.Bound = max(search.Bound, linear.Objective)
	out.Gap = (out.Bound - out.Objective) / max(math.Abs(out.Objective), 1e-10)
	out.Time += linear.Time + canonical.Time
	return &out, nil
}

// Statistics returns the size of the program and the range of its coefficients,
// with warnings if the range can reduce accuracy. Costs that break ties are
// left out, because they are small by design.
func (x *Program) Statistics() milp.Statistics {
	out := milp.Describe(x.Model)
	out.Costs = milp.Extent{}
	for j := range x.Model.Vars() {
		v := x.Model.VarAt(j)
		cost, place := math.Abs(x.Model.Cost(v)), milp.Place{Column: v.Name()}
		if cost == 0 || x.Model.IsInteger(v) && cost <= 2*x.preference {
			continue
		}
		if out.Costs.Min == 0 || cost < out.Costs.Min {
			out.Costs.Min, out.Costs.MinAt = cost, place
		}
		if cost > out.Costs.Max {
			out.Costs.Max, out.Costs.MaxAt = cost, place
		}
	}
	return out
}

// Explain returns the conflicting rows and bounds of an infeasible program,
// with the smallest violations that make it feasible.
func (x *Program) Explain(ctx context.Context, solver milp.Solver) (*milp.Infeasibility, error) {
	return milp.Elastic(ctx, solver, x.Model)
}

// lazily solves the problem and adds the exclusivity rules of members only if
// they are violated. Such a rule forbids simultaneous injection and withdrawal,
// for example of a battery, and needs a binary per scenario and step:
//
//  1. Solve without the rules of all [der.Overlapper] kinds.
//  2. If a schedule overlaps at a step, add the rule at that step and solve
//     again.
//
// Leaving out rules can only increase the optimum. Therefore a schedule that
// keeps all rules is optimal with them. prepare may change or reject each
// program before it is solved. The data must be valid.
func (p Problem) lazily(ctx context.Context, solver milp.Solver, prepare func(*Program) error) (*Plan, error) {
	bounds := p.withoutRules()
	for {
		x, err := p.compose(certain, func(d der.DER) []float64 { return bounds[d.Name()] })
		if err != nil {
			return nil, err
		}
		if err := prepare(x); err != nil {
			return nil, err
		}
		plan, err := x.Solve(ctx, solver)
		if err != nil {
			return nil, err
		}
		if !tighten(bounds, plan) {
			return plan, nil
		}
	}
}

// withoutRules returns the bounds of the marginal value per DER, in which those
// of kinds with an exclusivity rule leave the rule out.
func (p Problem) withoutRules() map[string][]float64 {
	values, bounds := p.minMarginalValues(), make(map[string][]float64)
	for _, d := range p.Members {
		bounds[d.Name()] = values
		if _, ok := d.(der.Overlapper); ok {
			bounds[d.Name()] = repeat(math.Inf(1), p.Setting.Set.Steps())
		}
	}
	return bounds
}

// tighten sets the bound of the marginal value to −∞ at each step with an
// overlap, which makes the DER add its rule there, and reports whether there
// was one. A bound of +∞ stands for a rule left out.
func tighten(bounds map[string][]float64, plan *Plan) bool {
	found := false
	for i := range plan.Members {
		found = tightened(bounds, plan.Members[i].DER, plan.Members[i].Schedule.Realised) || found
	}
	return found
}

// tighten is like the function of that name, for a solution of the program.
func (x *Program) tighten(bounds map[string][]float64, values []float64) bool {
	found := false
	for i, d := range x.Members {
		if _, ok := d.(der.Overlapper); ok {
			found = tightened(bounds, d, der.Realise(x.terms[i], values)) || found
		}
	}
	return found
}

// tightened tightens the bounds of one DER.
func tightened(bounds map[string][]float64, d der.DER, realised []der.Ports) bool {
	overlapper, ok := d.(der.Overlapper)
	if !ok {
		return false
	}
	found := false
	own := bounds[d.Name()]
	for s := range realised {
		for t := range own {
			if math.IsInf(own[t], 1) && overlapper.Overlaps(&realised[s], t) {
				own[t] = math.Inf(-1)
				found = true
			}
		}
	}
	return found
}

func repeat(value float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = value
	}
	return out
}
