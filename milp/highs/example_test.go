package highs_test

import (
	"context"
	"fmt"
	"time"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

func Example() {
	m := milp.New()
	wind := m.Var(milp.Named("wind"), 0, 30)
	gas := m.Var(milp.Named("gas"), 0, 80)
	on := m.Bin(milp.Named("on"))
	m.Equal(milp.Named("demand"), milp.Sum(wind.Expr(), gas.Expr()), milp.Const(50))
	m.AtMost(milp.Named("running"), gas.Expr(), on.Times(80))
	m.Minimize(milp.Sum(gas.Times(40), on.Times(300)))

	solution, err := highs.Solver{TimeLimit: time.Minute}.Solve(context.Background(), m)
	if err != nil {
		fmt.Println(err) // says how to get HiGHS where there is none
		return
	}
	fmt.Printf("%v: wind %.0f MW, gas %.0f MW, cost %.0f\n",
		solution.Status, solution.Value(wind), solution.Value(gas), solution.Objective)
	// Output: optimal: wind 30 MW, gas 20 MW, cost 1100
}

// A session re-solves a model whose numbers change without handing it over again.
func ExampleSolver_Open() {
	m := milp.New()
	x := m.Var(milp.Named("x"), 0, 4)
	y := m.Var(milp.Named("y"), 0, milp.Inf)
	demand := m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), y.Expr()), milp.Const(10))
	m.Minimize(milp.Sum(x.Times(2), y.Times(5)))

	session, err := highs.Solver{}.Open(m)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer session.Close()
	for _, mw := range []float64{10, 12} {
		m.SetLimits(demand, mw, milp.Inf)
		solution, err := session.Solve(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.0f MW cost %.0f, one more %.0f (%s)\n", mw, solution.Objective, solution.Dual(demand), solution.Update)
	}
	// Output:
	// 10 MW cost 38, one more 5 (built: 2 columns, 1 rows)
	// 12 MW cost 48, one more 5 (updated: 1 limits)
}
