package operate_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// steady returns a source of ten days with the forecast 10 MW and the errors
// +2, −2 in turn, except for the last day, whose errors are 4.
func steady(t *testing.T) *operate.Measured {
	t.Helper()
	grid := scenario.Grid{Start: monday, Step: 6 * time.Hour, Steps: 40}
	forecast, actual, price := make([]float64, 40), make([]float64, 40), make([]float64, 40)
	for k := range forecast {
		forecast[k], price[k] = 10, float64(k)
		actual[k] = 10 + 2*math.Pow(-1, float64(k/2)) // +2 +2 −2 −2
		if k >= 36 {
			actual[k] = 14
		}
	}
	table, err := scenario.NewTable(grid,
		scenario.Column{Name: "f", Unit: "MW", Values: forecast}, scenario.Column{Name: "y", Unit: "MW", Values: actual},
		scenario.Column{Name: "p", Unit: "CNY/MWh", Values: price})
	require.NoError(t, err)
	return &operate.Measured{Table: table, Series: []operate.Series{
		{MeasuredSeries: scenario.MeasuredSeries{Name: "wind", Unit: "MW", Capacity: optional.Of(20.), ForecastColumn: "f", ActualColumn: "y"}},
		{MeasuredSeries: scenario.MeasuredSeries{Name: "price", Unit: "CNY/MWh", ForecastColumn: "p"}},
	}}
}

func TestAMeasuredSourceKnowsValuesUpToItsTime(t *testing.T) {
	x := steady(t)
	require.NoError(t, x.Validate())
	day := scenario.Grid{Start: monday.AddDate(0, 0, 9), Step: 6 * time.Hour, Steps: 4}
	known := func(at time.Time, grid scenario.Grid, n int) *scenario.Set {
		set, err := x.Known(t.Context(), at, grid, n)
		require.NoError(t, err)
		return set
	}
	gate := known(day.Start.Add(-6*time.Hour), day, 1)
	assert.Equal(t, []float64{10, 10, 10, 10}, gate.Path("wind", 0))
	assert.Equal(t, []float64{36, 37, 38, 39}, gate.Path("price", 0))

	// The errors of 36 steps, +2 +2 −2 −2 …, have mean 0, squares of 4, and
	// products of neighbours +4 and −4 in turn: 18 positive and 17 negative
	// ones of 35. The lag-one correlation is (18 − 17)/36 per step. The error
	// of 4 in the first step is expected to leave 4/36, then 4/36².
	set := known(day.Start, day, 1)
	r := 1. / 36
	assert.InDeltaSlice(t, []float64{14, 10 + 4*r, 10 + 4*r*r, 10 + 4*r*r*r}, set.Path("wind", 0), 1e-9)
	assert.InDeltaSlice(t, []float64{14, 14, 14, 10 + 4*r}, known(day.Time(2), day, 1).Path("wind", 0), 1e-9)
	assert.Equal(t, []float64{14, 14, 14, 14}, known(day.Time(4), day, 1).Path("wind", 0))
	assert.InDeltaSlice(t, []float64{14, 10 + 4*r}, known(day.Time(2), day.Window(2, 4), 1).Path("wind", 0), 1e-9)

	// A late value is known a step later.
	x = steady(t)
	x.Series[0].Late = true
	assert.InDeltaSlice(t, []float64{14, 14, 10 + 4*r, 10 + 4*r*r}, known(day.Time(2), day, 1).Path("wind", 0), 1e-9)

	// All scenarios have the known values, and different later ones within the
	// capacity.
	set = known(day.Time(2), day, 5)
	require.Equal(t, 5, set.Len())
	for s := range set.Len() {
		assert.Equal(t, 14., set.At("wind", s, 1))
		assert.LessOrEqual(t, set.At("wind", s, 3), 20.)
		assert.Equal(t, 39., set.At("price", s, 3))
	}
	assert.NotEqual(t, set.At("wind", 0, 3), set.At("wind", 1, 3))
}

