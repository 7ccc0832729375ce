package evogame_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

func basins(t testing.TB, g evogame.PopulationGame, o evogame.BasinOptions) *evogame.Basins {
	t.Helper()
	b, err := evogame.BasinShares(context.Background(), g, nil, o)
	require.NoError(t, err)
	return b
}

func TestBasinsOfSymmetricCoordinationAreHalves(t *testing.T) {
	// Both payoffs 1 on the diagonal: the border is x + y = 1, and every start
	// on one side ends there.
	game := bimatrix(t, [][]float64{{1, 0}, {0, 1}}, [][]float64{{1, 0}, {0, 1}})
	b := basins(t, game, evogame.BasinOptions{Starts: 400, Source: rand.NewPCG(1, 2)})
	require.Len(t, b.Attractors, 2)
	for k, start := range b.Starts {
		want := []int{1, 1}
		if start[0][0]+start[1][0] > 1 {
			want = []int{0, 0}
		}
		require.Equal(t, want, b.Attractors[b.Ends[k]].Profile)
	}
	assert.Equal(t, 400, b.Attractors[0].Count+b.Attractors[1].Count)
	assert.GreaterOrEqual(t, b.Attractors[0].Count, b.Attractors[1].Count)
	for _, a := range b.Attractors {
		assert.Equal(t, evogame.ConvergedToStrictNash, a.Verdict)
		assert.Less(t, a.Low, 0.5)
		assert.Greater(t, a.High, 0.5)
	}
}

func TestBasinsAreTheSameOnAnyNumberOfCores(t *testing.T) {
	game := randomTable(rand.NewPCG(101, 102), 2, 2, 3)
	one := basins(t, game, evogame.BasinOptions{Starts: 40, Source: rand.NewPCG(1, 2), Fill: evogame.FillOptions{Workers: 1}})
	steps := 0
	many := basins(t, game, evogame.BasinOptions{Starts: 40, Source: rand.NewPCG(1, 2), Fill: evogame.FillOptions{
		Workers: 7, Progress: evogame.ProgressFunc(func(done, _ int) { steps = done }),
	}})
	assert.Equal(t, one, many)
	assert.Equal(t, 40, steps)
	other := basins(t, game, evogame.BasinOptions{Starts: 40, Source: rand.NewPCG(3, 2)})
	assert.NotEqual(t, one.Starts, other.Starts)
}

func TestBasinsTellCyclesFromRestPoints(t *testing.T) {
	pennies := bimatrix(t, [][]float64{{1, -1}, {-1, 1}}, [][]float64{{-1, 1}, {1, -1}})
	b := basins(t, pennies, evogame.BasinOptions{Starts: 10, Source: rand.NewPCG(5, 6)})
	require.Len(t, b.Attractors, 1)
	assert.Equal(t, evogame.Cycle, b.Attractors[0].Verdict)
	assert.Equal(t, 1.0, b.Attractors[0].Share)
	// Wilson by hand: p = 1, n = 10, z² = 3.8415: low = (1 + z²/20 − z²/20) /
	// (1 + z²/10) = 0.72247.
	assert.InDelta(t, 0.72247, b.Attractors[0].Low, 1e-5)
	assert.InDelta(t, 1, b.Attractors[0].High, 1e-12)

	// Two pairs of hawks and doves that do badly with each other: two mixtures.
	pairs := evogame.Matrix{{-1.5, 2, -9, -9}, {0, 1, -9, -9}, {-9, -9, -1.5, 2}, {-9, -9, 0, 1}}
	b = basins(t, pairs, evogame.BasinOptions{Starts: 20, Source: rand.NewPCG(5, 6)})
	require.Len(t, b.Attractors, 2)
	for _, a := range b.Attractors {
		assert.Equal(t, evogame.ConvergedToRestPoint, a.Verdict)
	}

	b = basins(t, rockPaperScissors(2, 1), evogame.BasinOptions{Starts: 10, Source: rand.NewPCG(5, 6)})
	require.Len(t, b.Attractors, 1)
	assert.Equal(t, evogame.ConvergedToRestPoint, b.Attractors[0].Verdict)
	assert.Nil(t, b.Attractors[0].Profile)
}

