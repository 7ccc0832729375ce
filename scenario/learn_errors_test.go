package scenario_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"

	"github.com/trigrid/trigrid/scenario"
)

// hours returns a grid of n hours from midnight.
func hours(n int) scenario.Grid {
	return scenario.Grid{Start: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), Step: time.Hour, Steps: n}
}

// TestLearnedErrorsByHand has two bins: after forecast 2 came 1 and 3, after
// forecast 6 came 4 and 8. Forecast 4 lies half way: 2.5 and 5.5. Quantiles of
// two values stand at 1/4 and 3/4.
func TestLearnedErrorsByHand(t *testing.T) {
	e, err := scenario.LearnErrors(hours(4), []float64{2, 6, 2, 6}, []float64{1, 8, 3, 4}, scenario.LearnOptions{Capacity: 10, Bins: 2})
	require.NoError(t, err)
	m, err := e.Marginals(hours(5), []float64{2, 6, 4, 9, 0.5})
	require.NoError(t, err)
	for step, want := range [][2]float64{{1, 3}, {4, 8}, {2.5, 5.5}, {4, 8}, {1, 3}} { // the ends hold beyond
		assert.InDelta(t, want[0], m[step].Quantile(0.25), 1e-12, "step %d", step)
		assert.InDelta(t, want[1], m[step].Quantile(0.75), 1e-12, "step %d", step)
	}
	ranks, err := e.Ranks(hours(3), []float64{4, 4, 2}, []float64{4, 9, 1})
	require.NoError(t, err)
	// Half way is the median; a value above all seen has rank 1; the smallest
	// has the middle of [0, 1/4].
	assert.InDeltaSlice(t, []float64{0.5, 1, 0.125}, ranks, 1e-8)

	m, err = e.For(5).Marginals(hours(1), []float64{2}) // half the capacity, so forecast 4 and half of everything
	require.NoError(t, err)
	assert.InDelta(t, 1.25, m[0].Quantile(0.25), 1e-12)
	assert.Panics(t, func() { e.For(0) })
}

func TestLearnedErrorsKeepEqualForecastsTogether(t *testing.T) {
	// Five of six forecasts are zero: two bins of three would split them.
	e, err := scenario.LearnErrors(hours(6), []float64{0, 0, 0, 0, 0, 8}, []float64{0, 0, 1, 1, 1, 8}, scenario.LearnOptions{Capacity: 10, Bins: 2})
	require.NoError(t, err)
	m, err := e.Marginals(hours(1), []float64{0})
	require.NoError(t, err)
	assert.Equal(t, 0.0, m[0].Quantile(0.3)) // between 0 at 3/10 and 1 at 5/10
	assert.InDelta(t, 0.5, m[0].Quantile(0.4), 1e-12)
}

func TestLearnedErrorsByHourKnowTheNight(t *testing.T) {
	const days = 40
	rng := rand.New(rand.NewPCG(1, 1))
	forecast, actual := make([]float64, 24*days), make([]float64, 24*days)
	for i := range forecast {
		if h := i % 24; h >= 7 && h < 18 {
			forecast[i], actual[i] = 10*rng.Float64(), 10*rng.Float64()
		}
	}
	e, err := scenario.LearnErrors(hours(24*days), forecast, actual, scenario.LearnOptions{Capacity: 10, ByHour: true})
	require.NoError(t, err)
	m, err := e.Marginals(hours(24), make([]float64, 24))
	require.NoError(t, err)
	for h, marginal := range m {
		if h >= 7 && h < 18 {
			assert.Greater(t, marginal.Quantile(0.9), 0.0, "hour %d", h)
		} else {
			assert.Zero(t, marginal.Quantile(0.999), "hour %d", h)
		}
	}
	_, err = scenario.LearnErrors(hours(20), forecast[:20], actual[:20], scenario.LearnOptions{Capacity: 10, ByHour: true})
	assert.ErrorContains(t, err, "no pair at hour 23")
}

func TestLearnedErrorsKnowTheHourInAnyTimeZone(t *testing.T) {
	// Light from 7 to 18 of the history's clock; the plan is for the same hours
	// on a clock three hours ahead.
	forecast, actual := make([]float64, 48), make([]float64, 48)
	for i := range forecast {
		if h := i % 24; h >= 7 && h < 18 {
			forecast[i], actual[i] = 5, float64(1+h)/4
		}
	}
	history := hours(48)
	e, err := scenario.LearnErrors(history, forecast, actual, scenario.LearnOptions{Capacity: 10, ByHour: true})
	require.NoError(t, err)
	plan := hours(24)
	plan.Start = plan.Start.In(time.FixedZone("east", 3*3600))
	m, err := e.Marginals(plan, forecast[:24])
	require.NoError(t, err)
	for h := range m {
		assert.InDelta(t, actual[h], m[h].Quantile(0.5), 1e-12, "hour %d", h)
	}
}

