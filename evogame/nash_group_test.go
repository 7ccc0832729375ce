package evogame_test

import (
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

// drawn is a game of random payoffs.
type drawn struct{ payoff map[[5]int]float64 }

func (drawn) Players() int       { return 4 }
func (drawn) Strategies(int) int { return 3 }
func (g drawn) Payoff(i int, p []int) float64 {
	return g.payoff[[5]int{i, p[0], p[1], p[2], p[3]}]
}

// The smallest group that gains, found by a direct loop over all profiles, is
// the one of the search.
func TestGroupMovesAgainstAllProfiles(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 6))
	for range 20 {
		g := drawn{map[[5]int]float64{}}
		profiles := make([][]int, 0, 81)
		for code := range 81 {
			p := []int{code % 3, code / 3 % 3, code / 9 % 3, code / 27}
			profiles = append(profiles, p)
			for i := range 4 {
				g.payoff[[5]int{i, p[0], p[1], p[2], p[3]}] = float64(random.IntN(12))
			}
		}
		for _, from := range profiles {
			size, gain := 5, 0.0
			for _, to := range profiles {
				changed, least := 0, 99.0
				for i := range 4 {
					if from[i] != to[i] {
						changed |= 1 << i
						least = min(least, g.Payoff(i, to)-g.Payoff(i, from))
					}
				}
				if k := bits.OnesCount(uint(changed)); k > 0 && least > 0 && (k < size || k == size && least > gain) {
					size, gain = k, least
				}
			}
			move, err := evogame.FindGroupMove(t.Context(), g, from, 0)
			require.NoError(t, err)
			if size == 5 {
				assert.Nil(t, move)
				continue
			}
			require.NotNil(t, move)
			assert.Len(t, move.Players, size)
			assert.Equal(t, gain, move.Gain)
			if size > 1 {
				smaller, err := evogame.FindGroupMove(t.Context(), g, from, size-1)
				require.NoError(t, err)
				assert.Nil(t, smaller)
			}
		}
	}
}
