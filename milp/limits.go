package milp

import (
	"time"

	"github.com/trigrid/trigrid/optional"
)

// Limits bound one solve further than the solver does by itself. A zero field
// bounds nothing.
//
// For example, Limits{Gap: 0.01, Nodes: 500} ends a solve at a gap of 1 %, or
// after 500 nodes. Nodes and iterations count work, so that a solve ends at the
// same place on every machine. Time does not.
type Limits struct {
	Gap        float64       // relative, as [Solution.Gap], at which the solve may stop
	Nodes      int64         // of branch and bound
	Iterations int64         // of the simplex method, over all linear programs of the solve
	Time       time.Duration // wall time

	// Cutoff allows the solver to leave out solutions of a minimisation with
	// integers whose objective is above it. If there is no other solution, the
	// result is [Infeasible], or its Bound is above Cutoff, or a limit stopped
	// the solver. A proof that no better solution exists takes less time than
	// the best one.
	Cutoff optional.Float
}

// Limited is a solver whose single solves can be bounded.
type Limited interface {
	Solver
	// Limit returns the solver with further limits. It never loosens a limit
	// that the solver has: of two limits the smaller one holds, and of two gaps
	// the larger one.
	Limit(Limits) Solver
	// AllowedGap returns the largest absolute gap at which a program with the
	// given objective counts as solved, in units of the objective. Two
	// solutions that the solver calls optimal differ by at most this amount.
	// For example, with a relative gap of 1e-4 it is 0.5 at an objective of
	// 5000.
	AllowedGap(objective float64) float64
}

// Progress is the state of a running solve of a program with integers.
type Progress struct {
	Incumbent float64 // objective of the best solution so far, NaN before the first
	Bound     float64 // no solution has a better objective
}

// Observed is a solver whose running solves can be observed.
type Observed interface {
	Solver
	// Observe returns the solver with a function that it calls during a solve,
	// in addition to those that it has. The calls come one at a time per solve,
	// on another goroutine than that of the solve, and none after it.
	Observe(func(Progress)) Solver
}
