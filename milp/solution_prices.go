package milp

import (
	"context"
	"fmt"
)

// PriceList holds the duals of a program: by how much the objective changes per unit of each
// constraint's limit and each variable's bound, in the sense and the unit of the objective.
type PriceList struct {
	Rows, Columns []float64 // per row its dual, per column its reduced cost
	Objective     float64   // of the linear program that the duals belong to
	Fixed         int       // integer variables that were held at their values
}

// Of returns the dual of a constraint.
func (p *PriceList) Of(r Row) float64 { return p.Rows[r.row] }

// Label says what kind of prices these are, to be shown beside them: "linear program" or "integers
// fixed". Prices of the second kind are right for small changes that leave all decisions as they are;
// they pay for no start-up, and what a unit of demand costs across a change of decisions is another
// number.
func (p *PriceList) Label() string {
	if p.Fixed == 0 {
		return "linear program"
	}
	return "integers fixed"
}

// Prices returns the duals that go with a solution. Those of a linear program are the solution's own.
// A program with integers has none: its integer variables are fixed at the solution's values, and what
// remains is solved as a linear program (O'Neill et al., European Journal of Operational Research 164,
// 2005).
func Prices(ctx context.Context, s Solver, m *Model, solution *Solution) (*PriceList, error) {
	fixed, lp, err := fixedProgram(ctx, s, m, solution)
	if err != nil {
		return nil, fmt.Errorf("prices: %w", err)
	}
	return &PriceList{lp.Duals, lp.ReducedCosts, lp.Objective, fixed}, nil
}

// fixedProgram returns a solution with duals: the one given, or that of the program with its integers
// fixed.
func fixedProgram(ctx context.Context, s Solver, m *Model, solution *Solution) (fixed int, lp *Solution, err error) {
	if err := solution.Err(); err != nil {
		return 0, nil, err
	}
	if len(solution.Values) != m.Vars() {
		return 0, nil, fmt.Errorf("milp: a solution of %d values for a model of %d variables", len(solution.Values), m.Vars())
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
