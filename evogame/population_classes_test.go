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

// arbitrary is a payoff without any structure beyond the one classes assume.
func arbitrary(_ context.Context, class, choice int, members []int) (float64, error) {
	v := float64(class) + 3*float64(choice)
	for c, n := range members {
		v += math.Sin(float64((c+1)*n*(choice+2))) * float64(class+1)
	}
	return v, nil
}

func TestClassesAreTheGameOfAllPlayers(t *testing.T) {
	for _, g := range []evogame.ClassGame{
		{Counts: []int{1, 1, 1}, Choices: 2, Payoff: arbitrary},
		{Counts: []int{3, 2}, Choices: 3, Payoff: arbitrary},
		{Counts: []int{5}, Choices: 2, Payoff: arbitrary},
		{Counts: []int{2, 1, 3}, Choices: 2, Payoff: arbitrary},
	} {
		classes, err := g.Tabulate(context.Background(), evogame.FillOptions{})
		require.NoError(t, err)
		players, err := evogame.Tabulate(context.Background(), classes.Game(), evogame.FillOptions{})
		require.NoError(t, err)

		x := evogame.RandomState(classes, rand.NewPCG(71, 72))
		var all evogame.State // every player mixes like its class
		for c, m := range g.Counts {
			for range m {
				all = append(all, x[c])
			}
		}
		got, want := x.Clone(), all.Clone()
		classes.Payoffs(got, x)
		players.Payoffs(want, all)
		k := 0
		for c, m := range g.Counts {
			require.InDeltaSlice(t, want[k], got[c], 1e-12, "%v", g.Counts)
			k += m
		}

		// So do the trajectories.
		a := run(t, classes, nil, x, evogame.Options{Horizon: 1})
		b := run(t, players, nil, all, evogame.Options{Horizon: 1})
		require.InDeltaSlice(t, b.Final[0], a.Final[0], 1e-9)
	}
}

func TestClassPayoffsSeeTheMembersIncludingThemselves(t *testing.T) {
	asked := 0
	classes, err := evogame.ClassGame{Counts: []int{2, 1}, Choices: 2, Payoff: func(_ context.Context, class, _ int, members []int) (float64, error) {
		asked++
		assert.GreaterOrEqual(t, members[class], 1)
		return float64(10*members[0] + members[1]), nil
	}}.Tabulate(context.Background(), evogame.FillOptions{Workers: 1})
	require.NoError(t, err)
	// Members (n0, n1) with n0 >= 1: 2·2, with n1 >= 1: 3·1; both choices.
	assert.Equal(t, 2*(4+3), asked)

	// All with choice 0: class 0 meets 2 and 1; alone with choice 1 it would
	// meet itself.
	f := evogame.Uniform(classes)
	classes.Payoffs(f, evogame.Vertex(classes, []int{0, 0}))
	assert.Equal(t, evogame.State{{21, 10}, {21, 1}}, f)
}

func TestClassesOfThousandsHaveExactMoments(t *testing.T) {
	// With n = 1 + B, B binomial of m − 1 trials: E n = 1 + (m−1) x, E n² = (E
	// n)² + (m−1) x (1−x).
	const m = 5000
	classes, err := evogame.ClassGame{Counts: []int{m}, Choices: 2, Payoff: func(_ context.Context, _, choice int, n []int) (float64, error) {
		return math.Pow(float64(n[0])/m, float64(1+choice)), nil
	}}.Tabulate(context.Background(), evogame.FillOptions{})
	require.NoError(t, err)
	f := evogame.Uniform(classes)
	for _, p := range []float64{0, 1e-300, 1e-9, 0.013, 0.5, 0.999, 1 - 1e-15, 1} {
		first := (1 + (m-1)*p) / m
		q := 1 - p // of choice 1
		second := (1 + (m-1)*q) / m
		classes.Payoffs(f, evogame.State{{p, q}})
		require.InEpsilon(t, first, f[0][0], 1e-12, "p = %v", p)
		require.InEpsilon(t, second*second+(m-1)*p*q/m/m, f[0][1], 1e-12, "p = %v", p)
	}
}

