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

// rows returns a table with the values 0, 1, 2, … in steps of the given length.
func rows(t *testing.T, start string, step time.Duration, n int, unit string) *scenario.Table {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04", start)
	require.NoError(t, err)
	var b strings.Builder
	b.WriteString("time,x\n")
	for i := range n {
		fmt.Fprintf(&b, "%s,%d\n", at.Add(time.Duration(i)*step).Format("2006-01-02T15:04"), i)
	}
	table, err := scenario.ReadCSV(strings.NewReader(b.String()), scenario.CSVOptions{Units: map[string]string{"x": unit}})
	require.NoError(t, err)
	return table
}

// Rows of one length on steps of another, by hand: power is averaged and held,
// energy summed and divided, a price averaged and held.
func TestRightStepsOfDifferentLength(t *testing.T) {
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	for _, c := range []struct {
		start, at string
		old, new  int // minutes
		n         int
		unit      string
		want      []float64
		begins    string
		fails     string
	}{
		{"2031-01-01T00:00", "2031-01-01T00:00", 15, 60, 8, "MW", []float64{1.5, 5.5}, "00:00", ""},
		{"2031-01-01T00:00", "2031-01-01T00:00", 15, 60, 8, "MWh", []float64{6, 22}, "00:00", ""},
		{"2031-01-01T00:00", "2031-01-01T00:00", 15, 60, 8, "currency/MWh", []float64{1.5, 5.5}, "00:00", ""},
		{"2031-01-01T00:00", "2031-01-01T00:00", 60, 30, 2, "MW", []float64{0, 0, 1, 1}, "00:00", ""},
		{"2031-01-01T00:00", "2031-01-01T00:00", 60, 30, 2, "MWh", []float64{0, 0, 0.5, 0.5}, "00:00", ""},
		{"2031-01-01T00:00", "2031-01-01T00:00", 60, 20, 2, "currency/MWh", []float64{0, 0, 0, 1, 1, 1}, "00:00", ""},
		// Offsets: the table begins at 00:15 or 00:45, hours count from 06:00
		// or from 00:30.
		{"2031-01-01T00:15", "2031-01-01T06:00", 15, 60, 9, "MW", []float64{4.5}, "01:00", ""},
		{"2031-01-01T00:45", "2031-01-01T06:00", 15, 60, 9, "MW", []float64{2.5, 6.5}, "01:00", ""},
		{"2031-01-01T00:00", "2031-01-01T00:30", 30, 60, 4, "MW", []float64{1.5}, "00:30", ""},
		{"2031-01-01T05:00", "2031-01-01T01:00", 30, 60, 4, "MW", []float64{0.5, 2.5}, "05:00", ""},
		{"2031-01-01T00:30", "2031-01-01T06:00", 60, 30, 2, "MW", []float64{0, 0, 1, 1}, "00:30", ""},
		{"2031-01-01T00:00", "2031-01-01T00:00", 45, 60, 8, "MW", nil, "", "neither a multiple nor a part of 1h0m0s"},
		{"2031-01-01T00:00", "2031-01-01T00:00", 60, 25, 8, "MW", nil, "", "neither a multiple nor a part of 25m0s"},
		{"2031-01-01T00:10", "2031-01-01T00:00", 15, 60, 8, "MW", nil, "", "do not begin with steps of the table"},
		{"2031-01-01T00:10", "2031-01-01T00:00", 60, 15, 8, "MW", nil, "", "do not begin with steps of the table"},
		{"2031-01-01T00:00", "2031-01-01T00:00", 15, 60, 3, "MW", nil, "", "at least one whole step"},
	} {
		what := fmt.Sprintf("%d rows of %d min from %s in %s on %d min from %s", c.n, c.old, c.start, c.unit, c.new, c.at)
		at, err := time.Parse("2006-01-02T15:04", c.at)
		require.NoError(t, err)
		got, err := rows(t, c.start, minutes(c.old), c.n, c.unit).Resample(minutes(c.new), at)
		if c.fails != "" {
			t.Logf("%s | refused | steps that do not fit | %v", what, err)
			assert.ErrorContains(t, err, c.fails)
			continue
		}
		require.NoError(t, err, what)
		t.Logf("%s | %v from %s | by hand: mean, held or summed | %v", what, c.want, c.begins, got.Column("x"))
		assert.Equal(t, c.want, got.Column("x"), what)
		assert.Equal(t, c.begins, got.Grid().Start.Format("15:04"), what)
		assert.Equal(t, minutes(c.new), got.Grid().Step)
	}
}

