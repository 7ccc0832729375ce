package evogame_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

// idle is a game of three players: players 0 and 1 coordinate on strategy 0
// (payoff 2) or 1 (payoff 1), and player 2 earns 0 with each of its three
// strategies, up to noise.
type idle struct{ noise, tolerance float64 }

func (g idle) Players() int { return 3 }

func (g idle) Strategies(i int) int { return []int{2, 2, 3}[i] }

func (g idle) Payoff(i int, a []int) float64 {
	switch {
	case i == 2:
		return g.noise * float64(a[2])
	case a[0] != a[1]:
		return 0
	}
	return float64(2 - a[0])
}

func (g idle) Tolerance(int, []int) float64 { return g.tolerance }

func setsOf(t *testing.T, g evogame.Game) []evogame.EquilibriumSet {
	t.Helper()
	nash, err := evogame.StrictNash(g)
	require.NoError(t, err)
	sets, err := evogame.EquilibriumSets(context.Background(), g, nash)
	require.NoError(t, err)
	return sets
}

func TestIdlePlayerLeavesEquilibriaStrict(t *testing.T) {
	for _, g := range []idle{{}, {noise: 1e-8, tolerance: 1e-5}} {
		sets := setsOf(t, g)
		require.Len(t, sets, 2, "%+v", g)
		for k, s := range sets {
			assert.Equal(t, evogame.Strict, s.Kind)
			assert.Equal(t, []int{2}, s.Indifferent)
			assert.InDelta(t, float64(2-k), s.Margin, 1e-4, "the margin of the coordinating players")
			assert.Equal(t, [][]int{{k, k, 0}, {k, k, 1}, {k, k, 2}}, s.Profiles)
		}
	}
	// One equilibrium of a search suffices.
	e, ok, err := evogame.Examine(t.Context(), idle{}, []int{1, 1, 2})
	require.NoError(t, err)
	require.True(t, ok)
	sets, err := evogame.EquilibriumSets(t.Context(), idle{}, []evogame.Equilibrium{e})
	require.NoError(t, err)
	require.Len(t, sets, 1)
	assert.Equal(t, evogame.Strict, sets[0].Kind)
	assert.Equal(t, [][]int{{1, 1, 0}, {1, 1, 1}, {1, 1, 2}}, sets[0].Profiles)
	// A tolerance that may hide a preference proves nothing.
	for _, s := range setsOf(t, idle{noise: 1e-3, tolerance: 1e-2}) {
		assert.Equal(t, evogame.Undetermined, s.Kind)
		assert.Len(t, s.Profiles, 1)
	}
}

// At (0, 0) player 1 is indifferent, but at (0, 1) player 0 gains by moving:
// the tie leads away.
func TestTieThatLeadsAwayIsNotStrict(t *testing.T) {
	game := bimatrix(t, [][]float64{{1, 0}, {0, 2}}, [][]float64{{1, 1}, {0, 3}})
	sets := setsOf(t, game)
	require.Len(t, sets, 2)
	assert.Equal(t, evogame.Weak, sets[0].Kind)
	assert.Equal(t, [][]int{{0, 0}}, sets[0].Profiles)
	assert.Equal(t, evogame.Strict, sets[1].Kind)
	assert.Equal(t, [][]int{{1, 1}}, sets[1].Profiles)
}

func TestIdlePlayerAddsNoBasins(t *testing.T) {
	g := idle{}
	table, err := evogame.Tabulate(context.Background(), g, evogame.FillOptions{})
	require.NoError(t, err)
	o := evogame.BasinOptions{Starts: 60, Source: rand.NewPCG(7, 8), Sets: setsOf(t, g)}
	b := basins(t, table, o)
	require.Len(t, b.Attractors, 2)
	for _, a := range b.Attractors {
		assert.Equal(t, evogame.ConvergedToStrictNash, a.Verdict)
		assert.Contains(t, [][]int{{0, 0, 0}, {1, 1, 0}}, a.Profile)
	}
	// Without the sets, rest points of equal payoffs are one attractor each.
	o.Sets = nil
	assert.Len(t, basins(t, table, o).Attractors, 2)
}

