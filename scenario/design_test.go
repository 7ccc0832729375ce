package scenario_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario"
)

var designs = []scenario.Design{
	scenario.LatinHypercube{}, scenario.MonteCarlo{}, scenario.Halton{}, scenario.Antithetic{}, scenario.Antithetic{Of: scenario.MonteCarlo{}},
}

// strata returns how many of n equal strata hold exactly one of the n values.
func strata(values []float64) int {
	counts := make([]int, len(values))
	for _, u := range values {
		counts[int(u*float64(len(values)))]++
	}
	single := 0
	for _, c := range counts {
		if c == 1 {
			single++
		}
	}
	return single
}

func TestLatinHypercubePutsOnePointIntoEachStratum(t *testing.T) {
	for _, n := range []int{1, 2, 7, 1000, 4096, 100_003} {
		u, err := scenario.LatinHypercube{}.Sample(5, n, rand.NewPCG(uint64(n), 1))
		require.NoError(t, err)
		for k, column := range u {
			assert.Equal(t, n, strata(column), "n = %d, dimension %d", n, k)
		}
	}
}

// TestLatinHypercubeOrderIsUniform draws all 6 orders of 3 points 6000 times;
// each count has mean 1000 and standard deviation 29, so 150 is five of them.
func TestLatinHypercubeOrderIsUniform(t *testing.T) {
	counts := map[string]int{}
	src := rand.NewPCG(4, 4)
	for range 6000 {
		u, err := scenario.LatinHypercube{}.Sample(1, 3, src)
		require.NoError(t, err)
		counts[fmt.Sprint(int(3*u[0][0]), int(3*u[0][1]), int(3*u[0][2]))]++
	}
	require.Len(t, counts, 6)
	for order, n := range counts {
		assert.InDelta(t, 1000, n, 150, order)
	}
}

// TestLatinHypercubeReducesTheVarianceOfASum compares the variance of the mean
// of n = 50 sums of independent uniforms. One stratified uniform has variance
// 1/(12 n³) in the mean, an independent one 1/(12 n): the ratio is n² = 2500.
// Over 4000 repetitions its standard error is about 3 %.
func TestLatinHypercubeReducesTheVarianceOfASum(t *testing.T) {
	const n, dim, repetitions = 50, 6, 4000
	variance := func(d scenario.Design) float64 {
		src, sum, square := rand.NewPCG(9, 9), 0.0, 0.0
		for range repetitions {
			u, err := d.Sample(dim, n, src)
			require.NoError(t, err)
			mean := 0.0
			for _, column := range u {
				for _, v := range column {
					mean += (v - 0.5) / n
				}
			}
			sum += mean
			square += mean * mean
		}
		return square/repetitions - sum*sum/repetitions/repetitions
	}
	assert.InEpsilon(t, 2500, variance(scenario.MonteCarlo{})/variance(scenario.LatinHypercube{}), 0.12)
}

func TestDesignsStayInsideTheCubeAndAreReproducible(t *testing.T) {
	for _, d := range designs {
		first, err := d.Sample(7, 501, rand.NewPCG(1, 2))
		require.NoError(t, err)
		again, err := d.Sample(7, 501, rand.NewPCG(1, 2))
		require.NoError(t, err)
		other, err := d.Sample(7, 501, rand.NewPCG(2, 2))
		require.NoError(t, err)
		assert.Equal(t, first, again, "%T", d)
		assert.NotEqual(t, first, other, "%T", d)
		require.Len(t, first, 7)
		for _, column := range first {
			require.Len(t, column, 501)
			assert.Greater(t, slices.Min(column), 0.0)
			assert.Less(t, slices.Max(column), 1.0)
			// The mean of 501 uniforms has standard deviation 0.0129; every
			// design does at least as well.
			mean := 0.0
			for _, v := range column {
				mean += v / 501
			}
			assert.InDelta(t, 0.5, mean, 0.05, "%T", d)
		}
	}
}

func TestDesignsRefuseEmptySamples(t *testing.T) {
	for _, d := range designs {
		_, err := d.Sample(0, 10, rand.NewPCG(1, 2))
		assert.Error(t, err, "%T", d)
		_, err = d.Sample(3, 0, rand.NewPCG(1, 2))
		assert.Error(t, err, "%T", d)
	}
	_, err := scenario.Halton{}.Sample(1001, 3, rand.NewPCG(1, 2))
	assert.ErrorContains(t, err, "at most 1000")
	_, err = scenario.MonteCarlo{}.Sample(math.MaxInt, 2, rand.NewPCG(1, 2))
	assert.ErrorContains(t, err, "too large")
	_, err = scenario.LatinHypercube{}.Sample(24, min(1<<40, math.MaxInt), rand.NewPCG(1, 2))
	assert.ErrorContains(t, err, "too large")
}

func TestAntitheticMirrorsPairs(t *testing.T) {
	u, err := scenario.Antithetic{}.Sample(3, 9, rand.NewPCG(1, 2))
	require.NoError(t, err)
	for _, column := range u {
		for i := 0; i+1 < 9; i += 2 {
			assert.InDelta(t, 1, column[i]+column[i+1], 1e-15)
		}
	}
}

// TestHaltonFillsThePlane counts points in 8 x 9 boxes, which the first two
// dimensions (bases 2 and 3) fill with exactly one point each; 72 random points
// would leave about 26 boxes empty.
func TestHaltonFillsThePlane(t *testing.T) {
	u, err := scenario.Halton{}.Sample(2, 72, rand.NewPCG(1, 2))
	require.NoError(t, err)
	boxes := map[[2]int]int{}
	for i := range 72 {
		boxes[[2]int{int(8 * u[0][i]), int(9 * u[1][i])}]++
	}
	assert.Len(t, boxes, 72)
}
