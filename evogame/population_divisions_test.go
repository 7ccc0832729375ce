package evogame_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

// TestDivisionsAreTheEquilibriaOfAllPlayers compares with the enumeration of
// all profiles of single players, on random games with few different payoffs,
// so that ties abound.
func TestDivisionsAreTheEquilibriaOfAllPlayers(t *testing.T) {
	random := rand.New(rand.NewPCG(131, 132))
	found := 0
	for range 60 {
		g := evogame.ClassGame{Choices: 1 + random.IntN(3)}
		for range 1 + random.IntN(3) {
			g.Counts = append(g.Counts, 1+random.IntN(3))
		}
		drawn := map[string]float64{}
		g.Payoff = func(_ context.Context, class, choice int, members []int) (float64, error) {
			k := fmt.Sprint(class, choice, members)
			if _, ok := drawn[k]; !ok {
				drawn[k] = float64(random.IntN(4))
			}
			return drawn[k], nil
		}
		classes, err := g.Tabulate(context.Background(), evogame.FillOptions{Workers: 1})
		require.NoError(t, err)
		profiles, err := evogame.StrictNash(classes.Game())
		require.NoError(t, err)
		want := map[string]evogame.Kind{}
		for _, e := range profiles {
			players, at := make([][]int, len(g.Counts)), 0
			for c, m := range g.Counts {
				players[c] = make([]int, g.Choices)
				for range m {
					players[c][e.Profile[at]]++
					at++
				}
			}
			want[fmt.Sprint(players)] = e.Kind
		}
		list, err := classes.Equilibria(context.Background())
		require.NoError(t, err)
		got := map[string]evogame.Kind{}
		for _, d := range list {
			got[fmt.Sprint(d.Counts)] = d.Kind
		}
		require.Len(t, got, len(list), "each once")
		require.Equal(t, want, got)
		found += len(list)
	}
	require.Greater(t, found, 50)
}

func TestDivisionsOfManyPlayers(t *testing.T) {
	// 60 players on roads of capacity 3, 2 and 1 pay members over capacity: 30,
	// 20 and 10 pay 10 each, and a change costs at least a third, to the widest
	// road: 31/3 − 10.
	roads := func(players ...int) (*evogame.Classes, error) {
		return evogame.ClassGame{Counts: players, Choices: 3, Payoff: func(_ context.Context, _, choice int, members []int) (float64, error) {
			n := 0
			for _, m := range members {
				n += m
			}
			return -float64(n) / float64(3-choice), nil
		}}.Tabulate(context.Background(), evogame.FillOptions{})
	}
	classes, err := roads(60)
	require.NoError(t, err)
	list, err := classes.Equilibria(context.Background())
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, [][]int{{30, 20, 10}}, list[0].Counts)
	assert.Equal(t, evogame.Strict, list[0].Kind)
	assert.InDelta(t, 1./3, list[0].Margin, 1e-12)
	assert.Equal(t, 0, list[0].To)

	// Two classes of 30 that differ in nothing may be mixed in any way: 30, 20
	// and 10 filled by 30 of the first class, n₁ + n₂ + n₃ = 30 with n₂ <= 20
	// and n₃ <= 10, are 11·21 ways.
	classes, err = roads(30, 30)
	require.NoError(t, err)
	list, err = classes.Equilibria(context.Background())
	require.NoError(t, err)
	assert.Len(t, list, 11*21)

	ctx, cancel := context.WithCancelCause(context.Background())
	reason := errors.New("enough")
	cancel(reason)
	_, err = classes.Equilibria(ctx)
	assert.ErrorIs(t, err, reason)

	classes, err = roads(150, 150)
	require.NoError(t, err)
	_, err = classes.Equilibria(context.Background())
	assert.ErrorContains(t, err, "too many to enumerate")
}

func TestPlayersWithoutAChoiceAreAtAnEquilibrium(t *testing.T) {
	classes, err := evogame.ClassGame{Counts: []int{2, 3}, Choices: 1, Payoff: arbitrary}.Tabulate(context.Background(), evogame.FillOptions{})
	require.NoError(t, err)
	list, err := classes.Equilibria(context.Background())
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, -1, list[0].Class)
	assert.Equal(t, [][]int{{2}, {3}}, list[0].Counts)
}
