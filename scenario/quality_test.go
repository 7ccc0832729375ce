package scenario_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trigrid/trigrid/scenario"
)

// oneSeries is a set with a single varying series "x".
func oneSeries(t *testing.T, probability []float64, paths [][]float64) *scenario.Set {
	t.Helper()
	s, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: len(paths[0])}, probability)
	require.NoError(t, err)
	require.NoError(t, s.Add("x", "MW", paths))
	return s
}

// TestCompareByHand reduces four equally likely points -3, -1, 1, 3 to -2 and
// 2. The sample's variance is (9+1+1+9)/4 = 5, the reduction's 4. Every point
// lies 1 from its representative, 1/√5 when scaled. The sample's fourth moment
// is (81+1+1+81)/4 = 41, its excess kurtosis 41/25−3 = −1.36, the reduction's
// −2.
func TestCompareByHand(t *testing.T) {
	sample := oneSeries(t, scenario.Equal(4), [][]float64{{-3}, {-1}, {1}, {3}})
	reduced := oneSeries(t, scenario.Equal(2), [][]float64{{-2}, {2}})
	q, err := scenario.Compare(sample, reduced)
	require.NoError(t, err)
	x := q.Series[0]
	assert.Equal(t, "x", x.Name)
	assert.InDelta(t, math.Sqrt(4./5), x.StepSpread, 1e-12)
	assert.InDelta(t, math.Sqrt(4./5), x.EnergySpread, 1e-12)
	assert.InDelta(t, 0, x.MeanError, 1e-12)
	assert.InDelta(t, 0, x.SkewnessError, 1e-12)
	assert.InDelta(t, -2+1.36, x.KurtosisError, 1e-12)
	assert.Equal(t, []float64{-2, 2, -3, 3}, []float64{x.Low, x.High, x.SampleLow, x.SampleHigh})
	assert.InDelta(t, 1/math.Sqrt(5), q.Kantorovich, 1e-12)
	assert.InDelta(t, 0, q.Misplaced, 1e-12)

	// With probabilities 3/4 and 1/4 the mean is -1, 1/√5 scaled away, and a
	// quarter sits where it should not.
	q, err = scenario.Compare(sample, oneSeries(t, []float64{0.75, 0.25}, [][]float64{{-2}, {2}}))
	require.NoError(t, err)
	assert.InDelta(t, 1/math.Sqrt(5), q.Series[0].MeanError, 1e-12)
	assert.InDelta(t, 0.25, q.Misplaced, 1e-12)
}

// TestCompareSeesTheShapeOfDays: paths (1, 1) and (-1, -1) have correlation 1
// between steps and a sum of standard deviation 2; (1, -1) and (-1, 1) have -1
// and 0 at the same spread by step.
func TestCompareSeesTheShapeOfDays(t *testing.T) {
	together := oneSeries(t, scenario.Equal(2), [][]float64{{1, 1}, {-1, -1}})
	against := oneSeries(t, scenario.Equal(2), [][]float64{{1, -1}, {-1, 1}})
	q, err := scenario.Compare(together, against)
	require.NoError(t, err)
	assert.InDelta(t, 1, q.Series[0].StepSpread, 1e-12)
	assert.InDelta(t, 0, q.Series[0].EnergySpread, 1e-12)
	assert.InDelta(t, 1, q.Series[0].SampleAutocorrelation, 1e-12)
	assert.InDelta(t, -1, q.Series[0].Autocorrelation, 1e-12)
}

func TestCompareRefusesSetsThatDoNotMatch(t *testing.T) {
	a := oneSeries(t, scenario.Equal(2), [][]float64{{1, 1}, {-1, -1}})
	b, err := scenario.New(threeHours, []float64{1})
	require.NoError(t, err)
	_, err = scenario.Compare(a, b)
	assert.ErrorContains(t, err, "2 steps of 1 h and 3 steps of 1 h")
	assert.ErrorContains(t, err, `series "x" is in the first set only`)
	_, err = scenario.Compare(b, b)
	assert.ErrorContains(t, err, "no series of the sample differs")
	_, err = scenario.EnergyDistance(context.Background(), b, b)
	assert.ErrorContains(t, err, "differs")
	_, err = scenario.EnergyDistance(context.Background(), a, b)
	assert.ErrorContains(t, err, "first set only")
}