func TestBasinsReject(t *testing.T) {
	_, err := evogame.BasinShares(context.Background(), rockPaperScissors(1, 1), nil, evogame.BasinOptions{})
	assert.ErrorContains(t, err, "needs a Source")
	_, err = evogame.BasinShares(context.Background(), rockPaperScissors(1, 1), nil, evogame.BasinOptions{Starts: -1, Source: rand.NewPCG(1, 1)})
	assert.ErrorContains(t, err, "number of starts is -1")
	_, err = evogame.BasinShares(context.Background(), rockPaperScissors(1, 1), nil, evogame.BasinOptions{Source: rand.NewPCG(1, 1), Run: evogame.Options{Rest: math.NaN()}})
	assert.ErrorContains(t, err, "Rest is NaN")
}

func TestSweepOfADominanceSolvableGameAgrees(t *testing.T) {
	// Strategy 1 is dominant for every player.
	game, err := evogame.NewTable([]int{2, 2, 2})
	require.NoError(t, err)
	eachProfile([]int{2, 2, 2}, func(p []int) {
		for i := range p {
			game.Set(i, p, float64(2*p[i])+0.5*float64(p[(i+1)%3]))
		}
	})
	s, err := evogame.SweepStart(context.Background(), game, nil, evogame.Sweep{Player: 0}, evogame.Options{})
	require.NoError(t, err)
	require.Len(t, s.Rows, 9)
	assert.True(t, s.Agree)
	for k, row := range s.Rows {
		assert.InDelta(t, float64(k+1)/10, row.Value, 1e-15)
		assert.InDelta(t, row.Value, row.Result.States[0][0][0], 1e-12)
		assert.Equal(t, []int{1, 1, 1}, row.Result.Profile)
	}

	// The literal reading: the player stays, the others agree all the same.
	s, err = evogame.SweepStart(context.Background(), game, nil, evogame.Sweep{Player: 0, Clamp: true, Values: []float64{0, 0.5, 1}}, evogame.Options{})
	require.NoError(t, err)
	assert.True(t, s.Agree)
	for _, row := range s.Rows {
		assert.Equal(t, row.Value, row.Result.Final[0][0])
		assert.InDelta(t, 1, row.Result.Final[1][1], 1e-8)
	}
}

// creeping leaves strategy 1 at the rate of its square: x₁(t) = 1/(1/x₁(0) +
// t).
type creeping struct{}

func (creeping) Velocity(dx, x, _ []float64) { dx[0], dx[1] = x[1]*x[1], -x[1]*x[1] }

func TestSweepsAgreeOnAProfileStillClosedInOn(t *testing.T) {
	game := evogame.Matrix{{1, 1}, {0, 0}}
	s, err := evogame.SweepStart(context.Background(), game, creeping{}, evogame.Sweep{Values: []float64{0.1, 0.9}}, evogame.Options{Horizon: 200, Rest: 1e-3})
	require.NoError(t, err)
	// 1/(1/0.9 + 200) and 1/(1/0.1 + 200) are further apart than 1e-4.
	assert.InDelta(t, 1/(1/0.9+200)-1/(1/0.1+200), s.Rows[0].Result.Final[0][1]-s.Rows[1].Result.Final[0][1], 1e-9)
	for _, row := range s.Rows {
		require.Equal(t, evogame.ConvergedToStrictNash, row.Result.Verdict, row.Result.Reason)
	}
	assert.True(t, s.Agree)
}

