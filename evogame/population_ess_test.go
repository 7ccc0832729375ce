package evogame_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

func TestESSOfTextbookGames(t *testing.T) {
	third := []float64{1. / 3, 1. / 3, 1. / 3}
	for _, c := range []struct {
		name string
		game evogame.Matrix
		want [][]float64
	}{
		{"hawks and doves: V/C = 2/5", evogame.Matrix{{-1.5, 2}, {0, 1}}, [][]float64{{0.4, 0.6}}},
		{"coordination: both pure states", evogame.Matrix{{2, 0}, {0, 1}}, [][]float64{{1, 0}, {0, 1}}},
		{"prisoners' dilemma", evogame.Matrix{{3, 0}, {5, 1}}, [][]float64{{0, 1}}},
		{"rock-paper-scissors, winning gains more", rockPaperScissors(2, 1), [][]float64{third}},
		{"rock-paper-scissors, zero sum", rockPaperScissors(1, 1), nil},
		{"rock-paper-scissors, losing costs more", rockPaperScissors(1, 2), nil},
		{"everything the same", evogame.Matrix{{1, 1}, {1, 1}}, nil},
		{"one strategy", evogame.Matrix{{7}}, [][]float64{{1}}},
		// Neutral against the first in a population of it, but worse among its
		// own: weakly but evolutionarily stable; and the converse.
		{"a tie won among mutants", evogame.Matrix{{1, 1}, {1, 0}}, [][]float64{{1, 0}}},
		{"a tie lost among mutants", evogame.Matrix{{1, 0}, {1, 1}}, [][]float64{{0, 1}}},
		// Two tied mutants, each harmless alone, that pay 3 to each other:
		// mixed half and half they earn (0 + 3)/2 against the resident's 1.
		{"tied mutants together", evogame.Matrix{{1, 1, 1}, {1, 0, 3}, {1, 3, 0}}, [][]float64{{0, 0.5, 0.5}}},
		{"tied mutants not good enough", evogame.Matrix{{1, 1, 1}, {1, 0, 1.9}, {1, 1.9, 0}}, [][]float64{{1, 0, 0}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.game.ESS()
			require.NoError(t, err)
			require.Len(t, got, len(c.want), "%v", got)
			for k := range c.want {
				assert.InDeltaSlice(t, c.want[k], got[k][0], 1e-12)
			}
		})
	}
	_, err := evogame.Matrix(make([][]float64, 17)).ESS()
	assert.ErrorContains(t, err, "17 strategies")
	_, err = evogame.Matrix{{1, 2}, {3}}.ESS()
	assert.ErrorContains(t, err, "row 1")
}

// TestESSCannotBeInvaded tries the definition on random games with few distinct
// payoffs, where ties abound: mutants near every state listed must do worse
// than it, and strict states must be listed.
func TestESSCannotBeInvaded(t *testing.T) {
	random := rand.New(rand.NewPCG(121, 122))
	listed := 0
	for range 300 {
		n := 2 + random.IntN(3)
		game := make(evogame.Matrix, n)
		for v := range game {
			for range n {
				game[v] = append(game[v], float64(random.IntN(4)))
			}
		}
		list, err := game.ESS()
		require.NoError(t, err)
		listed += len(list)
		pure := map[int]bool{}
		for _, state := range list {
			p := state[0]
			for v := range p {
				if p[v] == 1 {
					pure[v] = true
				}
			}
			for range 50 {
				mutant := evogame.RandomState(game, rand.NewPCG(random.Uint64(), 1))[0]
				y := make([]float64, n)
				for v := range y {
					y[v] = p[v] + 1e-3*(mutant[v]-p[v])
				}
				advantage := 0.0
				for v := range y {
					for u := range y {
						advantage += (p[v] - y[v]) * game[v][u] * y[u]
					}
				}
				require.Positive(t, advantage, "%v at %v against %v", game, p, y)
			}
			// Stable under the replicator: from nearby it is approached.
			start := state.Clone()
			noise := evogame.RandomState(game, rand.NewPCG(random.Uint64(), 2))[0]
			for v := range start[0] {
				start[0][v] = 0.99*start[0][v] + 0.01*noise[v]
			}
			r := run(t, game, nil, start, evogame.Options{MaxSteps: 3000, Tolerance: 1e-9})
			require.InDeltaSlice(t, p, r.Final[0], 2e-3, "%v: %v", game, r.Reason)
		}
		for v := range game {
			strict := true
			for u := range game {
				strict = strict && (u == v || game[v][v] > game[u][v])
			}
			if strict {
				require.True(t, pure[v], "%v: %d is strict", game, v)
			}
		}
	}
	require.Greater(t, listed, 100)
}
