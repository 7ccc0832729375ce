package evogame_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

// slowGame is a game as a VPP operator would write it: its payoffs take time,
// may fail, and have a tolerance.
type slowGame struct {
	shape  []int
	failAt string // key of profiles whose payoffs fail
}

func (g slowGame) Players() int                     { return len(g.shape) }
func (g slowGame) Strategies(i int) int             { return g.shape[i] }
func (g slowGame) PlayerName(i int) string          { return fmt.Sprintf("der%d", i) }
func (g slowGame) StrategyName(_, v int) string     { return fmt.Sprintf("vpp%d", v) }
func (g slowGame) Payoff(i int, p []int) float64    { return float64(100*i) + float64(p[0]*10+p[1]) }
func (g slowGame) Tolerance(i int, p []int) float64 { panic("Compute comes first") }
func (g slowGame) fails(p []int) bool               { return g.failAt != "" && key(p) >= g.failAt }

func (g slowGame) Compute(_ context.Context, i int, p []int) (float64, float64, error) {
	if g.fails(p) {
		return 0, 0, errInfeasible
	}
	return g.Payoff(i, p), 0.5, nil
}

var errInfeasible = errors.New("the program is infeasible")

func TestTabulateTakesEverythingAlong(t *testing.T) {
	game := slowGame{shape: []int{2, 3}}
	var seen []int
	table, err := evogame.Tabulate(context.Background(), game, evogame.FillOptions{
		Workers:  3,
		Progress: evogame.ProgressFunc(func(done, total int) { assert.Equal(t, 6, total); seen = append(seen, done) }),
	})
	require.NoError(t, err)
	assert.Equal(t, []int{1, 2, 3, 4, 5, 6}, seen)
	eachProfile(game.shape, func(p []int) {
		for i := range p {
			assert.Equal(t, game.Payoff(i, p), table.Payoff(i, p))
			assert.Equal(t, 0.5, table.Tolerance(i, p))
		}
	})
	assert.Equal(t, "der1", table.PlayerName(1))
	assert.Equal(t, "vpp2", table.StrategyName(1, 2))

	again, err := evogame.Tabulate(context.Background(), table, evogame.FillOptions{})
	require.NoError(t, err)
	assert.Same(t, table, again)
}

func TestTabulateReportsTheFirstFailureOnAnyNumberOfCores(t *testing.T) {
	game := slowGame{shape: []int{4, 5}, failAt: "21"}
	for workers := 1; workers <= 8; workers++ {
		_, err := evogame.Tabulate(context.Background(), game, evogame.FillOptions{Workers: workers})
		require.ErrorIs(t, err, errInfeasible)
		require.ErrorContains(t, err, "payoff of der0 at (der0: vpp2, der1: vpp1)")
	}
}

// hurried takes its own time for every profile: of those that fail, the lowest
// is neither the first nor the last to be known.
type hurried struct{ slowGame }

func (g hurried) Compute(_ context.Context, i int, p []int) (float64, float64, error) {
	minutes := 50
	if k := 5*p[0] + p[1]; k > 2 {
		minutes += 10 - 20*(k%2)
	}
	time.Sleep(time.Duration(minutes) * time.Minute)
	return g.slowGame.Compute(context.Background(), i, p)
}

func TestTabulateReportsTheFirstFailureNotTheFastest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		game := hurried{slowGame{shape: []int{2, 5}, failAt: "02"}}
		_, err := evogame.Tabulate(context.Background(), game, evogame.FillOptions{Workers: 10})
		require.ErrorContains(t, err, "(der0: vpp0, der1: vpp2)")
	})
}

func TestTabulateStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	_, err := evogame.Tabulate(ctx, slowGame{shape: []int{4, 5}}, evogame.FillOptions{
		Workers:  1,
		Progress: evogame.ProgressFunc(func(done, _ int) { cancel(); assert.Equal(t, 1, done) }),
	})
	assert.ErrorIs(t, err, context.Canceled)
}