func TestSweepOfACoordinationGameDisagrees(t *testing.T) {
	game := bimatrix(t, [][]float64{{1, 0}, {0, 1}}, [][]float64{{1, 0}, {0, 1}})
	for _, clamp := range []bool{false, true} {
		s, err := evogame.SweepStart(context.Background(), game, nil, evogame.Sweep{Player: 1, Values: []float64{0.1, 0.9}, Clamp: clamp}, evogame.Options{})
		require.NoError(t, err)
		assert.False(t, s.Agree)
		assert.Equal(t, 1, s.Rows[0].Result.Profile[0])
		assert.Equal(t, 0, s.Rows[1].Result.Profile[0])
	}
}

func TestSweepKeepsTheProportionsOfTheOtherStrategies(t *testing.T) {
	game := randomTable(rand.NewPCG(1, 1), 3, 2)
	s, err := evogame.SweepStart(context.Background(), game, nil, evogame.Sweep{
		Player: 0, Strategy: 2, Values: []float64{0.5}, Start: evogame.State{{0.6, 0.2, 0.2}, {0.5, 0.5}},
	}, evogame.Options{})
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{0.375, 0.125, 0.5}, s.Rows[0].Result.States[0][0], 1e-12)
	// From a pure start there are no proportions: the rest is spread evenly.
	s, err = evogame.SweepStart(context.Background(), game, nil, evogame.Sweep{
		Player: 0, Strategy: 2, Values: []float64{0.5}, Start: evogame.State{{0, 0, 1}, {0.5, 0.5}},
	}, evogame.Options{})
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{0.25, 0.25, 0.5}, s.Rows[0].Result.States[0][0], 1e-12)

	_, err = evogame.SweepStart(context.Background(), game, nil, evogame.Sweep{Strategy: 3, Values: []float64{2}}, evogame.Options{})
	assert.ErrorContains(t, err, "strategy 3 of player 0, which has 3")
	assert.ErrorContains(t, err, "value 0 of the sweep is 2")
	_, err = evogame.SweepStart(context.Background(), game, nil, evogame.Sweep{Player: 2}, evogame.Options{})
	assert.ErrorContains(t, err, "player 2 of 2")
}

// A context that ends after some starts leaves the basins of the first ones,
// which are those of a smaller sample.
func TestPartialBasinsAreThoseOfTheFirstStarts(t *testing.T) {
	game := bimatrix(t, [][]float64{{2, 0}, {0, 1}}, [][]float64{{2, 0}, {0, 1}})
	ctx, stop := context.WithCancel(t.Context())
	o := evogame.BasinOptions{Starts: 60, Source: rand.NewPCG(1, 2), Partial: true}
	o.Fill = evogame.FillOptions{Workers: 1, Progress: evogame.ProgressFunc(func(done, _ int) {
		if done == 20 {
			stop()
		}
	})}
	part, err := evogame.BasinShares(ctx, game, nil, o)
	require.NoError(t, err)
	require.Len(t, part.Starts, 20)
	first := basins(t, game, evogame.BasinOptions{Starts: 20, Source: rand.NewPCG(1, 2)})
	assert.Equal(t, first.Attractors, part.Attractors)
	assert.Equal(t, first.Ends, part.Ends)

	none, err := evogame.BasinShares(ctx, game, nil, o)
	require.NoError(t, err)
	assert.Empty(t, none.Starts)
	o.Partial = false
	_, err = evogame.BasinShares(ctx, game, nil, o)
	require.ErrorIs(t, err, context.Canceled)
}

func TestStopEndsAnIntegration(t *testing.T) {
	game := bimatrix(t, [][]float64{{2, 0}, {0, 1}}, [][]float64{{2, 0}, {0, 1}})
	polls := 0
	res, err := evogame.Run(t.Context(), game, nil, nil, evogame.Options{Stop: func() bool { polls++; return polls > 3 }})
	require.NoError(t, err)
	assert.Equal(t, evogame.NotConverged, res.Verdict)
	assert.Equal(t, 3, res.Steps)
	assert.Contains(t, res.Reason, "stopped by the caller")
}