// TestEnergyScoreByHand: scenarios 0 and 4 with weights 1/4 and 3/4 against 1
// give 0.25·1 + 0.75·3 − 0.25·0.75·4 = 1.75.
func TestEnergyScoreByHand(t *testing.T) {
	s := oneSeries(t, []float64{0.25, 0.75}, [][]float64{{0}, {4}})
	score, err := scenario.EnergyScore(s, "x", []float64{1})
	require.NoError(t, err)
	assert.InDelta(t, 1.75, score, 1e-12)
	_, err = scenario.EnergyScore(s, "y", []float64{1, 2})
	assert.ErrorContains(t, err, `no series "y"`)
	assert.ErrorContains(t, err, "2 values, want one for each of 1")
}

// TestEnergyScorePrefersTheTruth: in the mean over many days the score is
// smallest for the distribution that the days come from; too narrow, too wide
// and too high are all worse.
func TestEnergyScorePrefersTheTruth(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	forecast := func(mean, std float64) *scenario.Set {
		paths := make([][]float64, 50)
		for i := range paths {
			paths[i] = []float64{mean + std*distuv.UnitNormal.Quantile((float64(i)+0.5)/50)}
		}
		return oneSeries(t, scenario.Equal(50), paths)
	}
	candidates := []*scenario.Set{forecast(0, 1), forecast(0, 0.5), forecast(0, 2), forecast(0.5, 1)}
	scores := make([]float64, len(candidates))
	for range 1000 {
		y := []float64{rng.NormFloat64()}
		for i, c := range candidates {
			score, err := scenario.EnergyScore(c, "x", y)
			require.NoError(t, err)
			scores[i] += score / 1000
		}
	}
	for _, other := range scores[1:] {
		assert.Less(t, scores[0], other)
	}
}

// TestEnergyDistanceByHand: between {-1, 1} and {0}, 2·1 − 1 − 0 = 1; the scale
// of the first is one.
func TestEnergyDistanceByHand(t *testing.T) {
	a := oneSeries(t, scenario.Equal(2), [][]float64{{-1}, {1}})
	b := oneSeries(t, []float64{1}, [][]float64{{0}})
	d, err := scenario.EnergyDistance(context.Background(), a, b)
	require.NoError(t, err)
	assert.InDelta(t, 1, d, 1e-12)
	d, err = scenario.EnergyDistance(context.Background(), a, a.Split(0, 3))
	require.NoError(t, err)
	assert.InDelta(t, 0, d, 1e-7)
}

// TestConstantSeriesDoNotDisturb adds a series that could differ but does not;
// its mean of a thousand values is off by rounding, which must not count as
// spread.
func TestConstantSeriesDoNotDisturb(t *testing.T) {
	paths, flat := make([][]float64, 1000), make([][]float64, 1000)
	for i := range paths {
		paths[i], flat[i] = []float64{float64(i % 2)}, []float64{7.3}
	}
	s := oneSeries(t, scenario.Equal(1000), paths)
	require.NoError(t, s.Add("flat", "MW", flat))
	reduced, _, err := scenario.Reduce(context.Background(), s, 2, scenario.ReduceOptions{}, rand.NewPCG(1, 2))
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{0.5, 0.5}, reduced.Probabilities(), 1e-12)
	q, err := scenario.Compare(s, reduced)
	require.NoError(t, err)
	assert.InDelta(t, 0, q.Kantorovich, 1e-9)
	assert.Equal(t, []float64{1, 1}, []float64{q.Series[1].StepSpread, q.Series[1].EnergySpread})
}
