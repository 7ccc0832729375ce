// Package milp builds mixed-integer linear programs, independent of the solver.
//
// A [Model] holds columns (variables) and rows (constraints) in compressed row
// storage, which solvers take in one call. Each column and row has a [Name],
// for example "battery.charge(3,17)". Names appear in exported files, in
// infeasibility diagnoses and in the verification of solutions.
//
//	m := milp.New()
//	x := m.Var(milp.Named("x"), 0, milp.Inf)
//	y := m.Int(milp.Named("y"), 0, 10)
//	m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), y.Times(2)), milp.Const(7))
//	m.Minimize(milp.Sum(x.Times(3), y.Times(5)))
//	solution, err := solver.Solve(ctx, m)
//
// # Errors
//
// Building never returns an error. A model stores its first mistake (a NaN,
// lower bound above upper bound, a variable of another model). [Model.Err]
// returns the mistake, and every solver rejects the model with it.
//
// # Reformulations
//
// Nonlinear relations that have an exact linear form are methods of Model; each
// method's comment states its equations:
//
//   - the product of a binary and an expression: [Model.Product];
//   - piecewise-linear curves: [Model.Epigraph], [Model.Segments],
//     [Model.Piecewise];
//   - maximum and minimum: [Model.Ceiling], [Model.Floor], [Model.Max],
//     [Model.Min];
//   - absolute value: [Model.Split];
//   - conditional rows: [Model.AtMostIf], [Model.AtLeastIf], [Model.EqualIf].
//
// # Around a solve
//
// [Describe] finds coefficients that cost accuracy. [Verify] recomputes a
// solution from the model's data. [Elastic] diagnoses infeasibility. [Prices]
// returns duals also for programs with integers, and [Canonical] selects one
// optimum if several exist. [WriteLP] and [WriteMPS] export the program.
//
// The package contains no solver. Package milp/highs provides one, and milp/ipm
// one for linear programs. Objective and rows have no fixed unit: each keeps
// the unit of the expressions that the caller builds it from.
package milp
