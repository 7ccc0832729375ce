package evogame_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

func run(t testing.TB, g evogame.PopulationGame, d evogame.Dynamic, start evogame.State, o evogame.Options) *evogame.Result {
	t.Helper()
	r, err := evogame.Run(context.Background(), g, d, start, o)
	require.NoError(t, err)
	return r
}

func bimatrix(t testing.TB, first, second [][]float64) *evogame.Table {
	t.Helper()
	g, err := evogame.Bimatrix(first, second)
	require.NoError(t, err)
	return g
}

// rockPaperScissors has the given gain for a win and loss for a defeat. Equal
// ones make it zero-sum.
func rockPaperScissors(win, lose float64) evogame.Matrix {
	return evogame.Matrix{{0, -lose, win}, {win, 0, -lose}, {-lose, win, 0}}
}

func TestRockPaperScissorsIsPeriodic(t *testing.T) {
	start := evogame.State{{0.5, 0.3, 0.2}}
	r := run(t, rockPaperScissors(1, 1), evogame.Replicator{}, start, evogame.Options{Horizon: 50, Tolerance: 1e-13})

	// Several programs outside this project agree on these digits.
	assert.InDeltaSlice(t, []float64{.182267263805, .459642787192, .358089949003}, r.Final[0], 1e-11)
	assert.Equal(t, 50.0, r.Time)
	assert.Equal(t, evogame.Cycle, r.Verdict)
	assert.False(t, r.Verdict.Converged())
	assert.ErrorContains(t, errors.New(r.Verdict.String()), "does not converge")
	for k, x := range r.States {
		// x y z is constant along every orbit of this game: log(.5 .3 .2) =
		// −3.506557897.
		constant := math.Log(x[0][0]) + math.Log(x[0][1]) + math.Log(x[0][2])
		require.InDelta(t, -3.506557897319982, constant, 1e-10, "t = %v", r.Times[k])
	}

	// The period, by mpmath with 25 digits. Without a horizon the run stops
	// when it has seen it twice.
	r = run(t, rockPaperScissors(1, 1), nil, start, evogame.Options{})
	assert.Equal(t, evogame.Cycle, r.Verdict)
	assert.InDelta(t, 11.39825948178799, r.Period, 1e-8)
}

