//go:build planted

package pbft

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/planted"
)

// TestPlantedSelection: the comparison of TestSelectionEqualsDumbTwin notices every mistake about
// the selection.
func TestPlantedSelection(t *testing.T) {
	for _, bug := range []planted.Bug{planted.LowestViewWins, planted.GapsNotFilled, planted.LateNullOverridesBatch} {
		seed := uint64(0)
		agree := func() bool {
			asked := randomAsked(rand.New(rand.NewPCG(seed, 0)))
			return agrees(asked, selectChoices(asked, planted.Select(bug)))
		}
		for agree() {
			seed++
			require.Less(t, seed, uint64(100), "%v survived", bug)
		}
		t.Logf("planted mistake %v killed by seed %d", bug, seed)
	}
}

// TestPlantedObservation: in the case of TestObserverDoesNotVoteAgain, a replica that observes for
// one number less, or not at all, contradicts itself.
func TestPlantedObservation(t *testing.T) {
	f := observerFixture(t)
	for _, bug := range []planted.Bug{planted.ShortObservation, planted.AmnesiaVotes} {
		require.True(t, f.revoted(t, planted.Select(bug)), "%v survived", bug)
		t.Logf("planted mistake %v killed", bug)
	}
}
