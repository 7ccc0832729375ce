package highs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// Without a build of HiGHS only the examples below that solve nothing run.
func TestMain(m *testing.M) {
	testsolver.Main(m, "^Example(Solver(_Open|_Solve|_duals|_limit|_options)?)?$")
}

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
		fmt.Println(err) // describes the installation if HiGHS is missing
		return
	}
	fmt.Printf("%v: wind %.0f MW, gas %.0f MW, cost %.0f\n",
		solution.Status, solution.Value(wind), solution.Value(gas), solution.Objective)
	// Output: optimal: wind 30 MW, gas 20 MW, cost 1100
}

// A session solves a model again after its numbers change and transfers only
// the changes.
func ExampleSolver_Open() {
	m := milp.New()
	x := m.Var(milp.Named("x"), 0, 4)
	y := m.Var(milp.Named("y"), 0, milp.Inf)
	demand := m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), y.Expr()), milp.Const(10))
	m.Minimize(milp.Sum(x.Times(2), y.Times(5)))

	session, err := highs.Solver{}.Open(m)
	if err != nil {
		panic(err)
	}
	defer session.Close()
	for _, mw := range []float64{10, 12} {
		m.SetLimits(demand, mw, milp.Inf)
		solution, err := session.Solve(context.Background())
		if err != nil {
			panic(err)
		}
		fmt.Printf("%.0f MW cost %.0f (%s)\n", mw, solution.Objective, solution.Update)
	}
	// Output:
	// 10 MW cost 38 (built: 2 columns, 1 rows)
	// 12 MW cost 48 (updated: 1 limits)
}

// The dual of a demand is the cost of one more unit. The reduced cost of x is
// negative, because a wider bound of x would replace a unit of y and save 3.
func ExampleSolver_duals() {
	m := milp.New()
	x, y := m.Var(milp.Named("x"), 0, 4), m.Var(milp.Named("y"), 0, milp.Inf)
	demand := m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), y.Expr()), milp.Const(10))
	m.Minimize(milp.Sum(x.Times(2), y.Times(5)))
	solution, err := highs.Solver{}.Solve(context.Background(), m)
	if err != nil {
		panic(err)
	}
	fmt.Println(solution.Dual(demand), solution.ReducedCosts)
	// Output:
	// 5 [-3 0]
}

// An infeasible program is a result, not an error of Solve.
func ExampleSolver_Solve() {
	m := milp.New()
	x := m.Int(milp.Named("x"), 0, 10)
	m.Equal(milp.Named("parity"), x.Times(2), milp.Const(3))
	solution, err := highs.Solver{}.Solve(context.Background(), m)
	if err != nil {
		panic(err)
	}
	fmt.Println(solution.Status, errors.Is(solution.Err(), milp.ErrInfeasible))
	// Output:
	// infeasible true
}

// At a limit the best solution so far is returned, with a bound. This limit
// counts solutions; TimeLimit gives a result of the same form.
func ExampleSolver_limit() {
	m := milp.New() // a market split, for which no solver proves the optimum quickly
	for i := range 6 {
		row := milp.Const(float64(-1000 - 37*i))
		for j := range 50 {
			if i == 0 {
				m.Bin(milp.At("", "x", j))
			}
			row.Add(m.VarAt(j).Times(float64((j*j*(i+7) + 13*j*i + 5) % 97)))
		}
		m.AddObjective(m.Ceiling(milp.At("", "miss", i), row, row.Times(-1)))
	}
	first := highs.Solver{Options: map[string]string{"mip_max_improving_sols": "1"}}
	solution, err := first.Solve(context.Background(), m)
	if err != nil {
		panic(err)
	}
	fmt.Println(solution.Status, "|", solution.Stopped, "|", solution.Bound < solution.Objective)
	// Output:
	// feasible | solution limit | true
}

// Invalid fields are reported together, before HiGHS is loaded.
func ExampleSolver_Build() {
	_, err := highs.Solver{Gap: -2, Threads: -1}.Solve(context.Background(), knapsack())
	fmt.Println(err)
	if build, err := (highs.Solver{}).Build(); err == nil {
		fmt.Println(build != "")
	} else {
		fmt.Println(errors.Is(err, highs.ErrNotInstalled))
	}
	// Output:
	// highs: Gap is -2; want 0 for HiGHS's default, Exact for none, or a positive number
	// highs: Threads is -1; want 0 or 1 for one thread, or more
	// true
}

// knapsack returns a program with two binaries.
func knapsack() *milp.Model {
	m := milp.New()
	x, y := m.Bin(milp.Named("x")), m.Bin(milp.Named("y"))
	m.AtMost(milp.Named("weight"), milp.Sum(x.Times(3), y.Times(4)), milp.Const(5))
	m.Maximize(milp.Sum(x.Times(5), y.Times(6)))
	return m
}

// Options of HiGHS without a field of Solver are set by name.
func ExampleSolver_options() {
	solver := highs.Solver{
		Gap: highs.Exact, Search: highs.SearchProof,
		Options: map[string]string{"mip_heuristic_effort": "0.1"},
	}
	solution, err := solver.Solve(context.Background(), knapsack())
	if err != nil {
		panic(err)
	}
	fmt.Println(solution.Objective, solution.Gap)
	_, err = highs.Solver{Options: map[string]string{"mip_effort": "1"}}.Solve(context.Background(), knapsack())
	fmt.Println(err != nil)
	// Output:
	// 6 0
	// true
}

// Both backends find the same optima; Auto takes the first one that is
// installed.
func ExampleBackend() {
	fmt.Println(highs.Solver{}.Backend, highs.Native, highs.Wasm)
	// Output:
	// auto native wasm
}
