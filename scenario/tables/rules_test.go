package tables_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario/tables"
)

// plain is the layout of a column of times and further columns.
var plain = tables.Layout{Time: tables.Time{Stamp: "time"}}

// column reads a file of hours with one series, in plain with changes.
func column(t *testing.T, header string, values []string, change func(*tables.Layout)) (*tables.Reading, error) {
	t.Helper()
	var out strings.Builder
	fmt.Fprintf(&out, "time;%s\n", header)
	for i, v := range values {
		fmt.Fprintf(&out, "2025-01-01 %02d:00;%s\n", i, v)
	}
	l := plain
	if change != nil {
		change(&l)
	}
	return tables.Read(strings.NewReader(out.String()), l)
}

func TestLayoutNumbersOfAllNotations(t *testing.T) {
	for _, c := range []struct {
		values []string
		want   []float64
	}{
		{[]string{"1.5", "-2", "+3", ".25", "1e3", "2.5E-1"}, []float64{1.5, -2, 3, 0.25, 1000, 0.25}},
		{[]string{"1.234,5", "1.234", "-0,25"}, []float64{1234.5, 1234, -0.25}},
		{[]string{"1,234.5", "1,234", "−0.25"}, []float64{1234.5, 1234, -0.25}},
		{[]string{"1.234.567", "1.234"}, []float64{1234567, 1234}},
		{[]string{"1\u00a0234,5", "12\u202f345\u202f678,25", "1 234"}, []float64{1234.5, 12345678.25, 1234}},
		{[]string{"1'234.5", "1’234’567"}, []float64{1234.5, 1234567}},
		{[]string{"$1,234.50", "-$5.25", "€3.00"}, []float64{1234.5, -5.25, 3}},
		{[]string{"0.123", "4.567"}, []float64{0.123, 4.567}}, // 0.123 is no group of thousands
		{[]string{"1000", "2000"}, []float64{1000, 2000}},
		{[]string{"1.25e+3", "4.567"}, []float64{1250, 4.567}},
	} {
		got, err := column(t, "v", c.values, nil)
		require.NoError(t, err, "%q", c.values)
		assert.Equal(t, c.want, got.Series[0].Values, "%q", c.values)
	}
}

func TestLayoutDecimalMarkThatIsOpenIsRefused(t *testing.T) {
	for _, values := range [][]string{{"1.234", "2.345"}, {"1,234", "999"}} {
		_, err := column(t, "v", values, nil)
		require.ErrorContains(t, err, `line 2, column 2 "v": `)
		require.ErrorContains(t, err, "can be 1234 or 1.234, and no other number decides; state the decimal mark")
	}
	got, err := column(t, "v", []string{"1.234", "2.345"}, func(l *tables.Layout) { l.Decimal = '.' })
	require.NoError(t, err)
	assert.Equal(t, []float64{1.234, 2.345}, got.Series[0].Values)
	got, err = column(t, "v", []string{"1.234", "2.345"}, func(l *tables.Layout) { l.Decimal, l.Thousands = ',', '.' })
	require.NoError(t, err)
	assert.Equal(t, []float64{1234, 2345}, got.Series[0].Values)
}

