package milp

// Gapped is implemented by solvers that stop at a gap. AllowedGap returns the largest absolute gap
// at which a program with the given objective counts as solved, in units of the objective. Two
// solutions that the solver calls optimal differ by at most this amount. For example, with a
// relative gap of 1e-4 it is 0.5 at an objective of 5000.
type Gapped interface {
	AllowedGap(objective float64) float64
}

// Limiter is implemented by solvers whose work can be limited. Limited returns the solver with a
// limit of nodes of branch and bound, in place of a larger one. The result of a limited solve does
// not depend on the load of the machine.
type Limiter interface {
	Limited(nodes int64) Solver
}

// Cutter is implemented by solvers that can leave out poor solutions of a minimisation with
// integers. Cut returns the solver that may leave out solutions with an objective above the given
// one. If the program has none up to it, the result is [Infeasible], or its Bound is above it, or a
// limit stopped the solver. Use it to prove that no better solution exists, which takes less time
// than to find the best one.
type Cutter interface {
	Cut(objective float64) Solver
}
