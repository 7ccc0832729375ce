package evogame_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

func iterate(t testing.TB, g evogame.PopulationGame, m evogame.Map, start evogame.State, o evogame.IterateOptions) *evogame.Result {
	t.Helper()
	r, err := evogame.Iterate(context.Background(), g, m, start, o)
	require.NoError(t, err)
	return r
}

func TestExponentialWeightsByHand(t *testing.T) {
	// (1/4, 3/4) with payoffs log 3 and 0 at rate 1: 3/4 and 3/4, normalised.
	next := make([]float64, 2)
	evogame.ExponentialWeights{Rate: 1}.Next(next, []float64{0.25, 0.75}, []float64{math.Log(3), 0})
	assert.InDeltaSlice(t, []float64{0.5, 0.5}, next, 1e-15)
	// Payoffs of any size, and unplayed strategies.
	evogame.ExponentialWeights{Rate: 1}.Next(next, []float64{0.25, 0.75}, []float64{1e6, -1e6})
	assert.InDeltaSlice(t, []float64{1, 0}, next, 1e-15)
	assert.Positive(t, next[1], "it may come back")
	evogame.ExponentialWeights{}.Next(next, []float64{1, 0}, []float64{0, 1e6})
	assert.Equal(t, []float64{1, 0}, next)
}

func TestSlowExponentialWeightsFollowTheReplicator(t *testing.T) {
	game := randomTable(rand.NewPCG(111, 112), 2, 3, 2)
	start := evogame.RandomState(game, rand.NewPCG(113, 114))
	ones := []float64{1, 1, 1}
	exact := run(t, game, nil, start, evogame.Options{Horizon: 2})
	gap := func(periods int) float64 {
		r := iterate(t, game, evogame.ExponentialWeights{Rate: 2 / float64(periods)}, start, evogame.IterateOptions{Periods: periods, Scale: ones})
		assert.Equal(t, float64(periods), r.Time)
		worst := 0.0
		for i := range start {
			for v := range start[i] {
				worst = max(worst, math.Abs(r.Final[i][v]-exact.Final[i][v]))
			}
		}
		return worst
	}
	// A method of first order: the error halves with the rate.
	coarse, fine := gap(200), gap(400)
	assert.Less(t, fine, 0.01)
	assert.InEpsilon(t, 2, coarse/fine, 0.05)
}

func TestExponentialWeightsInMoneySettleLikeThoseInUnits(t *testing.T) {
	for _, unit := range []float64{1, 1e5} {
		game := bimatrix(t, [][]float64{{3 * unit, 0}, {5 * unit, unit}}, [][]float64{{3 * unit, 5 * unit}, {0, unit}})
		r := iterate(t, game, evogame.ExponentialWeights{}, nil, evogame.IterateOptions{})
		assert.Equal(t, evogame.ConvergedToStrictNash, r.Verdict)
		assert.Equal(t, []int{1, 1}, r.Profile)
		assert.InDelta(t, unit, r.Margin, 1e-9*unit)
		assert.Len(t, r.Times, int(r.Time)+1)
	}
}

func TestExponentialWeightsSpiralOutOfTheCentre(t *testing.T) {
	// Hofbauer, Sorin, Viossat: the discrete map leaves the orbits of zero-sum
	// games outwards. So xyz falls in every period, and nothing settles.
	r := iterate(t, rockPaperScissors(1, 1), evogame.ExponentialWeights{}, evogame.State{{0.5, 0.3, 0.2}}, evogame.IterateOptions{Periods: 500})
	assert.Equal(t, evogame.NotConverged, r.Verdict)
	before := 1.0
	for _, x := range r.States {
		product := x[0][0] * x[0][1] * x[0][2]
		require.Less(t, product, before)
		before = product
	}
}

