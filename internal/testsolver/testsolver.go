// Package testsolver provides tests with a solver. If the machine has none, the
// tests of a package that calls Main fail at once with one line. The variable
// TRIGRID_NO_SOLVER=1 lets such a machine run the other tests: those that need
// an optimum skip.
package testsolver

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/trigrid/trigrid/milp/highs"
)

// NoSolver is the variable that allows tests without a solver, with the value
// 1.
const NoSolver = "TRIGRID_NO_SOLVER"

// New returns HiGHS with gaps of 0. If no build is installed, it skips the test
// with TRIGRID_NO_SOLVER=1 and fails it otherwise.
func New(t testing.TB) highs.Solver {
	t.Helper()
	s := highs.Solver{Gap: highs.Exact, AbsoluteGap: highs.Exact}
	if _, err := s.Build(); err != nil {
		Skip(t, err)
		t.Fatal(err)
	}
	return s
}

// Skip skips a test if err is that of a missing solver and TRIGRID_NO_SOLVER is
// 1. It ignores other errors, for tests that examine them.
func Skip(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, highs.ErrNotInstalled) && os.Getenv(NoSolver) == "1" {
		t.Skip("needs a solver, " + NoSolver + " is 1")
	}
}

// Main runs the tests of a package and exits; call it from TestMain. Without a
// solver it fails before the first test. With TRIGRID_NO_SOLVER=1 it leaves out
// the examples that match the pattern instead, because an example cannot skip
// itself; "" leaves out none. A -skip flag on the command line has precedence.
func Main(m *testing.M, examples string) {
	// The skip flag is defined by package testing and has a value only after
	// Parse.
	flag.Parse()
	if _, err := (highs.Solver{}).Build(); errors.Is(err, highs.ErrNotInstalled) {
		if os.Getenv(NoSolver) != "1" {
			fmt.Fprintln(os.Stderr, "these tests need HiGHS, and none is installed; run \"make solver\", "+
				"or set "+NoSolver+"=1 to skip tests that need it")
			os.Exit(1)
		}
		if examples != "" && flag.Lookup("test.skip").Value.String() == "" {
			fmt.Println("examples skipped, they need a solver:", examples)
			if err := flag.Set("test.skip", examples); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}
