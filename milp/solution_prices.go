package milp

import (
	"context"
	"fmt"
)

// PriceList holds the duals of a program: the change of the objective per unit
// of each constraint's limit and each variable's bound. Signs follow the sense
// of the objective: in a minimum, the dual of a demand row is the cost of one
// more unit of demand.
type PriceList struct {
	Rows, Columns []float64 // per row its dual, per column its reduced cost
	Objective     float64   // of the linear program with these duals
	Fixed         int       // number of integer variables that were fixed
}

// Of returns the dual of a constraint.
func (p *PriceList) Of(r Row) float64 { return p.Rows[r.row] }

// Label returns the kind of the prices, "linear program" or "integers fixed",
// for display beside them. Prices with fixed integers hold for small changes
// that leave all decisions unchanged. They do not cover start-up costs, and a
// change of demand that changes a decision has another cost per unit.
func (p *PriceList) Label() string {
	if p.Fixed == 0 {
		return "linear program"
	}
	return "integers fixed"
}

// Prices returns the duals of a solution. For a linear program they are the
// solution's own. A program with integers has no duals: Prices fixes the
// integer variables at the solution's values and solves the remaining linear
// program.
//
// Source: O'Neill et al., European Journal of Operational Research 164 (2005)
// 269–285.
func Prices(ctx context.Context, s Solver, m *Model, solution *Solution) (*PriceList, error) {
	fixed, lp, err := fixedProgram(ctx, s, m, solution)
	if err != nil {
		return nil, fmt.Errorf("milp: prices: %w", err)
	}
	return &PriceList{lp.Duals, lp.ReducedCosts, lp.Objective, fixed}, nil
}

// fixedProgram returns a solution with duals: the given one if it has duals,
// otherwise the optimum of the program with its integers fixed at the
// solution's values.
func fixedProgram(ctx context.Context, s Solver, m *Model, solution *Solution) (fixed int, lp *Solution, err error) {
	if err := solution.Err(); err != nil {
		return 0, nil, err
	}
	if len(solution.Values) != m.Vars() {
		return 0, nil, fmt.Errorf("the solution has %d values, the model has %d variables",
			len(solution.Values), m.Vars())
	}
	fixed = m.Integers()
	if fixed == 0 && len(solution.Duals) == m.Rows() && len(solution.ReducedCosts) == m.Vars() {
		return 0, solution, nil
	}
	lp, err = s.Solve(ctx, m.settled(solution))
	if err == nil {
		err = lp.Err()
	}
	if err == nil && (len(lp.Duals) != m.Rows() || len(lp.ReducedCosts) != m.Vars()) {
		err = fmt.Errorf("solver %q returned no duals for a linear program", lp.Backend)
	}
	if err != nil {
		return 0, nil, err
	}
	return fixed, lp, nil
}