func TestFastExponentialWeightsOscillateWhereTheReplicatorSettles(t *testing.T) {
	// One population, each strategy pays the share of the other; the replicator
	// settles at one half. With g = h(1 − 2x) the logit of x moves by g: at h =
	// 8 the slope at one half is 1 − 8/2, below −1, and the state flips for
	// ever.
	game := evogame.Matrix{{0, 1}, {1, 0}}
	start := evogame.State{{0.4, 0.6}}
	r := run(t, game, nil, start, evogame.Options{})
	assert.Equal(t, evogame.Stable, r.Stability)
	r = iterate(t, game, evogame.ExponentialWeights{Rate: 8}, start, evogame.IterateOptions{Scale: []float64{1}})
	assert.Equal(t, evogame.Cycle, r.Verdict, r.Reason)
	assert.Equal(t, 2.0, r.Period)
	// At h = 1 it settles like the replicator.
	r = iterate(t, game, evogame.ExponentialWeights{Rate: 1}, start, evogame.IterateOptions{Scale: []float64{1}})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict, r.Reason)
	assert.InDelta(t, 0.5, r.Final[0][0], 1e-8)
}

func TestIterateOptions(t *testing.T) {
	game := randomTable(rand.NewPCG(1, 1), 2, 2)
	start := evogame.State{{0.3, 0.7}, {0.5, 0.5}}
	r := iterate(t, game, evogame.ExponentialWeights{}, start, evogame.IterateOptions{Periods: 10, Every: 4, Held: []int{0}})
	assert.Equal(t, []float64{0, 4, 8, 10}, r.Times)
	assert.Equal(t, start[0], r.Final[0])
	r = iterate(t, game, evogame.ExponentialWeights{}, start, evogame.IterateOptions{Periods: 10, Every: -1})
	assert.Equal(t, []float64{0, 10}, r.Times)

	assert.Equal(t, r, iterate(t, game, nil, start, evogame.IterateOptions{Periods: 10, Every: -1}))

	_, err := evogame.Iterate(context.Background(), game, evogame.ExponentialWeights{}, nil, evogame.IterateOptions{Periods: -1, Scale: []float64{0}, Rest: -1})
	for _, part := range []string{"Periods is -1", "Scale has 1 entries", "Scale of player 0 is 0", "Rest is -1"} {
		assert.ErrorContains(t, err, part)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	reason := errors.New("enough")
	cancel(reason)
	_, err = evogame.Iterate(ctx, game, evogame.ExponentialWeights{}, nil, evogame.IterateOptions{Periods: 10})
	assert.ErrorIs(t, err, reason)
}

// bestReply is a custom map: all players move to the best strategy at once.
type bestReply struct{}

func (bestReply) Next(next, _, f []float64) {
	best := 0
	for v := range f {
		next[v] = 0
		if f[v] > f[best] {
			best = v
		}
	}
	next[best] = 1
}

func TestUsersOwnMapMayInventStrategies(t *testing.T) {
	dilemma := bimatrix(t, [][]float64{{3, 0}, {5, 1}}, [][]float64{{3, 5}, {0, 1}})
	start := evogame.Vertex(dilemma, []int{0, 0})
	r := iterate(t, dilemma, bestReply{}, start, evogame.IterateOptions{})
	assert.Equal(t, evogame.ConvergedToStrictNash, r.Verdict)
	assert.Equal(t, []int{1, 1}, r.Profile)
	assert.Equal(t, 1.0, r.Time)

	// Exponential weights stay, and the reason names the missed gain.
	r = iterate(t, dilemma, nil, start, evogame.IterateOptions{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
	assert.Contains(t, r.Reason, "player 0 would gain 2 by 1")

	// All moving at once, two players who want to agree miss each other for
	// ever.
	coordination := bimatrix(t, [][]float64{{1, 0}, {0, 1}}, [][]float64{{1, 0}, {0, 1}})
	r = iterate(t, coordination, bestReply{}, evogame.Vertex(coordination, []int{0, 1}), evogame.IterateOptions{})
	assert.Equal(t, evogame.Cycle, r.Verdict)
	assert.Equal(t, 2.0, r.Period)
}
