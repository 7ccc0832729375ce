package trigrid_test

import (
	"context"
	"os"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// A second run on a region of fleets reads the joint program, the answers of
// classes, the values of VPPs and the plans, and solves nothing. Both give the
// bytes of a run without a store.
func TestASecondFleetRunSolvesNothing(t *testing.T) {
	testsolver.New(t)
	for _, sharing := range []vpp.Sharing{nil, vpp.Shapley{}} {
		r := villages(t, roofs(10_000))
		r.Sharing = sharing
		o := trigrid.Options{Solver: counts(true), Budget: -1}
		want := encode(t, coordinate(t, r, o))
		o.Store = t.TempDir()
		first := coordinate(t, r, o)
		assert.Equal(t, want, encode(t, first))
		assert.Positive(t, first.Timing.Computed)

		solver := counts(false)
		o.Solver, o.Workers = solver, 3
		second := coordinate(t, r, o)
		assert.Equal(t, want, encode(t, second))
		assert.Zero(t, second.Timing.Computed)
		assert.Zero(t, solver.calls.Load())

		// Half of the files are damaged: their programs are solved again, with
		// the same bytes.
		for i, file := range records(t, o.Store) {
			if i%2 == 0 {
				data, err := os.ReadFile(file)
				require.NoError(t, err)
				data[len(data)-1] ^= 1
				require.NoError(t, os.WriteFile(file, data, 0o644))
			}
		}
		o.Solver = counts(true)
		third := coordinate(t, r, o)
		assert.Equal(t, want, encode(t, third))
		assert.Positive(t, third.Timing.Computed)
		assert.Positive(t, third.Timing.Reused)

		// Another demand has other programs of the VPPs.
		changed := villages(t, roofs(9000))
		changed.Sharing = sharing
		o.Store, want = "", encode(t, coordinate(t, changed, o))
		o.Store = t.TempDir()
		assert.Equal(t, want, encode(t, coordinate(t, changed, o)))
	}
}

// cutCounts ends the run at a solve, and has the identity of the solver that it
// counts.
type cutCounts struct {
	counting
	solves *atomic.Int64
	at     int64
	cancel context.CancelFunc
}

func (x cutCounts) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	if x.solves.Add(1) == x.at {
		x.cancel()
	}
	return x.counting.Solve(ctx, m)
}

// A caller ends the run at its first solves in turn, and at some of those that
// compare dynamics. Each run ends without an error, as cut, and a second one
// continues from its store with the bytes of a run that was never ended.
func TestAKilledFleetRunContinues(t *testing.T) {
	testsolver.New(t)
	r := villages(t, roofs(10_000))
	want := encode(t, coordinate(t, r, trigrid.Options{Solver: counts(true), Budget: -1}))
	o := trigrid.Options{Budget: -1, Workers: 1}
	for at := int64(1); ; at += 1 + at/16*20 {
		ctx, cancel := context.WithCancel(t.Context())
		solver := cutCounts{counts(true), new(atomic.Int64), at, cancel}
		o.Solver, o.Store = solver, t.TempDir()
		res, err := trigrid.Run(ctx, r, o)
		cancel()
		require.NoError(t, err, "ended at solve %d", at)
		if solver.solves.Load() < at {
			require.Greater(t, at, int64(8))
			break
		}
		if !res.Cut { // the last solves are those of plans, which have their time
			require.Equal(t, want, encode(t, res))
		} else if res.Recommendation == nil {
			compared := res.Fleet.Dynamics != nil && !res.Fleet.Dynamics.Cut
			assert.False(t, res.Fleet.Certified && res.Fleet.Settled && compared, "ended at solve %d", at)
		}
		o.Solver = counts(true)
		again := coordinate(t, r, o)
		require.Equal(t, want, encode(t, again), "ended at solve %d", at)
		if at > 1 {
			assert.Positive(t, again.Timing.Reused, "ended at solve %d", at)
		}
	}
}
