package scenario_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trigrid/trigrid/scenario"
)

var day = scenario.Layout{Series: 1, Steps: 24, Hours: 1}

// joined returns n points of a design with a copula applied,
// [dimension][point].
func joined(t *testing.T, d scenario.Design, c scenario.Copula, layout scenario.Layout, n int, seed uint64) [][]float64 {
	t.Helper()
	u, err := d.Sample(layout.Dim(), n, rand.NewPCG(seed, 1))
	require.NoError(t, err)
	require.NoError(t, c.Join(context.Background(), layout, u))
	return u
}

// scoreError is the largest difference between the correlations of the normal
// scores and a target.
func scoreError(u [][]float64, target *mat.SymDense) float64 {
	z := make([][]float64, len(u))
	for k, column := range u {
		for _, v := range column {
			z[k] = append(z[k], distuv.UnitNormal.Quantile(v))
		}
	}
	worst := 0.0
	for k := range z {
		for l := range k {
			worst = max(worst, math.Abs(stat.Correlation(z[k], z[l], nil)-target.At(k, l)))
		}
	}
	return worst
}

// TestCorrelatedLatinHypercubeKeepsItsStrata guards the trap of a correlated
// sample that is Latin in its first dimension only. With the textbook copula
// about 1/e of the strata hold exactly one point.
func TestCorrelatedLatinHypercubeKeepsItsStrata(t *testing.T) {
	const n = 1000
	for _, ranking := range []scenario.Ranking{scenario.Reranked, scenario.Matched} {
		u := joined(t, scenario.LatinHypercube{}, scenario.AutoRegressive{Ranking: ranking}, day, n, 1)
		for k, column := range u {
			assert.Equal(t, n, strata(column), "ranking %d, hour %d", ranking, k)
		}
	}
	lost := joined(t, scenario.LatinHypercube{}, scenario.AutoRegressive{Ranking: scenario.Direct}, day, n, 1)
	assert.Equal(t, n, strata(lost[0]))
	assert.InDelta(t, n/math.E, strata(lost[23]), 100, "the comparison itself must be able to fail")
}

func TestEveryRankingReachesTheTargetCorrelation(t *testing.T) {
	target, err := scenario.AutoRegressive{}.Correlation(day)
	require.NoError(t, err)
	// A correlation estimated from 4000 points has a standard error of at most
	// 1/√4000 = 0.016.
	for _, d := range designs[:4] {
		for _, ranking := range []scenario.Ranking{scenario.Reranked, scenario.Matched, scenario.Direct} {
			u := joined(t, d, scenario.Gaussian{Correlation: target, Ranking: ranking}, day, 4000, 3)
			assert.Less(t, scoreError(u, target), 0.06, "%T, ranking %d", d, ranking)
		}
	}
}

func TestMatchedRankingIsCloserToTheTarget(t *testing.T) {
	target, err := scenario.AutoRegressive{}.Correlation(day)
	require.NoError(t, err)
	for seed := range uint64(5) {
		plain := joined(t, scenario.LatinHypercube{}, scenario.Gaussian{Correlation: target}, day, 500, seed)
		matched := joined(t, scenario.LatinHypercube{}, scenario.Gaussian{Correlation: target, Ranking: scenario.Matched}, day, 500, seed)
		assert.Less(t, scoreError(matched, target), scoreError(plain, target)/2)
	}
	u, err := scenario.LatinHypercube{}.Sample(24, 20, rand.NewPCG(1, 1))
	require.NoError(t, err)
	err = scenario.Gaussian{Correlation: target, Ranking: scenario.Matched}.Join(context.Background(), day, u)
	assert.ErrorContains(t, err, "more points than dimensions")
}

