package evogame_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

func TestRunRejectsWithEveryReason(t *testing.T) {
	game := bimatrix(t, [][]float64{{1, 0}, {0, 1}}, [][]float64{{1, 0}, {0, 1}})
	_, err := evogame.Run(context.Background(), game, nil, evogame.State{{0.5, 0.6}, {-1, 2}}, evogame.Options{
		Horizon: math.NaN(), Every: 1, Tolerance: 1, Rest: -1, PayoffTolerance: math.Inf(1), MaxSteps: -1,
		Speed: []float64{1}, Held: []int{5, 0, 0},
	})
	require.Error(t, err)
	for _, part := range []string{
		"probabilities of player 0 sum to 1.1", "probability of strategy 0 of player 1 is -1",
		"Horizon is NaN", "Tolerance is 1", "Rest is -1", "PayoffTolerance is +Inf", "MaxSteps is -1",
		"Speed has 1 entries for 2 players", "Held names player 5", "Held names player 0 twice",
	} {
		assert.ErrorContains(t, err, part)
	}
	_, err = evogame.Run(context.Background(), game, nil, nil, evogame.Options{Every: 1})
	assert.ErrorContains(t, err, "Every needs a Horizon")
	_, err = evogame.Run(context.Background(), game, nil, nil, evogame.Options{Every: 1e-7, Horizon: 1})
	assert.ErrorContains(t, err, "more than 1000000 states")
	_, err = evogame.Run(context.Background(), game, nil, nil, evogame.Options{Horizon: math.Inf(1)})
	assert.ErrorContains(t, err, "Horizon is +Inf")
	_, err = evogame.Run(context.Background(), game, nil, nil, evogame.Options{Speed: []float64{1, 0}})
	assert.ErrorContains(t, err, "Speed of player 1 is 0")
	_, err = evogame.Run(context.Background(), game, nil, evogame.State{{1}}, evogame.Options{})
	assert.ErrorContains(t, err, "the state has 1 populations, the game 2")

	unfilled, err := evogame.NewTable([]int{2, 2})
	require.NoError(t, err)
	_, err = evogame.Run(context.Background(), unfilled, nil, nil, evogame.Options{})
	assert.ErrorContains(t, err, "the payoff of player 0 at (0, 0) is NaN")
	_, err = evogame.Run(context.Background(), evogame.Matrix{{1, 2}, {3}}, nil, nil, evogame.Options{})
	assert.ErrorContains(t, err, "row 1 of the matrix has 1 entries, want 2")
	_, err = evogame.Run(context.Background(), evogame.Matrix{}, nil, nil, evogame.Options{})
	assert.ErrorContains(t, err, "0 strategies")
}

// thresholded pays less the more take it, and choice 0 pays no number beyond a
// share of its own.
func thresholded(limit float64) evogame.Continuum {
	return evogame.Continuum{Mass: []float64{1}, Choices: 2, Payoff: func(_, choice int, members []float64) float64 {
		if choice == 0 && members[0] > limit {
			return math.NaN()
		}
		return -members[0]
	}}
}

func TestPayoffThatStopsBeingANumberIsAnErrorWhereItIsMetOnly(t *testing.T) {
	// The way from 0.01 leads to one half.
	for _, limit := range []float64{0.05, 0.1, 0.3, 0.49} {
		_, err := evogame.Run(context.Background(), thresholded(limit), nil, evogame.State{{0.01, 0.99}}, evogame.Options{})
		assert.ErrorContains(t, err, "the payoff of strategy 0 of player 0 is NaN", "limit %v", limit)
	}
	for _, limit := range []float64{0.55, 0.7, 0.9, 0.99} {
		r := run(t, thresholded(limit), nil, evogame.State{{0.01, 0.99}}, evogame.Options{})
		assert.Equal(t, evogame.Stable, r.Stability, "limit %v", limit)
		assert.InDelta(t, 0.5, r.Final[0][0], 1e-7)
	}
	_, err := evogame.Run(context.Background(), thresholded(0.3), nil, nil, evogame.Options{})
	assert.ErrorContains(t, err, "the payoff of strategy 0 of player 0 is NaN at")
}

func TestProfileWithoutPayoffsForADeviationIsUndecided(t *testing.T) {
	// Each choice divides 2 or 1 among its members, so that an empty one pays
	// 0/0.
	game := evogame.Continuum{Mass: []float64{1}, Choices: 2, Payoff: func(_, choice int, members []float64) float64 {
		return float64(2-choice) * members[0] / members[0]
	}}
	r := run(t, game, nil, nil, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
	assert.Equal(t, []int{0}, r.Profile)
	assert.Contains(t, r.Reason, "not finite: undecided")
}

// careless is a rule that does not keep the simplex.
type careless []float64

func (c careless) Velocity(dx, _, _ []float64) { copy(dx, c) }
func (c careless) Next(next, x, _ []float64) {
	for v := range x {
		next[v] = x[v] + c[v]
	}
}

func TestRulesThatLeaveTheSimplexAreRejected(t *testing.T) {
	game := rockPaperScissors(1, 1)
	for want, rule := range map[string]careless{
		"want finite numbers":                     {math.NaN(), 0, 0},
		"which sums to 3":                         {1, 1, 1},
		"negative for a strategy without players": {0.5, 0, -0.5},
	} {
		start := evogame.State{{0.5, 0.5, 0}}
		_, err := evogame.Run(context.Background(), game, rule, start, evogame.Options{})
		assert.ErrorContains(t, err, want)
		_, err = evogame.Iterate(context.Background(), game, rule, start, evogame.IterateOptions{})
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, "evogame_test.careless changes")
	}
	// A rule that is right at first.
	_, err := evogame.Iterate(context.Background(), game, careless{0.15, 0, -0.15}, evogame.State{{0.5, 0.3, 0.2}}, evogame.IterateOptions{})
	assert.ErrorContains(t, err, "want probabilities")
}

func TestRunStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	reason := errors.New("enough")
	calls := 0
	game := evogame.Continuum{Mass: []float64{1}, Choices: 2, Payoff: func(_, choice int, members []float64) float64 {
		if calls++; calls == 100 {
			cancel(reason)
		}
		return members[0] * float64(1-2*choice)
	}}
	_, err := evogame.Run(ctx, game, nil, nil, evogame.Options{Horizon: 1e9})
	assert.ErrorIs(t, err, reason)
}

func TestMeasuresOfAGamePassOnWhyAPayoffFailed(t *testing.T) {
	for _, game := range []evogame.Game{
		slowGame{shape: []int{2, 2}, failAt: "01"},
		evogame.NewCached(slowGame{shape: []int{2, 2}, failAt: "01"}),
	} {
		_, err := evogame.ExactPotential(game, 0)
		assert.ErrorIs(t, err, errInfeasible)
		assert.ErrorContains(t, err, "der1 at (der0: vpp0, der1: vpp1)")
		_, err = evogame.MeasureWelfare(game, nil)
		assert.ErrorIs(t, err, errInfeasible)
	}
}
