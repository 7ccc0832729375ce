package milp_test

import (
	"fmt"

	"github.com/trigrid/trigrid/milp"
)

// A model is built row by row. Data returns it in compressed row storage.
func ExampleModel() {
	m := milp.New()
	x := m.Var(milp.Named("x"), 0, milp.Inf)
	y := m.Int(milp.Named("y"), 0, 10)
	demand := m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), y.Times(2)), milp.Const(7))
	m.AtMost(milp.Named("limit"), y.Expr(), milp.Const(3))
	m.Minimize(milp.Sum(x.Times(3), y.Times(5)))

	lower, upper := m.Limits(demand)
	fmt.Println(m.Vars(), "columns,", m.Rows(), "rows;", demand.Name(), "in", lower, upper)
	d := m.Data()
	fmt.Println(d.RowStart, d.Column, d.Coefficient, d.Cost)
	// Output:
	// 2 columns, 2 rows; demand in 7 +Inf
	// [0 2 3] [0 1 1] [1 2 1] [3 5]
}

// The first mistake is stored; building goes on.
func ExampleModel_Err() {
	m := milp.New()
	x := m.Var(milp.Named("x"), 2, 1)
	m.Minimize(x.Expr())
	fmt.Println(m.Err())
	// Output:
	// milp: variable x: bounds [2, 1] contain no number; want lower ≤ upper
}

// Expressions are values. Range gives the constants of big-M rows.
func ExampleExpr() {
	m := milp.New()
	x, y := m.Var(milp.Named("x"), 0, 3), m.Var(milp.Named("y"), 1, 4)
	e := milp.Sum(x.Times(2), y.Times(-1), milp.Const(3))
	for v, k := range e.Terms {
		fmt.Println(k, "times", v.Name())
	}
	lo, hi := e.Range()
	fmt.Println("range", lo, hi, "value", e.Value([]float64{1, 4}))
	// Output:
	// 2 times x
	// -1 times y
	// range -1 8 value 1
}

// Add extends an expression in place. It suits sums over time steps.
func ExampleExpr_Add() {
	m := milp.New()
	var cost milp.Expr
	for t := range 24 {
		power := m.Var(milp.At("T1", "power", t), 0, 50)
		cost.Add(power.Times(30))
	}
	m.Minimize(cost)
	fmt.Println(cost.Len(), "terms,", m.Cost(m.VarAt(23)), "per MWh in the last hour")
	// Output:
	// 24 terms, 30 per MWh in the last hour
}

func ExampleName() {
	name := milp.At("battery", "charge", 3, 17)
	fmt.Println(name, name.Owner, name.Quantity, name.Indices())
	fmt.Println(name.Family())
	fmt.Println(milp.Named("demand"), milp.At("", "balance", 5))
	// Output:
	// battery.charge(3,17) battery charge [3 17]
	// battery.charge
	// demand balance(5)
}

// Relaxed drops integrality in a copy; FixIntegers fixes it in place.
func ExampleModel_FixIntegers() {
	m := milp.New()
	m.Bin(milp.At("T1", "on"))
	m.Var(milp.At("T1", "power"), 0, 80)
	relaxed, fixed := m.Relaxed(), m.Copy()
	fixed.FixIntegers([]float64{0.9999999, 40})
	lo, hi := fixed.VarAt(0).Bounds()
	fmt.Println(m.Integers(), relaxed.Integers(), "on in", lo, hi)
	// Output:
	// 1 0 on in 1 1
}
