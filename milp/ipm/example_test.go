package ipm_test

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/ipm"
)

// T1 costs 2 per MWh up to 8 MW, T2 costs 5. Together they serve 10 MW for an
// hour, and the price of the balance is that of T2.
func Example() {
	m := milp.New()
	cheap := m.Var(milp.At("T1", "power"), 0, 8)
	dear := m.Var(milp.At("T2", "power"), 0, 8)
	balance := m.Equal(milp.Named("balance"), milp.Sum(cheap.Expr(), dear.Expr()), milp.Const(10))
	m.Minimize(milp.Sum(cheap.Times(2), dear.Times(5)))

	solution, err := ipm.Solver{}.Solve(context.Background(), m)
	if err != nil {
		panic(err)
	}
	// The point is in the interior of the bounds, close to the optimum.
	fmt.Printf("%s %.3f\n", solution.Status, solution.Objective)
	fmt.Printf("T1 %.3f, T2 %.3f, price %.3f\n", solution.Value(cheap), solution.Value(dear), solution.Dual(balance))
	// Output:
	// optimal 26.000
	// T1 8.000, T2 2.000, price 5.000
}
