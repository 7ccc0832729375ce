package scenario_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario"
)

var reducers = []scenario.Reducer{
	scenario.KMeans{},
	scenario.SwarmMeans{Iterations: 10},
	scenario.KMedoids{},
	scenario.KMedoids{Metric: scenario.Manhattan},
	scenario.AlternatingMedoids{},
	scenario.AlternatingMedoids{From: scenario.SwarmMeans{}},
	scenario.ForwardSelection{},
	scenario.BackwardReduction{},
	scenario.NearestMember{},
}

// TestReductionsAreConsistent holds what every reducer promises.
func TestReductionsAreConsistent(t *testing.T) {
	for _, r := range reducers {
		for _, size := range [][3]int{{1, 1, 1}, {5, 2, 5}, {30, 3, 1}, {30, 3, 4}, {64, 9, 63}} {
			n, dim, k := size[0], size[1], size[2]
			points, weights := cluster(uint64(n), n, dim)
			found, err := r.Reduce(context.Background(), points, weights, k, rand.NewPCG(1, 2))
			require.NoError(t, err, "%T %v", r, size)
			require.Len(t, found.Points, k, "%T %v", r, size)
			require.Len(t, found.Assignment, n)
			total, share := 0.0, make([]float64, k)
			for i, j := range found.Assignment {
				share[j] += weights[i]
				total += weights[i]
			}
			for j := range share {
				assert.InDelta(t, share[j]/total, found.Probability[j], 1e-12, "%T %v", r, size)
				assert.Greater(t, found.Probability[j], 0.0)
			}
			if found.Members != nil {
				for j, i := range found.Members {
					assert.Equal(t, points[i], found.Points[j])
					assert.Equal(t, j, found.Assignment[i], "a member stands for itself")
				}
			}
			if k == n {
				assert.InDelta(t, 0, found.Cost, 1e-12, "%T", r)
			}
		}
	}
}

func TestReducersGiveFewerWhereTheSampleHasFewer(t *testing.T) {
	points := slices.Repeat([][]float64{{0, 0}, {1, 1}, {5, 5}}, 10)
	for _, r := range []scenario.Reducer{scenario.KMeans{}, scenario.SwarmMeans{}} {
		found, err := r.Reduce(context.Background(), points, nil, 7, rand.NewPCG(1, 2))
		require.NoError(t, err)
		assert.Len(t, found.Points, 3, "%T", r)
		assert.InDelta(t, 0, found.Cost, 1e-20)
		assert.InDeltaSlice(t, []float64{1. / 3, 1. / 3, 1. / 3}, found.Probability, 1e-12)
	}
	for _, r := range reducers {
		one, err := r.Reduce(context.Background(), slices.Repeat([][]float64{{4, 2}}, 9), nil, 3, rand.NewPCG(1, 2))
		require.NoError(t, err)
		assert.InDeltaSlice(t, []float64{1}, one.Probability, 1e-12, "%T", r)

		found, err := r.Reduce(context.Background(), points, nil, 7, rand.NewPCG(1, 2))
		require.NoError(t, err)
		for j, p := range found.Probability {
			assert.Greater(t, p, 0.0, "%T, representative %d", r, j)
		}
	}
}

