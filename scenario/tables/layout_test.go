package tables_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario/tables"
)

// eur is the rule of files whose columns are prices without a unit in the name.
var eur = []tables.UnitRule{{Columns: "*", Unit: "EUR/MWh"}}

// files are the layouts of the files in testdata, whose numbers are invented.
// Each expected reading was made by a program in another language with its own
// database of zones, from instants in UTC.
var files = map[string]tables.Layout{
	"smard_de":     {Name: "smard"},
	"smard_en":     {Name: "smard"},
	"smard_split":  {Name: "smard"},
	"entsoe_dots":  {Name: "entsoe"},
	"entsoe_marks": {Name: "entsoe"},
	"entsoe_types": {Name: "entsoe"},
	"entsoe_cet":   {Name: "entsoe"},
	"opsd":         {Name: "opsd"},
	"opsd_multi":   {Name: "opsd"},
	"rts_gmlc":     {Name: "rts_gmlc"},
	"rts_across":   {Name: "rts_gmlc"},

	"pandas_offset": {Name: "pandas"},
	"pandas_named":  {Name: "pandas"},
	"pandas_levels": {Name: "pandas"},
	"pandas_column": {Name: "pandas"},
	"aemo_records":  {Name: "aemo"},
	"aemo_demand":   {Name: "aemo"},

	"ercot_autumn": {
		Time: tables.Time{Date: "Delivery Date", Clock: "Hour Ending", Marks: tables.End, Order: "mdy", Zone: "America/Chicago"},
		Keys: []string{"Settlement Point"},
	},
	"ercot_spring": {
		Time: tables.Time{Date: "Delivery Date", Clock: "Hour Ending", Marks: tables.End, Order: "mdy", Zone: "America/Chicago"},
		Keys: []string{"Settlement Point"},
	},
	"epex":          {Time: tables.Time{Date: "Delivery day", Zone: "Europe/Berlin"}, Across: "price", Units: eur},
	"elexon_spring": {Time: tables.Time{Date: "SETTLEMENT_DATE", Period: "SETTLEMENT_PERIOD", Zone: "Europe/London"}},
	"elexon_autumn": {Time: tables.Time{Date: "SETTLEMENT_DATE", Period: "SETTLEMENT_PERIOD", Zone: "Europe/London"}},
	"nordpool":      {Time: tables.Time{Date: "#1", Clock: "Hours", Zone: "Europe/Oslo"}, Units: eur},
	"omie": {
		Time:    tables.Time{Year: "#1", Month: "#2", Day: "#3", Period: "#4", Zone: "Europe/Madrid"},
		Columns: []tables.Column{{Name: "price", From: "#5", Unit: "EUR/MWh"}},
	},
	"pjm":   {Time: tables.Time{Stamp: "datetime_beginning_utc", Order: "mdy"}},
	"meter": {Time: tables.Time{Date: "Datum", Clock: "Uhrzeit", Marks: tables.End, Zone: "Europe/Berlin"}},
}

func open(t *testing.T, name string) *os.File {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name+".csv"))
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	return file
}

func TestLayoutTestdataEqualsItsExpectedReading(t *testing.T) {
	for name, l := range files {
		t.Run(name, func(t *testing.T) {
			l.Gaps.Fill = tables.Leave
			got, err := tables.Read(open(t, name), l)
			require.NoError(t, err)
			want := expected(t, filepath.Join("testdata", name+".expected.csv"))
			columns := map[string]string{}
			for _, column := range want[0][1:] {
				columns[column] = column
			}
			requireReading(t, want, got, columns)
			assert.Len(t, got.Series, len(columns), "no further series")
		})
	}
	all, err := filepath.Glob("testdata/*.expected.csv")
	require.NoError(t, err)
	require.Len(t, all, len(files), "each file has a layout")
}

// A guess for a named layout is that name. Further lines at the start and a
// byte-order mark do not change it.
func TestLayoutIsGuessed(t *testing.T) {
	for name, l := range files {
		guess, err := tables.Guess(open(t, name))
		if name == "omie" { // no header
			require.ErrorContains(t, err, "state Time")
			continue
		}
		require.NoError(t, err, name)
		if l.Name != "" && name != "pandas_column" {
			assert.Equal(t, tables.Layout{Name: l.Name}, guess, name)
			continue
		}
		if name == "pjm" || name == "pandas_column" {
			continue // the time is in the first or second column, which is pandas as well
		}
		want := l.Time
		want.Zone, want.Order = guess.Time.Zone, guess.Time.Order // not guessed
		if want.Clock != "Hour Ending" && want.Clock != "Uhrzeit" {
			want.Marks = guess.Time.Marks
		}
		assert.Equal(t, want, guess.Time, name)
		assert.Equal(t, l.Keys, guess.Keys, name)
		assert.Equal(t, l.Across != "", guess.Across != "", name)
	}
}