// TestAutocorrelationSurvivesTheMarginals holds Beta(2, 3) hours on an
// autoregressive copula of 0.9 to the exact values: Gauss-Hermite quadrature of
// the Beta quantile of Φ gives a lag-one correlation of 0.897506 and a standard
// deviation of the daily sum of 3.39375; independent hours give √(24·0.04) =
// 0.98.
func TestAutocorrelationSurvivesTheMarginals(t *testing.T) {
	beta := distuv.Beta{Alpha: 2, Beta: 3}
	measure := func(c scenario.Copula, n int) (lag, std float64) {
		u := joined(t, scenario.LatinHypercube{}, c, day, n, 5)
		sum, left, right := make([]float64, n), []float64(nil), []float64(nil)
		for k, column := range u {
			for i, v := range column {
				column[i] = beta.Quantile(v)
				sum[i] += column[i]
			}
			if k > 0 {
				left, right = append(left, u[k-1]...), append(right, column...)
			}
		}
		return stat.Correlation(left, right, nil), stat.StdDev(sum, nil)
	}
	lag, std := measure(scenario.AutoRegressive{Ranking: scenario.Matched}, 5000)
	assert.InDelta(t, 0.897506, lag, 0.002)
	assert.InEpsilon(t, 3.39375, std, 0.005)
	lag, std = measure(scenario.AutoRegressive{}, 1000)
	assert.InDelta(t, 0.897, lag, 0.01)
	assert.InEpsilon(t, 3.38, std, 0.05)
	lag, std = measure(scenario.Independent{}, 1000)
	assert.InDelta(t, 0, lag, 0.03)
	assert.InEpsilon(t, 0.98, std, 0.05)
}

// TestAutoRegressiveCorrelationByHand uses two series of two half-hour steps.
// Persistences 0.81 and 0.25 an hour are 0.9 and 0.5 a step. Across series the
// later value's persistence counts.
func TestAutoRegressiveCorrelationByHand(t *testing.T) {
	a := scenario.AutoRegressive{Persistence: []float64{0.81, 0.25}, Cross: mat.NewSymDense(2, []float64{1, 0.4, 0.4, 1})}
	r, err := a.Correlation(scenario.Layout{Series: 2, Steps: 2, Hours: 0.5})
	require.NoError(t, err)
	assert.True(t, mat.EqualApprox(r, mat.NewSymDense(4, []float64{
		1, 0.9, 0.4, 0.4 * 0.5, // first series, step 0
		0.9, 1, 0.4 * 0.9, 0.4,
		0.4, 0.4 * 0.9, 1, 0.5,
		0.4 * 0.5, 0.4, 0.5, 1,
	}), 1e-15))
}

func TestAutoRegressiveRejectsInvalidParameters(t *testing.T) {
	for _, a := range []scenario.AutoRegressive{
		{Persistence: []float64{1.1}},
		{Persistence: []float64{-0.1}},
		{Persistence: []float64{0.1, 0.2, 0.3}},
		{Cross: mat.NewSymDense(3, nil)},
		{Persistence: []float64{math.NaN()}},
	} {
		_, err := a.Correlation(scenario.Layout{Series: 2, Steps: 2, Hours: 1})
		assert.Error(t, err, "%+v", a)
	}
	// Two series that are equal at every hour cannot forget at different
	// speeds.
	a := scenario.AutoRegressive{Persistence: []float64{0.9, 0.1}, Cross: mat.NewSymDense(2, []float64{1, 1, 1, 1})}
	u, err := scenario.MonteCarlo{}.Sample(4, 10, rand.NewPCG(1, 1))
	require.NoError(t, err)
	assert.ErrorContains(t, a.Join(context.Background(), scenario.Layout{Series: 2, Steps: 2, Hours: 1}, u), "indefinite")
}

// TestCommonFactorMovesSeriesTogether uses a singular matrix: both series have
// the same ranks.
func TestCommonFactorMovesSeriesTogether(t *testing.T) {
	layout := scenario.Layout{Series: 2, Steps: 1, Hours: 1}
	u := joined(t, scenario.MonteCarlo{}, scenario.Gaussian{Correlation: mat.NewSymDense(2, []float64{1, 1, 1, 1}), Ranking: scenario.Direct}, layout, 100, 1)
	assert.InDeltaSlice(t, u[0], u[1], 1e-12)
}

func TestGaussianRefusesBadMatrices(t *testing.T) {
	layout := scenario.Layout{Series: 3, Steps: 1, Hours: 1}
	for want, r := range map[string]*mat.SymDense{
		"no correlation matrix":  nil,
		"has 2 rows, want 3":     mat.NewSymDense(2, []float64{1, 0, 0, 1}),
		"ones on the diagonal":   mat.NewSymDense(3, []float64{4, 0, 0, 0, 1, 0, 0, 0, 1}),
		"values from -1 to 1":    mat.NewSymDense(3, []float64{1, 2, 0, 2, 1, 0, 0, 0, 1}),
		"indefinite":             mat.NewSymDense(3, []float64{1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1}),
		"row 1, column 0 is NaN": mat.NewSymDense(3, []float64{1, math.NaN(), 0, math.NaN(), 1, 0, 0, 0, 1}),
	} {
		u, err := scenario.MonteCarlo{}.Sample(3, 10, rand.NewPCG(1, 1))
		require.NoError(t, err)
		assert.ErrorContains(t, scenario.Gaussian{Correlation: r}.Join(context.Background(), layout, u), want)
	}
}

