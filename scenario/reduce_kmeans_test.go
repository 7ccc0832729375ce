package scenario_test

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario"
)

// bestKnown is the smallest inertia that anyone has found on the fixture, by
// number of groups.
var bestKnown = map[int]float64{2: 343.697460936997, 3: 233.390240804627, 4: 173.687887686382, 5: 144.788878746771}

func TestKMeansReachesTheBestKnownInertia(t *testing.T) {
	days := fixtureDays(t)
	for k, want := range bestKnown {
		for _, r := range []scenario.Reducer{scenario.KMeans{}, scenario.SwarmMeans{}} {
			found, err := r.Reduce(context.Background(), days, nil, k, rand.NewPCG(1, 2))
			require.NoError(t, err)
			assert.InEpsilon(t, want, found.Cost*float64(len(days)), 1e-6, "%T, k = %d", r, k)
			assert.True(t, found.Converged)
		}
	}
}

// TestWeightedMeanOfCentroidsIsTheSampleMean is an identity: a forecast made of
// that mean contains no information from the clustering.
func TestWeightedMeanOfCentroidsIsTheSampleMean(t *testing.T) {
	days := fixtureDays(t)
	for k := range bestKnown {
		found, err := scenario.KMeans{}.Reduce(context.Background(), days, nil, k, rand.NewPCG(1, 2))
		require.NoError(t, err)
		for h := range 24 {
			sample, centroids := 0.0, 0.0
			for _, day := range days {
				sample += day[h] / 500
			}
			for j, p := range found.Probability {
				centroids += p * found.Points[j][h]
			}
			assert.InDelta(t, sample, centroids, 1e-12)
		}
	}
}

func squaredDistance(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += (v - b[i]) * (v - b[i])
	}
	return sum
}

// inertia is the dumb twin: the weighted sum of squares of a grouping, from its
// definition.
func inertia(points [][]float64, weights []float64, group []int, k int) float64 {
	mean, total := make([][]float64, k), make([]float64, k)
	for j := range mean {
		mean[j] = make([]float64, len(points[0]))
	}
	for i, g := range group {
		total[g] += weights[i]
		for t, v := range points[i] {
			mean[g][t] += weights[i] * v
		}
	}
	for j := range mean {
		for t := range mean[j] {
			mean[j][t] /= total[j]
		}
	}
	sum := 0.0
	for i, g := range group {
		sum += weights[i] * squaredDistance(points[i], mean[g])
	}
	return sum
}

// TestKMeansFindsTheOptimumOfSmallSamples tries all groupings of ten weighted
// points.
func TestKMeansFindsTheOptimumOfSmallSamples(t *testing.T) {
	const n, k = 10, 3
	for seed := range uint64(10) {
		points, weights := cluster(seed, n, 2)
		best := math.Inf(1)
		group := make([]int, n)
		for code := range int(math.Pow(k, n)) {
			used := [k]bool{}
			for i := range group {
				group[i] = code % k
				code /= k
				used[group[i]] = true
			}
			if used == [k]bool{true, true, true} {
				best = min(best, inertia(points, weights, group, k))
			}
		}
		found, err := scenario.KMeans{Starts: 30}.Reduce(context.Background(), points, weights, k, rand.NewPCG(seed, 1))
		require.NoError(t, err)
		total := 0.0
		for _, w := range weights {
			total += w
		}
		assert.InEpsilon(t, best, found.Cost*total, 1e-9, "seed %d", seed)
	}
}

// TestKMeansEndsWhereNoMoveHelps recomputes, from the definition, what every
// single move would do.
func TestKMeansEndsWhereNoMoveHelps(t *testing.T) {
	for seed := range uint64(7) {
		n, k := 120, 6
		if seed >= 5 {
			n, k = 60, 30 // more groups than twice the points of a block
		}
		points, weights := cluster(seed, n, 5)
		found, err := scenario.KMeans{Starts: 1}.Reduce(context.Background(), points, weights, k, rand.NewPCG(seed, 1))
		require.NoError(t, err)
		require.True(t, found.Converged)
		here := inertia(points, weights, found.Assignment, k)
		for i, g := range found.Assignment {
			nearest := 0
			for j := range k {
				if squaredDistance(points[i], found.Points[j]) < squaredDistance(points[i], found.Points[nearest]) {
					nearest = j
				}
				found.Assignment[i] = j
				if there := inertia(points, weights, found.Assignment, k); !math.IsNaN(there) {
					assert.GreaterOrEqual(t, there, here*(1-1e-9))
				}
			}
			found.Assignment[i] = g
			assert.Equal(t, nearest, g, "point %d", i)
		}
	}
}

func TestKMeansTreatsWeightsAsRepetitions(t *testing.T) {
	points, _ := cluster(3, 40, 3)
	weights, repeated := make([]float64, 40), [][]float64(nil)
	for i, p := range points {
		weights[i] = float64(1 + i%3)
		for range 1 + i%3 {
			repeated = append(repeated, p)
		}
	}
	a, err := scenario.KMeans{Starts: 40}.Reduce(context.Background(), points, weights, 4, rand.NewPCG(1, 1))
	require.NoError(t, err)
	b, err := scenario.KMeans{Starts: 40}.Reduce(context.Background(), repeated, nil, 4, rand.NewPCG(1, 1))
	require.NoError(t, err)
	assert.InEpsilon(t, b.Cost, a.Cost, 1e-9)
	assert.InDeltaSlice(t, b.Probability, a.Probability, 1e-12)
}

func TestReductionIsTheSameOnAnyNumberOfCores(t *testing.T) {
	days := fixtureDays(t)
	for _, r := range reducers {
		before := runtime.GOMAXPROCS(1)
		one, err := r.Reduce(context.Background(), days, nil, 7, rand.NewPCG(5, 6))
		runtime.GOMAXPROCS(4)
		require.NoError(t, err)
		four, err := r.Reduce(context.Background(), days, nil, 7, rand.NewPCG(5, 6))
		runtime.GOMAXPROCS(before)
		require.NoError(t, err)
		assert.Equal(t, one, four, "%T", r)
	}
}
