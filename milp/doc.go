// Package milp states mixed-integer linear programs independent of who solves them.
//
// A [Model] holds columns (variables) and rows (constraints) in the compressed row storage that
// solvers take in one call. Columns and rows are named by what they mean, "battery.charge(3,17)",
// and those names come back in exported files, in reports about infeasible programs and in checks
// of a solution.
//
//	m := milp.New()
//	x := m.Var(milp.Named("x"), 0, milp.Inf)
//	y := m.Int(milp.Named("y"), 0, 10)
//	m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), y.Times(2)), milp.Const(7))
//	m.Minimize(milp.Sum(x.Times(3), y.Times(5)))
//	solution, err := solver.Solve(ctx, m)
//
// Building is checked but not interrupted: the first mistake (a NaN, bounds that cross, a variable
// of another model) is kept, [Model.Err] returns it and every solver refuses the model with it.
//
// What is not linear but can be made so has a method each, with its mathematics: [Model.Product] of a
// binary and an expression, curves as costs ([Model.Epigraph], [Model.Segments], [Model.Piecewise]),
// largest and smallest values ([Model.Ceiling], [Model.Floor], [Model.Max], [Model.Min]), absolute values
// ([Model.Split]) and conditional rows ([Model.AtMostIf], [Model.AtLeastIf], [Model.EqualIf]).
//
// Around a solve, [Describe] looks for numbers that cost accuracy, [Check] recomputes a solution from the
// data, [Elastic] explains why there is none, [Prices] and [Canonical] make duals and optima definite, and
// [WriteLP] and [WriteMPS] hand the program to others.
//
// The package knows no solver; package milp/highs provides one. It gives no meaning to units: a
// model's objective and rows are in whatever the caller built them from.
package milp
