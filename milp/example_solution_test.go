package milp_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// Verify recomputes values from the model, here of a schedule that exceeds a
// limit.
func ExampleVerify() {
	m := milp.New()
	x, on := m.Var(milp.Named("x"), 0, 4), m.Bin(milp.Named("on"))
	m.AtMost(milp.Named("limit"), x.Expr(), on.Times(3))

	fmt.Println(milp.Verify(m, []float64{3, 1}, 0) == nil)
	fmt.Println(milp.Verify(m, []float64{5, 0.5}, 0))
	// Output:
	// true
	// milp: 3 violations beyond a tolerance of 1e-06:
	//   constraint limit is 3.5, above 0 (by 3.5, relative 0.7)
	//   variable on is 0.5, not an integer (by 0.5)
	//   variable x is 5, above 4 (by 1, relative 0.25)
}

// A solution without values has its reason as an error.
func ExampleSolution_Err() {
	solution := &milp.Solution{Status: milp.Undecided}
	err := solution.Err()
	fmt.Println(solution.Status, errors.Is(err, milp.ErrInfeasible), errors.Is(err, milp.ErrUnbounded))
	// Output:
	// infeasible or unbounded true true
}

// Coefficients of 1e-3 and 1e5 in one program cost accuracy.
func ExampleDescribe() {
	m := milp.New()
	energy, on := m.Var(milp.Named("energy"), 0, 50), m.Bin(milp.Named("on"))
	m.AtMost(milp.Named("capacity"), energy.Times(1e-3), on.Times(1e5))
	s := milp.Describe(m)
	fmt.Println(s.Vars, s.Binaries, s.Rows, s.Coefficients.Ratio() > milp.MaxRatio)
	fmt.Println(s.Coefficients.MinAt, "|", s.Coefficients.MaxAt)
	// Output:
	// 2 1 1 true
	// capacity × energy | capacity × on
}

// Two batteries serve a demand at equal cost. Canonical decides by their names.
func ExampleCanonical() {
	ctx := context.Background()
	for _, order := range [][]string{{"east", "west"}, {"west", "east"}} {
		m := milp.New()
		var sum milp.Expr
		for _, name := range order {
			sum.Add(m.Var(milp.At(name, "discharge"), 0, 8).Expr())
		}
		m.Equal(milp.Named("demand"), sum, milp.Const(10))
		m.Minimize(sum.Times(3))
		solution, err := highs.Solver{}.Solve(ctx, m)
		if err != nil {
			panic(err)
		}
		if solution, err = milp.Canonical(ctx, highs.Solver{}, m, solution); err != nil {
			panic(err)
		}
		fmt.Println(order, solution.Objective, solution.Values)
	}
	// Output:
	// [east west] 30 [2 8]
	// [west east] 30 [8 2]
}

// Ties adds a preference of 1e-6 of the largest cost.
func ExampleTies() {
	m := milp.New()
	x, y := m.Var(milp.Named("x"), 0, 1), m.Var(milp.Named("y"), 0, 1)
	m.Minimize(milp.Sum(x.Times(100), y.Times(100)))
	epsilon := milp.Ties{}.Break(m)
	fmt.Printf("%.0e %t\n", epsilon, m.Cost(x) != m.Cost(y))
	// Output:
	// 1e-04 true
}

// The physical balance must hold, so the contract is the limit to relax.
func ExampleRelaxation() {
	m := milp.New()
	power := m.Var(milp.At("T1", "power"), 0, 80)
	m.AtMost(milp.Named("contract"), power.Expr(), milp.Const(50))
	m.Equal(milp.Named("balance"), power.Expr(), milp.Const(60))
	relaxation := milp.Relaxation{Hard: func(name milp.Name) bool { return name.Quantity == "balance" }}
	infeasibility, err := relaxation.Diagnose(context.Background(), highs.Solver{}, m)
	if err != nil {
		panic(err)
	}
	fmt.Println(infeasibility)
	// Output:
	// limits missed even if integers could be fractions (1):
	//   contract misses its upper limit by 10
	// against: balance
}

func ExampleWriteMPS() {
	m := milp.New()
	x, n := m.Var(milp.Named("x"), 0, 4), m.Int(milp.Named("n"), 0, 3)
	m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), n.Times(2)), milp.Const(7))
	m.Minimize(milp.Sum(x.Times(3), n.Times(5)))
	if err := milp.WriteMPS(os.Stdout, m); err != nil {
		panic(err)
	}
	// Output:
	// NAME trigrid FREE
	// ROWS
	//  N obj
	//  G demand
	// COLUMNS
	//  x obj 3
	//  x demand 1
	//  ~marker 'MARKER' 'INTORG'
	//  n obj 5
	//  n demand 2
	//  ~marker 'MARKER' 'INTEND'
	// RHS
	//  rhs demand 7
	// RANGES
	// BOUNDS
	//  UP bound x 4
	//  UP bound n 3
	// ENDATA
}

// Energy bought at 60 is sold at 78, and no limit ends it.
func ExampleFindRay() {
	m := milp.New()
	buy, sell := m.Var(milp.At("VPP", "bought"), 0, milp.Inf), m.Var(milp.At("VPP", "sold"), 0, milp.Inf)
	m.Equal(milp.Named("balance"), buy.Expr(), sell.Expr())
	m.Maximize(sell.Times(78).Minus(buy.Times(60)))

	ray, err := milp.FindRay(context.Background(), highs.Solver{}, m)
	fmt.Println(ray, err)
	// Output:
	// VPP.bought +1, VPP.sold +1 improves the objective by 18 per unit <nil>
}
