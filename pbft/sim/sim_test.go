package sim

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// seeds is how many seeds a sweep takes: the environment variable PBFT_SEEDS, or few enough for a plain go test.
func seeds(t testing.TB, def int) uint64 {
	text, ok := os.LookupEnv("PBFT_SEEDS")
	if !ok {
		return uint64(def)
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "PBFT_SEEDS")
	return uint64(n)
}

func TestSimSweep(t *testing.T) {
	counts := map[Path]int{}
	events := 0
	for seed := range seeds(t, 50) {
		report, err := Run(Random(seed))
		require.NoError(t, err, "refused: %v", report.Refused)
		for p, n := range report.Counts {
			counts[p] += n
		}
		events += report.Events
	}
	for p, n := range counts {
		t.Logf("%6d  %s", n, p)
	}
	t.Log("events", events)
}
