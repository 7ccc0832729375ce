package evogame_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

func TestPureEquilibriaOfTextbookGames(t *testing.T) {
	for _, c := range []struct {
		name          string
		first, second [][]float64
		want          []evogame.Equilibrium
	}{
		{
			"prisoners' dilemma",
			[][]float64{{3, 0}, {5, 1}},
			[][]float64{{3, 5}, {0, 1}},
			[]evogame.Equilibrium{{Profile: []int{1, 1}, Kind: evogame.Strict, Margin: 1, Player: 0, Strategy: 0}},
		},
		{
			"battle of the sexes",
			[][]float64{{3, 0}, {0, 2}},
			[][]float64{{2, 0}, {0, 3}},
			[]evogame.Equilibrium{
				{Profile: []int{0, 0}, Kind: evogame.Strict, Margin: 2, Player: 1, Strategy: 1},
				{Profile: []int{1, 1}, Kind: evogame.Strict, Margin: 2, Player: 0, Strategy: 0},
			},
		},
		{"matching pennies", [][]float64{{1, -1}, {-1, 1}}, [][]float64{{-1, 1}, {1, -1}}, nil},
		{
			"a tie",
			[][]float64{{1, 0}, {1, -1}},
			[][]float64{{2, 1}, {2, 1}},
			[]evogame.Equilibrium{
				{Profile: []int{0, 0}, Kind: evogame.Weak, Margin: 0, Player: 0, Strategy: 1},
				{Profile: []int{1, 0}, Kind: evogame.Weak, Margin: 0, Player: 0, Strategy: 0},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := evogame.StrictNash(bimatrix(t, c.first, c.second))
			require.NoError(t, err)
			for k := range got {
				assert.Less(t, got[k].Tolerance, 1e-10)
				got[k].Tolerance = 0
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestRoundingDoesNotMakeATieStrict(t *testing.T) {
	// 0.1 + 0.2 and 0.3 differ in the last bit.
	a, b := 0.1, 0.2
	got, err := evogame.StrictNash(bimatrix(t, [][]float64{{a + b}, {0.3}}, [][]float64{{0}, {0}}))
	require.NoError(t, err)
	require.Len(t, got, 2)
	assert.Equal(t, evogame.Weak, got[0].Kind)
	assert.Equal(t, evogame.Weak, got[1].Kind)
}

func TestMarginsBelowTheToleranceAreUndetermined(t *testing.T) {
	// Margins at the four profiles, by hand, of the first player: ±0.5 in
	// column 0, ±3 in column 1; the second player prefers column 0 by 1.
	game := bimatrix(t, [][]float64{{10.5, 3}, {10, 0}}, [][]float64{{1, 0}, {1, 0}})
	kinds := func() map[string]evogame.Kind {
		list, err := evogame.StrictNash(game)
		require.NoError(t, err)
		out := map[string]evogame.Kind{}
		for _, e := range list {
			out[key(e.Profile)] = e.Kind
		}
		return out
	}
	assert.Equal(t, map[string]evogame.Kind{"00": evogame.Strict}, kinds())
	game.SetTolerance(0, []int{0, 0}, 0.4)
	assert.Equal(t, map[string]evogame.Kind{"00": evogame.Strict}, kinds())
	game.SetTolerance(0, []int{1, 0}, 0.2)
	// Now 0.5 < 0.6: neither can be told from an equilibrium.
	assert.Equal(t, map[string]evogame.Kind{"00": evogame.Undetermined, "10": evogame.Undetermined}, kinds())
}

func TestLargeMarginThatIsKnownPoorlyDecides(t *testing.T) {
	// The first player would lose 1, exactly; the second 2, but give or take 5.
	game := bimatrix(t, [][]float64{{1, 0}, {0, 0}}, [][]float64{{2, 0}, {0, 0}})
	game.SetTolerance(1, []int{0, 1}, 5)
	e, ok, err := evogame.Examine(t.Context(), game, []int{0, 0})
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, evogame.Undetermined, e.Kind)
	assert.Equal(t, 1, e.Player)
	assert.InDelta(t, 2, e.Margin, 1e-12)
	assert.InDelta(t, 5, e.Tolerance, 1e-9)
	r := run(t, game, nil, nil, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
}

func TestPlayersWithoutAChoiceDoNotDeviate(t *testing.T) {
	game, err := evogame.NewTable([]int{1, 1})
	require.NoError(t, err)
	game.Set(0, []int{0, 0}, 1)
	game.Set(1, []int{0, 0}, 2)
	got, err := evogame.StrictNash(game)
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, -1, got[0].Player)
	assert.Equal(t, math.Inf(1), got[0].Margin)
	r := run(t, game, nil, nil, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToStrictNash, r.Verdict)
}

func TestStrictNashAgreesWithTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(81, 82))
	for range 50 {
		shape := []int{1 + random.IntN(3), 1 + random.IntN(3), 1 + random.IntN(3)}
		game, err := evogame.NewTable(shape)
		require.NoError(t, err)
		eachProfile(shape, func(p []int) {
			for i := range p {
				game.Set(i, p, float64(random.IntN(4))) // small integers: ties are common
			}
		})
		got, err := evogame.StrictNash(game)
		require.NoError(t, err)
		found := map[string]evogame.Kind{}
		for _, e := range got {
			found[key(e.Profile)] = e.Kind
		}
		eachProfile(shape, func(p []int) {
			nash, strict := true, true
			for i := range p {
				for u := range shape[i] {
					if u == p[i] {
						continue
					}
					q := slices.Clone(p)
					q[i] = u
					nash = nash && game.Payoff(i, p) >= game.Payoff(i, q)
					strict = strict && game.Payoff(i, p) > game.Payoff(i, q)
				}
			}
			kind, listed := found[key(p)]
			require.Equal(t, nash, listed)
			if listed {
				require.Equal(t, strict, kind == evogame.Strict)
			}
			e, ok, err := evogame.Examine(t.Context(), game, p)
			require.NoError(t, err)
			require.Equal(t, nash, ok)
			require.Equal(t, nash, e.Margin >= 0)
		})
	}
	_, _, err := evogame.Examine(t.Context(), shapeGame{}, []int{0, 5})
	assert.ErrorContains(t, err, "player 1 has no strategy 5")
	_, _, err = evogame.Examine(t.Context(), shapeGame{}, []int{0})
	assert.ErrorContains(t, err, "1 strategies for 2 players")
}

type shapeGame struct{}

func (shapeGame) Players() int              { return 2 }
func (shapeGame) Strategies(int) int        { return 2 }
func (shapeGame) Payoff(int, []int) float64 { return 0 }

func TestWelfareOfThePrisonersDilemma(t *testing.T) {
	game := bimatrix(t, [][]float64{{3, 0}, {5, 1}}, [][]float64{{3, 5}, {0, 1}})
	w, err := evogame.MeasureWelfare(game, nil)
	require.NoError(t, err)
	assert.Equal(t, 6.0, w.Optimum)
	assert.Equal(t, [][]int{{0, 0}}, w.Best)
	assert.Equal(t, 5.0, w.At([]int{1, 0}))
	assert.Equal(t, 4.0, w.Gap([]int{1, 1}))

	list, err := evogame.StrictNash(game)
	require.NoError(t, err)
	e, ok := w.Efficiency(list)
	require.True(t, ok)
	assert.Equal(t, evogame.Efficiency{Worst: []int{1, 1}, Best: []int{1, 1}, WorstGap: 4, BestGap: 4, PriceOfAnarchy: 3, PriceOfStability: 3}, e)
	_, ok = w.Efficiency(nil)
	assert.False(t, ok)
}

func TestWelfareByAnotherMeasureAndWithTies(t *testing.T) {
	game := bimatrix(t, [][]float64{{3, 0}, {0, 2}}, [][]float64{{2, 0}, {0, 3}})
	w, err := evogame.MeasureWelfare(game, nil)
	require.NoError(t, err)
	assert.Equal(t, [][]int{{0, 0}, {1, 1}}, w.Best)

	// The worth of the VPPs is negative everywhere: gaps are defined, prices
	// are not.
	w, err = evogame.MeasureWelfare(game, func(p []int) float64 { return -1 - float64(p[0]) })
	require.NoError(t, err)
	assert.Equal(t, -1.0, w.Optimum)
	list, err := evogame.StrictNash(game)
	require.NoError(t, err)
	e, _ := w.Efficiency(list)
	assert.Equal(t, []int{1, 1}, e.Worst)
	assert.Equal(t, []int{0, 0}, e.Best)
	assert.Equal(t, 1.0, e.WorstGap)
	assert.True(t, math.IsNaN(e.PriceOfAnarchy))
}
