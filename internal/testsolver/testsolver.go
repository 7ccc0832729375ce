// Package testsolver provides tests with a solver, or skips them if the machine has none.
// Tests that need an optimum call New; the TestMain of a package with solver examples calls
// Main.
package testsolver

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/trigrid/trigrid/milp/highs"
)

// New returns HiGHS with gaps of 0. It skips the test if no build is installed and fails it
// for any other error.
func New(t testing.TB) highs.Solver {
	t.Helper()
	s := highs.Solver{Gap: highs.Exact, AbsoluteGap: highs.Exact}
	if _, err := s.Build(); errors.Is(err, highs.ErrNotInstalled) {
		t.Skipf("skipped, needs a solver: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	return s
}

// Main runs a package's tests and exits; call it from TestMain. Without a solver it leaves
// out the examples that match the pattern, because an example cannot skip itself. A -skip
// flag on the command line has precedence.
func Main(m *testing.M, examples string) {
	// The skip flag is defined by package testing and has a value only after Parse.
	flag.Parse()
	_, err := highs.Solver{}.Build()
	if errors.Is(err, highs.ErrNotInstalled) && flag.Lookup("test.skip").Value.String() == "" {
		fmt.Println("examples skipped, they need a solver:", examples)
		if err := flag.Set("test.skip", examples); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
