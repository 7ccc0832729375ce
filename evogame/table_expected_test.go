package evogame_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

// dumbPayoffs is the definition of the expected payoff, profile by profile.
func dumbPayoffs(g evogame.Game, strategies []int, x evogame.State) evogame.State {
	f := x.Clone()
	for _, row := range f {
		for v := range row {
			row[v] = 0
		}
	}
	eachProfile(strategies, func(p []int) {
		for i := range p {
			weight := 1.0
			for j := range p {
				if j != i {
					weight *= x[j][p[j]]
				}
			}
			f[i][p[i]] += weight * g.Payoff(i, p)
		}
	})
	return f
}

func TestExpectedPayoffsAgreeWithTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(51, 52))
	for _, shape := range [][]int{
		{1},
		{3},
		{2, 2},
		{3, 2},
		{1, 2, 1},
		{2, 2, 2},
		{4, 3, 2},
		{2, 5, 1, 3},
		{3, 3, 3, 3},
		{2, 2, 2, 2, 2, 2, 2},
	} {
		for range 5 {
			game := randomTable(rand.NewPCG(random.Uint64(), 1), shape...)
			x := evogame.RandomState(game, rand.NewPCG(random.Uint64(), 2))
			got := x.Clone()
			game.Payoffs(got, x)
			for i, want := range dumbPayoffs(game, shape, x) {
				require.InDeltaSlice(t, want, got[i], 1e-13, "%v", shape)
			}
		}
	}
}

func TestExpectedPayoffsSkipOnlyWhatIsNotPlayed(t *testing.T) {
	random := rand.New(rand.NewPCG(57, 58))
	for range 200 {
		shape := make([]int, 1+random.IntN(5))
		for i := range shape {
			shape[i] = 1 + random.IntN(4)
		}
		game := randomTable(rand.NewPCG(random.Uint64(), 1), shape...)
		x := evogame.RandomState(game, rand.NewPCG(random.Uint64(), 2))
		likeliest, _ := x.Nearest()
		for i := range x {
			for v := range x[i] {
				switch {
				case v == likeliest[i]:
				case random.IntN(2) == 0:
					x[i][v] = 0
				case random.IntN(4) == 0:
					x[i][v] = 1e-60
				}
			}
		}
		got := x.Clone()
		game.Payoffs(got, x)
		for i, want := range dumbPayoffs(game, shape, x) {
			require.InDeltaSlice(t, want, got[i], 1e-13, "%v %v", shape, x)
		}
	}
}

func TestExpectedPayoffsAtAVertexAreThePayoffs(t *testing.T) {
	shape := []int{2, 3, 2}
	game := randomTable(rand.NewPCG(53, 54), shape...)
	f := evogame.Uniform(game)
	eachProfile(shape, func(p []int) {
		game.Payoffs(f, evogame.Vertex(game, p))
		for i, v := range p {
			require.Equal(t, game.Payoff(i, p), f[i][v])
			q := append([]int(nil), p...)
			q[i] = (v + 1) % shape[i]
			require.Equal(t, game.Payoff(i, q), f[i][q[i]])
		}
	})
}

func TestExpectedPayoffsDoNotAllocate(t *testing.T) {
	game := randomTable(rand.NewPCG(55, 56), 2, 2, 2, 2)
	x := evogame.Uniform(game)
	f := x.Clone()
	game.Payoffs(f, x) // the first call makes the working memory
	assert.Less(t, testing.AllocsPerRun(100, func() { game.Payoffs(f, x) }), 0.5)
}
