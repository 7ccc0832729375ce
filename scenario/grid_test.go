package scenario_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario"
)

var eightPast = time.Date(2031, 3, 10, 10, 8, 0, 0, time.UTC)

// A plan from 10:08 on has steps of 7, 15, 15 and 30 minutes.
func partial() scenario.Grid {
	return scenario.GridOf(eightPast, 7*time.Minute, 15*time.Minute, 15*time.Minute, 30*time.Minute)
}

func TestGridOfUnequalSteps(t *testing.T) {
	g := partial()
	require.NoError(t, g.Validate())
	for step, want := range []string{"10:08", "10:15", "10:30", "10:45", "11:15"} {
		assert.Equal(t, want, g.Time(step).Format("15:04"))
	}
	assert.Equal(t, "10:01", g.Time(-1).Format("15:04"), "steps before have the length of the first")
	assert.Equal(t, "12:15", g.Time(6).Format("15:04"), "steps after have the length of the last")
	assert.InDelta(t, 7.0/60, g.HoursAt(0), 1e-15)
	assert.Equal(t, 0.5, g.HoursAt(3))
	assert.InDelta(t, 37.0/60, g.HoursTo(3), 1e-15)
	assert.Equal(t, "4 steps of 0.1167 to 0.5 h", g.String())

	equal := g.Window(1, 3)
	step, ok := equal.EqualSteps()
	assert.True(t, ok)
	assert.Equal(t, 15*time.Minute, step)
	assert.Nil(t, equal.Lengths)
	assert.Equal(t, scenario.Grid{Start: equal.Start, Step: 15 * time.Minute, Steps: 2}, equal)
	assert.True(t, g.Window(0, 2).SameSteps(scenario.GridOf(time.Time{}, 7*time.Minute, 15*time.Minute)))
	assert.False(t, g.Equal(equal))
}

func TestEqualLengthsAreTheGridWithOneStep(t *testing.T) {
	listed := scenario.GridOf(eightPast, time.Hour, time.Hour, time.Hour)
	assert.Equal(t, scenario.Grid{Start: eightPast, Step: time.Hour, Steps: 3}, listed)
	stated := scenario.Grid{Start: eightPast, Steps: 3, Lengths: []time.Duration{time.Hour, time.Hour, time.Hour}}
	require.NoError(t, stated.Validate())
	assert.Equal(t, 1.0, stated.Hours())
	assert.Equal(t, listed, scenario.Single(stated).Grid(), "a set states one step")
}

func TestGridRejectsLengthsThatDoNotFit(t *testing.T) {
	g := scenario.Grid{Step: time.Hour, Steps: 3, Lengths: []time.Duration{time.Hour, 0}}
	err := g.Validate()
	assert.ErrorContains(t, err, "has the Step 1h0m0s and Lengths, want one of them")
	assert.ErrorContains(t, err, "has 2 Lengths for 3 steps, want one each")
	assert.ErrorContains(t, err, "step 1 is 0s, want a positive duration")
	assert.Error(t, scenario.Grid{Steps: 0, Lengths: []time.Duration{}}.Validate())
}

func TestHoursOfUnequalStepsPanicsByName(t *testing.T) {
	want := (&scenario.UnequalSteps{Grid: partial()}).Error()
	assert.Contains(t, want, "steps of equal length are needed, the grid has 4 steps of 0.1167 to 0.5 h; read HoursAt(t)")
	assert.PanicsWithError(t, want, func() { partial().Hours() })
	assert.PanicsWithError(t, want, func() { scenario.Single(partial()).Hours() })
}

// Quarter-hours from 10:00: power 4, 8, 6, 2, 2, 2 MW, energy 1, 2, 3, 4, 4, 4
// MWh. By hand: from 10:08 to 10:15 power is 4 MW and the energy 7/15 of 1 MWh;
// from 10:45 to 11:15 it is 2 MW and 8 MWh; 10:00 to 10:30 in one step is 6 MW
// and 3 MWh.
func quarterTable(t *testing.T) *scenario.Table {
	table, err := scenario.NewTable(scenario.Grid{Start: eightPast.Add(-8 * time.Minute), Step: 15 * time.Minute, Steps: 6},
		scenario.Column{Name: "power", Unit: "MW", Values: []float64{4, 8, 6, 2, 2, 2}},
		scenario.Column{Name: "price", Unit: "currency/MWh", Values: []float64{40, 80, 60, 20, 20, 20}},
		scenario.Column{Name: "energy", Unit: "MWh", Values: []float64{1, 2, 3, 4, 4, 4}})
	require.NoError(t, err)
	return table
}

func TestTableOntoUnequalSteps(t *testing.T) {
	table := quarterTable(t)
	got, err := table.Onto(partial())
	require.NoError(t, err)
	assert.Equal(t, []float64{4, 8, 6, 2}, got.Column("power"))
	assert.Equal(t, []float64{40, 80, 60, 20}, got.Column("price"))
	assert.InDeltaSlice(t, []float64{7.0 / 15, 2, 3, 8}, got.Column("energy"), 1e-12)
	assert.Equal(t, partial(), got.Grid())

	merged, err := table.Onto(scenario.GridOf(table.Grid().Start, 30*time.Minute, 20*time.Minute, 25*time.Minute))
	require.NoError(t, err)
	// 10:30 to 10:50 is 15 minutes of 6 MW and 5 of 2 MW.
	assert.InDeltaSlice(t, []float64{6, 5, 2}, merged.Column("power"), 1e-12)
	assert.InDeltaSlice(t, []float64{3, 3 + 4.0/3, 4*2.0/3 + 4}, merged.Column("energy"), 1e-12)

	_, err = table.Onto(scenario.GridOf(table.Grid().Start, time.Hour, time.Hour))
	assert.ErrorContains(t, err, "a grid from 2031-03-10T10:00:00Z to 2031-03-10T12:00:00Z is not inside the series")
	same, err := table.Onto(table.Grid())
	require.NoError(t, err)
	assert.Equal(t, table, same)
}

