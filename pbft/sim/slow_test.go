package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// TestSlowPrimaryLosesItsView: proposing just before every timeout is not enough. The same run under replicas that
// tolerate it violates the bound on its end.
func TestSlowPrimaryLosesItsView(t *testing.T) {
	for seed, tried := uint64(0), 0; tried < 4; seed++ {
		c := Random(seed)
		if _, slow := c.Traitors[0].(*Slow); !slow {
			continue
		}
		tried++
		report, err := Run(c)
		require.NoError(t, err)
		require.Positive(t, report.Counts[ViewChanges])
		t.Logf("seed %d: %d requests in %d ms, %d views entered", seed, report.Requests, report.Time, report.Counts[ViewChanges])
		require.LessOrEqual(t, report.Counts[ViewChanges], 4, "one view change, entered by each replica")

		tolerant := Random(seed)
		tolerant.Planted = planted.SlowPrimaryTolerated
		_, err = Run(tolerant)
		require.ErrorContains(t, err, "liveness")
	}
}
