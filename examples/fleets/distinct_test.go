package main

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp/ipm"
)

// Sixty distinct DERs end with a small proven gap, and all of them have a
// place.
func TestFleetsOfDistinctDERsEndWithACertificate(t *testing.T) {
	testsolver.New(t)
	var out, progress strings.Builder
	require.NoError(t, run(t.Context(), []string{"-distinct", "60", "-vpps", "2", "-scenarios", "2"}, &out, &progress))
	assert.Contains(t, out.String(), "60 distinct DERs and 2 VPPs")
	assert.Contains(t, progress.String(), "certificate")
	found := regexp.MustCompile(`worth more than (\S+) %`).FindStringSubmatch(out.String())
	require.NotNil(t, found, out.String())
	gap, err := strconv.ParseFloat(found[1], 64)
	require.NoError(t, err)
	assert.Less(t, gap, 2.0)
	total := 0
	for _, line := range strings.Split(out.String(), "\n")[1:5] {
		for _, cell := range strings.Fields(line)[5:] {
			n, err := strconv.Atoi(cell)
			require.NoError(t, err)
			total += n
		}
	}
	assert.Equal(t, 60, total)
	assert.ErrorContains(t, run(t.Context(), []string{"-distinct", "-1"}, &out, &out), "at least 1")
}

// The proven gap of 300 to 10 000 DERs, with 40 classes as prices: at most 0.2
// % of the gain.
func TestFleetsOfDistinctDERsGrow(t *testing.T) {
	if os.Getenv("TRIGRID_SLOW") == "" {
		t.Skip("set TRIGRID_SLOW=1 for minutes of work")
	}
	solver := testsolver.New(t)
	for _, size := range []struct{ n, vpps, scenarios int }{{300, 2, 3}, {1500, 2, 3}, {3000, 4, 4}, {10_000, 10, 10}} {
		p, err := population(size.n, size.vpps, size.scenarios)
		require.NoError(t, err)
		a, err := p.Solve(t.Context(), solver, fleet.DistinctOptions{Seed: ipm.Solver{Tolerance: 1e-5, Threads: 2}})
		require.NoError(t, err)
		t.Logf("%d DERs, %d VPPs, %d scenarios: gap %.4f %% of the gain, a move gains at most %.3g", size.n, size.vpps, size.scenarios, 100*a.Gap/a.Gain, a.Regret)
		assert.Less(t, a.Gap, 0.002*a.Gain)
	}
}

// With a class for each DER the bound is the optimum of the relaxed program, so
// that the gap is that of indivisible DERs alone. It vanishes relative to the
// gain.
func TestFleetsOfDistinctDERsGapVanishes(t *testing.T) {
	if os.Getenv("TRIGRID_SLOW") == "" {
		t.Skip("set TRIGRID_SLOW=1 for minutes of work")
	}
	solver := testsolver.New(t)
	last := math.Inf(1)
	for _, n := range []int{100, 300, 1500, 3000} {
		p, err := population(n, 2, 2)
		require.NoError(t, err)
		a, err := p.Solve(t.Context(), solver, fleet.DistinctOptions{Classes: n, Types: 1, Tolerance: 1e-6, Seed: ipm.Solver{Tolerance: 1e-7, Threads: 2}})
		require.NoError(t, err)
		t.Logf("%d DERs: gap %.5f %% of the gain", n, 100*a.Gap/a.Gain)
		const solved = 5e-5 // of the gain: tolerances of the programs
		assert.Less(t, a.Gap/a.Gain, max(last, solved))
		last = a.Gap / a.Gain
	}
}