// On longer equal steps Onto and Resample are the same rule.
func TestOntoEqualsResample(t *testing.T) {
	table := quarterTable(t)
	long, err := table.Resample(30*time.Minute, table.Grid().Start)
	require.NoError(t, err)
	onto, err := table.Onto(long.Grid())
	require.NoError(t, err)
	for _, name := range table.Names() {
		assert.InDeltaSlice(t, long.Column(name), onto.Column(name), 1e-12, name)
	}
}

func TestTablesOfUnequalStepsAreNotCutByLength(t *testing.T) {
	got, err := quarterTable(t).Onto(partial())
	require.NoError(t, err)
	for _, err := range []error{
		second(got.Window(eightPast, 1)), second(got.Resample(time.Hour, eightPast)), second(got.Day(2031, 3, 10)),
	} {
		var unequal *scenario.UnequalSteps
		assert.ErrorAs(t, err, &unequal)
	}
}

func second(_ *scenario.Table, err error) error { return err }

func TestSetOntoKeepsForecastsAndScenarios(t *testing.T) {
	set, err := scenario.New(scenario.Grid{Start: eightPast.Add(-8 * time.Minute), Step: 15 * time.Minute, Steps: 2}, []float64{0.25, 0.75})
	require.NoError(t, err)
	require.NoError(t, set.Add("wind", "MW", [][]float64{{1, 4}, {5, 8}}))
	require.NoError(t, set.AddForecast("load", "MW", []float64{2, 3}))
	got, err := set.Onto(scenario.GridOf(eightPast, 12*time.Minute, 10*time.Minute))
	require.NoError(t, err)
	// 10:08 to 10:20 is 7 minutes of the first value and 5 of the second.
	assert.InDelta(t, (7.0*1+5*4)/12, got.At("wind", 0, 0), 1e-12)
	assert.InDelta(t, (7.0*5+5*8)/12, got.At("wind", 1, 0), 1e-12)
	assert.Equal(t, 8.0, got.At("wind", 1, 1))
	assert.False(t, got.Varies("load"))
	assert.Equal(t, []float64{0.25, 0.75}, got.Probabilities())
	assert.Equal(t, got.Grid().Window(1, 2), got.Window(1, 2).Grid())
}

// Persistence 0.81 per hour over steps of 30, 60 and 90 minutes: their middles
// are at 15, 60 and 135 minutes, so that the correlations are 0.81^0.75, 0.81^2
// and 0.81^1.25.
func TestCorrelationFollowsTheTimeBetweenSteps(t *testing.T) {
	layout := scenario.Layout{Series: 1, Steps: 3, Lengths: []float64{0.5, 1, 1.5}}
	r, err := scenario.AutoRegressive{Persistence: []float64{0.81}}.Correlation(layout)
	require.NoError(t, err)
	assert.InDelta(t, 0.853814968, r.At(0, 1), 1e-8)
	assert.InDelta(t, 0.6561, r.At(0, 2), 1e-12)
	assert.InDelta(t, 0.768433471, r.At(1, 2), 1e-8)
}

func TestMeasuredOnUnequalSteps(t *testing.T) {
	table := quarterTable(t)
	grid := partial()
	got, err := scenario.Measured(table, grid, scenario.MeasuredOptions{},
		scenario.MeasuredSeries{Name: "wind", Unit: "MW", ForecastColumn: "power", Sigma: 0.1})
	require.NoError(t, err)
	require.Len(t, got.Series, 1)
	require.Len(t, got.Series[0].Marginals, 4)
	made, err := scenario.Generate(t.Context(), scenario.Spec{Grid: grid, Series: got.Series, Copula: got.Copula, Samples: 50, Scenarios: 3}, rand.NewPCG(1, 2))
	require.NoError(t, err)
	assert.Equal(t, grid, made.Set.Grid())

	_, err = scenario.Measured(table, grid, scenario.MeasuredOptions{},
		scenario.MeasuredSeries{Name: "wind", Unit: "MW", ForecastColumn: "power", ActualColumn: "power", Sigma: 0.1})
	assert.ErrorContains(t, err, `series "wind" learns its errors per step of equal length, and the grid has 4 steps of 0.1167 to 0.5 h`)
}

// Two scenarios of 1 and 3 MW in steps of one and two hours against one of 2
// MW: the energies of 3 and 9 MWh deviate by 3 MWh. With the first step alone
// in common, 1 and 3 MW for an hour and 2 MW after it, the deviation is 1 MWh,
// so a third of it is kept.
func TestEnergySpreadCountsTheHoursOfSteps(t *testing.T) {
	grid := scenario.GridOf(time.Time{}, time.Hour, 2*time.Hour)
	set := func(paths ...[]float64) *scenario.Set {
		s, err := scenario.New(grid, scenario.Equal(len(paths)))
		require.NoError(t, err)
		require.NoError(t, s.Add("wind", "MW", paths))
		return s
	}
	q, err := scenario.Compare(set([]float64{1, 1}, []float64{3, 3}), set([]float64{1, 2}, []float64{3, 2}))
	require.NoError(t, err)
	assert.InDelta(t, 1.0/3, q.Series[0].EnergySpread, 1e-12)
}