func TestRockPaperScissorsByTheSignOfTheSum(t *testing.T) {
	// Hofbauer and Sigmund (1998), section 7.7: the interior rest point
	// attracts when winning gains more than losing costs, repels when it costs
	// more, and then orbits wind out to the boundary for ever.
	start := evogame.State{{0.5, 0.3, 0.2}}
	r := run(t, rockPaperScissors(2, 1), nil, start, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
	assert.Equal(t, evogame.Stable, r.Stability)
	assert.InDeltaSlice(t, []float64{1. / 3, 1. / 3, 1. / 3}, r.Final[0], 1e-7)

	r = run(t, rockPaperScissors(1, 2), nil, start, evogame.Options{MaxSteps: 2000})
	assert.Equal(t, evogame.NotConverged, r.Verdict)
	assert.Contains(t, r.Reason, "2000 steps were not enough")

	r = run(t, rockPaperScissors(1, 2), nil, nil, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict, "the uniform state never moves")
	assert.Equal(t, evogame.Unstable, r.Stability)

	r = run(t, rockPaperScissors(1, 1), nil, nil, evogame.Options{})
	assert.Equal(t, evogame.Undecided, r.Stability, "a centre")
}

func TestLimitCycleIsFoundWhenOnlyApproached(t *testing.T) {
	// Benaïm, Hofbauer, Hopkins (2009): in the repelling game Brown-von
	// Neumann-Nash has an attracting closed orbit. Started from both sides, the
	// period must be the same.
	game := rockPaperScissors(1, 2)
	inside := run(t, game, evogame.BrownVonNeumannNash{}, evogame.State{{0.34, 0.33, 0.33}}, evogame.Options{Tolerance: 1e-9})
	outside := run(t, game, evogame.BrownVonNeumannNash{}, evogame.State{{0.9, 0.05, 0.05}}, evogame.Options{Tolerance: 1e-9})
	require.Equal(t, evogame.Cycle, inside.Verdict, inside.Reason)
	require.Equal(t, evogame.Cycle, outside.Verdict, outside.Reason)
	assert.InEpsilon(t, inside.Period, outside.Period, 1e-4)
}

func TestSlowSpiralIsNotACycle(t *testing.T) {
	// Each turn shrinks the distance to the centre by two per cent, in an
	// almost constant time.
	r := run(t, rockPaperScissors(1.01, 1), nil, evogame.State{{0.5, 0.3, 0.2}}, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict, r.Reason)
	assert.Equal(t, evogame.Stable, r.Stability)
	assert.Greater(t, r.Time, 5000.0)
}

func TestMatchingPenniesIsACycleOfTwoPopulations(t *testing.T) {
	game := bimatrix(t, [][]float64{{1, -1}, {-1, 1}}, [][]float64{{-1, 1}, {1, -1}})
	r := run(t, game, nil, evogame.State{{0.7, 0.3}, {0.6, 0.4}}, evogame.Options{})
	assert.Equal(t, evogame.Cycle, r.Verdict)
	for _, x := range r.States {
		// x(1−x) y(1−y) is constant along every orbit.
		require.InEpsilon(t, 0.7*0.3*0.6*0.4, x[0][0]*x[0][1]*x[1][0]*x[1][1], 1e-7)
	}
}

func TestHawksAndDovesSettleAtTheMixedState(t *testing.T) {
	// Maynard Smith: value 2, cost 5, share of hawks 2/5; one population, so
	// the mixed state is stable.
	game := evogame.Matrix{{(2. - 5) / 2, 2}, {0, 1}}
	r := run(t, game, nil, evogame.State{{0.01, 0.99}}, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
	assert.Equal(t, evogame.Stable, r.Stability)
	assert.InDelta(t, 0.4, r.Final[0][0], 1e-7)
	assert.Nil(t, r.Profile)

	// The same game between two populations: the mixed state is a saddle, and
	// one side plays hawk.
	two := bimatrix(t, [][]float64{{-1.5, 2}, {0, 1}}, [][]float64{{-1.5, 0}, {2, 1}})
	r = run(t, two, nil, evogame.State{{0.41, 0.59}, {0.4, 0.6}}, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToStrictNash, r.Verdict)
	assert.Equal(t, []int{0, 1}, r.Profile)
	assert.InDelta(t, 1, r.Margin, 1e-12) // the hawk loses 2 − 1, the dove 0 + 1.5
	r = run(t, two, nil, evogame.State{{0.4, 0.6}, {0.4, 0.6}}, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
	assert.Equal(t, evogame.Unstable, r.Stability)
}

func TestTwoVPPsFollowTheLogisticCurve(t *testing.T) {
	// Payoffs that depend on the own choice only make dx/dt = x (1−x) (f₁−f₂) a
	// logistic equation with the solution x(t) = 1 / (1 + (1−x₀)/x₀ e^{−(f₁−f₂)
	// t}).
	advantage := []float64{3, -1, 0.25}
	game, err := evogame.NewTable([]int{2, 2, 2})
	require.NoError(t, err)
	eachProfile([]int{2, 2, 2}, func(p []int) {
		for i := range p {
			game.Set(i, p, float64(1-p[i])*advantage[i])
		}
	})
	start := evogame.State{{0.01, 0.99}, {0.9, 0.1}, {0.5, 0.5}}
	r := run(t, game, nil, start, evogame.Options{Horizon: 5, Every: 0.1, Tolerance: 1e-12})
	require.Len(t, r.Times, 51)
	for k, time := range r.Times {
		require.InDelta(t, float64(k)*0.1, time, 1e-12)
		for i, d := range advantage {
			x0 := start[i][0]
			require.InDelta(t, 1/(1+(1-x0)/x0*math.Exp(-d*time)), r.States[k][i][0], 1e-11)
		}
	}
}

// mpmathGame is three players with two strategies; payoffs (7(i+1) + 3k(i+2))
// mod 11 − 5 at profile number k.
func mpmathGame(t testing.TB) *evogame.Table {
	game, err := evogame.NewTable([]int{2, 2, 2})
	require.NoError(t, err)
	k := 0
	eachProfile([]int{2, 2, 2}, func(p []int) {
		for i := range p {
			game.Set(i, p, float64((7*(i+1)+3*k*(i+2))%11-5))
		}
		k++
	})
	return game
}

func TestReplicatorAgreesWithMpmath(t *testing.T) {
	// Taylor series integration by mpmath with 30 digits.
	start := evogame.State{{0.5, 0.5}, {0.6, 0.4}, {0.3, 0.7}}
	want := []float64{0.982013790037908442, 0.00907621635037844471, 0.61257264110405174}
	for tolerance, allowed := range map[float64]float64{1e-6: 1e-5, 1e-10: 1e-9, 1e-13: 1e-12} {
		r := run(t, mpmathGame(t), nil, start, evogame.Options{Horizon: 2, Tolerance: tolerance})
		for i := range want {
			assert.InDelta(t, want[i], r.Final[i][1], allowed, "tolerance %v", tolerance)
		}
	}

	two := bimatrix(t, [][]float64{{1, 0}, {0, 2}, {1.5, -1}}, [][]float64{{0, 1}, {2, 0}, {1, 1}})
	r := run(t, two, nil, evogame.State{{0.2, 0.3, 0.5}, {0.6, 0.4}}, evogame.Options{Horizon: 10, Tolerance: 1e-13})
	assert.InDeltaSlice(t, []float64{0.0707836579240686624, 0.0038830583374984665, 0.925333283738432871}, r.Final[0], 1e-12)
	assert.InDeltaSlice(t, []float64{0.760350124205831613, 0.239649875794168387}, r.Final[1], 1e-12)
}

func key(p []int) string {
	s := ""
	for _, v := range p {
		s += string(rune('0' + v))
	}
	return s
}

func TestHeldPopulationStaysAndTheOthersAnswerIt(t *testing.T) {
	// The column player follows the row player; the row player is held at 0.3
	// of strategy 0.
	game := bimatrix(t, [][]float64{{9, 9}, {0, 0}}, [][]float64{{1, 0}, {0, 1}})
	r := run(t, game, nil, evogame.State{{0.3, 0.7}, {0.5, 0.5}}, evogame.Options{Held: []int{0}})
	assert.Equal(t, evogame.State{{0.3, 0.7}}, r.Final[:1])
	assert.Equal(t, evogame.ConvergedToStrictNash, r.Verdict)
	assert.Equal(t, []int{1, 1}, r.Profile)
	assert.InDelta(t, 0.7-0.3, r.Margin, 1e-12) // against the mixture
}

func TestScalesAndSpeedsChangeTimeOnly(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 22))
	for range 10 {
		seed := random.Uint64()
		game := randomTable(rand.NewPCG(seed, 1), 2, 3, 2)
		scaled, err := evogame.NewTable([]int{2, 3, 2})
		require.NoError(t, err)
		shifted, err := evogame.NewTable([]int{2, 3, 2})
		require.NoError(t, err)
		eachProfile([]int{2, 3, 2}, func(p []int) {
			for i := range p {
				scaled.Set(i, p, 1e4*game.Payoff(i, p))
				shifted.Set(i, p, game.Payoff(i, p)+100*float64(i))
			}
			// A constant per opponent profile shifts all payoffs of a player
			// alike and changes nothing.
			shifted.Set(0, p, shifted.Payoff(0, p)+7*float64(p[1])-3*float64(p[2]))
		})
		start := evogame.RandomState(game, rand.NewPCG(seed, 2))
		plain := run(t, game, nil, start, evogame.Options{Horizon: 4, Tolerance: 1e-12})
		money := run(t, scaled, nil, start, evogame.Options{Horizon: 4e-4, Tolerance: 1e-12})
		fast := run(t, game, nil, start, evogame.Options{Horizon: 2, Speed: []float64{2, 2, 2}, Tolerance: 1e-12})
		moved := run(t, shifted, nil, start, evogame.Options{Horizon: 4, Tolerance: 1e-12})
		for i := range start {
			require.InDeltaSlice(t, plain.Final[i], money.Final[i], 1e-10)
			require.InDeltaSlice(t, plain.Final[i], fast.Final[i], 1e-10)
			require.InDeltaSlice(t, plain.Final[i], moved.Final[i], 1e-9)
		}
		require.Equal(t, run(t, game, nil, start, evogame.Options{}).Verdict, run(t, scaled, nil, start, evogame.Options{}).Verdict)
	}
}

func TestPayoffsOfOnePlayerInAnotherUnitAreItsSpeed(t *testing.T) {
	// 7 times the payoffs of player 1 are 7 times its speed; the trajectory is
	// another one, equilibria are the same.
	game, scaled := randomTable(rand.NewPCG(25, 26), 2, 3, 2), randomTable(rand.NewPCG(25, 26), 2, 3, 2)
	eachProfile([]int{2, 3, 2}, func(p []int) { scaled.Set(1, p, 7*game.Payoff(1, p)) })
	start := evogame.RandomState(game, rand.NewPCG(27, 28))
	plain := run(t, game, nil, start, evogame.Options{Horizon: 1, Tolerance: 1e-12})
	fast := run(t, game, nil, start, evogame.Options{Horizon: 1, Tolerance: 1e-12, Speed: []float64{1, 7, 1}})
	unit := run(t, scaled, nil, start, evogame.Options{Horizon: 1, Tolerance: 1e-12})
	for i := range start {
		assert.InDeltaSlice(t, fast.Final[i], unit.Final[i], 1e-10)
	}
	assert.Greater(t, math.Abs(plain.Final[1][0]-fast.Final[1][0]), 0.01)
	a, err := evogame.StrictNash(game)
	require.NoError(t, err)
	b, err := evogame.StrictNash(scaled)
	require.NoError(t, err)
	require.Len(t, b, len(a))
	for k := range a {
		assert.Equal(t, a[k].Profile, b[k].Profile)
	}
}

func TestEulerLeavesTheSimplexWhereTheRunDoesNot(t *testing.T) {
	// The peer's mistake: x + h x (f − f̄). With payoffs in currency a day and
	// h = 0.01, a strategy that earns 210 less than the average is at −1.1 of
	// itself after one step.
	game := evogame.Matrix{{300, 300, 300}, {90, 90, 90}, {300, 300, 300}}
	x := []float64{0.5, 0.001, 0.499}
	dx := make([]float64, 3)
	f := evogame.State{make([]float64, 3)}
	game.Payoffs(f, evogame.State{x})
	evogame.Replicator{}.Velocity(dx, x, f[0])
	require.Less(t, x[1]+0.01*dx[1], -0.001)

	r := run(t, game, nil, evogame.State{x}, evogame.Options{Horizon: 1, Every: 0.01})
	for k, s := range r.States {
		require.NoError(t, s.Validate(game))
		// The other two earn the same, so that y = x₁ obeys the logistic
		// equation y' = −210 y (1−y).
		want := 1 / (1 + 999*math.Exp(210*r.Times[k]))
		require.InEpsilon(t, want, s[0][1], 1e-6)
	}
}

func TestPermutingPlayersAndStrategiesPermutesTheResult(t *testing.T) {
	random := rand.New(rand.NewPCG(31, 32))
	for range 10 {
		seed := random.Uint64()
		game := randomTable(rand.NewPCG(seed, 1), 2, 3, 3)
		// Player i of the new game is player (i+1) mod 3 of the old; strategies
		// are in reverse order.
		other, err := evogame.NewTable([]int{3, 3, 2})
		require.NoError(t, err)
		eachProfile([]int{2, 3, 3}, func(p []int) {
			q := []int{2 - p[1], 2 - p[2], 1 - p[0]}
			for i := range q {
				other.Set(i, q, game.Payoff((i+1)%3, p))
			}
		})
		start := evogame.RandomState(game, rand.NewPCG(seed, 2))
		reverse := func(row []float64) []float64 {
			out := make([]float64, len(row))
			for v := range row {
				out[len(row)-1-v] = row[v]
			}
			return out
		}
		for _, d := range []evogame.Dynamic{evogame.Replicator{}, evogame.Imitation{}, evogame.Logit{}} {
			a := run(t, game, d, start, evogame.Options{Horizon: 3, Tolerance: 1e-12})
			b := run(t, other, d, evogame.State{reverse(start[1]), reverse(start[2]), reverse(start[0])}, evogame.Options{Horizon: 3, Tolerance: 1e-12})
			for i := range 3 {
				require.InDeltaSlice(t, reverse(a.Final[(i+1)%3]), b.Final[i], 1e-9, "%T", d)
			}
		}
	}
}

func TestRecording(t *testing.T) {
	game := rockPaperScissors(1, 1)
	start := evogame.State{{0.5, 0.3, 0.2}}
	every := run(t, game, nil, start, evogame.Options{Horizon: 10})
	assert.Len(t, every.Times, every.Steps+1)
	assert.Equal(t, start, every.States[0])
	assert.Equal(t, every.Final, every.States[len(every.States)-1])

	ends := run(t, game, nil, start, evogame.Options{Horizon: 10, Every: math.Inf(1)})
	assert.Equal(t, []float64{0, 10}, ends.Times)
	assert.Equal(t, every.Final, ends.Final, "recording does not change the integration")

	odd := run(t, game, nil, start, evogame.Options{Horizon: 10, Every: 3})
	assert.Equal(t, []float64{0, 3, 6, 9, 10}, odd.Times)
	assert.Equal(t, every.Final, odd.Final)
	to6 := run(t, game, nil, start, evogame.Options{Horizon: 6})
	assert.InDeltaSlice(t, to6.Final[0], odd.States[2][0], 1e-9)
}
