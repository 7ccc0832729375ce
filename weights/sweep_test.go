package weights_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/weights"
)

func TestSimplexCoversTheTriangleOnce(t *testing.T) {
	for steps := 1; steps <= 20; steps++ {
		all := weights.Simplex(steps)
		require.Len(t, all, (steps+1)*(steps+2)/2) // points of a triangular grid
		seen := map[weights.Vector]bool{}
		for _, w := range all {
			require.NoError(t, w.Validate())
			require.False(t, seen[w], "%v twice", w)
			seen[w] = true
		}
		for _, corner := range weights.Corners() {
			require.True(t, seen[corner])
		}
	}
	// The published balance is met to the last bit, not as 0.3999….
	assert.Contains(t, weights.Simplex(10), weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4})
	assert.Equal(t, []weights.Vector{{Environment: 1}, {Risk: 1}, {Economic: 1}}, weights.Simplex(1))
	assert.Panics(t, func() { weights.Simplex(0) })
}

func TestSegmentTradesOneWeightForAnother(t *testing.T) {
	// The published sweep: environment from 0.4 down to 0.1, economic up, risk
	// fixed.
	got := weights.Segment(
		weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4},
		weights.Vector{Economic: 0.7, Risk: 0.2, Environment: 0.1}, 3)
	require.Len(t, got, 4)
	for k, environment := range []float64{0.4, 0.3, 0.2, 0.1} {
		assert.InDelta(t, environment, got[k].Environment, 1e-12)
		assert.InDelta(t, 0.8-environment, got[k].Economic, 1e-12)
		assert.InDelta(t, 0.2, got[k].Risk, 1e-12)
		assert.NoError(t, got[k].Validate())
	}
	assert.Panics(t, func() { weights.Segment(weights.Vector{}, weights.Vector{}, 0) })
}
