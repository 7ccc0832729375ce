package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// killSeeds is within how many seeds every planted bug must be found.
const killSeeds = 400

// TestPlanted proves that the oracles see: each known mistake, put into the correct replicas, must be killed.
func TestPlanted(t *testing.T) {
	for _, bug := range planted.All() {
		if bug == planted.LowestViewWins || bug == planted.ShortObservation {
			continue // need rare constellations, which pbft's TestPlantedSelection and TestPlantedObservation build
		}
		t.Run(bug.String(), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(killSeeds) {
				c := Random(seed)
				c.Planted = bug
				if _, err := Run(c); err != nil {
					t.Logf("killed: %.200s", err)
					return
				}
			}
			require.Fail(t, "survived", "%v in %d seeds", bug, killSeeds)
		})
	}
}
