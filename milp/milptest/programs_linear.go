package milptest

import "github.com/trigrid/trigrid/milp"

// inf is the bound that is none.
var inf = milp.Inf

// linear are programs without integers.
var linear = []program{
	{
		name:   "Empty",
		build:  func(*milp.Model) {},
		status: milp.Optimal, objective: 0,
		values: []float64{}, duals: []float64{}, reduced: []float64{},
	},
	{
		name:   "Empty with a constant",
		build:  func(m *milp.Model) { maximize(m, milp.Const(7)) },
		status: milp.Optimal, objective: 7,
	},
	{
		name:   "No variables, row holds",
		build:  func(m *milp.Model) { atMost(m, 1, milp.Const(0)) },
		status: milp.Optimal, duals: []float64{0},
	},
	{
		name:   "No variables, row fails",
		build:  func(m *milp.Model) { atLeast(m, 1, milp.Const(0)) },
		status: milp.Infeasible,
	},
	{
		// Each variable goes to the bound that its cost prefers; the reduced cost is the cost.
		name: "No rows",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 1, 4), v(m, "y", 0, 5)
			minimize(m, x.Times(2), y.Times(-3))
		},
		status: milp.Optimal, objective: 2*1 - 3*5,
		values: []float64{1, 5}, duals: []float64{}, reduced: []float64{2, -3},
	},
	{
		name:   "No rows, unbounded",
		build:  func(m *milp.Model) { minimize(m, v(m, "x", -inf, inf).Expr()) },
		status: milp.Unbounded,
	},
	{
		// Any feasible point is optimal.
		name: "No objective",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", 0, inf)
			equal(m, 3, x.Expr(), y.Expr())
		},
		status: milp.Optimal, objective: 0,
	},
	{
		// x + y = 2 and x − y = 4: x = 3, y = −1, which a hidden bound at 0 would forbid. One more unit
		// on the first right-hand side moves (x, y) by (½, ½), on the second by (½, −½).
		name: "Free variables",
		build: func(m *milp.Model) {
			x, y := v(m, "x", -inf, inf), v(m, "y", -inf, inf)
			equal(m, 2, x.Expr(), y.Expr())
			equal(m, 4, x.Expr(), y.Times(-1))
			minimize(m, x.Times(1), y.Times(3))
		},
		status: milp.Optimal, objective: 0,
		values: []float64{3, -1}, duals: []float64{2, -1}, reduced: []float64{0, 0},
	},
	{
		// Only an upper bound: max x with x ≤ −2.
		name:   "Upper bound only",
		build:  func(m *milp.Model) { maximize(m, v(m, "x", -inf, -2).Expr()) },
		status: milp.Optimal, objective: -2, values: []float64{-2}, reduced: []float64{1},
	},
	{
		// y = 5 − x = 3. The row's dual is y's cost; x's reduced cost is 4 − 1.
		name: "Fixed variable",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 2, 2), v(m, "y", 0, 10)
			equal(m, 5, x.Expr(), y.Expr())
			minimize(m, x.Times(4), y.Expr())
		},
		status: milp.Optimal, objective: 4*2 + 3,
		values: []float64{2, 3}, duals: []float64{1}, reduced: []float64{3, 0},
	},
	{
		// Vertex of both rows: x + y = 4, x + 3y = 6 at (3, 1). Duals solve y1 + y2 = 3, y1 + 3y2 = 5.
		name: "Maximise",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", 0, inf)
			atMost(m, 4, x.Expr(), y.Expr())
			atMost(m, 6, x.Expr(), y.Times(3))
			maximize(m, x.Times(3), y.Times(5))
		},
		status: milp.Optimal, objective: 14,
		values: []float64{3, 1}, duals: []float64{2, 1}, reduced: []float64{0, 0},
	},
	{
		// The same as a minimum: objective, duals and reduced costs change sign.
		name: "Minimise the negative",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", 0, inf)
			atMost(m, 4, x.Expr(), y.Expr())
			atMost(m, 6, x.Expr(), y.Times(3))
			minimize(m, x.Times(-3), y.Times(-5))
		},
		status: milp.Optimal, objective: -14,
		values: []float64{3, 1}, duals: []float64{-2, -1}, reduced: []float64{0, 0},
	},
	{
		// The cheaper of two sources covers the demand of 10; a unit more costs 2, and using the dearer
		// source instead costs 3 more per unit.
		name: "Demand",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", 0, inf)
			atLeast(m, 10, x.Expr(), y.Expr())
			minimize(m, x.Times(2), y.Times(5))
		},
		status: milp.Optimal, objective: 20,
		values: []float64{10, 0}, duals: []float64{2}, reduced: []float64{0, 3},
	},
	{
		// x is held by its upper bound: widening it by 1 replaces a unit of y and saves 3.
		name: "Reduced cost of an upper bound",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, 4), v(m, "y", 0, inf)
			atLeast(m, 10, x.Expr(), y.Expr())
			minimize(m, x.Times(2), y.Times(5))
		},
		status: milp.Optimal, objective: 2*4 + 5*6,
		values: []float64{4, 6}, duals: []float64{5}, reduced: []float64{-3, 0},
	},
	{
		// 2 ≤ x + y ≤ 6: the maximum is held by the upper limit.
		name: "Row with two limits, upper holds",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", 0, 1)
			m.Between(milp.Named("range"), milp.Const(2), milp.Sum(x.Expr(), y.Expr()), milp.Const(6))
			maximize(m, x.Expr(), y.Times(2))
		},
		status: milp.Optimal, objective: 5 + 2,
		values: []float64{5, 1}, duals: []float64{1}, reduced: []float64{0, 1},
	},
	{
		name: "Row with two limits, lower holds",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", 0, 1)
			m.Between(milp.Named("range"), milp.Const(2), milp.Sum(x.Expr(), y.Expr()), milp.Const(6))
			minimize(m, x.Expr(), y.Times(2))
		},
		status: milp.Optimal, objective: 2,
		values: []float64{2, 0}, duals: []float64{1}, reduced: []float64{0, 1},
	},
	{
		// min x + 10 with x ≥ 3: the constant counts.
		name: "Constant in the objective",
		build: func(m *milp.Model) {
			x := v(m, "x", 0, inf)
			atLeast(m, 3, x.Expr())
			minimize(m, x.Expr(), milp.Const(10))
		},
		status: milp.Optimal, objective: 13, values: []float64{3}, duals: []float64{1}, reduced: []float64{0},
	},
	{
		// Constants on both sides of a row: x + 2 ≥ 7 is x ≥ 5.
		name: "Constant in a row",
		build: func(m *milp.Model) {
			x := v(m, "x", 0, inf)
			m.AtLeast(milp.Named("row"), milp.Sum(x.Expr(), milp.Const(2)), milp.Const(7))
			minimize(m, x.Times(3))
		},
		status: milp.Optimal, objective: 15, values: []float64{5}, duals: []float64{3},
	},
	{
		// 0·x + y ≥ 2: x is absent and y alone holds the row.
		name: "Zero coefficients",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, 5), v(m, "y", 0, inf)
			atLeast(m, 2, x.Times(0), y.Expr())
			atMost(m, 4, x.Times(0), y.Times(0))
			minimize(m, x.Times(0), y.Expr())
		},
		status: milp.Optimal, objective: 2, duals: []float64{1, 0}, reduced: []float64{0, 0},
	},
	{
		// x + 2x − y ≥ 6 with y = 0 is 3x ≥ 6; the objective adds up to 4x.
		name: "Duplicate terms",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", 0, inf)
			atLeast(m, 6, x.Expr(), x.Times(2), y.Times(-1), y.Times(0))
			minimize(m, x.Expr(), x.Times(3))
		},
		status: milp.Optimal, objective: 8, values: []float64{2, 0}, duals: []float64{4.0 / 3}, reduced: []float64{0, 4.0 / 3},
	},
	{
		// Terms that cancel: x − x + y = 1.
		name: "Terms that cancel",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, 3), v(m, "y", 0, inf)
			equal(m, 1, x.Expr(), x.Times(-1), y.Expr())
			maximize(m, x.Expr(), y.Times(-2))
		},
		status: milp.Optimal, objective: 1, values: []float64{3, 1}, duals: []float64{-2}, reduced: []float64{1, 0},
	},
	{
		// Three equations, three unknowns: x + y + z = 6, y + z = 5, z = 3.
		name: "Equations only",
		build: func(m *milp.Model) {
			x, y, z := v(m, "x", -inf, inf), v(m, "y", -inf, inf), v(m, "z", -inf, inf)
			equal(m, 6, x.Expr(), y.Expr(), z.Expr())
			equal(m, 5, y.Expr(), z.Expr())
			equal(m, 3, z.Expr())
			maximize(m, x.Times(100), y.Times(10), z.Expr())
		},
		status: milp.Optimal, objective: 100 + 20 + 3,
		values: []float64{1, 2, 3}, duals: []float64{100, -90, -9}, reduced: []float64{0, 0, 0},
	},
	{
		// The second equation repeats the first.
		name: "Redundant equation",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", 0, inf)
			equal(m, 4, x.Expr(), y.Expr())
			equal(m, 8, x.Times(2), y.Times(2))
			minimize(m, x.Expr(), y.Times(2))
		},
		status: milp.Optimal, objective: 4, values: []float64{4, 0},
	},
	{
		// Beale (1955), on which the simplex method with the textbook rule cycles for ever; the optimum
		// is −5/4 at x1 = x3 = 1.
		name: "Degenerate",
		build: func(m *milp.Model) {
			a, b, c, d := v(m, "a", 0, inf), v(m, "b", 0, inf), v(m, "c", 0, inf), v(m, "d", 0, inf)
			atMost(m, 0, a.Times(0.25), b.Times(-8), c.Times(-1), d.Times(9))
			atMost(m, 0, a.Times(0.5), b.Times(-12), c.Times(-0.5), d.Times(3))
			atMost(m, 1, c.Expr())
			minimize(m, a.Times(-0.75), b.Times(20), c.Times(-0.5), d.Times(6))
		},
		status: milp.Optimal, objective: -1.25, values: []float64{1, 0, 1, 0},
	},
	{
		// x ≥ 3 and x ≤ 2.
		name: "Infeasible",
		build: func(m *milp.Model) {
			x := v(m, "x", 0, inf)
			atLeast(m, 3, x.Expr())
			atMost(m, 2, x.Expr())
			minimize(m, x.Expr())
		},
		status: milp.Infeasible,
	},
	{
		// The first two meet in (1, 0), where the third is 1.
		name: "Infeasible equations",
		build: func(m *milp.Model) {
			x, y := v(m, "x", -inf, inf), v(m, "y", -inf, inf)
			equal(m, 1, x.Expr(), y.Expr())
			equal(m, 1, x.Expr(), y.Times(-1))
			equal(m, 2, x.Expr(), y.Times(3))
			maximize(m, x.Expr())
		},
		status: milp.Infeasible,
	},
	{
		// Along x = y → ∞ both rows hold and the objective grows.
		name: "Unbounded",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", 0, inf)
			atMost(m, 1, x.Expr(), y.Times(-1))
			atLeast(m, -1, x.Expr(), y.Times(-1))
			maximize(m, x.Expr(), y.Expr())
		},
		status: milp.Unbounded,
	},
	{
		// The objective could fall for ever, but there is no feasible point.
		name: "Infeasible although the objective has no end",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", -inf, inf)
			atMost(m, -1, x.Expr())
			minimize(m, y.Expr())
		},
		status: milp.Infeasible,
	},
}
