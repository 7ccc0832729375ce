package cvar_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
)

func TestMain(m *testing.M) { testsolver.Main(m, "^Example(_farmer)?$") }

// solve returns the optimum of a program that has one, or skips the test where
// there is no solver.
func solve(t *testing.T, m *milp.Model) *milp.Solution {
	t.Helper()
	solution, err := testsolver.New(t).Solve(context.Background(), m)
	require.NoError(t, err)
	require.Equal(t, milp.Optimal, solution.Status)
	require.NoError(t, solution.Verify(m, 1e-6))
	return solution
}
