package ipm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/ipm"
	"github.com/trigrid/trigrid/milp/milptest"
)

// random returns a random program. Its numbers are small integers in half of
// the cases, so that many programs are degenerate, infeasible or unbounded, and
// ordinary numbers in the others. It has free columns, fixed columns, columns
// with one bound or two, columns in no row, empty rows, free rows, equations,
// repeated equations and rows with two limits.
func random(rng *rand.Rand) *milp.Model {
	m := milp.New()
	cols, rows := 1+rng.IntN(25), rng.IntN(25)
	whole := rng.IntN(2) == 0
	number := func() float64 {
		if whole {
			return float64(rng.IntN(9) - 4)
		}
		return rng.NormFloat64() * math.Pow(10, float64(rng.IntN(3)-1))
	}
	// A point that satisfies the rows, in three of four programs.
	possible, bounded := rng.IntN(4) > 0, rng.IntN(3) > 0
	point := make([]float64, cols)
	var cost milp.Expr
	for j := range cols {
		point[j] = number()
		lo, hi := point[j]-float64(rng.IntN(4)), point[j]+float64(rng.IntN(4))
		switch rng.IntN(6) {
		case 0:
			lo = -milp.Inf
		case 1:
			hi = milp.Inf
		case 2:
			lo, hi = -milp.Inf, milp.Inf
		case 3:
			lo, hi = point[j], point[j]
		}
		if bounded {
			lo, hi = max(lo, -50), min(hi, 50)
		}
		x := m.Var(milp.At("", "x", j), lo, hi)
		if rng.IntN(3) > 0 {
			cost.Add(x.Times(number()))
		}
	}
	var last milp.Expr
	for i := range rows {
		var row milp.Expr
		for j := range cols {
			if rng.IntN(cols) < 4 {
				row.Add(m.VarAt(j).Times(number()))
			}
		}
		if i > 0 && rng.IntN(8) == 0 {
			row = last
		}
		last = row
		at := row.Value(point)
		if !possible {
			at += float64(rng.IntN(5) - 2)
		}
		slack := func() float64 { return float64(rng.IntN(3)) }
		name := milp.At("", "row", i)
		switch rng.IntN(5) {
		case 0:
			m.Equal(name, row, milp.Const(at))
		case 1:
			m.AtMost(name, row, milp.Const(at+slack()))
		case 2:
			m.AtLeast(name, row, milp.Const(at-slack()))
		case 3:
			m.Between(name, milp.Const(at-slack()), row, milp.Const(at+slack()))
		case 4:
			free := m.AtMost(name, row, milp.Const(at))
			m.SetLimits(free, -milp.Inf, milp.Inf)
		}
	}
	cost.Add(milp.Const(number()))
	if rng.IntN(2) == 0 {
		m.Maximize(cost)
	} else {
		m.Minimize(cost)
	}
	return m
}

// TestRandomProgramsAgainstHiGHS compares status and objective, and checks
// every solution by its own prices: milptest.Verify tests complementary
// slackness. The method may leave a program open and say so; of the first
// 10,000 it does in 10.
func TestRandomProgramsAgainstHiGHS(t *testing.T) {
	programs := 1000
	if os.Getenv("TRIGRID_SLOW") != "" {
		programs = 10_000
	}
	if _, err := (highs.Solver{}).Build(); err != nil {
		t.Skip("no HiGHS to compare with")
	}
	seen, undecided := map[milp.Status]int{}, 0
	for seed := range programs {
		m := random(rand.New(rand.NewPCG(uint64(seed), 7)))
		want, err := highs.Solver{}.Solve(t.Context(), m)
		require.NoError(t, err)
		if want.Status == milp.Undecided || want.Status == milp.NoSolution {
			// HiGHS with presolve gives up or does not distinguish the two;
			// without it, it does.
			want, err = highs.Solver{Presolve: highs.PresolveOff}.Solve(t.Context(), m)
			require.NoError(t, err)
		}
		if want.Status == milp.Undecided || want.Status == milp.NoSolution {
			// Without an objective no program is unbounded.
			rows := m.Copy()
			rows.Minimize(milp.Const(0))
			want, err = highs.Solver{}.Solve(t.Context(), rows)
			require.NoError(t, err)
			require.Equal(t, milp.Infeasible, want.Status, "seed %d", seed)
		}
		got, err := ipm.Solver{}.Solve(t.Context(), m)
		require.NoError(t, err)
		assert.NoError(t, milptest.Verify(m, got), "seed %d", seed)
		what := fmt.Sprintf("seed %d: %d steps, %s", seed, got.Iterations, got.Stopped)
		if got.Status == milp.Undecided || got.Status == milp.NoSolution {
			undecided++
			t.Log(want.Status, "left open:", what)
			continue
		}
		if !assert.Equal(t, want.Status.String(), got.Status.String(), what) {
			continue
		}
		seen[got.Status]++
		if got.Status == milp.Optimal {
			assert.InDelta(t, want.Objective, got.Objective, 1e-6*max(1, math.Abs(want.Objective)), what)
			assert.Less(t, math.Abs(got.Bound-got.Objective), 1e-6*max(1, math.Abs(got.Objective)), what)
		}
	}
	t.Log(seen)
	assert.LessOrEqual(t, undecided, programs/500, "the method says that it stalls, seldom")
	for _, status := range []milp.Status{milp.Optimal, milp.Infeasible, milp.Unbounded} {
		require.Greater(t, seen[status], programs/50, "%v", status)
	}
}
