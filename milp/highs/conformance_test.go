package highs_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/milptest"
)

// TestConformance runs the suite of package milptest on every backend that this
// machine has.
func TestConformance(t *testing.T) {
	for _, backend := range []highs.Backend{highs.Native, highs.Wasm} {
		t.Run(backend.String(), func(t *testing.T) {
			t.Log("backend:", need(t, backend))
			milptest.Run(t, func(s milptest.Settings) milp.Solver {
				solver := highs.Solver{Backend: backend, TimeLimit: s.TimeLimit, Gap: s.Gap, AbsoluteGap: highs.Exact, MaxNodes: s.Nodes}
				if s.Gap == 0 {
					solver.Gap = highs.Exact
				}
				return solver
			})
		})
	}
}

// need returns the name of the backend's build, or skips the test if there is
// none.
func need(t testing.TB, backend highs.Backend) string {
	t.Helper()
	name, err := highs.Solver{Backend: backend}.Build()
	if errors.Is(err, highs.ErrNotInstalled) {
		t.Skipf("no %v HiGHS on this machine", backend)
	}
	require.NoError(t, err)
	return name
}