func TestLayoutUnitsAreConverted(t *testing.T) {
	for _, c := range []struct {
		header, unit string
		want         float64 // of 500 in steps of an hour
	}{
		{"v", "", 500},
		{"v [kW]", "MW", 0.5},
		{"v (MW)", "MW", 500},
		{"v_gw", "MW", 500000},
		{"v [kWh]", "MW", 0.5},
		{"v in MWh", "MW", 500},
		{"load_w", "MW", 0.0005},
		{"node_w", "", 500},
		{"v [EUR/MWh]", "EUR/MWh", 500},
		{"v [€/MWh] Originalauflösungen", "EUR/MWh", 500},
		{"v (EUR / kWh)", "EUR/MWh", 500000},
		{"v [ct/kWh]", "currency/MWh", 5000},
		{"v (p/kWh)", "GBP/MWh", 5000},
		{"price_eur_mwh", "EUR/MWh", 500},
		{"price_per_mwh", "currency/MWh", 500},
		{"LBMP ($/MWHr)", "$/MWh", 500},
		{"v [MWh/h]", "MW", 500},
		{"temperature [°C]", "°C", 500},
		{"v (planned)", "", 500},
	} {
		got, err := column(t, c.header, []string{"500", "500"}, nil)
		require.NoError(t, err)
		assert.InDelta(t, c.want, got.Series[0].Values[0], 1e-9, c.header)
		assert.Equal(t, c.unit, got.Series[0].Unit, c.header)
	}
	// Energy of quarter hours is four times as much power, unless it stays
	// energy.
	const quarters = "time,v [kWh]\n2025-01-01 00:00,500\n2025-01-01 00:15,500\n"
	got, err := tables.Read(strings.NewReader(quarters), plain)
	require.NoError(t, err)
	assert.Equal(t, []float64{2, 2}, got.Series[0].Values)
	energy := plain
	energy.Columns = []tables.Column{{From: "v", As: "MWh"}}
	got, err = tables.Read(strings.NewReader(quarters), energy)
	require.NoError(t, err)
	assert.Equal(t, []float64{0.5, 0.5}, got.Series[0].Values)
	assert.Equal(t, "MWh", got.Series[0].Unit)
}

func TestLayoutResamplesByQuantity(t *testing.T) {
	const file = "time,p [MW],e [MWh],c [EUR/MWh],x\n" +
		"2025-01-01 00:45,9,9,9,9\n" + // part of the hour before
		"2025-01-01 01:00,1,1,10,1\n2025-01-01 01:15,2,2,20,2\n2025-01-01 01:30,3,3,30,3\n2025-01-01 01:45,6,6,40,6\n" +
		"2025-01-01 02:00,1,1,1,1\n2025-01-01 02:15,1,1,1,1\n2025-01-01 02:30,1,1,1,1\n2025-01-01 02:45,1,1,1,5\n" +
		"2025-01-01 03:00,8,8,8,8\n" // part of the next hour
	l := plain
	l.Columns = []tables.Column{
		{From: "p"},
		{Name: "power", From: "e"},
		{From: "e", As: "MWh"},
		{From: "c"},
		{Name: "held", From: "c", Resample: tables.First},
		{From: "x", Resample: tables.Sum},
	}
	l.Resample = time.Hour
	got, err := tables.Read(strings.NewReader(file), l)
	require.NoError(t, err)
	assert.Equal(t, time.Date(2025, 1, 1, 1, 0, 0, 0, time.UTC), got.Grid.Start.UTC())
	for i, want := range [][]float64{{3, 1}, {12, 4}, {12, 4}, {25, 1}, {10, 1}, {12, 8}} {
		assert.Equal(t, want, got.Series[i].Values, got.Series[i].Name)
	}
	assert.Len(t, got.Skipped, 2, "both parts of hours")

	l.Resample = 5 * time.Minute
	got, err = tables.Read(strings.NewReader(file), l)
	require.NoError(t, err)
	require.Equal(t, 30, got.Grid.Steps)
	for i, want := range []float64{2, 8, 2.0 / 3, 20, 20, 2.0 / 3} {
		for _, v := range got.Series[i].Values[6:9] { // 01:15
			assert.InDelta(t, want, v, 1e-12, got.Series[i].Name)
		}
	}

	l.Columns[5].Resample = tables.ByQuantity
	_, err = tables.Read(strings.NewReader(file), l)
	require.ErrorContains(t, err, `line 1, column 5 "x": the unit "" leaves open how values combine; state a unit such as MW, or how to resample: average, sum or first`)
	l.Columns, l.Resample = l.Columns[:1], 7*time.Minute
	_, err = tables.Read(strings.NewReader(file), l)
	require.ErrorContains(t, err, "steps of 15m0s cannot become steps of 7m0s")
}

