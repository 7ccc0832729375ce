package milp_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
)

func TestMain(m *testing.M) {
	testsolver.Main(m, "^Example(Canonical|Elastic|FindRay|Model_Epigraph|Prices|Relaxation)?$")
}

// exact returns a solver without a gap, or skips the test if the machine has
// none.
func exact(t testing.TB) milp.Solver {
	t.Helper()
	return testsolver.New(t)
}

// solve returns the optimum of a model and checks it against the model's own
// data.
func solve(t testing.TB, s milp.Solver, m *milp.Model) *milp.Solution {
	t.Helper()
	solution, err := s.Solve(context.Background(), m)
	require.NoError(t, err)
	require.Equal(t, milp.Optimal, solution.Status, "%s", solution.Stopped)
	return solution
}
