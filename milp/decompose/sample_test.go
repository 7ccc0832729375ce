package decompose

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// Of demands of 1, 2, 3 and 10 with equal costs, 2 has the smallest sum of
// distances, 1+1+8 = 10, like 3, which stands later. With 10 as the second one
// 2 remain, with 1 and 3 there are 8 and 9.
func TestChooseByHand(t *testing.T) {
	m := factories([]float64{20}, []float64{1, 2, 3, 10})
	d := m.Data()
	assert.Equal(t, []choice{{1, 3}, {3, 1}}, choose(splitOf(m, d), d, 2))

	// Equal scenarios are chosen once.
	m = factories([]float64{20}, []float64{5, 5, 8})
	d = m.Data()
	assert.Equal(t, []choice{{0, 2}, {2, 1}}, choose(splitOf(m, d), d, 3))
}

// TestDistanceOfPointsByHand has a common coordinate, which counts for nothing,
// and points of different lengths.
func TestDistanceOfPointsByHand(t *testing.T) {
	points := varying([][]float64{{1, 5, 2}, {4, 5, 4}})
	assert.Equal(t, [][]float64{{1, 2}, {4, 4}}, points)
	assert.Equal(t, 5.0, between(points[0], points[1]))
	assert.Equal(t, 7.0, between([]float64{1}, []float64{4, -4}))
	assert.Equal(t, 7.0, between([]float64{4, -4}, []float64{1}))
}

// TestLeavesDivideAllIntegers counts, for each choice of integers, the leaves
// that contain it. The search of a sample of all scenarios finds the optimum by
// enumeration, and no leaf has a bound below it.
func TestLeavesDivideAllIntegers(t *testing.T) {
	costs, demands := []float64{21, 23, 26}, []float64{12, 35, 51, 77}
	m := factories(costs, demands)
	d := m.Data()
	x := newSample(splitOf(m, d), d, len(demands))
	require.NoError(t, x.search(t.Context(), testsolver.New(t)))
	best := cheapest(costs, demands)
	assert.InDelta(t, best, x.cost, 1e-6)
	assert.Greater(t, len(x.leaves), 1)
	for _, l := range x.leaves {
		assert.GreaterOrEqual(t, l.bound, best-1e-6)
	}
	for code := range 64 {
		point := []float64{float64(code % 4), float64(code / 4 % 4), float64(code / 16)}
		leaves := 0
		for _, l := range x.leaves {
			inside := true
			for _, one := range l.part {
				inside = inside && one.lower <= point[one.place] && point[one.place] <= one.upper
			}
			if inside {
				leaves++
			}
		}
		assert.Equal(t, 1, leaves, "%v", point)
	}
}

// TestTreeNeedsNoSample starts from one part without branches and without a
// first solution, from a wrong solution, and from the leaves of two of four
// scenarios.
func TestTreeNeedsNoSample(t *testing.T) {
	costs, demands := []float64{21, 23, 26}, []float64{12, 35, 51, 77}
	m := factories(costs, demands)
	d := m.Data()
	s := splitOf(m, d)
	solver := testsolver.New(t)
	few := newSample(s, d, 2)
	require.NoError(t, few.search(t.Context(), solver))
	for _, c := range []struct {
		start  []float64
		leaves []leaf
	}{
		{nil, []leaf{{bound: math.Inf(-1)}}},
		{[]float64{3, 3, 3}, []leaf{{bound: math.Inf(-1)}}},
		{few.best, few.leaves},
	} {
		tree := &tree{
			linear: solver, relaxed: minimised(m, d), split: s, integers: few.integers,
			lower: few.lower, upper: few.upper, gains: newGains(len(s.first)),
			allowed: func(float64) float64 { return 1e-6 }, trace: func(string, ...any) {},
		}
		require.NoError(t, tree.search(t.Context(), c.start, c.leaves))
		assert.InDelta(t, cheapest(costs, demands), tree.best.Objective, 1e-6)
		assert.GreaterOrEqual(t, tree.low, tree.best.Objective-1e-6)
	}
}

// TestBranchesByHand divides an integer in [0, 3] at 1.4, and again at 0.6.
func TestBranchesByHand(t *testing.T) {
	lower, upper := []float64{0}, []float64{3}
	near, far := part(nil).divide(0, 1.4, lower, upper)
	assert.Equal(t, part{{0, 0, 1}}, near)
	assert.Equal(t, part{{0, 2, 3}}, far)
	near, far = near.divide(0, 0.6, lower, upper)
	assert.Equal(t, part{{0, 0, 1}, {0, 1, 1}}, near)
	assert.Equal(t, part{{0, 0, 1}, {0, 0, 0}}, far)

	// The product of the gains of both sides decides: 4 · 1 · 0.2 against 1 · 1
	// · 0.5.
	g := newGains(2)
	lower = []float64{0, 0}
	for _, c := range []struct {
		branch limit
		gain   float64
	}{{limit{0, 0, 0}, 4}, {limit{0, 1, 1}, 1}, {limit{1, 0, 0}, 1}, {limit{1, 1, 1}, 1}} {
		g.learn(part{c.branch}, lower, c.gain)
	}
	assert.Equal(t, 1, g.tried(part{{0, 1, 1}}, lower))
	assert.Equal(t, 0, g.best([]int{0, 1}, []float64{0.2, 0.5}))
	assert.Equal(t, 1, g.best([]int{0, 1}, []float64{0.1, 0.5}))
}
