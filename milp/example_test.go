package milp_test

import (
	"context"
	"fmt"
	"os"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// T1 costs 20 to start and 2 per MWh, T2 costs 5 per MWh. Together they serve
// 10 MW.
func Example() {
	m := milp.New()
	on := m.Bin(milp.At("T1", "on"))
	cheap := m.Var(milp.At("T1", "power"), 0, 8)
	dear := m.Var(milp.At("T2", "power"), 0, 8)
	m.AtMost(milp.At("T1", "max"), cheap.Expr(), on.Times(8))
	m.Equal(milp.Named("balance"), milp.Sum(cheap.Expr(), dear.Expr()), milp.Const(10))
	m.Minimize(milp.Sum(on.Times(20), cheap.Times(2), dear.Times(5)))

	solution, err := highs.Solver{}.Solve(context.Background(), m)
	if err != nil {
		panic(err)
	}
	if err := solution.Verify(m, 0); err != nil {
		panic(err)
	}
	fmt.Println(solution.Status, solution.Objective)
	fmt.Println("T1 on:", solution.On(on), "power:", solution.Value(cheap), solution.Value(dear))
	// Output:
	// optimal 46
	// T1 on: true power: 8 2
}

// The unit can raise its output by 15 MW per hour only, but demand rises by 30.
func ExampleElastic() {
	m := milp.New()
	before := milp.Const(20)
	for t, demand := range []float64{30, 60} {
		power := m.Var(milp.At("T1", "power", t), 0, 80)
		m.AtMost(milp.At("T1", "ramp_up", t), power.Expr().Minus(before), milp.Const(15))
		m.Equal(milp.At("", "balance", t), power.Expr(), milp.Const(demand))
		before = power.Expr()
	}
	infeasibility, err := milp.Elastic(context.Background(), highs.Solver{}, m)
	if err != nil {
		panic(err)
	}
	fmt.Println(infeasibility)
	// Output:
	// limits missed even if integers could be fractions (1):
	//   balance misses its lower limit by 15 at (1)
	// against: balance(0), T1.ramp_up(1)
}

// A boiler costs 10 at its minimum output, then 2 and 5 per MW. It costs
// nothing while off.
func ExampleModel_Epigraph() {
	m := milp.New()
	on, output := m.Bin(milp.At("boiler", "on")), m.Var(milp.At("boiler", "output"), 0, 30)
	curve := milp.Curve{X: []float64{5, 15, 30}, Y: []float64{10, 30, 105}}
	cost := m.Epigraph(milp.At("boiler", "cost"), curve, output.Expr(), on.Expr())
	m.Minimize(cost)
	for _, demand := range []float64{0, 10, 20} {
		m.Fix(output, demand)
		solution, err := highs.Solver{}.Solve(context.Background(), m)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%2.0f MW cost %.0f\n", demand, solution.Objective)
	}
	// Output:
	//  0 MW cost 0
	// 10 MW cost 20
	// 20 MW cost 55
}

// A program with integers has no duals; with its integers fixed it has.
func ExamplePrices() {
	m := milp.New()
	on, power := m.Bin(milp.At("T1", "on")), m.Var(milp.At("T1", "power"), 0, 100)
	m.AtMost(milp.At("T1", "max"), power.Expr(), on.Times(100))
	demand := m.AtLeast(milp.Named("demand"), power.Expr(), milp.Const(40))
	m.Minimize(milp.Sum(on.Times(200), power.Times(30)))

	ctx := context.Background()
	solution, err := highs.Solver{}.Solve(ctx, m)
	if err != nil {
		panic(err)
	}
	prices, err := milp.Prices(ctx, highs.Solver{}, m, solution)
	if err != nil {
		panic(err)
	}
	fmt.Printf("cost %.0f, one more MW %.0f (%s)\n", solution.Objective, prices.Of(demand), prices.Label())
	// Output:
	// cost 1400, one more MW 30 (integers fixed)
}

func ExampleWriteLP() {
	m := milp.New()
	for t := range 2 {
		charge := m.Var(milp.At("battery", "charge", 0, t), 0, 4)
		full := m.Bin(milp.At("battery", "full", 0, t))
		m.AtMost(milp.At("battery", "room", 0, t), charge.Expr(), milp.Const(4).Minus(full.Times(4)))
		m.AddObjective(charge.Times(1.5))
	}
	if err := milp.WriteLP(os.Stdout, m); err != nil {
		panic(err)
	}
	// Output:
	// Minimize
	//  obj: + 1.5 battery.charge(0,0) + 1.5 battery.charge(0,1) + 0 ~one
	// Subject To
	//  battery.room(0,0): + battery.charge(0,0) + 4 battery.full(0,0) <= 4
	//  battery.room(0,1): + battery.charge(0,1) + 4 battery.full(0,1) <= 4
	// Bounds
	//  ~one = 1
	//  0 <= battery.charge(0,0) <= 4
	//  0 <= battery.full(0,0) <= 1
	//  0 <= battery.charge(0,1) <= 4
	//  0 <= battery.full(0,1) <= 1
	// General
	//  battery.full(0,0) battery.full(0,1)
	// End
}