func TestReducersReportAllMistakesAtOnce(t *testing.T) {
	for _, r := range reducers {
		_, err := r.Reduce(context.Background(), [][]float64{{1, 2}, {math.NaN(), 1}, {1}}, []float64{1, -1}, 4, rand.NewPCG(1, 2))
		for _, part := range []string{"reduction to 4 of 3 points", "2 weights for 3 points", "weight of point 1 is -1", "point 1, coordinate 0 is NaN", "point 2 has 1 coordinates"} {
			assert.ErrorContains(t, err, part, "%T", r)
		}
		_, err = r.Reduce(context.Background(), nil, nil, 1, rand.NewPCG(1, 2))
		assert.ErrorContains(t, err, "no points", "%T", r)
	}
	for _, r := range []scenario.Reducer{
		scenario.KMeans{Starts: -1, Iterations: -2},
		scenario.KMedoids{Starts: -1, Iterations: -2},
		scenario.AlternatingMedoids{Starts: -1, Iterations: -2},
		scenario.AlternatingMedoids{From: scenario.SwarmMeans{Particles: -1, Iterations: -2}},
		scenario.SwarmMeans{Particles: -1, Iterations: -2},
	} {
		_, err := r.Reduce(context.Background(), [][]float64{{1}, {2}, {3}}, nil, 2, rand.NewPCG(1, 2))
		assert.ErrorContains(t, err, "is -1, want at least 1", "%T", r)
		assert.ErrorContains(t, err, "Iterations is -2", "%T", r)
	}
	for _, r := range reducers { // squares of such differences are infinite
		_, err := r.Reduce(context.Background(), [][]float64{{1}, {2}, {1e200}}, nil, 2, rand.NewPCG(1, 2))
		assert.ErrorContains(t, err, "point 2, coordinate 0 is 1e+200, want a finite number, at most 1e+140", "%T", r)
	}
	_, err := scenario.SwarmMeans{Inertia: math.NaN(), Cognitive: -1, Social: 9}.Reduce(context.Background(), [][]float64{{1}, {2}}, nil, 1, rand.NewPCG(1, 2))
	for _, part := range []string{"Inertia is NaN", "Cognitive is -1", "Social is 9"} {
		assert.ErrorContains(t, err, part)
	}
	for _, r := range []scenario.Reducer{
		scenario.KMedoids{Metric: 9},
		scenario.AlternatingMedoids{Metric: 9},
		scenario.ForwardSelection{Metric: 9},
		scenario.BackwardReduction{Metric: 9},
		scenario.NearestMember{Metric: 9},
	} {
		_, err := r.Reduce(context.Background(), [][]float64{{1}, {2}, {3}}, nil, 2, rand.NewPCG(1, 2))
		assert.ErrorContains(t, err, "unknown metric 9", "%T", r)
	}
}

func TestReducersStopWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	points, _ := cluster(1, 50, 3)
	for _, r := range reducers {
		_, err := r.Reduce(ctx, points, nil, 5, rand.NewPCG(1, 2))
		assert.ErrorIs(t, err, context.Canceled, "%T", r)
	}
}

func TestMedoidsReachTheProvenOptimum(t *testing.T) {
	found, err := scenario.KMedoids{}.Reduce(context.Background(), fixtureDays(t), nil, 5, rand.NewPCG(1, 2))
	require.NoError(t, err)
	assert.ElementsMatch(t, []int{3, 130, 291, 357, 395}, found.Members)
	assert.InEpsilon(t, 284.942310720786, 500*found.Cost, 1e-12)
}

func TestForwardSelectionChoosesInThePublishedOrder(t *testing.T) {
	days := fixtureDays(t)
	found, err := scenario.ForwardSelection{}.Reduce(context.Background(), days, nil, 5, nil)
	require.NoError(t, err)
	assert.Equal(t, []int{79, 124, 357, 68, 410}, found.Members)
	assert.InDelta(t, 0.586193, found.Cost, 5e-7)
	fewer, err := scenario.ForwardSelection{}.Reduce(context.Background(), days, nil, 3, nil)
	require.NoError(t, err)
	assert.Equal(t, found.Members[:3], fewer.Members)
}

// toNearest is the dumb twin of all reductions to members: the weighted mean
// distance to the nearest.
func toNearest(points [][]float64, weights []float64, members []int, metric scenario.Metric) float64 {
	sum, total := 0.0, 0.0
	for i, p := range points {
		least := math.Inf(1)
		for _, m := range members {
			d := 0.0
			for t, v := range p {
				if metric == scenario.Manhattan {
					d += math.Abs(v - points[m][t])
				} else {
					d += (v - points[m][t]) * (v - points[m][t])
				}
			}
			if metric == scenario.Euclidean {
				d = math.Sqrt(d)
			}
			least = min(least, d)
		}
		sum += weights[i] * least
		total += weights[i]
	}
	return sum / total
}

