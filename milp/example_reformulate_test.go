package milp_test

import (
	"fmt"
	"os"

	"github.com/trigrid/trigrid/milp"
)

// printRows writes the rows of a model, one per line.
func printRows(m *milp.Model) {
	for i := range m.Rows() {
		row := m.RowAt(i)
		lo, hi := m.Limits(row)
		fmt.Printf("%v in [%g, %g]:", row.Name(), lo, hi)
		for v, k := range row.Terms {
			fmt.Printf(" %+g %v", k, v.Name())
		}
		fmt.Println()
	}
}

// The revenue of a bid is price times quantity if the bid is accepted, and 0
// otherwise.
func ExampleModel_Product() {
	m := milp.New()
	accepted := m.Bin(milp.Named("accepted"))
	quantity := m.Var(milp.Named("quantity"), 2, 10)
	sold := m.Product(milp.Named("sold"), accepted.Expr(), quantity.Expr())
	m.Maximize(sold.Times(45))
	printRows(m)
	// Output:
	// sold_off_min in [0, +Inf]: +1 sold -2 accepted
	// sold_off_max in [-Inf, 0]: +1 sold -10 accepted
	// sold_on_min in [-10, +Inf]: +1 sold -1 quantity -10 accepted
	// sold_on_max in [-Inf, -2]: +1 sold -1 quantity -2 accepted
}

// The big-M constant follows from the bounds: p ≤ 30 if on becomes p − 30 ≤ 50
// (1 − on).
func ExampleModel_AtMostIf() {
	m := milp.New()
	on, p := m.Bin(milp.Named("on")), m.Var(milp.Named("p"), 0, 80)
	m.AtMostIf(milp.Named("limit"), on.Expr(), p.Expr(), milp.Const(30))
	printRows(m)

	// Without an upper bound of p there is no valid constant.
	q := m.Var(milp.Named("q"), 0, milp.Inf)
	m.AtMostIf(milp.Named("other"), on.Expr(), q.Expr(), milp.Const(30))
	fmt.Println(m.Err())
	// Output:
	// limit in [-Inf, 80]: +1 p +50 on
	// milp: other: want a bounded expression; give variable q finite bounds
}

// A peak charge depends on the largest import. Minimising needs no binaries.
func ExampleModel_Ceiling() {
	m := milp.New()
	first, second := m.Var(milp.Named("first"), 0, 20), m.Var(milp.Named("second"), 0, 30)
	peak := m.Ceiling(milp.Named("peak"), first.Expr(), second.Expr())
	m.Minimize(peak.Times(12))
	printRows(m)
	fmt.Println(m.Integers(), "binaries")
	// Output:
	// peak_1 in [0, +Inf]: +1 peak -1 first
	// peak_2 in [0, +Inf]: +1 peak -1 second
	// 0 binaries
}

// An exchange with the grid is split into purchase and sale, at different
// prices.
func ExampleModel_Split() {
	m := milp.New()
	net := m.Var(milp.Named("net"), -10, 30)
	sale, purchase := m.Split(milp.Named("grid"), net.Expr())
	m.Maximize(milp.Sum(sale.Times(40), purchase.Times(-55)))
	printRows(m)
	// Output:
	// grid_split in [0, 0]: +1 net -1 grid_pos +1 grid_neg
	// grid_pos_max in [-Inf, 0]: +1 grid_pos -30 grid_sign
	// grid_neg_max in [-Inf, 10]: +1 grid_neg +10 grid_sign
}

func ExampleCurve() {
	cost := milp.Curve{X: []float64{5, 15, 30}, Y: []float64{10, 30, 105}}
	fmt.Println(cost.Validate(), cost.At(20), cost.At(31), cost.Convex(), cost.Concave())
	fmt.Println(milp.Curve{X: []float64{1, 1}, Y: []float64{0, 2}}.Validate())
	// Output:
	// <nil> 55 NaN true false
	// curve: x of point 1 is 1, want more than the 1 before it
}

// A cost with decreasing slopes needs binaries: a piece opens after the one
// before is full.
func ExampleModel_Piecewise() {
	m := milp.New()
	output := m.Var(milp.Named("output"), 0, 30)
	curve := milp.Curve{X: []float64{0, 10, 30}, Y: []float64{0, 50, 90}}
	m.Minimize(m.Piecewise(milp.Named("cost"), curve, output.Expr(), milp.Const(1)))
	if err := milp.WriteLP(os.Stdout, m); err != nil {
		panic(err)
	}
	// Output:
	// Minimize
	//  obj: + 5 cost_1 + 2 cost_2 + 0 ~one
	// Subject To
	//  cost_sum: + output - cost_1 - cost_2 = 0
	//  cost_min_1: + cost_1 - 10 cost_full_1 >= 0
	//  cost_max_2: + cost_2 - 20 cost_full_1 <= 0
	// Bounds
	//  ~one = 1
	//  0 <= output <= 30
	//  0 <= cost_1 <= 10
	//  0 <= cost_2 <= 20
	//  0 <= cost_full_1 <= 1
	// General
	//  cost_full_1
	// End
}

// If the heat pump is off, its heat is 0; if it is on, its heat is 3 times its
// power.
func ExampleModel_EqualIf() {
	m := milp.New()
	on := m.Bin(milp.Named("on"))
	power, heat := m.Var(milp.Named("power"), 0, 4), m.Var(milp.Named("heat"), 0, 15)
	m.EqualIf(milp.Named("running"), on.Expr(), heat.Expr(), power.Times(3))
	m.AtLeastIf(milp.Named("part_load"), on.Expr(), power.Expr(), milp.Const(1))
	off := milp.Const(1).Minus(on.Expr())
	m.AtMostIf(milp.Named("off"), off, heat.Expr(), milp.Const(0))
	printRows(m)
	// Output:
	// running_max in [-Inf, 15]: +1 heat -3 power +15 on
	// running_min in [-Inf, 12]: +3 power -1 heat +12 on
	// part_load in [-Inf, 0]: -1 power +1 on
	// off in [-Inf, 0]: +1 heat -15 on
}

// The largest of several expressions for any objective needs binaries.
func ExampleModel_Max() {
	m := milp.New()
	first, second := m.Var(milp.Named("first"), 0, 20), m.Var(milp.Named("second"), 10, 30)
	m.Maximize(m.Max(milp.Named("peak"), first.Expr(), second.Expr()))
	printRows(m)

	// The bounds decide that 40 is the largest, so that nothing is added.
	before := m.Vars()
	m.Max(milp.Named("limit"), first.Expr(), second.Expr(), milp.Const(40))
	fmt.Println(m.Vars() == before)
	// Output:
	// peak_1 in [0, +Inf]: +1 peak -1 first
	// peak_reach_1 in [-Inf, 30]: +1 peak -1 first +30 peak_is_1
	// peak_2 in [0, +Inf]: +1 peak -1 second
	// peak_reach_2 in [-Inf, 20]: +1 peak -1 second +20 peak_is_2
	// peak_one in [1, 1]: +1 peak_is_1 +1 peak_is_2
	// true
}

// A start proposes values; it changes the time of a solve, not its result.
func ExampleModel_Propose() {
	m := milp.New()
	x, y := m.Bin(milp.Named("x")), m.Bin(milp.Named("y"))
	m.Propose(y, 1)
	fmt.Println(m.Data().Start[x.Index()], m.Data().Start[y.Index()])
	m.ClearProposals()
	fmt.Println(m.Data().Start == nil)
	// Output:
	// NaN 1
	// true
}