// A gap of two values in "a", one of a step without line, and one at the end.
const gappy = "time,a,b\n2025-01-01 00:00,1,10\n2025-01-01 01:00,-,20\n2025-01-01 02:00,n/e,30\n2025-01-01 03:00,7,40\n" +
	"2025-01-01 05:00,9,60\n2025-01-01 06:00,,70\n"

func TestLayoutGapsAreFilledAndRecorded(t *testing.T) {
	l := plain
	l.Gaps.Fill = tables.Hold
	got, err := tables.Read(strings.NewReader(gappy), l)
	require.NoError(t, err)
	assert.Equal(t, []float64{1, 1, 1, 7, 7, 9, 9}, got.Series[0].Values)
	assert.Equal(t, []float64{10, 20, 30, 40, 40, 60, 70}, got.Series[1].Values)
	var filled []string
	for _, f := range got.Filled {
		filled = append(filled, fmt.Sprint(f.Series, f.Step, " line ", f.Line, " = ", f.Value, f.Time.Format(" 15:04")))
	}
	assert.Equal(t, []string{
		"a1 line 3 = 1 01:00", "a2 line 4 = 1 02:00", "a4 line 0 = 7 04:00", "a6 line 7 = 9 06:00", "b4 line 0 = 40 04:00",
	}, filled)
	assert.Equal(t, []string{
		"a: 2 values filled by hold from 2025-01-01T01:00:00Z to 2025-01-01T03:00:00Z, line 3.",
		"a: 1 values filled by hold from 2025-01-01T04:00:00Z to 2025-01-01T05:00:00Z, without a line in the file.",
		"a: 1 values filled by hold from 2025-01-01T06:00:00Z to 2025-01-01T07:00:00Z, line 7.",
		"b: 1 values filled by hold from 2025-01-01T04:00:00Z to 2025-01-01T05:00:00Z, without a line in the file.",
	}, got.Notes())

	l.Gaps.Fill = tables.Interpolate
	l.Columns = []tables.Column{{From: "b"}}
	got, err = tables.Read(strings.NewReader(gappy), l)
	require.NoError(t, err)
	assert.Equal(t, []float64{10, 20, 30, 40, 50, 60, 70}, got.Series[0].Values)
	l.Columns = nil
	_, err = tables.Read(strings.NewReader(gappy), l)
	require.ErrorContains(t, err, `line 7, column 2 "a": a gap of 1 steps from 2025-01-01T06:00:00Z to 2025-01-01T07:00:00Z has no value behind it`)

	l.Gaps = tables.Gaps{Fill: tables.Leave}
	got, err = tables.Read(strings.NewReader(gappy), l)
	require.NoError(t, err)
	assert.True(t, math.IsNaN(got.Series[0].Values[4]))
	assert.Len(t, got.Missing, 5)
	_, err = got.Table()
	require.ErrorContains(t, err, `5 values are missing, the first of "a" at 2025-01-01T01:00:00Z`)

	l.Gaps = tables.Gaps{Fill: tables.Hold, Max: 1}
	_, err = tables.Read(strings.NewReader(gappy), l)
	require.ErrorContains(t, err, `line 3, column 2 "a": a gap of 2 steps from 2025-01-01T01:00:00Z to 2025-01-01T03:00:00Z, longer than the limit`)
	_, err = tables.Read(strings.NewReader("time,a\n2025-01-01 00:00,-\n2025-01-01 01:00,1\n"), l)
	require.ErrorContains(t, err, "has no value before it")
}

func TestLayoutInterpolatesOnALine(t *testing.T) {
	got, err := column(t, "v", []string{"1", "-", "", "NaN", "9"}, func(l *tables.Layout) { l.Gaps = tables.Gaps{Fill: tables.Interpolate, Max: 3} })
	require.NoError(t, err)
	assert.Equal(t, []float64{1, 3, 5, 7, 9}, got.Series[0].Values)
}

