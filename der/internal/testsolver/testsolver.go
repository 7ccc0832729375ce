// Package testsolver gives tests a solver or skips them.
package testsolver

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

var installed = sync.OnceValue(func() error {
	m := milp.New()
	m.Minimize(m.Var(milp.Named("x"), 1, 2).Expr())
	_, err := highs.Solver{}.Solve(context.Background(), m)
	return err
})

// New returns HiGHS set to prove optima exactly; it skips the test where no build is installed.
func New(t testing.TB) milp.Solver {
	t.Helper()
	err := installed()
	if errors.Is(err, highs.ErrNotInstalled) {
		t.Skipf("skipped, needs a solver: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return highs.Solver{Gap: highs.Exact}
}

// Main runs a package's tests; call it from TestMain. Without a solver it leaves out the examples, which
// cannot skip themselves.
func Main(m *testing.M) {
	flag.Parse()
	if errors.Is(installed(), highs.ErrNotInstalled) {
		fmt.Println("examples skipped, they need a solver")
		if err := flag.Set("test.skip", "^Example"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
