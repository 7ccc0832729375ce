// Package milptest is a conformance suite for solvers of package milp. A solver that passes it can
// stand in for any other:
//
//	func TestConformance(t *testing.T) {
//		milptest.Run(t, func(s milptest.Settings) milp.Solver {
//			return mysolver.Solver{TimeLimit: s.TimeLimit, Gap: s.Gap}
//		})
//	}
//
// Expected numbers are calculated by hand in a comment beside each program, enumerated by brute
// force, or follow from duality; none was produced by a solver. Whatever a solver returns is also
// recomputed from the model: rows, bounds, objective, gap, duals and reduced costs.
package milptest

import (
	"testing"
	"time"

	"github.com/trigrid/trigrid/milp"
)

// Settings are what a test asks of the solver that it wants to be given.
type Settings struct {
	TimeLimit time.Duration // per solve; 0 for none
	Gap       float64       // relative gap at which to stop; 0 asks for the optimum itself
}

// Run runs the suite. newSolver is called for every test; what it returns must be safe for
// concurrent use. Sessions are tested where the solver implements [milp.Opener], else skipped.
func Run(t *testing.T, newSolver func(Settings) milp.Solver) {
	t.Helper()
	s := &suite{newSolver}
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"Programs", s.programs},
		{"Duals/Finite differences", s.finiteDifferences},
		{"Integers/Enumeration", s.enumeration},
		{"Integers/Knapsack", s.knapsack},
		{"Refused", s.refused},
		{"Model unchanged", s.modelUnchanged},
		{"Start", s.starts},
		{"Gap", s.gap},
		{"Time limit", s.timeLimit},
		{"Cancelled", s.cancelled},
		{"Concurrency", s.concurrency},
		{"Session/In place", s.inPlace},
		{"Session/Random changes", s.randomChanges},
		{"Session/Structure", s.structure},
		{"Session/After cancellation", s.afterCancellation},
	} {
		t.Run(test.name, test.run)
	}
}

type suite struct {
	newSolver func(Settings) milp.Solver
}

// exact returns a solver that proves optima.
func (s *suite) exact() milp.Solver { return s.newSolver(Settings{}) }