// Two identical strategies are one continuum of rest points.
func TestIdenticalStrategiesAreOneBasin(t *testing.T) {
	game := bimatrix(t, [][]float64{{1}, {1}, {0}}, [][]float64{{0}, {0}, {0}})
	sets := setsOf(t, game)
	require.Len(t, sets, 1)
	assert.Equal(t, evogame.Strict, sets[0].Kind)
	b := basins(t, game, evogame.BasinOptions{Starts: 50, Source: rand.NewPCG(1, 2), Sets: sets})
	require.Len(t, b.Attractors, 1)
	assert.Equal(t, 1.0, b.Attractors[0].Share)
	assert.True(t, sets[0].Contains(evogame.State{{0.3, 0.7, 0}, {1}}))
	assert.False(t, sets[0].Contains(evogame.State{{0.3, 0.6, 0.1}, {1}}))
}

// crowded pays 100 / (1 + players with the same choice) and up to 20 by who
// they are. The replicator spirals between profiles and stays near each of them
// for longer and longer.
type crowded struct{ players, strategies int }

func (g crowded) Players() int       { return g.players }
func (g crowded) Strategies(int) int { return g.strategies }
func (g crowded) Payoff(p int, a []int) float64 {
	hash, same := uint64(p+1), 0
	for i, s := range a {
		if s == a[p] {
			same++
			hash = hash*31 + uint64(i)
		}
	}
	return 100/float64(1+same) + 20*rand.New(rand.NewPCG(hash, uint64(a[p]))).Float64()
}

func TestIntegratorThatFailsIsAVerdictOfItsStartOnly(t *testing.T) {
	table, err := evogame.Tabulate(context.Background(), crowded{8, 4}, evogame.FillOptions{})
	require.NoError(t, err)
	// The third of these starts ends at t = 6.5e14, where float64 resolves
	// steps of 0.125 only.
	b := basins(t, table, evogame.BasinOptions{Starts: 3, Source: rand.NewPCG(1, 1)})
	verdicts := map[evogame.Verdict]int{}
	for _, a := range b.Attractors {
		verdicts[a.Verdict] += a.Count
	}
	assert.Equal(t, map[evogame.Verdict]int{evogame.Cycle: 2, evogame.NotConverged: 1}, verdicts)
	r := run(t, table, nil, b.Starts[2], evogame.Options{})
	assert.Equal(t, evogame.NotConverged, r.Verdict)
	assert.Contains(t, r.Reason, "the integration failed at t = 6.5")
	require.NoError(t, r.Final.Validate(table))
	for i := range r.Payoffs {
		for v, payoff := range r.Payoffs[i] {
			want := evogame.State(r.Payoffs).Clone()
			table.Payoffs(want, r.Final)
			assert.InDelta(t, want[i][v], payoff, 1e-9, "payoffs belong to the final state")
		}
	}
}

func TestWelfareLeavesOutProfilesThatAreNotFeasible(t *testing.T) {
	game := bimatrix(t, [][]float64{{1, 0}, {0, 2}}, [][]float64{{1, 0}, {0, 2}})
	w, err := evogame.MeasureWelfare(game, func(p []int) float64 {
		if p[0] == 1 {
			return math.Inf(-1)
		}
		return float64(p[1])
	})
	require.NoError(t, err)
	assert.Equal(t, 1.0, w.Optimum)
	assert.Equal(t, [][]int{{0, 1}}, w.Best)
	assert.Equal(t, [][]int{{0, 1}, {0, 0}}, slices.Collect(w.Ranked))
	w, err = evogame.MeasureWelfare(game, func([]int) float64 { return math.Inf(-1) })
	require.NoError(t, err)
	assert.Empty(t, w.Best)
}

// A battery that earns nothing anywhere connects equilibria that differ in its
// choice.
func ExampleEquilibriumSets() {
	battery := idle{}
	nash, err := evogame.StrictNash(battery)
	if err != nil {
		panic(err)
	}
	sets, err := evogame.EquilibriumSets(context.Background(), battery, nash)
	if err != nil {
		panic(err)
	}
	fmt.Println(len(nash), "profiles, the first is", nash[0].Kind)
	for _, s := range sets {
		fmt.Println(s.Kind, s.Profiles, "indifferent:", s.Indifferent, "margin:", s.Margin)
	}
	// Output:
	// 6 profiles, the first is weak
	// strict [[0 0 0] [0 0 1] [0 0 2]] indifferent: [2] margin: 2
	// strict [[1 1 0] [1 1 1] [1 1 2]] indifferent: [2] margin: 1
}