// TestMemberReductionsAgainstDumbTwins repeats each search from its definition
// on small samples.
func TestMemberReductionsAgainstDumbTwins(t *testing.T) {
	const n, k = 14, 3
	for seed := range uint64(6) {
		for _, metric := range []scenario.Metric{scenario.Euclidean, scenario.Manhattan} {
			points, weights := cluster(seed, n, 3)
			cost := func(members []int) float64 { return toNearest(points, weights, members, metric) }

			best := math.Inf(1) // all 364 triples
			for a := range n {
				for b := range a {
					for c := range b {
						best = min(best, cost([]int{a, b, c}))
					}
				}
			}
			medoids, err := scenario.KMedoids{Metric: metric, Starts: 20}.Reduce(context.Background(), points, weights, k, rand.NewPCG(1, 1))
			require.NoError(t, err)
			assert.InEpsilon(t, best, medoids.Cost, 1e-12)
			assert.InEpsilon(t, best, cost(medoids.Members), 1e-12)

			var chosen []int
			for range k {
				least, at := math.Inf(1), 0
				for u := range n {
					if c := cost(append(slices.Clone(chosen), u)); c < least && !slices.Contains(chosen, u) {
						least, at = c, u
					}
				}
				chosen = append(chosen, at)
			}
			forward, err := scenario.ForwardSelection{Metric: metric}.Reduce(context.Background(), points, weights, k, nil)
			require.NoError(t, err)
			assert.Equal(t, chosen, forward.Members)
			assert.InEpsilon(t, cost(chosen), forward.Cost, 1e-12)

			kept := make([]int, n)
			for i := range kept {
				kept[i] = i
			}
			for len(kept) > k {
				least, at := math.Inf(1), 0
				for i := range kept {
					if c := cost(slices.Delete(slices.Clone(kept), i, i+1)); c < least-1e-12 {
						least, at = c, i
					}
				}
				kept = slices.Delete(kept, at, at+1)
			}
			backward, err := scenario.BackwardReduction{Metric: metric}.Reduce(context.Background(), points, weights, k, nil)
			require.NoError(t, err)
			assert.Equal(t, kept, backward.Members)
			assert.InEpsilon(t, cost(kept), backward.Cost, 1e-12)
		}
	}
}

// TestAlternatingMedoidsEndAtAFixedPoint checks the two halves of the rule at
// the result, and that the rule is never better than the search it imitates.
func TestAlternatingMedoidsEndAtAFixedPoint(t *testing.T) {
	days := fixtureDays(t)
	found, err := scenario.AlternatingMedoids{}.Reduce(context.Background(), days, nil, 6, rand.NewPCG(1, 2))
	require.NoError(t, err)
	require.True(t, found.Converged)
	for j, m := range found.Members {
		summed := func(c int) float64 {
			sum := 0.0
			for i, g := range found.Assignment {
				if g == j {
					sum += math.Sqrt(squaredDistance(days[i], days[c]))
				}
			}
			return sum
		}
		for i, g := range found.Assignment {
			if g == j {
				assert.GreaterOrEqual(t, summed(i), summed(m)-1e-9)
			}
		}
	}
	best, err := scenario.KMedoids{}.Reduce(context.Background(), days, nil, 6, rand.NewPCG(1, 2))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, found.Cost, best.Cost-1e-12)
}

func TestNearestMemberKeepsGroupsAndTakesRealDays(t *testing.T) {
	days := fixtureDays(t)
	means, err := scenario.KMeans{}.Reduce(context.Background(), days, nil, 5, rand.NewPCG(1, 2))
	require.NoError(t, err)
	members, err := scenario.NearestMember{}.Reduce(context.Background(), days, nil, 5, rand.NewPCG(1, 2))
	require.NoError(t, err)
	assert.Equal(t, means.Assignment, members.Assignment)
	assert.Equal(t, means.Probability, members.Probability)
	for j, m := range members.Members {
		for i, g := range means.Assignment {
			if g == j {
				assert.LessOrEqual(t, squaredDistance(days[m], means.Points[j]), squaredDistance(days[i], means.Points[j]))
			}
		}
	}
}
