package ipm_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/ipm"
)

// TestFleetProgramsAgainstHiGHS compares the joint programs of two small
// fleets.
func TestFleetProgramsAgainstHiGHS(t *testing.T) {
	if _, err := (highs.Solver{}).Build(); err != nil {
		t.Skip("no HiGHS to compare with")
	}
	for _, z := range []fleetSize{{5, 2, 24, 1}, {10, 2, 24, 3}} {
		m := fleetProgram(z)
		want, err := highs.Solver{}.Solve(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, milp.Optimal, want.Status)
		for _, threads := range []int{1, 2} {
			got, err := ipm.Solver{Tolerance: 1e-5, Threads: threads}.Solve(t.Context(), m)
			require.NoError(t, err)
			require.Equal(t, milp.Optimal, got.Status, got.Stopped)
			require.InEpsilon(t, want.Objective, got.Objective, 1e-5)
			require.LessOrEqual(t, got.Bound, want.Objective*(1+1e-9), "the bound of a minimum")
			require.InEpsilon(t, want.Objective, got.Bound, 1e-5)
			require.Nil(t, milp.Verify(m, got.Values, 1e-5))
		}
	}
}

// Programs of three sizes take at most 60 steps each. A corrector that is too
// bold stalls on the largest, after 200 steps and more.
func TestFleetProgramsNeedFewSteps(t *testing.T) {
	for _, z := range []fleetSize{{5, 2, 24, 1}, {10, 2, 24, 3}, {20, 4, 24, 3}} {
		got, err := ipm.Solver{Tolerance: 1e-5, MaxIterations: 60}.Solve(t.Context(), fleetProgram(z))
		require.NoError(t, err)
		require.Equal(t, milp.Optimal, got.Status, "%v: %s", z, got.Stopped)
	}
}

// A limit that stops the method never gives an optimum.
func TestLimitsAreReported(t *testing.T) {
	m := fleetProgram(fleetSize{10, 2, 24, 3})
	got, err := ipm.Solver{MaxIterations: 3}.Solve(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, milp.NoSolution, got.Status)
	require.Contains(t, got.Stopped, "iteration limit")

	got, err = ipm.Solver{MemoryLimit: 1 << 16}.Solve(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, milp.NoSolution, got.Status)
	require.Contains(t, got.Stopped, "memory limit")

	got, err = ipm.Solver{TimeLimit: time.Nanosecond}.Solve(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, milp.NoSolution, got.Status)
	require.Contains(t, got.Stopped, "time limit")
}

func TestIntegersAreRefused(t *testing.T) {
	m := milp.New()
	m.Int(milp.Named("starts"), 0, 3)
	_, err := ipm.Solver{}.Solve(t.Context(), m)
	require.ErrorIs(t, err, ipm.ErrInteger)
	require.ErrorContains(t, err, "starts")
}

// Two sources cover a demand of 10: the cheap one up to 6, at 10 per MWh, the
// other at 90.
func ExampleSolver() {
	m := milp.New()
	cheap, dear := m.Var(milp.Named("cheap"), 0, 6), m.Var(milp.Named("dear"), 0, 20)
	demand := m.Equal(milp.Named("demand"), milp.Sum(cheap.Expr(), dear.Expr()), milp.Const(10))
	m.Minimize(milp.Sum(cheap.Times(10), dear.Times(90)))

	solution, err := ipm.Solver{}.Solve(context.Background(), m)
	fmt.Println(err)
	fmt.Printf("%v: cheap %.0f, dear %.0f, one more MWh costs %.0f\n",
		solution.Status, solution.Value(cheap), solution.Value(dear), solution.Dual(demand))
	// Output:
	// <nil>
	// optimal: cheap 6, dear 4, one more MWh costs 90
}