// The gate of the tenth day closes in the last step of the ninth. A late value
// of this step is not known then, and must not change scenarios; the value of
// the step before does.
func TestALateValueIsNotLearnedAtTheGate(t *testing.T) {
	day := scenario.Grid{Start: monday.AddDate(0, 0, 9), Step: 6 * time.Hour, Steps: 4}
	scenarios := func(late bool, step int, by float64) [][]float64 {
		x := steady(t)
		x.Series[0].Late = late
		actual := slices.Clone(x.Table.Column("y"))
		actual[step] += by
		var err error
		x.Table, err = scenario.NewTable(x.Table.Grid(), scenario.Column{Name: "f", Unit: "MW", Values: x.Table.Column("f")},
			scenario.Column{Name: "y", Unit: "MW", Values: actual}, scenario.Column{Name: "p", Unit: "CNY/MWh", Values: x.Table.Column("p")})
		require.NoError(t, err)
		set, err := x.Known(t.Context(), day.Start.Add(-6*time.Hour), day, 5)
		require.NoError(t, err)
		out := make([][]float64, set.Len())
		for s := range out {
			out[s] = append([]float64{set.Probability(s)}, set.Path("wind", s)...)
		}
		return out
	}
	assert.Equal(t, scenarios(true, 35, 0), scenarios(true, 35, 7))
	assert.NotEqual(t, scenarios(true, 34, 0), scenarios(true, 34, 7))
	assert.NotEqual(t, scenarios(false, 35, 0), scenarios(false, 35, 7))
}

// Errors alternate between days and are constant within each, so that they are
// persistent. A load of 5 MW that turns out to be 0.5 MW would leave a load of
// 1 MW below 0, without a capacity either. A price of −4 stays below 0.
func TestACorrectionMakesNoLoadNegative(t *testing.T) {
	x := steady(t)
	forecast := []float64{5, 1, 1, -4}
	var f, y []float64
	for k := range x.Table.Grid().Steps {
		f = append(f, forecast[k%4])
		y = append(y, forecast[k%4]-4.5*math.Pow(-1, float64(k/4+1)))
	}
	var err error
	x.Table, err = scenario.NewTable(x.Table.Grid(), scenario.Column{Name: "f", Unit: "MW", Values: f}, scenario.Column{Name: "y", Unit: "MW", Values: y})
	require.NoError(t, err)
	x.Series = []operate.Series{{MeasuredSeries: scenario.MeasuredSeries{Name: "load", Unit: "MW", ForecastColumn: "f", Sigma: 0.1}, Realised: "y"}}
	day := scenario.Grid{Start: monday.AddDate(0, 0, 8), Step: 6 * time.Hour, Steps: 4}
	set, err := x.Known(t.Context(), day.Start, day, 1)
	require.NoError(t, err)
	path := set.Path("load", 0)
	assert.Equal(t, 9.5, path[0])
	day.Start = day.Start.AddDate(0, 0, 1)
	set, err = x.Known(t.Context(), day.Start, day, 1)
	require.NoError(t, err)
	path = set.Path("load", 0)
	assert.Equal(t, []float64{0.5, 0, 0}, path[:3])
	assert.Equal(t, -4., path[3])
}

func TestAMeasuredSourceKnowsNoDayBeforeItsGate(t *testing.T) {
	x := steady(t)
	day := scenario.Grid{Start: monday.AddDate(0, 0, 9), Step: 6 * time.Hour, Steps: 4}
	_, err := x.Known(t.Context(), day.Start.Add(-7*time.Hour), day, 1)
	require.ErrorContains(t, err, "are known from 2031-03-18 18:00:00 on")
	_, err = x.Known(t.Context(), day.Start, scenario.Grid{Start: day.Time(2), Step: 6 * time.Hour, Steps: 3}, 1)
	require.ErrorContains(t, err, "not inside one day")
	x.Series[0].ForecastColumn = "absent"
	require.ErrorContains(t, x.Validate(), `wants the column "absent"`)
}

// No sun is forecast after the third step, so that an error of the morning adds
// none to it.
func TestAnErrorAddsNoSunToTheNight(t *testing.T) {
	x := steady(t)
	grid := x.Table.Grid()
	values := func(of func(k int) float64) []float64 {
		out := make([]float64, grid.Steps)
		for k := range out {
			out[k] = of(k)
		}
		return out
	}
	// The error of each day is constant, and errors alternate between days:
	// persistent errors.
	sun := []float64{0, 8, 4, 0}
	table, err := scenario.NewTable(grid, scenario.Column{Name: "f", Unit: "MW", Values: values(func(k int) float64 { return sun[k%4] })},
		scenario.Column{Name: "y", Unit: "MW", Values: values(func(k int) float64 { return sun[k%4] * (1 + 0.5*math.Pow(-1, float64(k/4))) })},
		scenario.Column{Name: "p", Unit: "CNY/MWh", Values: values(func(int) float64 { return 1 })})
	require.NoError(t, err)
	x.Table = table
	day := scenario.Grid{Start: monday.AddDate(0, 0, 9), Step: 6 * time.Hour, Steps: 4}
	set, err := x.Known(t.Context(), day.Time(1), day, 1)
	require.NoError(t, err)
	// Errors of the nine days before are ±(0, 4, 2, 0): their mean is m = 6/36,
	// their squares are 9·20 − 36 m² = 179, and the products of neighbours 9·8
	// − 2·6 m + 35 m² = 70 + 35/36. The forecast falls to a half after the
	// error of −4.
	r := (70 + 35./36) / 179
	assert.InDeltaSlice(t, []float64{0, 4, 4 - 4*r*4/8, 0}, set.Path("wind", 0), 1e-9)
}

