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
