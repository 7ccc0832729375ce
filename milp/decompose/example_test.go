package decompose_test

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/decompose"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/ipm"
)

// A turbine of 5 MW starts for 300 before the demand of 50 scenarios is known,
// which is 0.1 MWh higher in each: missing energy costs 100 per MWh.
func ExampleSolver() {
	m := milp.New()
	on := m.Bin(milp.At("turbine", "on", 0))
	objective := on.Times(300)
	for s := range 50 {
		output := m.Var(milp.At("turbine", "output", s, 0), 0, 5)
		missing := m.Var(milp.At("demand", "missing", s, 0), 0, milp.Inf)
		m.AtMost(milp.At("turbine", "limit", s, 0), output.Expr(), on.Times(5))
		m.AtLeast(milp.At("demand", "served", s, 0), milp.Sum(output.Expr(), missing.Expr()), milp.Const(2+0.1*float64(s)))
		objective.Add(missing.Times(100.0 / 50))
	}
	m.Minimize(objective)
	solution, err := decompose.Solver{Of: highs.Solver{}, Linear: ipm.Solver{}}.Solve(context.Background(), m)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: start %v, cost %.2f\n", solution.Update, solution.On(on), solution.Objective)
	// Output: decomposed: start true, cost 338.00
}