func TestGaussianRefusesAnUnknownRanking(t *testing.T) {
	u, err := scenario.MonteCarlo{}.Sample(2, 10, rand.NewPCG(1, 1))
	require.NoError(t, err)
	err = scenario.AutoRegressive{Ranking: 7}.Join(context.Background(), scenario.Layout{Series: 1, Steps: 2, Hours: 1}, u)
	assert.ErrorContains(t, err, "unknown ranking 7")
}

func TestNearestCorrelationRepairsAndLeavesTheRestAlone(t *testing.T) {
	good := mat.NewSymDense(2, []float64{1, 0.5, 0.5, 1})
	same, err := scenario.NearestCorrelation(good)
	require.NoError(t, err)
	assert.True(t, mat.Equal(good, same))

	// Eigenvalues 1.9, 1.9 and -0.8 with eigenvector (1, -1, 1)/√3: without it
	// all pairs get ±0.5.
	repaired, err := scenario.NearestCorrelation(mat.NewSymDense(3, []float64{1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1}))
	require.NoError(t, err)
	assert.True(t, mat.EqualApprox(repaired, mat.NewSymDense(3, []float64{1, 0.5, -0.5, 0.5, 1, 0.5, -0.5, 0.5, 1}), 1e-6))
	u, err := scenario.MonteCarlo{}.Sample(3, 10, rand.NewPCG(1, 1))
	require.NoError(t, err)
	assert.NoError(t, scenario.Gaussian{Correlation: repaired}.Join(context.Background(), scenario.Layout{Series: 3, Steps: 1}, u))

	_, err = scenario.NearestCorrelation(mat.NewSymDense(1, []float64{math.Inf(1)}))
	assert.ErrorContains(t, err, "finite")
}

func TestLearnGaussianRecoversTheCopulaItsDaysCameFrom(t *testing.T) {
	layout := scenario.Layout{Series: 2, Steps: 6, Hours: 1}
	a := scenario.AutoRegressive{Persistence: []float64{0.8}, Cross: mat.NewSymDense(2, []float64{1, -0.5, -0.5, 1})}
	u := joined(t, scenario.MonteCarlo{}, a, layout, 4000, 8)
	days := make([][]float64, 4000)
	for d := range days {
		for k := range u {
			days[d] = append(days[d], math.Exp(20*u[k][d])) // ranks are all that counts
		}
	}
	learned, err := scenario.LearnGaussian(days)
	require.NoError(t, err)
	want, err := a.Correlation(layout)
	require.NoError(t, err)
	assert.True(t, mat.EqualApprox(want, learned.Correlation, 0.06)) // four standard errors of 1/√4000
}

// TestLearnGaussianByHand has ranks 1 2 3 against 2 1 3: scores are ∓s, 0, s
// with s = Φ⁻¹(5/6), so that the correlation is (0·(−s) + (−s)·0 + s·s) / (2
// s²) = ½. The third column never varies.
func TestLearnGaussianByHand(t *testing.T) {
	g, err := scenario.LearnGaussian([][]float64{{1, 20, 7}, {2, 10, 7}, {3, 30, 7}})
	require.NoError(t, err)
	assert.True(t, mat.EqualApprox(g.Correlation, mat.NewSymDense(3, []float64{1, 0.5, 0, 0.5, 1, 0, 0, 0, 1}), 1e-12))
}

func TestLearnGaussianRefusesRaggedOrMissingDays(t *testing.T) {
	for _, days := range [][][]float64{nil, {{1}, {2}}, {{1, 2}, {1}, {1, 2}}, {{1}, {math.NaN()}, {2}}, {{}, {}, {}}} {
		_, err := scenario.LearnGaussian(days)
		assert.Error(t, err, "%v", days)
	}
}

func TestDaysPutsSeriesSideBySide(t *testing.T) {
	days, err := scenario.Days(2, []float64{1, 2, 3, 4, 5}, []float64{10, 20, 30, 40, 50})
	require.NoError(t, err)
	assert.Equal(t, [][]float64{{1, 2, 10, 20}, {3, 4, 30, 40}}, days)
	_, err = scenario.Days(0)
	assert.ErrorContains(t, err, "no history")
	_, err = scenario.Days(2, []float64{1}, []float64{1, 2})
	assert.ErrorContains(t, err, "history 1 has 2 values")
}
