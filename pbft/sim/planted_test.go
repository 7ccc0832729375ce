//go:build planted

package sim

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/planted"
)

// killSeeds is within how many seeds every planted bug must be found.
const killSeeds = 400

// TestPlanted proves that the oracles see: each known mistake, put into the
// correct replicas, must be killed.
func TestPlanted(t *testing.T) {
	elsewhere := []planted.Bug{
		// Need rare constellations, which pbft's TestPlantedSelection and
		// TestPlantedObservation build.
		planted.LowestViewWins, planted.ShortObservation,
		// Are noticed by pbft's TestPlantedRules, and by TestPlantedEscrow of
		// ledger/relay.
		planted.EpochProofTrusted, planted.TransferKept, planted.FutureUnbounded, planted.ContentNotBound,
		planted.ClockAheadStops, planted.ChangeNotInSnapshot, planted.EscrowUnchecked,
	}
	for _, bug := range planted.All() {
		if slices.Contains(elsewhere, bug) {
			continue
		}
		runs := Random
		if bug == planted.NonMemberVotes || bug == planted.EpochTooEarly {
			runs = RandomMembers
		}
		t.Run(bug.String(), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(killSeeds) {
				c := runs(seed)
				c.mistake = planted.Select(bug)
				if _, err := Run(c); err != nil {
					t.Logf("planted mistake %v killed: %.200s", bug, err)
					return
				}
			}
			require.Fail(t, "survived", "%v in %d seeds", bug, killSeeds)
		})
	}
}

// TestExploreFindsPlanted: mistakes about safety are met within a few steps.
func TestExploreFindsPlanted(t *testing.T) {
	for _, bug := range []planted.Bug{
		planted.WeakCommit, planted.IgnoreVoteDigest, planted.NewViewAnyQuorum, planted.EquivocationIgnored,
	} {
		t.Run(bug.String(), func(t *testing.T) {
			r, err := Explore(Scope{States: 20_000, Equivocates: true, mistake: planted.Select(bug)})
			var v *Violation
			require.True(t, errors.As(err, &v), "survived %d states", r.States)
			t.Logf("planted mistake %v killed after %d states: %.1000s", bug, r.States, v)
		})
	}
}

// TestPlantedSlowPrimary: the runs of TestSlowPrimaryLosesItsView violate the
// bound on their end if the replicas tolerate a slow primary.
func TestPlantedSlowPrimary(t *testing.T) {
	for _, seed := range slowRuns() {
		tolerant := Random(seed)
		tolerant.mistake = planted.Select(planted.SlowPrimaryTolerated)
		_, err := Run(tolerant)
		require.ErrorContains(t, err, "liveness")
	}
}

// ruleSeeds is how many seeds the rules have for each mistake.
const ruleSeeds = 60

// TestPlantedRules: the second implementation of the rules notices by itself
// each mistake about the acceptance of messages. A run ends with the violation
// of the first oracle, so that other oracles can come first for a seed.
func TestPlantedRules(t *testing.T) {
	for _, bug := range []planted.Bug{
		planted.PrimaryPrepareCounts, planted.IgnoreVoteDigest, planted.ClientUnchecked, planted.NoWindow, planted.WeakCommit,
		planted.VoteInOldView, planted.DropPrepared, planted.PreparedLastViewOnly,
	} {
		t.Run(bug.String(), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(ruleSeeds) {
				c := Random(seed)
				c.mistake = planted.Select(bug)
				_, err := Run(c)
				if v := (*Violation)(nil); errors.As(err, &v) && v.Oracle == "rules" {
					t.Logf("the rules notice %v in seed %d: %.200s", bug, seed, v)
					return
				}
			}
			require.Fail(t, "survived", "the rules do not notice %v in %d seeds", bug, ruleSeeds)
		})
	}
}
