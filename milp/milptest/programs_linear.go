package milptest

import "github.com/trigrid/trigrid/milp"

// inf is the bound of a variable without one.
var inf = milp.Inf

// linear holds programs without integers. Duals and reduced costs are given if
// they are unique; they follow from the equations
//
//	dual of row i = d(objective)/d(limit i),    reduced cost of j = c_j − Σ_i y_i a_ij
//
// Each comment states the program or the argument that gives the optimum.
var linear = []program{
	{
		// No columns and no rows: the objective is 0 and all results are empty.
		name:   "Empty",
		build:  func(*milp.Model) {},
		status: milp.Optimal, objective: 0,
		values: []float64{}, duals: []float64{}, reduced: []float64{},
	},
	{
		// A constant alone is the objective, also of a maximum.
		name:   "Empty with a constant",
		build:  func(m *milp.Model) { maximize(m, milp.Const(7)) },
		status: milp.Optimal, objective: 7,
	},
	{
		// 0 ≤ 1 holds for the empty sum; the row is not at its limit, so its
		// dual is 0.
		name:   "No variables, row holds",
		build:  func(m *milp.Model) { atMost(m, 1, milp.Const(0)) },
		status: milp.Optimal, duals: []float64{0},
	},
	{
		// 0 ≥ 1 has no solution.
		name:   "No variables, row fails",
		build:  func(m *milp.Model) { atLeast(m, 1, milp.Const(0)) },
		status: milp.Infeasible,
	},
	{
		// Each variable is at the bound that its cost prefers. Without rows the
		// reduced cost is the cost.
		name: "No rows",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 1, 4), v(m, "y", 0, 5)
			minimize(m, x.Times(2), y.Times(-3))
		},
		status: milp.Optimal, objective: 2*1 - 3*5,
		values: []float64{1, 5}, duals: []float64{}, reduced: []float64{2, -3},
	},
	{
		// min x for a free x.
		name:   "No rows, unbounded",
		build:  func(m *milp.Model) { minimize(m, v(m, "x", -inf, inf).Expr()) },
		status: milp.Unbounded,
	},
	{
		// Every feasible point is optimal.
		name: "No objective",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", 0, inf)
			equal(m, 3, x.Expr(), y.Expr())
		},
		status: milp.Optimal, objective: 0,
	},
	{
		// x + y = 2 and x − y = 4 give x = 3, y = −1, which a hidden bound of 0
		// would exclude. One more unit of the first right-hand side moves (x,
		// y) by (½, ½), of the second by (½, −½). The duals are ½ + 3/2 = 2 and
		// ½ − 3/2 = −1.
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
		// max x with x ≤ −2: a variable without lower bound, at a negative
		// upper bound.
		name:   "Upper bound only",
		build:  func(m *milp.Model) { maximize(m, v(m, "x", -inf, -2).Expr()) },
		status: milp.Optimal, objective: -2, values: []float64{-2}, reduced: []float64{1},
	},
	{
		// y = 5 − x = 3. The row's dual is the cost of y, the reduced cost of x
		// is 4 − 1.
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
		// x + y = 4 and x + 3y = 6 meet in (3, 1). The duals solve y1 + y2 = 3
		// and y1 + 3 y2 = 5.
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
		// The previous program as a minimum: objective, duals and reduced costs
		// change sign, because all of them are stated in the sense of the
		// objective.
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
		// The cheaper of two sources covers the demand of 10. One more unit
		// costs 2; a unit of the other source costs 3 more. In general the
		// reduced cost is cost − dual: 2 − 2 and 5 − 2.
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
		// x is at its upper bound. A bound wider by 1 replaces a unit of y and
		// saves 3.
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
		// 2 ≤ x + y ≤ 6: a maximum is at the upper limit. y is at its bound,
		// because it earns 1 more per unit than x.
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
		// The minimum of the same row is at the lower limit. One more unit is
		// served by x at a cost of 1; y would cost 1 more.
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
		// min x + 10 with x ≥ 3: the objective includes the constant, the dual
		// does not.
		name: "Constant in the objective",
		build: func(m *milp.Model) {
			x := v(m, "x", 0, inf)
			atLeast(m, 3, x.Expr())
			minimize(m, x.Expr(), milp.Const(10))
		},
		status: milp.Optimal, objective: 13, values: []float64{3}, duals: []float64{1}, reduced: []float64{0},
	},
	{
		// Constants on both sides: x + 2 ≥ 7 is x ≥ 5.
		name: "Constant in a row",
		build: func(m *milp.Model) {
			x := v(m, "x", 0, inf)
			m.AtLeast(milp.Named("row"), milp.Sum(x.Expr(), milp.Const(2)), milp.Const(7))
			minimize(m, x.Times(3))
		},
		status: milp.Optimal, objective: 15, values: []float64{5}, duals: []float64{3},
	},
	{
		// 0·x + y ≥ 2: x has no effect, and y alone satisfies the row. The
		// second row has zeros only and is stored without coefficients.
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
		// x + 2x − y ≥ 6 with y = 0 is 3x ≥ 6. The objective adds up to 4x, so
		// the dual is 4/3.
		name: "Duplicate terms",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", 0, inf)
			atLeast(m, 6, x.Expr(), x.Times(2), y.Times(-1), y.Times(0))
			minimize(m, x.Expr(), x.Times(3))
		},
		status: milp.Optimal, objective: 8, values: []float64{2, 0}, duals: []float64{4.0 / 3}, reduced: []float64{0, 4.0 / 3},
	},
	{
		// x − x + y = 1 does not contain x, which is therefore free to go to
		// its bound of 3.
		name: "Terms that cancel",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, 3), v(m, "y", 0, inf)
			equal(m, 1, x.Expr(), x.Times(-1), y.Expr())
			maximize(m, x.Expr(), y.Times(-2))
		},
		status: milp.Optimal, objective: 1, values: []float64{3, 1}, duals: []float64{-2}, reduced: []float64{1, 0},
	},
	{
		// x + y + z = 6, y + z = 5, z = 3: the equations alone determine the
		// point (1, 2, 3). Solving c = Aᵀ y from the first column on gives the
		// duals 100, 10 − 100 and 1 − 100 + 90.
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
		// The second equation is twice the first, so that duals are not unique:
		// all y1 + 2 y2 = 1 are optimal.
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
		// Beale (Naval Research Logistics Quarterly 2, 1955): with the textbook
		// pivot rule the simplex method cycles. The optimum is −5/4 at a = c =
		// 1.
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
		// The first two lines meet in (1, 0). There the third left-hand side is
		// 1, not 2. Every two of the three equations have a solution.
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
		// Both rows hold along x = y → ∞, and the objective grows.
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
		// The objective is unbounded, but no point is feasible: x ≥ 0 and x ≤
		// −1.
		name: "Infeasible although the objective has no end",
		build: func(m *milp.Model) {
			x, y := v(m, "x", 0, inf), v(m, "y", -inf, inf)
			atMost(m, -1, x.Expr())
			minimize(m, y.Expr())
		},
		status: milp.Infeasible,
	},
}