func TestLayoutMissingMarkersReplaceTheDefaultOnes(t *testing.T) {
	change := func(l *tables.Layout) { l.Missing, l.Gaps.Fill = []string{"-999", "Ausfall"}, tables.Leave }
	got, err := column(t, "v", []string{"1", "-999", "ausfall", ""}, change)
	require.NoError(t, err)
	assert.Len(t, got.Missing, 3)
	_, err = column(t, "v", []string{"1", "n/e"}, change)
	require.ErrorContains(t, err, `"n/e" is no finite number`)
}

func TestLayoutReadingBecomesATable(t *testing.T) {
	got, err := tables.Read(open(t, "smard_en"), tables.Layout{Name: "smard"})
	require.NoError(t, err)
	table, err := got.Table()
	require.NoError(t, err)
	assert.Equal(t, []string{"grid load"}, table.Names())
	assert.Equal(t, "MW", table.Unit("grid load"))
	assert.Equal(t, "Europe/Berlin", table.Grid().Start.Location().String())
	_, err = table.Day(2025, 10, 26)
	require.ErrorContains(t, err, "25 steps from 2025-10-26T00:00:00+02:00", "a day of 25 hours, of which the file has eight")
}

// Each violation is found with its line and column, and all of a file at once.
func TestLayoutViolationsAreReportedWithTheirPlaces(t *testing.T) {
	hours := func(rows ...string) string { return "time,a,b\n" + strings.Join(rows, "\n") + "\n" }
	berlin := tables.Layout{Time: tables.Time{Stamp: "time", Zone: "Europe/Berlin"}}
	for name, c := range map[string]struct {
		file string
		l    tables.Layout
		want []string
	}{
		"several at once": {
			hours("2025-01-01 00:00,1,2", "yesterday,2,3", "2025-01-01 02:00,x,3", "2025-01-01 03:00,,3", "2025-01-01 03:00,9,9",
				"2025-01-01 02:30,9,9", "2025-01-01 04:20,9,9", "2025-01-01 05:00,1", "2025-01-01 06:00,1,2,3", "2025-01-01 09:00,1e999,2"),
			plain,
			[]string{
				`line 3, column 1 "time": "yesterday" is no time such as 2025-01-31 14:00`,
				"line 4: 1 steps of 1h0m0s from 2025-01-01T01:00:00Z are missing before this line",
				`line 4, column 2 "a": "x" is no finite number`,
				`line 5, column 2 "a": "", the value of 2025-01-01T03:00:00Z is missing; fill gaps by hold or interpolate`,
				`line 6, column 1 "time": "2025-01-01 03:00" comes after 2025-01-01T03:00:00Z in line 5; the step is doubled or out of order`,
				`line 7, column 1 "time": "2025-01-01 02:30" comes after 2025-01-01T03:00:00Z in line 5`,
				`line 8, column 1 "time": "2025-01-01 04:20" is 1h20m0s after the row before, want a multiple of the step, 1h0m0s`,
				"line 9: has 2 fields, want 3 as the header",
				"line 10: has 4 fields, want 3 as the header; a decimal comma in a file with commas needs quotes",
				"line 11: 5 steps of 1h0m0s from 2025-01-01T04:00:00Z are missing before this line",
				`line 11, column 2 "a": "1e999" is no finite number`,
			},
		},
		"doubled row": {
			hours("2025-01-01 00:00,1,2", "2025-01-01 01:00,1,2", "2025-01-01 01:00,1,2"), plain,
			[]string{`line 4, column 1 "time": "2025-01-01 01:00" is doubled, with the values of line 3; remove one`},
		},
		"a time that the clock skips": {
			hours("2025-03-30 01:00,1,2", "2025-03-30 02:00,1,2", "2025-03-30 03:00,1,2"), berlin,
			[]string{`line 3, column 1 "time": "2025-03-30 02:00" is skipped by the clock of Europe/Berlin, which goes forward; check the zone`},
		},
		"a wrong mark of the zone": {
			hours("2025-03-30 01:00 (CET),1,2", "2025-03-30 03:00 (CET),1,2", "2025-03-30 04:00 (CEST),1,2"), berlin,
			[]string{`line 3, column 1 "time": "2025-03-30 03:00 (CET)": the clock of Europe/Berlin does not show CET at this time`},
		},
		"an interval of another length": {
			"time,a\n2025-01-01 00:00 - 2025-01-01 01:00,1\n2025-01-01 01:00 - 2025-01-01 03:00,1\n2025-01-01 02:00 - 2025-01-01 03:00,1\n", plain,
			[]string{`line 3, column 1 "time": "2025-01-01 01:00 - 2025-01-01 03:00": the interval ends at 2025-01-01T03:00, want 2025-01-01T02:00:00Z`},
		},
		"a date that does not exist": {
			hours("2025-02-28 23:00,1,2", "2025-02-29 00:00,1,2", "2025-03-01 00:00,1,2"), plain, []string{`line 3, column 1 "time": "2025-02-29 00:00" is no time`},
		},
		"an hour that does not exist": {
			hours("2025-02-28 23:00,1,2", "2025-02-28 24:30,1,2", "2025-03-01 01:00,1,2"), plain, []string{`line 3, column 1 "time": "2025-02-28 24:30" is no time`},
		},
		"an open order of day and month": {
			hours("01/02/2025 00:00,1,2", "01/02/2025 01:00,1,2"), plain, []string{`line 2, column 1 "time": "01/02/2025 00:00" leaves open whether day or month is first`},
		},
		"two orders of day and month": {
			hours("13/02/2025 00:00,1,2", "02/14/2025 01:00,1,2"), plain, []string{`line 3, column 1 "time": "02/14/2025 01:00" contradicts the order dmy of the dates above`},
		},
		"a number in another notation": {
			"time;a\n2025-01-01 00:00;1,5\n2025-01-01 01:00;1.5\n", plain, []string{`line 3, column 2 "a": "1.5" is no finite number with the decimal mark ','`},
		},
		"a quote inside a field": {
			hours("2025-01-01 00:00,1,2", `2025-01-01 01:00,1"2,2`), plain, []string{`line 3, column 19`, "the lines below it are not read"},
		},
		"one row": {hours("2025-01-01 00:00,1,2"), plain, []string{"the times show no step; state the step"}},
		"no rows": {"time,a\n", plain, []string{"line 1: no rows with values below the header"}},
		"no numbers": {
			"time,a\n2025-01-01 00:00,x\n2025-01-01 01:00,y\n", plain, []string{"no column with numbers beside the time"},
		},
		"no header":     {"hour,a\n2025-01-01 00:00,1\n", plain, []string{`line 1: none of the first 120 lines has the time columns ["time"] with times below it; the file begins with "hour,a"; name the columns of its times`}},
		"other named":   {"hour,a\n1,1\n", tables.Layout{Name: "smard"}, []string{"none of the first 120 lines is a header of the layout smard", "try another layout of smard, entsoe"}},
		"an empty file": {" \n", plain, []string{"the file is empty"}},
		"an unknown key": {
			hours("2025-01-01 00:00,1,2"),
			tables.Layout{Time: plain.Time, Keys: []string{"region"}, Where: map[string]string{"kind": "x"}},
			[]string{`no key column "region", the header in line 1 has ["time" "a" "b"]`, `no column "kind" of Where`},
		},
		"a key that is not stated": {
			"time,region,a\n2025-01-01 00:00,N,1\n2025-01-01 00:00,S,2\n2025-01-01 01:00,N,1\n2025-01-01 01:00,S,2\n", plain,
			[]string{"line 3", "the step is doubled or out of order; is region a key?"},
		},
		"whole hours with two meanings": {
			"day,hour,a\n2025-01-01,3,1\n2025-01-01,4,1\n",
			tables.Layout{Time: tables.Time{Date: "day", Clock: "hour"}},
			[]string{"neither hour 0 nor hour 24", "state Marks: Start or End"},
		},
		"hours 0 and 24": {
			"day,hour,a\n2025-01-01,0,1\n2025-01-01,24,1\n", tables.Layout{Time: tables.Time{Date: "day", Clock: "hour"}}, []string{"has the hours 0 and 24"},
		},
		"wrong parts of times": {
			"y,m,d,p,a\n2025,13,1,1,1\n2025,1,1,0,1\n2025,1,1,24,1\n",
			tables.Layout{Time: tables.Time{Year: "y", Month: "m", Day: "d", Period: "p"}},
			[]string{`line 2, column 1 "y": year "2025", month "13" and day "1" are no date`, `line 3, column 4 "p": "0" is no number of a step in its day`},
		},
		"a mistyped year": {
			hours("2025-01-01 00:00,1,2", "2025-01-01 01:00,1,2", "2250-01-01 02:00,1,2"),
			tables.Layout{Time: plain.Time, Gaps: tables.Gaps{Fill: tables.Hold}},
			[]string{"line 4: the file has 1972299 steps of 1h0m0s from 2025-01-01T00:00:00Z to 2250-01-01T03:00:00Z, and far fewer lines"},
		},
		"a wrong clock": {
			"day,clock,quarter,a\n2025-01-01,noon,1,1\n2025-01-01,01:00,x,1\nnone,01:00,1,1\n2025-01-01,02:00,4,1\n",
			tables.Layout{Time: tables.Time{Date: "day", Clock: "clock", Interval: "quarter"}},
			[]string{
				`line 2, column 2 "clock": "noon" is no time of day`, `line 3, column 3 "quarter": "x" is no number of a step in its hour`,
				`line 4, column 1 "day": "none" is no date such as 2025-01-31`,
			},
		},
		"periods of an unknown step": {
			"day,p,a\n2025-01-01,1,1\n2025-01-01,2,1\n", tables.Layout{Time: tables.Time{Date: "day", Period: "p"}}, []string{"the largest period is 2, which leaves the length of a step open"},
		},
		"a zone that can be two": {
			"t (CET),a\n2025-07-01 00:00,1\n2025-07-01 01:00,1\n",
			tables.Layout{Time: tables.Time{Stamp: "t (CET)"}},
			[]string{`CET can mean UTC+01:00 all year or the clock of Europe/Brussels; state the zone "UTC+01:00" or "Europe/Brussels"`},
		},
		"records": {
			"D,X,Y,1,2025/01/01 00:05:00,N,1\nI,X,Y,1,SETTLEMENTDATE,REGIONID,RRP\nD,X,Z,1,2025/01/01 00:05:00,N,1\nQ,X\nD,X,Y,1,2025/01/01 00:05:00,N,1\n",
			tables.Layout{Name: "aemo", Step: 5 * time.Minute, Tables: []string{"PRICE"}},
			[]string{
				"line 1: a line of data comes before its header", "line 4, column 1: is \"Q\", want C, I or D", `no table "PRICE" with the columns of the time; the file has ["X.Y"]`,
			},
		},
		"data of another table": {
			"I,X,Y,1,SETTLEMENTDATE,REGIONID,RRP\nD,X,Z,1,2025/01/01 00:05:00,N,1\nI,X,Y,1,SETTLEMENTDATE,REGIONID\n",
			tables.Layout{Name: "aemo"},
			[]string{"line 2: data of X.Z lies below the header of X.Y", "line 3: table X.Y has 6 columns here and 7 above"},
		},
		"no periods across": {
			"day,a,b\n2025-01-01,1,2\n", tables.Layout{Across: "v", Time: tables.Time{Date: "day"}}, []string{"Across needs columns that are named by periods or hours"},
		},
		"energy of a price": {
			"time,a [EUR/MWh]\n2025-01-01 00:00,1\n2025-01-01 01:00,1\n",
			tables.Layout{Time: plain.Time, Columns: []tables.Column{{From: "a", As: "MWh"}}},
			[]string{`line 1, column 2 "a [EUR/MWh]": the unit is "EUR/MWh", want energy per step`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tables.Read(strings.NewReader(c.file), c.l)
			require.Error(t, err)
			assert.Nil(t, got)
			for _, want := range c.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}

func TestLayoutViolationsBeyondFiftyAreCounted(t *testing.T) {
	var out strings.Builder
	out.WriteString("time,a\n2025-01-01 00:00,1\n2025-01-01 01:00,1\n")
	for range 70 {
		out.WriteString("never,1\n")
	}
	out.WriteString("2025-01-01 02:00,1\n")
	_, err := tables.Read(strings.NewReader(out.String()), plain)
	require.ErrorContains(t, err, "and 20 more of the kind")
}

func TestLayoutSettingsAreValidated(t *testing.T) {
	_, err := tables.Read(strings.NewReader(""), tables.Layout{
		Name: "smart", Decimal: ';', Separator: '"', Step: -1, Resample: time.Millisecond, Gaps: tables.Gaps{Fill: 9, Max: -1},
		Time:    tables.Time{Stamp: "a", Date: "b", Year: "c", Order: "dym", Zone: "Middle/Earth", Marks: 7, Interval: "i"},
		Units:   []tables.UnitRule{{"*", "kelvins"}, {"", "kW"}},
		Columns: []tables.Column{{}, {From: "x", Unit: "furlong", As: "kW", Resample: 8}, {Name: "x", From: "y"}},
	})
	require.Error(t, err)
	for _, want := range []string{
		`Name is "smart", want one of smard, entsoe, opsd, rts_gmlc, pandas, aemo`, `Decimal is ';'`, `Separator is '"'`, "Step is -1ns", "Resample is 1ms",
		"Gaps.Max is -1", "Gaps.Fill is 9", "Time.Marks is 7", `Time.Order is "dym"`, `zone "Middle/Earth" is unknown`, "Time has 1 of Year, Month and Day",
		"Time has 3 of Stamp, Date and Year", "Time.Interval needs Clock", `Units has the unit "kelvins"`, `Units has the unit "kW" without columns`,
		"Columns[0].From is empty", `Columns[1].Unit is "furlong"`, `Columns[1].As is "kW"`, "Columns[1].Resample is 8", `Columns has two columns "x"`,
	} {
		assert.ErrorContains(t, err, want)
	}
	_, err = tables.Read(strings.NewReader("a,b\n"), tables.Layout{})
	require.ErrorContains(t, err, "Time has no columns")
}

// Files of spreadsheets: UTF-16 with tabs, Windows-1252, and quotes around
// whole lines.
func TestLayoutEncodings(t *testing.T) {
	utf16 := []byte{0xff, 0xfe}
	for _, r := range "time\tLäst [kW]\r\n2025-01-01 00:00\t1\r\n2025-01-01 01:00\t2\r\n" {
		utf16 = append(utf16, byte(r), byte(r>>8))
	}
	got, err := tables.Read(strings.NewReader(string(utf16)), plain)
	require.NoError(t, err)
	assert.Equal(t, "Läst", got.Series[0].Name)
	got, err = tables.Read(strings.NewReader("time;L\xe4st [\x80/MWh]\n2025-01-01 00:00;1\n2025-01-01 01:00;2\n"), plain)
	require.NoError(t, err)
	assert.Equal(t, "Läst", got.Series[0].Name)
	assert.Equal(t, "EUR/MWh", got.Series[0].Unit)
}

// Zones of headers, of rows, and abbreviations that the nights of the changes
// decide.
func TestLayoutZonesOfFiles(t *testing.T) {
	for _, c := range []struct{ header, first, second, start string }{
		{"t (UTC)", "2025-07-01 00:00", "2025-07-01 01:00", "2025-07-01T00:00:00Z"},
		{"t (CET/CEST)", "2025-07-01 00:00", "2025-07-01 01:00", "2025-06-30T22:00:00Z"},
		{"t (EET/EEST)", "2025-07-01 00:00", "2025-07-01 01:00", "2025-06-30T21:00:00Z"},
		{"t (CET)", "2025-01-01 00:00", "2025-01-01 01:00", "2024-12-31T23:00:00Z"}, // both meanings agree in winter
		{"t (CET)", "2025-10-26 02:00", "2025-10-26 02:00", "2025-10-26T00:00:00Z"}, // the doubled hour of a clock
		{"t (CET)", "2025-03-30 02:00", "2025-03-30 03:00", "2025-03-30T01:00:00Z"}, // an hour that a clock skips
		{"datetime_beginning_ept", "2025-07-01 00:00", "2025-07-01 01:00", "2025-07-01T04:00:00Z"},
		{"t", "2025-07-01 00:00 UTC", "2025-07-01 01:00 UTC", "2025-07-01T00:00:00Z"},
		{"t", "2025-07-01T00:00:00+02:00[Europe/Berlin]", "2025-07-01T01:00:00+02:00[Europe/Berlin]", "2025-06-30T22:00:00Z"},
		{"t", "20250701 0000", "20250701 0100", "2025-07-01T00:00:00Z"},
		{"t", "20250701T000000Z", "20250701T010000Z", "2025-07-01T00:00:00Z"},
		{"t", "Tue, 01 Jul 2025 00:00:00 GMT", "Tue, 01 Jul 2025 01:00:00 GMT", "2025-07-01T00:00:00Z"},
		{"t", "31.12.24 23:00", "31.12.24 24:00", "2024-12-31T23:00:00Z"},
		{"t", "01-Jul-2025 12:00 AM", "01-Jul-2025 1 AM", "2025-07-01T00:00:00Z"},
		{"t", "1. Juli 2025 00:00", "1. Juli 2025 01:00", "2025-07-01T00:00:00Z"},
		{"t", "2025-07-01 00:00:00.000-05", "2025-07-01 01:00:00.000-05", "2025-07-01T05:00:00Z"},
	} {
		file := fmt.Sprintf("%s;v\n%s;1\n%s;2\n", c.header, c.first, c.second)
		got, err := tables.Read(strings.NewReader(file), tables.Layout{Time: tables.Time{Stamp: "#1"}, Step: time.Hour})
		require.NoError(t, err, file)
		assert.Equal(t, c.start, got.Grid.Start.UTC().Format(time.RFC3339), file)
		assert.Equal(t, 2, got.Grid.Steps, file)
	}
}

func FuzzRead(f *testing.F) {
	for name := range files {
		file, err := os.ReadFile(filepath.Join("testdata", name+".csv"))
		require.NoError(f, err)
		f.Add(string(file), uint8(len(name)%7), name == "epex")
	}
	f.Add(gappy, uint8(6), false)
	f.Fuzz(func(t *testing.T, file string, which uint8, across bool) {
		guess, err := tables.Guess(strings.NewReader(file))
		layouts := []tables.Layout{plain}
		if err == nil {
			layouts = append(layouts, guess)
		}
		if names := tables.Names(); int(which) < len(names) {
			layouts = append(layouts, tables.Layout{Name: names[which]})
		}
		if across {
			layouts = append(layouts, tables.Layout{Across: "v", Time: tables.Time{Date: "#1", Zone: "Europe/Berlin"}})
		}
		for _, l := range layouts {
			for _, fill := range []tables.Fill{tables.Refuse, tables.Hold, tables.Leave} {
				l.Gaps.Fill = fill
				got, err := tables.Read(strings.NewReader(file), l)
				if err != nil {
					require.Nil(t, got)
					continue
				}
				require.NoError(t, got.Grid.Validate())
				missing := map[string]int{}
				for _, m := range got.Missing {
					missing[m.Series]++
				}
				names := map[string]bool{}
				for _, s := range got.Series {
					require.Len(t, s.Values, got.Grid.Steps)
					require.False(t, names[s.Name], "two series %q", s.Name)
					names[s.Name] = true
					nan := 0
					for _, v := range s.Values {
						require.False(t, math.IsInf(v, 0))
						if math.IsNaN(v) {
							nan++
						}
					}
					require.Equal(t, missing[s.Name], nan)
				}
				if len(got.Missing) == 0 {
					_, err := got.Table()
					require.NoError(t, err)
				}
			}
		}
	})
}