func TestLayoutGuessShowsTheFirstThreeReadings(t *testing.T) {
	var out strings.Builder
	require.NoError(t, tables.WriteGuess(&out, open(t, "smard_de"), tables.Layout{Name: "smard"}))
	for _, want := range []string{
		`separator  ';'`, `decimal    ','`, "zone       Europe/Berlin", "step       15m0s",
		"2025-03-29T23:00:00Z  Netzlast = 6000 MW  Deutschland/Luxemburg = 80 EUR/MWh",
		"2025-03-29T23:15:00Z", "2025-03-29T23:30:00Z",
	} {
		assert.Contains(t, out.String(), want)
	}
	assert.NotContains(t, out.String(), "2025-03-29T23:45:00Z")

	out.Reset()
	require.NoError(t, tables.WriteGuess(&out, strings.NewReader("time,a\n03/04/2024 00:00,1\n03/04/2024 01:00,2\n"),
		tables.Layout{Time: tables.Time{Stamp: "time"}}))
	assert.Contains(t, out.String(), "does not read the file")
	assert.Contains(t, out.String(), "state the order dmy or mdy")

	out.Reset()
	require.NoError(t, tables.WriteGuess(&out, open(t, "elexon_spring"),
		tables.Layout{Time: tables.Time{Date: "SETTLEMENT_DATE", Period: "SETTLEMENT_PERIOD"}}))
	assert.Contains(t, out.String(), "Assumed: the file names no zone; its times are read as UTC.")
}

func TestLayoutColumnsAreChosenByEachOfTheirNames(t *testing.T) {
	for _, from := range []string{"NETZLAST", "Netzlast", "Netzlast [MWh] Originalauflösungen", "#3"} {
		got, err := tables.Read(open(t, "smard_de"), tables.Layout{Name: "smard", Columns: []tables.Column{{Name: "load", From: from}}})
		require.NoError(t, err, "gaps of other columns do not matter")
		require.Len(t, got.Series, 1)
		assert.Equal(t, "load", got.Series[0].Name)
		assert.Equal(t, 6000.0, got.Series[0].Values[0])
	}
	for _, from := range []string{"TAS1.RRP", "tas1.dregion.rrp"} {
		got, err := tables.Read(open(t, "aemo_records"), tables.Layout{Name: "aemo", Columns: []tables.Column{{From: from}}})
		require.NoError(t, err)
		assert.Equal(t, from, got.Series[0].Name)
		assert.Equal(t, "AUD/MWh", got.Series[0].Unit)
	}
	for _, from := range []string{"Day-ahead Price", "BZN|XX.Day-ahead Price", "Without Sequence.Day-ahead Price (EUR/MWh)"} {
		_, err := tables.Read(open(t, "entsoe_marks"), tables.Layout{Name: "entsoe", Columns: []tables.Column{{From: from}}})
		require.NoError(t, err, from)
	}
	_, err := tables.Read(open(t, "aemo_records"), tables.Layout{Name: "aemo", Columns: []tables.Column{{From: "RRP"}, {From: "PRICE"}}})
	require.ErrorContains(t, err, `column "RRP" can be "QLD1.RRP", "TAS1.RRP"; name one of them`)
	assert.ErrorContains(t, err, `no column "PRICE"; the file has "QLD1.RRP"`)
}

func TestLayoutRecordsLinesThatAreLeftOut(t *testing.T) {
	got, err := tables.Read(open(t, "meter"), files["meter"])
	require.NoError(t, err)
	var reasons []string
	for _, s := range got.Skipped {
		reasons = append(reasons, s.Reason)
	}
	assert.Equal(t, []string{"a title above the header", "a row of units", "a line below the data", "a line below the data"}, reasons)
	assert.Equal(t, 1, got.Skipped[0].Line)

	got, err = tables.Read(open(t, "entsoe_dots"), tables.Layout{Name: "entsoe", Gaps: tables.Gaps{Fill: tables.Hold}})
	require.NoError(t, err)
	assert.Contains(t, got.Skipped, tables.Skipped{Line: 4, Reason: "a time that the local clock skips, without values"})
}

func TestLayoutFieldsReplaceThoseOfTheNamedOne(t *testing.T) {
	got, err := tables.Read(open(t, "rts_gmlc"), tables.Layout{Name: "rts_gmlc", Time: tables.Time{Zone: "UTC"}, Units: []tables.UnitRule{{Columns: "122*", Unit: "kW"}}})
	require.NoError(t, err)
	assert.Equal(t, time.Date(2020, 12, 31, 0, 0, 0, 0, time.UTC), got.Grid.Start)
	assert.InDelta(t, 0.2, got.Series[0].Values[0], 1e-12)
	assert.Equal(t, 100.0, got.Series[1].Values[0], "the other column stays in MW")
}

// A reading can be written and read again.
func TestLayoutReadingIsWrittenAsCSV(t *testing.T) {
	for name, l := range files {
		l.Gaps.Fill = tables.Leave
		first, err := tables.Read(open(t, name), l)
		require.NoError(t, err)
		var out strings.Builder
		require.NoError(t, first.WriteCSV(&out))
		second, err := tables.Read(strings.NewReader(out.String()), tables.Layout{Time: tables.Time{Stamp: "utc"}, Decimal: '.', Gaps: l.Gaps, Step: first.Grid.Step})
		require.NoError(t, err, name)
		require.Equal(t, first.Grid.Steps, second.Grid.Steps)
		require.True(t, first.Grid.Start.Equal(second.Grid.Start))
		for i, s := range first.Series {
			require.True(t, slices.EqualFunc(s.Values, second.Series[i].Values, func(a, b float64) bool { return a == b || a != a && b != b }), name)
			require.Equal(t, s.Unit, second.Series[i].Unit)
		}
	}
}