func TestLearnErrorsReportsAllMistakesAtOnce(t *testing.T) {
	_, err := scenario.LearnErrors(hours(3), []float64{1, 2}, []float64{3, -1, 2}, scenario.LearnOptions{Bins: -1})
	for _, part := range []string{"capacity is 0", "-1 bins", "2 values, want one for each of 3", "3 actual values for 2", "actual value -1"} {
		assert.ErrorContains(t, err, part)
	}
	e, err := scenario.LearnErrors(hours(2), []float64{1, 2}, []float64{1, 2}, scenario.LearnOptions{Capacity: 5})
	require.NoError(t, err)
	_, err = e.Marginals(hours(2), []float64{-1, 6})
	assert.ErrorContains(t, err, "step 0 is -1, want a value in [0, 5]")
	assert.ErrorContains(t, err, "step 1 is 6")
	_, err = e.Ranks(hours(2), []float64{1, 1}, []float64{1})
	assert.ErrorContains(t, err, "1 actual values for 2")
}

// TestRealWindErrorsAreLearned reads a year of a 120 MW wind farm, whose
// day-ahead error is known to have a mean absolute value of 16 % of the
// capacity and a correlation of 0.75 between forecast and actual.
func TestRealWindErrorsAreLearned(t *testing.T) {
	const capacity = 120
	table := realData(t, "vpp5_2020_hourly.csv", scenario.CSVOptions{})
	grid, forecast, actual := table.Grid(), table.Column("wind_da"), table.Column("wind_rt")
	require.Equal(t, 8784, grid.Steps)
	absolute := 0.0
	for i, f := range forecast {
		absolute += math.Abs(actual[i]-f) / capacity / 8784
	}
	assert.InDelta(t, 0.16, absolute, 0.005)
	assert.InDelta(t, 0.75, stat.Correlation(forecast, actual, nil), 0.005)

	// Learn from odd weeks, look at even ones: ranks of a calibrated model are
	// uniform, with mean 1/2 and one tenth in each tenth. Hours of a day are
	// dependent, so the 4400 ranks are worth a few hundred.
	var past, future struct{ forecast, actual []float64 }
	for i := range forecast {
		to := &past
		if i/(24*7)%2 == 1 {
			to = &future
		}
		to.forecast, to.actual = append(to.forecast, forecast[i]), append(to.actual, actual[i])
	}
	e, err := scenario.LearnErrors(hours(len(past.forecast)), past.forecast, past.actual, scenario.LearnOptions{Capacity: capacity})
	require.NoError(t, err)
	ranks, err := e.Ranks(hours(len(future.forecast)), future.forecast, future.actual)
	require.NoError(t, err)
	assert.InDelta(t, 0.5, stat.Mean(ranks, nil), 0.05)
	tenths := make([]float64, 10)
	for _, r := range ranks {
		tenths[min(int(10*r), 9)] += 1 / float64(len(ranks))
	}
	for i, share := range tenths {
		assert.InDelta(t, 0.1, share, 0.035, "tenth %d", i)
	}

	// The sampled day must lie in range and its errors must hang together as
	// they did in the past.
	days, err := scenario.Days(24, ranks)
	require.NoError(t, err)
	copula, err := scenario.LearnGaussian(days)
	require.NoError(t, err)
	assert.Greater(t, copula.Correlation.At(11, 12), 0.7)
	day, err := table.Day(2020, 7, 6)
	require.NoError(t, err)
	wind, err := scenario.Around("wind", "MW", day.Grid(), day.Column("wind_da"), e)
	require.NoError(t, err)
	f, err := scenario.Generate(context.Background(), scenario.Spec{Grid: day.Grid(), Series: []scenario.Series{wind}, Copula: copula}, rand.NewPCG(1, 2))
	require.NoError(t, err)
	q, err := scenario.Compare(f.Sample, f.Sample)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, q.Series[0].SampleLow, 0.0)
	assert.LessOrEqual(t, q.Series[0].SampleHigh, float64(capacity))
	assert.Greater(t, q.Series[0].SampleAutocorrelation, 0.6)
}