func TestGeneratedSeriesFollowFromTheSeed(t *testing.T) {
	season := operate.Season{Start: monday, Days: 4, Step: time.Hour}
	make := func(seed uint64) *operate.Measured {
		x, err := operate.Generated(seed, season, 10, operate.GeneratedSeries{
			Name: "wind", Unit: "MW", Capacity: optional.Of(10.), Shape: []float64{4, 8}, Weather: 0.3, Sigma: 0.4, Persistence: 0.9,
		}, operate.GeneratedSeries{Name: "price", Unit: "CNY/MWh", Shape: []float64{50}})
		require.NoError(t, err)
		return x
	}
	x, y, z := make(1), make(1), make(2)
	assert.Equal(t, x.Table.Column("wind_actual"), y.Table.Column("wind_actual"))
	assert.NotEqual(t, x.Table.Column("wind_actual"), z.Table.Column("wind_actual"))
	assert.Equal(t, 14*24, x.Table.Grid().Steps)
	assert.False(t, x.Table.Has("price_actual"))
	for k, v := range x.Table.Column("wind_actual") {
		require.True(t, v >= 0 && v <= 10, "step %d: %v", k, v)
	}
	_, err := operate.Generated(1, season, 2, operate.GeneratedSeries{Name: "wind", Persistence: 1})
	for _, reason := range []string{"2 days of history", "no Shape", "Persistence"} {
		require.ErrorContains(t, err, reason)
	}
}

func TestASeasonFollowsTheClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	s := operate.Season{Start: time.Date(2031, 3, 29, 0, 0, 0, 0, berlin), Days: 3, Step: time.Hour}
	assert.Equal(t, []int{24, 23, 24}, []int{s.Grid(0).Steps, s.Grid(1).Steps, s.Grid(2).Steps})
	assert.Equal(t, 23, s.Gate(1).Hour())
	// Clocks in Cairo skip the first hour of the 26th, and those in Havana that
	// of 10 March.
	for zone, day := range map[string]int{"Africa/Cairo": 26 + 31, "America/Havana": 10} {
		at, err := time.LoadLocation(zone)
		require.NoError(t, err)
		s = operate.Season{Start: time.Date(2024, 3, day-1, 0, 0, 0, 0, at), Days: 3, Step: 30 * time.Minute}
		assert.Equal(t, []int{48, 46, 48}, []int{s.Grid(0).Steps, s.Grid(1).Steps, s.Grid(2).Steps}, zone)
		assert.Equal(t, "01:00", s.Grid(1).Start.Format("15:04"), zone)
		source, err := operate.Generated(1, s, 3, operate.GeneratedSeries{Name: "load", Unit: "MW", Shape: []float64{1, 2}, Sigma: 0.1})
		require.NoError(t, err)
		for d := range 3 {
			set, err := source.Known(t.Context(), s.Gate(d), s.Grid(d), 2)
			require.NoError(t, err, "%s, day %d", zone, d)
			assert.Equal(t, s.Grid(d).Steps, set.Steps())
		}
	}
	err = operate.Season{Step: time.Hour, Start: monday.Add(12 * time.Hour), Days: 1}.Validate()
	require.ErrorContains(t, err, "Start is 2031-03-10 12:00:00, want the beginning of a day, 2031-03-10 00:00:00")
	err = operate.Season{Step: 7 * time.Hour, Start: monday, Days: 1}.Validate()
	for _, reason := range []string{"Source is nil", "Region is nil", "does not divide"} {
		require.ErrorContains(t, err, reason)
	}
}

// A season that ends after its series is rejected before its first day, and not
// on the day that has no values.
func TestASeasonLiesInItsSeries(t *testing.T) {
	season, choices := month(t, 2, false)
	season.Days = 3
	_, err := operate.Run(t.Context(), season, operate.Options{Choices: choices, Solver: testsolver.New(t), NoLedger: true})
	require.EqualError(t, err, "operate: season: it lasts from 2031-03-10 00:00:00 to 2031-03-13 00:00:00, "+
		"and its series from 2031-02-28 00:00:00 to 2031-03-12 00:00:00; change Start or Days, or give longer series")
}