type plainGame struct{ payoff float64 }

func (g plainGame) Players() int              { return 1 }
func (g plainGame) Strategies(int) int        { return 2 }
func (g plainGame) Payoff(int, []int) float64 { return g.payoff }

func TestPayoffsThatAreNotFiniteAreRejected(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, err := evogame.Tabulate(context.Background(), plainGame{bad}, evogame.FillOptions{})
		assert.ErrorContains(t, err, "want a finite number")
		_, err = evogame.StrictNash(plainGame{bad})
		assert.ErrorContains(t, err, "want a finite number")
		_, err = evogame.MeasureWelfare(plainGame{bad}, nil)
		assert.ErrorContains(t, err, "want a finite number")
		_, err = evogame.ExactPotential(plainGame{bad}, 0)
		assert.ErrorContains(t, err, "want a finite number")
	}
}

func TestTableNamesWhatIsMissing(t *testing.T) {
	table, err := evogame.NewTable([]int{4, 4})
	require.NoError(t, err)
	table.SetTolerance(0, []int{0, 0}, -1)
	err = table.Validate()
	assert.ErrorContains(t, err, "the payoff of player 0 at (0, 0) is NaN")
	assert.ErrorContains(t, err, "and 23 more") // 32 payoffs and a tolerance, ten shown

	assert.Error(t, table.SetNames([]string{"a"}, nil))
	assert.ErrorContains(t, table.SetNames([]string{"a", "b"}, [][]string{{"x"}, {"p", "q", "r", "s"}}), "1 names for the 4 strategies of a")
	assert.Panics(t, func() { table.Set(0, []int{4, 0}, 1) })
}

func TestGamesWithoutSenseOrBeyondMemoryAreRejected(t *testing.T) {
	_, err := evogame.NewTable(nil)
	assert.ErrorContains(t, err, "0 players")
	_, err = evogame.NewTable([]int{2, 0, 3, -1})
	assert.ErrorContains(t, err, "player 1 has 0 strategies")
	assert.ErrorContains(t, err, "player 3 has -1 strategies")
	many := make([]int, 64)
	for i := range many {
		many[i] = 3
	}
	_, err = evogame.NewTable(many)
	assert.ErrorContains(t, err, "too many to enumerate")

	_, err = evogame.Bimatrix([][]float64{{1, 2}, {3}}, [][]float64{{1, 2}, {3, 4}})
	assert.ErrorContains(t, err, "row 1 has 1 and 2 columns, want 2")
	_, err = evogame.Bimatrix(nil, nil)
	assert.Error(t, err)
}

func TestStates(t *testing.T) {
	game := randomTable(rand.NewPCG(1, 1), 2, 3)
	assert.Equal(t, evogame.State{{0.5, 0.5}, {1. / 3, 1. / 3, 1. / 3}}, evogame.Uniform(game))
	assert.Equal(t, evogame.State{{0, 1}, {0, 0, 1}}, evogame.Vertex(game, []int{1, 2}))

	profile, distance := evogame.State{{0.9, 0.1}, {0.2, 0.5, 0.3}}.Nearest()
	assert.Equal(t, []int{0, 1}, profile)
	assert.Equal(t, 0.5, distance)

	// Uniform on the simplex with three corners: mean 1/3 and variance 1/18 of
	// each probability.
	source := rand.NewPCG(61, 62)
	var sum, squares float64
	const n = 20000
	for range n {
		p := evogame.RandomState(game, source)[1][0]
		sum += p
		squares += p * p
	}
	mean := sum / n
	assert.InDelta(t, 1./3, mean, 0.01)
	assert.InDelta(t, 1./18, squares/n-mean*mean, 0.002)

	copied := evogame.Uniform(game)
	other := copied.Clone()
	other[0][0] = 9
	assert.Equal(t, 0.5, copied[0][0])
}
