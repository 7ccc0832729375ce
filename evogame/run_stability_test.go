package evogame_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

// TestStrictNashIsAsymptoticStability is the theorem of Balkenborg and Schlag:
// a pure profile is asymptotically stable under the replicator exactly when it
// is a strict equilibrium. From a small disturbance of every vertex of random
// games, a long run must end there if and only if it is strict.
func TestStrictNashIsAsymptoticStability(t *testing.T) {
	source := rand.NewPCG(11, 12)
	random := rand.New(source)
	strict, others := 0, 0
	for range 25 {
		shape := [][]int{{2, 2}, {2, 2, 2}, {3, 3}, {3, 2, 2}}[random.IntN(4)]
		game := randomTable(source, shape...)
		list, err := evogame.StrictNash(game)
		require.NoError(t, err)
		isStrict := map[string]bool{}
		for _, e := range list {
			isStrict[key(e.Profile)] = e.Kind == evogame.Strict
		}
		eachProfile(shape, func(p []int) {
			start := evogame.Vertex(game, p)
			for i, row := range start {
				noise := evogame.RandomState(game, source)
				for v := range row {
					row[v] = 0.999*row[v] + 0.001*noise[i][v]
				}
			}
			r := run(t, game, nil, start, evogame.Options{Every: math.Inf(1), MaxSteps: 2000, Tolerance: 1e-8})
			stays := r.Verdict == evogame.ConvergedToStrictNash && key(r.Profile) == key(p)
			require.Equal(t, isStrict[key(p)], stays, "%v %v: %v", p, r.Verdict, r.Reason)
			if isStrict[key(p)] {
				strict++
			} else {
				others++
			}
		})
	}
	require.Greater(t, strict, 20)
	require.Greater(t, others, 100)
}

func TestSaddleIsLeftHoweverLateTheStrategyReturns(t *testing.T) {
	// Strategy 0 is best against itself but for strategy 2, which starts at
	// 1e-250 and beats it: the state rests near strategy 0 until t = 575, at a
	// speed of 1e-250 per unit of time.
	game := evogame.Matrix{{1, 1, 1}, {0, 0, 0}, {2, 2, 2}}
	r := run(t, game, nil, evogame.State{{0.5, 0.5, 1e-250}}, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToStrictNash, r.Verdict)
	assert.Equal(t, []int{2}, r.Profile)
	assert.Greater(t, r.Time, 575.0)
}

