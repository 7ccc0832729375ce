package milp_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// TestMain leaves out the examples that solve programs where the machine has no solver; tests skip
// themselves.
func TestMain(m *testing.M) {
	flag.Parse()
	if _, err := (highs.Solver{}).Build(); err != nil && flag.Lookup("test.skip").Value.String() == "" {
		fmt.Println("examples that need a solver are skipped:", err)
		if err := flag.Set("test.skip", "^Example(Elastic|Model_Epigraph|Prices)?$"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// exact returns a solver without a gap, or skips the test where the machine has none.
func exact(t testing.TB) milp.Solver {
	t.Helper()
	s := highs.Solver{Gap: highs.Exact, AbsoluteGap: highs.Exact}
	if _, err := s.Build(); err != nil {
		t.Skipf("no solver on this machine: %v", err)
	}
	return s
}

// solve returns the optimum of a model and checks it against the model's own data.
func solve(t testing.TB, s milp.Solver, m *milp.Model) *milp.Solution {
	t.Helper()
	solution, err := s.Solve(context.Background(), m)
	require.NoError(t, err)
	require.Equal(t, milp.Optimal, solution.Status, "%s", solution.Stopped)
	return solution
}