// The step of a file is that of its rows, in spite of a gap, which is then
// reported.
func TestRightStepOfAFile(t *testing.T) {
	assert.Equal(t, 15*time.Minute, rows(t, "2031-01-01T00:00", 15*time.Minute, 8, "").Grid().Step)
	assert.Equal(t, 24*time.Hour, rows(t, "2031-01-01T00:00", 24*time.Hour, 3, "").Grid().Step)
	assert.Equal(t, time.Hour, rows(t, "2031-01-01T00:00", time.Hour, 1, "").Grid().Step)
	_, err := scenario.ReadCSV(strings.NewReader("time,x\n2031-01-01T00:00,1\n2031-01-01T00:45,2\n2031-01-01T01:00,3\n2031-01-01T01:15,4\n"), scenario.CSVOptions{})
	t.Logf("rows at 0, 45, 60 and 75 min | the row at 45 min is late | most rows are 15 min apart | %v", err)
	assert.ErrorContains(t, err, "line 3: step begins at 2031-01-01T00:45:00Z, want 2031-01-01T00:15:00Z")
}

// A forecast of quarter-hours on an hourly grid and an hourly one on
// quarter-hours. Errors are learned on the steps of the grid.
func TestRightMeasuredSeriesOfOtherSteps(t *testing.T) {
	table := rows(t, "2031-01-01T00:00", 15*time.Minute, 10*96, "MW")
	at := time.Date(2031, 1, 6, 6, 0, 0, 0, time.UTC)
	s := scenario.MeasuredSeries{Name: "x", Unit: "MW", Capacity: optional.Of(1000), ForecastColumn: "x", ActualColumn: "x"}
	m, err := scenario.Measured(table, scenario.Grid{Start: at, Step: time.Hour, Steps: 24}, scenario.MeasuredOptions{}, s)
	require.NoError(t, err)
	require.Equal(t, scenario.Grid{Start: table.Grid().Start, Step: time.Hour, Steps: 5 * 24}, m.LearnedFrom)
	// Values rise beyond all that have been learned, so that the forecast
	// itself is read from a series without actual values.
	s.ActualColumn = ""
	for minutes, want := range map[int][]float64{
		60: {4*126 + 1.5, 4*127 + 1.5}, // hours 126 and 127
		30: {504.5, 506.5},
		15: {504, 505},
		5:  {504, 504, 504, 505},
	} {
		grid := scenario.Grid{Start: at, Step: time.Duration(minutes) * time.Minute, Steps: len(want)}
		m, err := scenario.Measured(table, grid, scenario.MeasuredOptions{}, s)
		require.NoError(t, err)
		var got []float64
		for _, x := range m.Series[0].Marginals {
			got = append(got, x.Quantile(0.5))
		}
		t.Logf("quarter-hours 0, 1, 2, … at hour 126 on steps of %d min | %v | by hand: mean or held | %v", minutes, want, got)
		assert.InDeltaSlice(t, want, got, 1e-9)
	}
	_, err = scenario.Measured(table, scenario.Grid{Start: at, Step: 25 * time.Minute, Steps: 2}, scenario.MeasuredOptions{}, s)
	assert.ErrorContains(t, err, "neither a multiple nor a part")
}

// Local hours of 27 October 2030 in Berlin, on which 02:00 comes twice, and of
// 31 March, which has none.
func TestRightLocalHoursWithoutAZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, c := range []struct {
		start time.Time
		step  time.Duration
		rows  int
	}{
		{time.Date(2030, 10, 26, 0, 0, 0, 0, berlin), time.Hour, 73},
		{time.Date(2030, 10, 27, 0, 0, 0, 0, berlin), 15 * time.Minute, 100},
		{time.Date(2030, 3, 30, 0, 0, 0, 0, berlin), time.Hour, 71},
		{time.Date(2030, 3, 31, 0, 0, 0, 0, berlin), 30 * time.Minute, 46},
	} {
		var b strings.Builder
		b.WriteString("time,x\n")
		for i := range c.rows {
			fmt.Fprintf(&b, "%s,%d\n", c.start.Add(time.Duration(i)*c.step).Format("2006-01-02T15:04"), i)
		}
		table, err := scenario.ReadCSV(strings.NewReader(b.String()), scenario.CSVOptions{Location: berlin})
		require.NoError(t, err)
		t.Logf("%d local rows of %v from %v | all rows | the clock is set forward and back | %d", c.rows, c.step, c.start, table.Grid().Steps)
		assert.Equal(t, c.rows, table.Grid().Steps)
		assert.True(t, table.Grid().Start.Equal(c.start))
		assert.Equal(t, c.step, table.Grid().Step)
	}
}
