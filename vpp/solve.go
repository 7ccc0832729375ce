package vpp

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// Solve solves the program and returns the plan. Its schedule is the only one that the data allow,
// whichever optimum the solver found: integers are decided by the solver's search, in which equal
// commitments differ by a preference of their names; with the integers fixed, the rest is solved as a
// linear program, which also gives the plan its prices; and among the optima of that, [milp.Canonical]
// takes the one that names prefer. The first step is only as unique as the solver's gap is small.
//
// An infeasible program is an error that [errors.Is] finds to be [milp.ErrInfeasible];
// [Program.Explain] says which rows stand in each other's way.
func (x *Program) Solve(ctx context.Context, solver milp.Solver) (*Plan, error) {
	solution, err := x.optimum(ctx, solver)
	if err != nil {
		return nil, fmt.Errorf("plant %q with %d members: %w", x.VPP.Name, len(x.Members), err)
	}
	return x.plan(solution)
}

// optimum returns the canonical solution with duals; bound and statistics are those of the program with
// integers.
func (x *Program) optimum(ctx context.Context, solver milp.Solver) (*milp.Solution, error) {
	search, program, linear, err := searched(ctx, solver, x.Model)
	if err != nil {
		return nil, err
	}
	return canonical(ctx, solver, search, program, linear)
}

// searched solves a model and returns the solution, the linear program that remains with its integers
// fixed, and the solution of that, which has duals.
func searched(ctx context.Context, solver milp.Solver, m *milp.Model) (search *milp.Solution, program *milp.Model, linear *milp.Solution, err error) {
	if search, err = solver.Solve(ctx, m); err != nil {
		return nil, nil, nil, err
	}
	if err := search.Err(); err != nil {
		return nil, nil, nil, err
	}
	if m.Integers() == 0 {
		return search, m, search, nil
	}
	fixed := m.Copy()
	fixed.FixIntegers(search.Values)
	program = fixed.Relaxed()
	if linear, err = solver.Solve(ctx, program); err != nil {
		return nil, nil, nil, err
	}
	if linear.Status != milp.Optimal {
		return nil, nil, nil, fmt.Errorf("with integers fixed at the solver's own values the program is %v; tighten the solver's integrality tolerance", linear.Status)
	}
	return search, program, linear, nil
}

// canonical returns the optimum of the linear program that names prefer, with the bound and the
// statistics of the search for the integers.
func canonical(ctx context.Context, solver milp.Solver, search *milp.Solution, program *milp.Model, linear *milp.Solution) (*milp.Solution, error) {
	canonical, err := milp.Canonical(ctx, solver, program, linear)
	if err != nil {
		return nil, err
	}
	out := *search
	out.Values, out.Duals, out.ReducedCosts = canonical.Values, canonical.Duals, canonical.ReducedCosts
	out.Objective = linear.Objective
	out.Bound = max(search.Bound, linear.Objective) // the program is maximised
	out.Gap = (out.Bound - out.Objective) / max(math.Abs(out.Objective), 1e-10)
	out.Time += linear.Time + canonical.Time
	return &out, nil
}

// Statistics describe the size of the program and the span of its numbers, with warnings and advice where
// that span is likely to cost accuracy. Costs that only decide between equal commitments are left out:
// they are meant to be small.
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

// Explain returns which rows and bounds of an infeasible program stand in each other's way, and by how
// much they miss.
func (x *Program) Explain(ctx context.Context, solver milp.Solver) (*milp.Infeasibility, error) {
	return milp.Elastic(ctx, solver, x.Model)
}

// Solve formulates and solves the program of a plant with the given members. It gives the result of
// [Formulate] and [Program.Solve], faster: rules against feeding in and taking out at once, which need a
// binary per scenario and step, are first left out for units that can tell whether they were broken
// ([der.Overlapper]), and stated only at the steps where they were. Leaving rules out can only raise the
// optimum, so that a schedule which keeps them all the same is optimal with them.
//
// What can be seen to be impossible is reported without solving: see [Obstacles].
func Solve(ctx context.Context, solver milp.Solver, p VPP, members []der.DER, c Setting) (*Plan, error) {
	if err := validate(p, members, c); err != nil {
		return nil, err
	}
	return lazily(ctx, solver, p, members, c, (*Program).obstacles)
}

// lazily solves a program whose rules against feeding in and taking out at once are stated where they are
// broken. prepare may change or refuse each program before it is solved. The data must be valid.
func lazily(ctx context.Context, solver milp.Solver, p VPP, members []der.DER, c Setting, prepare func(*Program) error) (*Plan, error) {
	var (
		safe   = floor(p, c)
		relied = make(map[string][]float64) // per unit, the floor it was promised
	)
	for _, unit := range members {
		relied[unit.Name()] = safe
		if _, ok := unit.(der.Overlapper); ok {
			relied[unit.Name()] = constant(math.Inf(1), c.Set.Steps())
		}
	}
	for {
		x, err := compose(p, members, c, certain, func(unit der.DER) []float64 { return relied[unit.Name()] })
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
		if !withdraw(relied, plan) {
			return plan, nil
		}
	}
}

// withdraw takes back the promise at every step at which a unit broke the rule it left out, and reports
// whether there was one.
func withdraw(relied map[string][]float64, plan *Plan) bool {
	found := false
	for i := range plan.Members {
		unit, ok := plan.Members[i].DER.(der.Overlapper)
		if !ok {
			continue
		}
		promised := relied[unit.Name()]
		for s := range plan.Members[i].Schedule.Realised {
			for t := range promised {
				if math.IsInf(promised[t], 1) && unit.Overlaps(&plan.Members[i].Schedule.Realised[s], t) {
					promised[t] = math.Inf(-1)
					found = true
				}
			}
		}
	}
	return found
}

func constant(value float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = value
	}
	return out
}