func TestDividedClassIsAStableMixture(t *testing.T) {
	// 20 equal players choose between two VPPs that pay 1 − n/20 and 1 − n/10
	// with n members. In a mixed state the expected payoffs are equal: 1 − (1 +
	// 19 x)/20 = 1 − (1 + 19 (1−x))/10, x = 39/57.
	classes, err := evogame.ClassGame{Counts: []int{20}, Choices: 2, Payoff: func(_ context.Context, _, choice int, members []int) (float64, error) {
		return 1 - float64(members[0])/float64(20-10*choice), nil
	}}.Tabulate(context.Background(), evogame.FillOptions{})
	require.NoError(t, err)
	r := run(t, classes, nil, evogame.State{{0.05, 0.95}}, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
	assert.Equal(t, evogame.Stable, r.Stability)
	assert.InDelta(t, 39./57, r.Final[0][0], 1e-7)

	// The limit of many players: 1 − x = 1 − 2 (1−x), x = 2/3.
	shares := evogame.Continuum{Mass: []float64{20}, Choices: 2, Payoff: func(_, choice int, members []float64) float64 {
		return 1 - members[0]/float64(20-10*choice)
	}}
	r = run(t, shares, nil, evogame.State{{0.05, 0.95}}, evogame.Options{})
	assert.Equal(t, evogame.Stable, r.Stability)
	assert.InDelta(t, 2./3, r.Final[0][0], 1e-7)
}

func TestClassesApproachTheContinuum(t *testing.T) {
	payoff := func(class, choice int, share []float64) float64 {
		return float64(class-choice) - share[0]*share[0] + 2*share[1]*float64(choice)
	}
	distance := func(players int) float64 {
		classes, err := evogame.ClassGame{Counts: []int{players, players}, Choices: 2, Payoff: func(_ context.Context, class, choice int, n []int) (float64, error) {
			return payoff(class, choice, []float64{float64(n[0]) / float64(players), float64(n[1]) / float64(players)}), nil
		}}.Tabulate(context.Background(), evogame.FillOptions{})
		require.NoError(t, err)
		x := evogame.State{{0.3, 0.7}, {0.6, 0.4}}
		finite, limit := x.Clone(), x.Clone()
		classes.Payoffs(finite, x)
		evogame.Continuum{Mass: []float64{1, 1}, Choices: 2, Payoff: payoff}.Payoffs(limit, x)
		worst := 0.0
		for c := range x {
			for v := range x[c] {
				worst = max(worst, math.Abs(finite[c][v]-limit[c][v]))
			}
		}
		return worst
	}
	// The difference falls like one over the number of players.
	few, many := distance(10), distance(160)
	assert.InEpsilon(t, 16, few/many, 0.1)
}

func TestClassGamesRejectWithEveryReason(t *testing.T) {
	_, err := evogame.ClassGame{Counts: []int{0, 2, -1}, ClassNames: []string{"wind"}, ChoiceNames: []string{"north"}}.Tabulate(context.Background(), evogame.FillOptions{})
	for _, part := range []string{"1 names for 3 classes", "1 names for 0 choices", "class 0 has 0 players", "class 2 has -1 players", "0 choices", "no payoff function"} {
		assert.ErrorContains(t, err, part)
	}
	_, err = evogame.ClassGame{}.Tabulate(context.Background(), evogame.FillOptions{})
	assert.ErrorContains(t, err, "no classes")
	_, err = evogame.ClassGame{Counts: []int{1000, 1000, 1000}, Choices: 2, Payoff: arbitrary}.Tabulate(context.Background(), evogame.FillOptions{})
	assert.ErrorContains(t, err, "use Continuum")
	assert.NotContains(t, err.Error(), "into Classes")

	boom := errors.New("boom")
	_, err = evogame.ClassGame{Counts: []int{2}, Choices: 2, Payoff: func(context.Context, int, int, []int) (float64, error) { return 0, boom }}.Tabulate(context.Background(), evogame.FillOptions{})
	assert.ErrorIs(t, err, boom)
	assert.ErrorContains(t, err, "class 0 with choice 0 and members [1]")
	_, err = evogame.ClassGame{Counts: []int{2}, Choices: 2, Payoff: func(context.Context, int, int, []int) (float64, error) { return math.NaN(), nil }}.Tabulate(context.Background(), evogame.FillOptions{})
	assert.ErrorContains(t, err, "is NaN")

	_, err = evogame.Run(context.Background(), evogame.Continuum{Mass: []float64{0}, Choices: 2}, nil, nil, evogame.Options{})
	assert.ErrorContains(t, err, "mass of class 0 is 0")
	assert.ErrorContains(t, err, "no payoff function")
}

func TestClassesAreCalledByTheirNames(t *testing.T) {
	g := evogame.ClassGame{
		Counts: []int{3, 2}, Choices: 2, ClassNames: []string{"turbines", "batteries"}, ChoiceNames: []string{"north", "south"},
		Payoff: func(_ context.Context, class, choice int, _ []int) (float64, error) {
			return float64(1 + class - choice), nil
		},
	}
	classes, err := g.Tabulate(context.Background(), evogame.FillOptions{})
	require.NoError(t, err)
	r := run(t, classes, nil, nil, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToStrictNash, r.Verdict)
	assert.Contains(t, r.Reason, "(turbines: north, batteries: north)")

	g.Payoff = func(context.Context, int, int, []int) (float64, error) { return math.Inf(1), nil }
	_, err = g.Tabulate(context.Background(), evogame.FillOptions{})
	assert.ErrorContains(t, err, "of batteries with choice north and members [0 1]")
}
