package cvar_test

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
		if err := flag.Set("test.skip", "^Example(_farmer)?$"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// solve returns the optimum of a program that has one, or skips the test where there is no solver.
func solve(t *testing.T, m *milp.Model) *milp.Solution {
	t.Helper()
	s := highs.Solver{}
	if _, err := s.Build(); err != nil {
		t.Skipf("no solver on this machine: %v", err)
	}
	solution, err := s.Solve(context.Background(), m)
	require.NoError(t, err)
	require.Equal(t, milp.Optimal, solution.Status)
	require.NoError(t, solution.Check(m, 1e-6))
	return solution
}
