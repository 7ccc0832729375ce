package sim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// slowRuns returns the first four seeds whose first primary is [Slow].
func slowRuns() []uint64 {
	var seeds []uint64
	for seed := uint64(0); len(seeds) < 4; seed++ {
		if _, slow := Random(seed).Traitors[0].(*Slow); slow {
			seeds = append(seeds, seed)
		}
	}
	return seeds
}

// TestSlowPrimaryLosesItsView: proposing just before every timeout is not
// enough to keep the view.
func TestSlowPrimaryLosesItsView(t *testing.T) {
	for _, seed := range slowRuns() {
		report, err := Run(Random(seed))
		require.NoError(t, err)
		require.Positive(t, report.Counts[ViewChanges])
		t.Logf("seed %d: %d requests in %d ms, %d views entered", seed, report.Requests, report.Time, report.Counts[ViewChanges])
		require.LessOrEqual(t, report.Counts[ViewChanges], 4, "one view change, entered by each replica")
	}
}
