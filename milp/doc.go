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
// The package knows no solver; package milp/highs provides one. It gives no meaning to units: a
// model's objective and rows are in whatever the caller built them from.
package milp
