package scenario_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// measured returns a table of periods of four hours. The forecast of wind is 4
// in every hour. Its actual value is 1 in even periods and 7 in odd ones, so
// that the hours of a period are perfectly correlated.
func measured(t *testing.T, periods int) *scenario.Table {
	t.Helper()
	var b strings.Builder
	b.WriteString("time,wind_da,wind,load_da\n")
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for h := range 4 * periods {
		fmt.Fprintf(&b, "%s,4,%d,%d\n", start.Add(time.Duration(h)*time.Hour).Format("2006-01-02T15:04"), 1+6*(h/4%2), h)
	}
	table, err := scenario.ReadCSV(strings.NewReader(b.String()), scenario.CSVOptions{})
	require.NoError(t, err)
	return table
}

func measuredWind() scenario.MeasuredSeries {
	return scenario.MeasuredSeries{
		Name: "wind", Unit: "MW", Capacity: optional.Of(16), ForecastColumn: "wind_da", ActualColumn: "wind", Factor: optional.Of(2),
	}
}

// Half of the actual values at a forecast of 4 are 1 and half are 7; times 2
// these are the quantiles 2 and 14. Ranks of one period are equal, so its hours
// have a correlation of 1, and the load, which has no actual values, has a
// correlation of 0.5 per hour with itself and 0 with the wind.
func TestMarginalsAndCorrelationAreLearnedFromMeasuredSeries(t *testing.T) {
	table := measured(t, 60)
	grid := scenario.Grid{Start: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 4}
	load := scenario.MeasuredSeries{Name: "load", Unit: "MW", ForecastColumn: "load_da", Sigma: 0.1}
	m, err := scenario.Measured(table, grid, scenario.MeasuredOptions{Persistence: optional.Of(0.5), LearnFromAll: true}, measuredWind(), load)
	require.NoError(t, err)
	series, copula := m.Series, m.Copula
	require.Len(t, series, 2)
	assert.Equal(t, "wind", series[0].Name)
	assert.Equal(t, "MW", series[1].Unit)
	for _, m := range series[0].Marginals {
		assert.InDelta(t, 2, m.Quantile(0.2), 1e-9)
		assert.InDelta(t, 14, m.Quantile(0.8), 1e-9)
	}
	for h, m := range series[1].Marginals {
		assert.InDelta(t, 24+h, m.Quantile(0.5), 1e-9, "2 January begins at hour 24 of the table")
	}
	r := copula.(scenario.Gaussian).Correlation
	assert.Equal(t, 8, r.SymmetricDim())
	assert.InDelta(t, 1, r.At(0, 3), 1e-4, "two hours of the wind")
	assert.InDelta(t, 0.5, r.At(4, 5), 1e-9, "two neighbouring hours of the load")
	assert.InDelta(t, 0.125, r.At(4, 7), 1e-9, "hours 0 and 3 of the load")
	assert.Zero(t, r.At(1, 5), "wind and load")
}

func TestSeriesWithoutActualValuesAreNotLearned(t *testing.T) {
	grid := scenario.Grid{Start: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 2}
	own := scenario.MeasuredSeries{Name: "own", Unit: "MW", Forecast: []float64{3, 5}}
	m, err := scenario.Measured(measured(t, 12), grid, scenario.MeasuredOptions{Persistence: optional.Of(0.5)}, own)
	require.NoError(t, err)
	series, copula := m.Series, m.Copula
	assert.Equal(t, scenario.AutoRegressive{Persistence: []float64{0.5}}, copula)
	assert.Equal(t, 5.0, series[0].Marginals[1].Quantile(0.3), "an error of 0 % leaves the forecast")
}

func TestMeasuredSeriesThatDoNotFitAreRejected(t *testing.T) {
	table := measured(t, 12)
	grid := scenario.Grid{Start: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 4}
	absent := measuredWind()
	absent.ForecastColumn, absent.ActualColumn = "gust_da", "gust"
	_, err := scenario.Measured(table, grid, scenario.MeasuredOptions{LearnFromAll: true}, absent)
	for _, column := range []string{"gust_da", "gust"} {
		require.ErrorContains(t, err, fmt.Sprintf(`series "wind" wants the column %q; the measured series have ["wind_da" "wind" "load_da"]`, column))
	}
	small := measuredWind()
	small.Capacity = optional.Of(10)
	_, err = scenario.Measured(table, grid, scenario.MeasuredOptions{LearnFromAll: true}, small)
	require.ErrorContains(t, err, "want both in [0, 10]")
	late := grid
	late.Start = grid.Start.AddDate(1, 0, 0)
	_, err = scenario.Measured(table, late, scenario.MeasuredOptions{LearnFromAll: true}, measuredWind())
	require.ErrorContains(t, err, "the table covers")
}