func TestUnplayedStrategyIsNamedWhenItWouldUpset(t *testing.T) {
	game := bimatrix(t, [][]float64{{1, 1}, {5, 5}}, [][]float64{{1, 0}, {1, 0}})
	require.NoError(t, game.SetNames([]string{"W1", "T1"}, [][]string{{"north", "south"}, {"east", "west"}}))
	start := evogame.State{{1, 0}, {0.5, 0.5}}
	r := run(t, game, nil, start, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
	assert.Equal(t, evogame.Unstable, r.Stability)
	assert.Equal(t, []int{0, 0}, r.Profile)
	assert.InDelta(t, -4, r.Margin, 1e-12)
	assert.Contains(t, r.Reason, "W1 would gain 4 by south")

	// Dynamics that invent strategies find it.
	for _, d := range []evogame.Dynamic{evogame.Smith{}, evogame.BrownVonNeumannNash{}} {
		r = run(t, game, d, start, evogame.Options{})
		assert.Equal(t, evogame.ConvergedToStrictNash, r.Verdict, "%T: %v", d, r.Reason)
		assert.Equal(t, []int{1, 0}, r.Profile)
	}

	// A pure start never moves; that it is a rest point makes it no
	// equilibrium.
	r = run(t, game, nil, evogame.Vertex(game, []int{0, 1}), evogame.Options{Horizon: 3})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
	assert.Equal(t, evogame.Vertex(game, []int{0, 1}), r.Final)
	assert.Equal(t, []float64{0, 3}, r.Times)
}

func TestMarginBelowTheSolversAccuracyIsUndecided(t *testing.T) {
	game := bimatrix(t, [][]float64{{10.004, 3}, {10, 2}}, [][]float64{{5, 1}, {5, 1}})
	r := run(t, game, nil, nil, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToStrictNash, r.Verdict)
	assert.InDelta(t, 0.004, r.Margin, 1e-12)

	// The same with payoffs known to ±0.003 each.
	r = run(t, game, nil, nil, evogame.Options{PayoffTolerance: 0.003})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
	assert.Contains(t, r.Reason, "undecided")

	// The tolerances that the game states: 0.003 + 0.002 > 0.004.
	game.SetTolerance(0, []int{0, 0}, 0.003)
	game.SetTolerance(0, []int{1, 0}, 0.002)
	r = run(t, game, nil, nil, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
	game.SetTolerance(0, []int{1, 0}, 0.0009)
	r = run(t, game, nil, nil, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToStrictNash, r.Verdict)
}

func TestMixedEquilibriaOfSeveralPopulationsAreNeverStable(t *testing.T) {
	random := rand.New(rand.NewPCG(23, 24))
	found := 0
	for range 200 {
		game := randomTable(rand.NewPCG(random.Uint64(), 1), 2, 2)
		u := func(i, a, b int) float64 { return game.Payoff(i, []int{a, b}) }
		// The column player's mixture makes the row player indifferent and the
		// other way round.
		q := (u(0, 1, 1) - u(0, 0, 1)) / (u(0, 0, 0) - u(0, 1, 0) - u(0, 0, 1) + u(0, 1, 1))
		p := (u(1, 1, 1) - u(1, 1, 0)) / (u(1, 0, 0) - u(1, 0, 1) - u(1, 1, 0) + u(1, 1, 1))
		if !(p > 0.01 && p < 0.99 && q > 0.01 && q < 0.99) {
			continue
		}
		found++
		r := run(t, game, nil, evogame.State{{p, 1 - p}, {q, 1 - q}}, evogame.Options{})
		require.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
		// The product of the two off-diagonal slopes is positive at a saddle,
		// negative at a centre.
		saddle := (u(0, 0, 0)-u(0, 1, 0)-u(0, 0, 1)+u(0, 1, 1))*(u(1, 0, 0)-u(1, 0, 1)-u(1, 1, 0)+u(1, 1, 1)) > 0
		if saddle {
			require.Equal(t, evogame.Unstable, r.Stability)
		} else {
			require.Equal(t, evogame.Undecided, r.Stability)
		}
	}
	require.Greater(t, found, 30)
}

func TestMixedRestPointCloseToAStrictProfileIsNotMistakenForIt(t *testing.T) {
	// Coordination with payoffs 1 and 199: both pure states are strict, and the
	// mixed rest point between them is at 199/200, unstable.
	game := evogame.Matrix{{1, 0}, {0, 199}}
	r := run(t, game, nil, evogame.State{{0.995, 0.005}}, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
	assert.Equal(t, evogame.Unstable, r.Stability)
	r = run(t, game, nil, evogame.State{{0.9951, 0.0049}}, evogame.Options{})
	assert.Equal(t, []int{0}, r.Profile)
	r = run(t, game, nil, evogame.State{{0.9949, 0.0051}}, evogame.Options{})
	assert.Equal(t, []int{1}, r.Profile)
}

func TestStrategyWithoutPlayersDecidesTheStabilityOfAMixture(t *testing.T) {
	// Hawks and doves earn 0.6 each at their mixture of 2/5. The payoff of the
	// third strategy varies.
	for payoff, want := range map[float64]evogame.Stability{0.5: evogame.Stable, 0.7: evogame.Unstable, 0.6: evogame.Undecided} {
		game := evogame.Matrix{{-1.5, 2, 0}, {0, 1, 0}, {payoff, payoff, payoff}}
		r := run(t, game, nil, evogame.State{{0.3, 0.7, 0}}, evogame.Options{})
		assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
		assert.Equal(t, want, r.Stability, "a third strategy earning %v", payoff)
	}
}
