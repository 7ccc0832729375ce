package evogame_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

// In matching with two equilibria (both first, both second) the first player
// moves first and takes the other's side, so that the ends are decided by the
// second player's start: half and half.
func TestPathBasins(t *testing.T) {
	g, err := evogame.Bimatrix([][]float64{{2, 0}, {0, 1}}, [][]float64{{2, 0}, {0, 1}})
	require.NoError(t, err)
	b, err := evogame.PathBasins(t.Context(), g, 400, rand.NewPCG(1, 2))
	require.NoError(t, err)
	require.Len(t, b.Attractors, 2)
	for _, a := range b.Attractors {
		assert.Equal(t, evogame.ConvergedToStrictNash, a.Verdict)
		assert.InDelta(t, 0.5, a.Share, 0.1)
		assert.Equal(t, a.Profile[0], a.Profile[1])
	}
	for k, end := range b.Ends {
		second, _ := b.Starts[k].Nearest()
		assert.Equal(t, second[1], b.Attractors[end].Profile[1])
	}

	pennies, err := evogame.Bimatrix([][]float64{{1, -1}, {-1, 1}}, [][]float64{{-1, 1}, {1, -1}})
	require.NoError(t, err)
	b, err = evogame.PathBasins(t.Context(), pennies, 10, rand.NewPCG(1, 2))
	require.NoError(t, err)
	require.Len(t, b.Attractors, 1)
	assert.Equal(t, evogame.Cycle, b.Attractors[0].Verdict)

	_, err = evogame.PathBasins(t.Context(), g, 1, nil)
	require.ErrorContains(t, err, "source")
	_, err = evogame.PathBasins(t.Context(), g, -1, rand.NewPCG(1, 2))
	require.ErrorContains(t, err, "number of starts is -1")
}

func TestPathAsTrajectory(t *testing.T) {
	g, err := evogame.Bimatrix([][]float64{{3, 0}, {5, 1}}, [][]float64{{3, 5}, {0, 1}}) // prisoners
	require.NoError(t, err)
	path, err := evogame.BetterReplies(t.Context(), g, []int{0, 0}, 0)
	require.NoError(t, err)
	r := path.Trajectory(g)
	assert.Equal(t, []float64{0, 1, 2}, r.Times)
	assert.Equal(t, evogame.State{{1, 0}, {1, 0}}, r.States[0])
	assert.Equal(t, evogame.State{{0, 1}, {0, 1}}, r.Final)
	assert.Equal(t, []int{1, 1}, r.Profile)
	assert.Equal(t, 2.0, r.Time)
	assert.InDelta(t, 1, r.Margin, 0, "1 instead of 0")
}
