package milptest

import "github.com/trigrid/trigrid/milp"

// integer holds programs with integer variables. They have no duals, so the
// tables contain status, objective and values. Most of them have a relaxation
// with another optimum or status, so that a solver that ignores integrality
// fails.
var integer = []program{
	{
		// The relaxation has x = 3.7; the largest integer below is 3, and 2·3 =
		// 6.
		name:   "Rounded down",
		build:  func(m *milp.Model) { maximize(m, n(m, "x", 0, 3.7).Times(2)) },
		status: milp.Optimal, objective: 6, values: []float64{3},
	},
	{
		// 2x ≥ 3 gives x = 1.5 in the relaxation and 2 with integers.
		name: "Rounded up",
		build: func(m *milp.Model) {
			x := n(m, "x", 0, inf)
			atLeast(m, 3, x.Times(2))
			minimize(m, x.Expr())
		},
		status: milp.Optimal, objective: 2, values: []float64{2},
	},
	{
		// The smallest integer in [−3.5, −1.2] is −3: rounding must be towards
		// the inside.
		name:   "Negative integers",
		build:  func(m *milp.Model) { minimize(m, n(m, "x", -3.5, -1.2).Expr()) },
		status: milp.Optimal, objective: -3, values: []float64{-3},
	},
	{
		// [0.3, 0.7] contains no integer.
		name:   "No integer between the bounds",
		build:  func(m *milp.Model) { minimize(m, n(m, "x", 0.3, 0.7).Expr()) },
		status: milp.Infeasible,
	},
	{
		// 2x + 4y = 3 has fractional solutions but no integer one: the
		// left-hand side is even.
		name: "Infeasible for parity",
		build: func(m *milp.Model) {
			x, y := n(m, "x", -10, 10), n(m, "y", -10, 10)
			equal(m, 3, x.Times(2), y.Times(4))
			minimize(m, x.Expr(), y.Expr())
		},
		status: milp.Infeasible,
	},
	{
		// x = y + 1 satisfies the row for all y ≥ 0, and x grows with y.
		name: "Unbounded",
		build: func(m *milp.Model) {
			x, y := n(m, "x", 0, inf), n(m, "y", 0, inf)
			atMost(m, 1, x.Expr(), y.Times(-1))
			maximize(m, x.Expr())
		},
		status: milp.Unbounded,
	},
	{
		// 2x = 1 has no integer solution, although the relaxation is unbounded
		// in y.
		name: "Infeasible although the relaxation is unbounded",
		build: func(m *milp.Model) {
			x, y := n(m, "x", 0, 5), v(m, "y", 0, inf)
			equal(m, 1, x.Times(2))
			maximize(m, y.Expr())
		},
		status: milp.Infeasible,
	},
	{
		// At most one of three binaries can be 1, so that their sum is at most
		// 1. Halves reach 1.5 ≥ 1.4, and w is unbounded in the relaxation.
		name: "Infeasible as a clique although the relaxation is unbounded",
		build: func(m *milp.Model) {
			x, y, z, w := m.Bin(milp.Named("x")), m.Bin(milp.Named("y")), m.Bin(milp.Named("z")), v(m, "w", 0, inf)
			atMost(m, 1, x.Expr(), y.Expr())
			atMost(m, 1, y.Expr(), z.Expr())
			atMost(m, 1, x.Expr(), z.Expr())
			atLeast(m, 1.4, x.Expr(), y.Expr(), z.Expr())
			maximize(m, w.Expr(), x.Expr())
		},
		status: milp.Infeasible,
	},
	{
		// A unit costs 50 to switch on and 2 per MW up to 40 MW; purchases cost
		// 4 per MW. For 45 MW the unit costs 50 + 80 at 40 MW and the purchase
		// 5·4 = 20, less than 45·4 = 180. The relaxation switches on the same
		// unit fully, at the same cost.
		name: "Fixed cost",
		build: func(m *milp.Model) {
			on, power, bought := m.Bin(milp.Named("on")), v(m, "power", 0, inf), v(m, "bought", 0, inf)
			m.AtMost(milp.Named("capacity"), power.Expr(), on.Times(40))
			atLeast(m, 45, power.Expr(), bought.Expr())
			minimize(m, on.Times(50), power.Times(2), bought.Times(4))
		},
		status: milp.Optimal, objective: 50 + 80 + 20, values: []float64{1, 40, 5},
	},
	{
		// Maximise 5a + 4b + 3c with 2a + 3b + c ≤ 5, 4a + b + 2c ≤ 11, 3a + 4b
		// + 2c ≤ 8. All three violate the first row (6 > 5). a and b use 5, 5
		// and 7 and give 9; a and c give 8. The constant −100 makes the
		// objective −91.
		name: "Binaries and a constant",
		build: func(m *milp.Model) {
			a, b, c := m.Bin(milp.Named("a")), m.Bin(milp.Named("b")), m.Bin(milp.Named("c"))
			atMost(m, 5, a.Times(2), b.Times(3), c.Expr())
			atMost(m, 11, a.Times(4), b.Expr(), c.Times(2))
			atMost(m, 8, a.Times(3), b.Times(4), c.Times(2))
			maximize(m, a.Times(5), b.Times(4), c.Times(3), milp.Const(-100))
		},
		status: milp.Optimal, objective: -91, values: []float64{1, 1, 0},
	},
	{
		// The optimum is z = 0, x = 4.5, because a unit of x costs 2 and a unit
		// of z costs 3. Presolve of HiGHS 1.14.0 returns a wrong optimum.
		name: "Presolve trap",
		build: func(m *milp.Model) {
			x, z := v(m, "x", 0, inf), n(m, "z", 0, inf)
			atLeast(m, 4.5, x.Expr(), z.Expr())
			minimize(m, x.Times(2), z.Times(3))
		},
		status: milp.Optimal, objective: 9, values: []float64{4.5, 0},
	},
	{
		// y = 1 costs 10 and permits x ≤ 3, which earns 9. So y = 0 is better.
		// Presolve of HiGHS 1.14 returns 1.
		name: "Presolve trap: fixed cost not worth paying",
		build: func(m *milp.Model) {
			y, x := m.Bin(milp.Named("y")), v(m, "x", 0, 3)
			atMost(m, 0, x.Expr(), y.Times(-3))
			minimize(m, y.Times(10), x.Times(-3))
		},
		status: milp.Optimal, objective: 0, values: []float64{0, 0},
	},
	{
		// A DER runs before the first step. on = 0 gives stop = 1 + start,
		// hence x ≤ 10 − 20. on = 1 gives stop = start: each costs 1 and lowers
		// x ≤ 10, which earns 3 per unit. Presolve of HiGHS 1.15.1 returns x =
		// 9.
		name: "Presolve trap: limit of a stop",
		build: func(m *milp.Model) {
			on, start, stop, x := m.Bin(milp.Named("on")), v(m, "start", 0, inf), v(m, "stop", 0, 1), v(m, "x", 0, 10)
			equal(m, 1, on.Expr(), start.Times(-1), stop.Expr())
			atMost(m, 10, x.Expr(), stop.Expr())
			atMost(m, 10, x.Expr(), stop.Times(20))
			minimize(m, on.Times(10), start.Expr(), x.Times(-3))
		},
		status: milp.Optimal, objective: -20, values: []float64{1, 0, 0, 10},
	},
	{
		// on = 0 gives stop = 1 and x ≤ 70 − 50 < 30. on = 1 gives stop = 0,
		// start = 0 and warm = 0, and x ≤ 40. HiGHS 1.15.1 with presolve
		// reports that it is infeasible.
		name: "Presolve trap: stop out of reach",
		build: func(m *milp.Model) {
			on, start, stop := m.Bin(milp.Named("on")), v(m, "start", 0, inf), v(m, "stop", 0, 1)
			warm, x := v(m, "warm", 0, inf), v(m, "x", 0, 40)
			equal(m, 1, on.Expr(), start.Times(-1), stop.Expr())
			atMost(m, 0, start.Expr(), on.Times(-1))
			atMost(m, 1, stop.Expr(), on.Expr())
			atMost(m, 0, warm.Expr(), start.Times(-1))
			atMost(m, 70, x.Expr(), stop.Times(50))
			atLeast(m, 30, x.Expr())
			maximize(m, x.Expr())
		},
		status: milp.Optimal, objective: 40, values: []float64{1, 0, 0, 0, 40},
	},
	{
		// All integers are fixed: x = 2 leaves y ≤ 1. The program is a linear
		// one in disguise.
		name: "Integers fixed",
		build: func(m *milp.Model) {
			x, y := n(m, "x", 2, 2), v(m, "y", 0, inf)
			atMost(m, 5, x.Times(2), y.Expr())
			maximize(m, x.Expr(), y.Expr())
		},
		status: milp.Optimal, objective: 3, values: []float64{2, 1},
	},
}
