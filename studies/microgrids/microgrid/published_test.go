package microgrid

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// published returns the folder of the published microgrids, or skips the test.
func published(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(cmp.Or(os.Getenv("TRIGRID_DATA"), "../../../../shared/data"), "pymgrid25")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("needs the published microgrids: set TRIGRID_DATA to the folder that has them in pymgrid25: ", err)
	}
	return folder
}

// TestRuleBasedCostsAreThePublishedOnes compares all 25 costs of the rules with
// the published column.
func TestRuleBasedCostsAreThePublishedOnes(t *testing.T) {
	folder := published(t)
	total := 0.0
	for id := range 25 {
		g, err := Read(folder, id)
		require.NoError(t, err)
		s := Published(g)
		// The rules arrive at hour 5854 with an empty battery.
		s.Start = s.First
		r, err := Roll(t.Context(), g, s, RuleBased{g})
		require.NoError(t, err)
		assert.InDelta(t, g.Expected["rbc"], r.Cost, 0.02, "microgrid %d", id)
		total += r.Cost
	}
	assert.InDelta(t, 408756799.55, total, 0.10)
}

// TestPerfectCostsAreThePublishedOnes compares plans with a perfect forecast
// over the whole season: three microgrids without a genset and two with one, or
// all 25 with TRIGRID_SLOW. Plans of equal cost differ by up to 0.1 % of the
// season, see the ties of the command.
func TestPerfectCostsAreThePublishedOnes(t *testing.T) {
	folder := published(t)
	ids := []int{0, 4, 11, 13, 19}
	if os.Getenv("TRIGRID_SLOW") != "" {
		ids = nil
		for id := range 25 {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		g, err := Read(folder, id)
		require.NoError(t, err)
		r, err := Roll(t.Context(), g, Published(g), &Perfect{Grid: g})
		require.NoError(t, err)
		assert.InEpsilon(t, g.Expected["mpc"], r.Cost, 1e-3, "microgrid %d", id)
	}
}

// TestPublishedWindowsHaveTheOptimumOfHiGHS solves windows of a microgrid with
// outages and genset and of one with fuel only.
func TestPublishedWindowsHaveTheOptimumOfHiGHS(t *testing.T) {
	folder := published(t)
	solver := testsolver.New(t)
	for _, id := range []int{5, 24} {
		g, err := Read(folder, id)
		require.NoError(t, err)
		b := g.Battery
		for i, hour := range []int{5900, 6501, 7011, 7777, 8300} {
			energy := b.Min + (b.Max-b.Min)*float64(i)/4
			solution, err := solver.Solve(t.Context(), g.Program(hour, Ahead, energy))
			require.NoError(t, err)
			require.NoError(t, solution.Err())
			c := &Perfect{Grid: g}
			assert.InEpsilon(t, solution.Objective, c.Optimum(hour, Ahead, energy), 1e-7, "microgrid %d, hour %d", id, hour)
		}
	}
}

func TestFoldersWithoutAMicrogridAreNamed(t *testing.T) {
	_, err := Read(t.TempDir(), 3)
	require.ErrorContains(t, err, "microgrid_03.json")
}
