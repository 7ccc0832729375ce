// Package testsolver gives tests a solver or skips them.
package testsolver

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/trigrid/trigrid/milp/highs"
)

// New returns HiGHS set to prove optima exactly; it skips the test where no build is installed.
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

// Main runs a package's tests; call it from TestMain. Without a solver it leaves out the examples that the
// pattern matches, since examples cannot skip themselves.
func Main(m *testing.M, examples string) {
	flag.Parse()
	if _, err := (highs.Solver{}).Build(); errors.Is(err, highs.ErrNotInstalled) && flag.Lookup("test.skip").Value.String() == "" {
		fmt.Println("examples skipped, they need a solver:", examples)
		if err := flag.Set("test.skip", examples); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
