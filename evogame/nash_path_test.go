package evogame_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

func TestBetterRepliesCycleInMatchingPennies(t *testing.T) {
	game := bimatrix(t, [][]float64{{1, -1}, {-1, 1}}, [][]float64{{-1, 1}, {1, -1}})
	path, err := evogame.BetterReplies(context.Background(), game, []int{0, 0}, 0)
	require.NoError(t, err)
	assert.Equal(t, evogame.Cycle, path.Verdict)
	assert.Contains(t, path.Reason, "every 4")

	path, err = evogame.BetterReplies(context.Background(), game, []int{0, 0}, 2)
	require.NoError(t, err)
	assert.Equal(t, evogame.NotConverged, path.Verdict)
	assert.Len(t, path.Profiles, 3)
}

// roads is a congestion game of many equal players on unequal roads: a player
// pays members / capacity.
type roads struct {
	players  int
	capacity []float64
}

func (g roads) Players() int       { return g.players }
func (g roads) Strategies(int) int { return len(g.capacity) }
func (g roads) Payoff(i int, p []int) float64 {
	n := 0
	for _, v := range p {
		if v == p[i] {
			n++
		}
	}
	return -float64(n) / g.capacity[p[i]]
}

func TestBetterRepliesReachWhereEnumerationEnds(t *testing.T) {
	// 60 players on roads of capacity 3, 2 and 1: at equilibrium 30, 20 and 10
	// pay 10 each and a change costs more. 3^60 profiles; a few thousand
	// payoffs are computed.
	game := evogame.NewCached(roads{60, []float64{3, 2, 1}})
	_, err := evogame.StrictNash(game)
	require.ErrorContains(t, err, "too many to enumerate")
	path, err := evogame.BetterReplies(context.Background(), game, make([]int, 60), 0)
	require.NoError(t, err)
	assert.Equal(t, evogame.ConvergedToStrictNash, path.Verdict)
	count := make([]int, 3)
	for _, v := range path.Profiles[len(path.Profiles)-1] {
		count[v]++
	}
	assert.Equal(t, []int{30, 20, 10}, count)
	// The cheapest deviation goes to the widest road: 31/3 − 10.
	assert.InDelta(t, 1./3, path.Equilibrium.Margin, 1e-12)
	assert.Less(t, game.Len(), 60*3*60)
}

func TestBetterRepliesDoNotMoveWithinTheTolerance(t *testing.T) {
	game := bimatrix(t, [][]float64{{1, 1}, {1.1, 1.1}}, [][]float64{{0, 0}, {0, 0}})
	path, err := evogame.BetterReplies(context.Background(), game, []int{0, 0}, 0)
	require.NoError(t, err)
	assert.Equal(t, evogame.ConvergedToRestPoint, path.Verdict, "the second player is indifferent")
	assert.Equal(t, evogame.Weak, path.Equilibrium.Kind)
	assert.Equal(t, [][]int{{0, 0}, {1, 0}}, path.Profiles)

	game.SetTolerance(0, []int{0, 0}, 0.2)
	path, err = evogame.BetterReplies(context.Background(), game, []int{0, 0}, 0)
	require.NoError(t, err)
	assert.Equal(t, [][]int{{0, 0}}, path.Profiles)
}

func TestBetterRepliesPassOnFailures(t *testing.T) {
	_, err := evogame.BetterReplies(context.Background(), slowGame{shape: []int{2, 2}, failAt: "01"}, []int{0, 0}, 0)
	assert.ErrorIs(t, err, errInfeasible)
	_, err = evogame.BetterReplies(context.Background(), roads{2, []float64{1}}, []int{0, 1}, 0)
	assert.ErrorContains(t, err, "player 1 has no strategy 1")
	_, err = evogame.BetterReplies(context.Background(), roads{2, []float64{1, 1}}, []int{0, 1}, -1)
	assert.ErrorContains(t, err, "at most -1 moves")
	ctx, cancel := context.WithCancelCause(context.Background())
	reason := errors.New("enough")
	cancel(reason)
	_, err = evogame.BetterReplies(ctx, roads{2, []float64{1, 1}}, []int{0, 1}, 0)
	assert.ErrorIs(t, err, reason)
}
