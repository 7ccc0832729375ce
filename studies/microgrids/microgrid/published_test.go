package microgrid

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

// TestRuleBasedCostsAreThePublishedOnes compares all 25 costs of the rules with the published
// column.
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
