// Package milptest is a conformance suite for solvers of package milp. A solver
// that passes it can replace any other:
//
//	func TestConformance(t *testing.T) {
//		milptest.Run(t, func(s milptest.Settings) milp.Solver {
//			return mysolver.Solver{TimeLimit: s.TimeLimit, Gap: s.Gap, MaxNodes: s.Nodes}
//		})
//	}
//
// # Requirements
//
// The suite tests that a solver
//
//   - finds the optimum of linear and integer programs within 1e-6, also of
//     degenerate, empty, redundant and pure equation systems;
//   - distinguishes infeasible from unbounded programs, also if the relaxation
//     is unbounded;
//   - returns duals and reduced costs in the sense of the objective, for linear
//     programs only;
//   - reports a bound that holds, and the gap between bound and objective;
//   - stops at a gap or time limit with the best solution so far, without an
//     error;
//   - gives the same result again under a limit of nodes, if it has one;
//   - gives the same plan in every unit of money, from 1e-9 to 1e9 of the usual
//     one;
//   - counts tiny coefficients, or rejects them with the name of their row;
//   - returns the context's error after cancellation and works afterwards;
//   - rejects models with a mistake and leaves all models unchanged;
//   - accepts partial and infeasible starts without effect on the optimum;
//   - is safe for concurrent use;
//   - gives the same results in a session as in a new solve, if it has
//     sessions.
//
// # Sources of the expected numbers
//
// Expected numbers have three sources: hand calculation in a comment beside the
// program, enumeration of all points, and the duality of linear programming.
// None comes from a solver. Each solution is also recomputed from the model by
// [Verify]: rows, bounds, objective, gap, duals and reduced costs.
package milptest

import (
	"testing"
	"time"

	"github.com/trigrid/trigrid/milp"
)

// Settings are the settings of the solver for one test.
type Settings struct {
	TimeLimit time.Duration // per solve; 0 for none
	Gap       float64       // relative gap at which to stop; 0 requires a proof of optimality
	Nodes     int64         // nodes of branch and bound; 0 for no limit. A solver may ignore it
}

// Run runs the suite. It calls newSolver for every test; the returned solver
// must be safe for concurrent use. If the solver does not implement
// [milp.Opener], the tests of sessions are skipped.
func Run(t *testing.T, newSolver func(Settings) milp.Solver) {
	t.Helper()
	s := &suite{newSolver, false}
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"Programs", s.programs},                            // calculated by hand
		{"Duals/Finite differences", s.finiteDifferences},   // duals as derivatives
		{"Integers/Enumeration", s.enumeration},             // all points of small programs
		{"Integers/Knapsack", s.knapsack},                   // dynamic programming
		{"Refused", s.refused},                              // invalid models
		{"Model unchanged", s.modelUnchanged},               // solvers only read
		{"Start", s.starts},                                 // proposals, good and bad
		{"Gap", s.gap},                                      // early stop with a bound
		{"Time limit", s.timeLimit},                         // early stop with the best solution
		{"Work limit", s.workLimit},                         // early stop, the same every time
		{"Units/Money", s.money},                            // costs times 1e-9 to 1e9
		{"Units/Risk", s.risk},                              // costs in rows times 1e-9 to 1e9
		{"Units/Tiny rows", s.tinyRows},                     // scaled, or refused by name
		{"Units/Tiny ratios", s.tinyRatios},                 // beside ordinary coefficients
		{"Cancelled", s.cancelled},                          // errors of the context
		{"Concurrency", s.concurrency},                      // one solver, many goroutines
		{"Session/In place", s.inPlace},                     // one change at a time
		{"Session/Random changes", s.randomChanges},         // against new solves
		{"Session/Structure", s.structure},                  // new columns and rows
		{"Session/Money", s.moneyInSession},                 // all costs times 1e-9 to 1e9
		{"Session/After cancellation", s.afterCancellation}, // a session stays usable
	} {
		t.Run(test.name, test.run)
	}
}

// RunLinear runs the part of the suite for solvers of linear programs, such as
// ipm.Solver. Such a solver refuses a program with integers by an error that
// names an integer variable.
func RunLinear(t *testing.T, newSolver func(Settings) milp.Solver) {
	t.Helper()
	// Branch and bound, starts and integer tolerances have no meaning for a
	// solver of linear programs.
	s := &suite{newSolver, true}
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"Programs", s.programs},
		{"Duals/Finite differences", s.finiteDifferences},
		{"Integers refused", s.integersRefused},
		{"Refused", s.refused},
		{"Model unchanged", s.linearModelUnchanged},
		{"Time limit", s.linearTimeLimit},
		{"Units/Money", s.money},
		{"Units/Risk", s.risk},
		{"Units/Tiny rows", s.tinyRows},
		{"Units/Tiny ratios", s.tinyRatios},
		{"Cancelled", s.linearCancelled},
		{"Concurrency", s.linearConcurrency},
	} {
		t.Run(test.name, test.run)
	}
}

// suite holds the tests as methods. newSolver is the caller's constructor. If
// linear is true, no program has integers.
type suite struct {
	newSolver func(Settings) milp.Solver
	linear    bool
}

// exact returns a solver that proves optima.
func (s *suite) exact() milp.Solver { return s.newSolver(Settings{}) }
