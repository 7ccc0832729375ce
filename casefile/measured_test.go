package casefile_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/scenario/tables"
)

// windFile is a download of SMARD of eight days in quarters of an hour, in
// which hour h of day d has the forecast 10 + h MWh and the value 10 + h + d%3
// − 1 MWh per hour.
func windFile() string {
	berlin, _ := time.LoadLocation("Europe/Berlin")
	var out strings.Builder
	out.WriteString("\ufeffDatum von;Datum bis;Prognose [MWh] Originalauflösungen;Wind Onshore [MWh] Originalauflösungen\r\n")
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, berlin)
	for i := range 8 * 96 {
		at, end := start.Add(time.Duration(i)*15*time.Minute), start.Add(time.Duration(i+1)*15*time.Minute)
		forecast := (10 + float64(at.Hour())) / 4
		actual := forecast + float64(at.Day()%3-1)/4
		wind := strings.ReplaceAll(fmt.Sprintf("%.2f", actual), ".", ",")
		if i == 5 {
			wind = "-"
		}
		fmt.Fprintf(&out, "%s;%s;%s;%s\r\n", at.Format("02.01.2006 15:04"), end.Format("02.01.2006 15:04"),
			strings.ReplaceAll(fmt.Sprintf("%.2f", forecast), ".", ","), wind)
	}
	return out.String()
}

// measuredCase returns a case of two hours with the file windFile and the given
// object "measured".
func measuredCase(measured, series string) fstest.MapFS {
	return fstest.MapFS{
		"cases/data/wind.csv": {Data: []byte(windFile())},
		"cases/case.json": {Data: []byte(`{
			"name": "tiny", "grid": {"start": "2025-01-02T03:00", "steps": 2},
			"scenarios": {"samples": 50, "keep": 3, "measured": ` + measured + `, "series": [` + series + `]},
			"weights": {"economic": 0.4, "risk": 0.2, "environment": 0.4}, "risk": {"confidence": 0.9},
			"markets": {"electricity": {"buy_per_mwh": [40, 50], "sell_fraction": 0.5}},
			"vpps": [{"name": "P", "risk_aversion": 0, "pass_through": 0.5, "tariff": {}}],
			"ders": [{"kind": "wind", "name": "W", "capacity_mw": 40, "available": "wind"}]}`)},
	}
}

const learnedWind = `{"name": "wind", "capacity_mw": 40, "measured": {"forecast_column": "Prognose", "actual_column": "Wind Onshore"}}`

func TestLayoutOfACaseGivesForecastsAndErrors(t *testing.T) {
	c, err := casefile.Load(measuredCase(`{"file": "data/wind.csv", "layout": "smard", "gaps": "hold", "max_gap_steps": 2}`, learnedWind), "cases/case.json")
	require.NoError(t, err)
	region, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	set := region.Setting.Set
	assert.Equal(t, 3, set.Len())
	// 03:00 on the clock of Berlin: 13 MW and 14 MW, each at most 1 MW off.
	for s := range set.Len() {
		for step, want := range []float64{13, 14} {
			assert.InDelta(t, want, set.Path("wind", s)[step], 1.2)
		}
	}
	assert.Equal(t, "2025-01-02T03:00:00+01:00", set.Grid().Start.Format(time.RFC3339))
	notes := strings.Join(region.Notes, "\n")
	assert.Contains(t, notes, "Forecasts of 2025-01-02 from measured series")
	assert.Contains(t, notes, "Wind Onshore: 1 values filled by hold from 2025-01-01T00:15:00Z to 2025-01-01T00:30:00Z, line 7.")

	// The same file from Go gives the same region.
	file := tables.Layout{Name: "smard", Gaps: tables.Gaps{Fill: tables.Hold}}
	reading, err := tables.Read(strings.NewReader(windFile()), c.SeriesLayout(file))
	require.NoError(t, err)
	assert.Equal(t, time.Hour, reading.Grid.Step, "the step of the case")
	table, err := reading.Table()
	require.NoError(t, err)
	again, err := c.Region(t.Context(), casefile.Options{Series: table})
	require.NoError(t, err)
	assert.Equal(t, set.Path("wind", 1), again.Setting.Set.Path("wind", 1))
}

func TestLayoutOfACaseIsCheckedWithPaths(t *testing.T) {
	for measured, want := range map[string][]string{
		`{"layout": "smard"}`: {`$.scenarios.measured.file: is missing`},
		`{"file": "data/wind.csv", "layout": "smart", "gap": "hold", "separator": ";;", "time": {"stamp": 3}}`: {
			`$.scenarios.measured.layout: is "smart", want one of`, `$.scenarios.measured.gap: unknown key; did you mean "gaps"?`,
			`$.scenarios.measured.separator: is ";;", want one character`, `$.scenarios.measured.time.stamp`,
		},
		`{"file": "data/wind.csv", "layout": "smard", "time": {"zone": "Middle/Earth"}}`: {`$.scenarios.measured: Time.Zone: zone "Middle/Earth" is unknown`},
		`{"file": "data/none.csv", "layout": "smard"}`:                                   {`$.scenarios.measured.file: is "data/none.csv", which cannot be read`},
		`{"file": "../wind.csv", "layout": "smard"}`:                                     {"it leads outside"},
		`{"file": "data/wind.csv", "layout": "smard"}`: {
			`$.scenarios.measured.file: data/wind.csv: line 7, column 4 "Wind Onshore [MWh] Originalauflösungen": "-", the value of 2025-01-01T01:15:00+01:00 is missing`,
		},
		`{"file": "data/wind.csv", "layout": "smard", "gaps": "leave"}`: {`$.scenarios.measured.gaps: 1 values are missing`},
		`{"file": "data/wind.csv", "layout": "smard", "gaps": "hold", "time": {"zone": "UTC"}, "columns": [{"name": "Prognose", "from": "nothing"}]}`: {
			`no column "nothing"; the file has "Prognose", "Wind Onshore"`,
		},
	} {
		_, err := casefile.Load(measuredCase(measured, learnedWind), "cases/case.json")
		for _, text := range want {
			assert.ErrorContains(t, err, text, measured)
		}
		assert.NotContains(t, fmt.Sprint(err), "$.ders[0]", "no violation of a series that could not be read")
	}
	_, err := casefile.Load(measuredCase(`{"file": "data/wind.csv", "layout": "smard", "gaps": "hold"}`, strings.Replace(learnedWind, "40", "12", 1)), "cases/case.json")
	require.ErrorContains(t, err, `$.scenarios.measured.file: column "Prognose" is 13 MW at 2025-01-02T03:00:00+01:00, want a forecast from 0 to the capacity, 12 MW`)
	_, err = casefile.Load(measuredCase(`{"file": "data/wind.csv", "layout": "smard", "gaps": "hold"}`, `{"name": "wind", "error_sigma": 0.1}`), "cases/case.json")
	require.ErrorContains(t, err, "$.scenarios.series[0].forecast_mw: is missing")
}

// A file with a column "time" and columns of MW needs no key but its name. Its
// times are those of the case's zone: 13 and 14 MW at 03:00 and 04:00 in
// Berlin. Quarter-hours hold the value of their hour.
func TestPlainFileOfACaseNeedsNoLayout(t *testing.T) {
	const plain = "time,wind\n2025-01-02T02:00,99\n2025-01-02T03:00,13\n2025-01-02T04:00,14\n2025-01-02T05:00,99\n"
	for _, c := range []struct {
		measured, grid string
		want           []float64
	}{
		{`{"file": "data/wind.csv"}`, `"steps": 2`, []float64{13, 14}},
		{`{"file": "data/wind.csv", "time": {"order": "ymd"}}`, `"steps": 2`, []float64{13, 14}},
		{`{"file": "data/wind.csv"}`, `"steps": 8, "step_hours": 0.25`, []float64{13, 13, 13, 13, 14, 14, 14, 14}},
	} {
		fsys := measuredCase(c.measured, `{"name": "wind", "error_sigma": 0, "measured": {"forecast_column": "wind"}}`)
		fsys["cases/data/wind.csv"].Data = []byte(plain)
		text := strings.Replace(string(fsys["cases/case.json"].Data), `"steps": 2`, c.grid+`, "time_zone": "Europe/Berlin"`, 1)
		text = strings.Replace(text, "[40, 50]", "40", 1)
		fsys["cases/case.json"].Data = []byte(text)
		loaded, err := casefile.Load(fsys, "cases/case.json")
		require.NoError(t, err)
		region, err := loaded.Region(t.Context(), casefile.Options{})
		require.NoError(t, err)
		assert.InDeltaSlice(t, c.want, region.Setting.Set.Mean("wind"), 1e-9)
		assert.Equal(t, "2025-01-02T03:00:00+01:00", region.Setting.Set.Grid().Start.Format(time.RFC3339), c.measured)
	}
}

// Every key of a layout in a file of its own.
func TestLayoutFileHasEveryKey(t *testing.T) {
	const text = `{
		"layout": "entsoe", "separator": "tab", "decimal": ",", "thousands": ".", "missing": ["x"], "records": true, "tables": ["A.B"],
		"keys": ["Area"], "where": {"Sequence": "1"}, "across": "v", "units": [{"columns": "*", "unit": "kW"}],
		"columns": [{"name": "a", "from": "b", "unit": "kWh", "as": "MWh", "resample": "sum"}],
		"step_minutes": 15, "resample_minutes": 60, "gaps": "interpolate", "max_gap_steps": 3,
		"time": {"date": "d", "end": "e", "order": "dmy", "marks": "end", "zone": "UTC"}}`
	got, err := casefile.ReadLayout(fstest.MapFS{"l.json": {Data: []byte(text)}}, "l.json")
	require.NoError(t, err)
	assert.Equal(t, tables.Layout{
		Name: "entsoe", Separator: '\t', Decimal: ',', Thousands: '.', Missing: []string{"x"}, Records: true, Tables: []string{"A.B"},
		Keys: []string{"Area"}, Where: map[string]string{"Sequence": "1"}, Across: "v", Units: []tables.UnitRule{{Columns: "*", Unit: "kW"}},
		Columns: []tables.Column{{Name: "a", From: "b", Unit: "kWh", As: "MWh", Resample: tables.Sum}},
		Step:    15 * time.Minute, Resample: time.Hour, Gaps: tables.Gaps{Fill: tables.Interpolate, Max: 3},
		Time: tables.Time{Date: "d", End: "e", Order: "dmy", Marks: tables.End, Zone: "UTC"},
	}, got)

	// docs/case.md describes exactly the keys that the loader knows.
	page, err := os.ReadFile("../docs/case.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "### Measured series")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\|").FindAllStringSubmatch(section, -1) {
		documented[m[1]] = true
	}
	want := map[string]bool{"file": true}
	var keys map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &keys))
	for key := range keys {
		if key != "time" {
			want[key] = true
		}
	}
	_, err = casefile.ReadLayout(fstest.MapFS{"l.json": {Data: []byte(`{"time": {"?": 1}}`)}}, "l.json")
	known := regexp.MustCompile(`\$\.time\.\?: unknown key; known here: \[([^\]]*)\]`).FindStringSubmatch(fmt.Sprint(err))
	require.NotNil(t, known, "%v", err)
	for key := range strings.FieldsSeq(known[1]) {
		want["time."+key] = true
	}
	assert.Equal(t, want, documented)
}

// Series replaces forecasts and errors of the series with the key measured, and
// nothing else. The table is 7 MW at each forecast and each actual value, so
// that the learned errors are 0.
func TestSeriesReplaceForecastsAndErrorsOfMeasuredSeriesOnly(t *testing.T) {
	other := `{"name": "load", "forecast_mw": 5, "error_sigma": 0}`
	stated := strings.Replace(learnedWind, `"capacity_mw": 40,`, `"capacity_mw": 40, "forecast_mw": 20, "error_sigma": 0.5,`, 1)
	c, err := casefile.Load(measuredCase(`{"file": "data/wind.csv", "layout": "smard", "gaps": "hold"}`, stated+","+other), "cases/case.json")
	require.NoError(t, err)
	var text strings.Builder
	text.WriteString("time,Prognose,Wind Onshore\n")
	for hour := range 72 {
		at := time.Date(2025, 1, 1, hour, 0, 0, 0, time.UTC)
		fmt.Fprintf(&text, "%s,7,7\n", at.Format("2006-01-02T15:04"))
	}
	table, err := scenario.ReadCSV(strings.NewReader(text.String()), scenario.CSVOptions{})
	require.NoError(t, err)
	region, err := c.Region(t.Context(), casefile.Options{Series: table})
	require.NoError(t, err)
	for s := range region.Setting.Set.Len() {
		assert.InDeltaSlice(t, []float64{7, 7}, region.Setting.Set.Path("wind", s), 1e-9)
		assert.InDeltaSlice(t, []float64{5, 5}, region.Setting.Set.Path("load", s), 1e-9)
	}
	_, err = casefile.Load(measuredCase(`{"file": "data/none.csv", "layout": "smard"}`, stated), "cases/case.json")
	require.ErrorContains(t, err, "$.scenarios.measured.file", "the own file is read all the same")
}

// One number is the same as a list of equal numbers.
func TestOneNumberHoldsForAllSteps(t *testing.T) {
	text := func(values func(x string) string) fstest.MapFS {
		return fstest.MapFS{"case.json": {Data: []byte(`{
			"name": "tiny", "grid": {"start": "2025-01-02T03:00", "steps": 3},
			"scenarios": {"probabilities": [0.5, 0.5], "series": [{"name": "wind", "paths_mw": [` + values("4") + `, ` + values("6") + `]}]},
			"weights": {"economic": 0.4, "risk": 0.2, "environment": 0.4}, "risk": {"confidence": 0.9},
			"markets": {"electricity": {"buy_per_mwh": ` + values("50") + `, "sell_per_mwh": ` + values("30") + `}},
			"vpps": [{"name": "P", "risk_aversion": 0, "pass_through": 0.5, "tariff": {"injection_fraction": 0.5}}],
			"ders": [{"kind": "wind", "name": "W", "capacity_mw": 40, "available": "wind"}]}`)}}
	}
	region := func(files fstest.MapFS) trigrid.Region {
		c, err := casefile.Load(files, "case.json")
		require.NoError(t, err)
		r, err := c.Region(t.Context(), casefile.Options{})
		require.NoError(t, err)
		return r
	}
	one := region(text(func(x string) string { return x }))
	assert.Equal(t, region(text(func(x string) string { return "[" + x + "," + x + "," + x + "]" })), one)
	assert.Equal(t, []float64{6, 6, 6}, one.Setting.Set.Path("wind", 1))
	tariff := one.Setting.Markets.Electricity.(*market.Tariff)
	assert.Equal(t, market.Series{50, 50, 50}, tariff.Buy)
	assert.Equal(t, market.Series{30, 30, 30}, tariff.Sell)

	_, err := casefile.Load(text(func(string) string { return `"dear"` }), "case.json")
	assert.ErrorContains(t, err, `$.markets.electricity.buy_per_mwh: is "dear", want a list of 3 numbers, one per step, or one number for all`)
	sampled, err := casefile.Load(measuredCase(`{"file": "data/wind.csv", "layout": "smard", "gaps": "hold"}`,
		`{"name": "wind", "capacity_mw": 40, "forecast_mw": 8, "error_sigma": 0}`), "cases/case.json")
	require.NoError(t, err)
	r, err := sampled.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	assert.Equal(t, []float64{8, 8}, r.Setting.Set.Path("wind", 0))
}

// The note on the origin names the series from the file and those that the case
// states, and does not if there is one sort only.
func TestNotesNameMeasuredAndStatedSeries(t *testing.T) {
	const (
		stated = `{"name": "sun", "forecast_mw": 2, "error_sigma": 0.1}`
		normal = `{"name": "hill", "error_sigma": 0.1, "measured": {"forecast_column": "Prognose"}}`
	)
	for series, want := range map[string]string{
		learnedWind: "Forecasts of 2025-01-02 from measured series; " +
			"errors and their correlation learned from 24 hours, all before the planned day.",
		normal: "Forecasts of 2025-01-02 from measured series; errors are normal with the case's sigmas.",
		normal + "," + stated: `Forecasts of 2025-01-02 from measured series for "hill", and the case's own for "sun"; ` +
			"errors are normal with the case's sigmas.",
		learnedWind + "," + normal: "Forecasts of 2025-01-02 from measured series; " +
			`errors of "wind" and their correlation learned from 24 hours, all before the planned day; ` +
			`errors of "hill" are normal with the case's sigmas.`,
		learnedWind + "," + normal + "," + stated: `Forecasts of 2025-01-02 from measured series for "wind", "hill", and the case's own for "sun"; ` +
			`errors of "wind" and their correlation learned from 24 hours, all before the planned day; ` +
			`errors of "hill", "sun" are normal with the case's sigmas.`,
		stated: "Forecasts are the case's own, because no series of the case has the key measured; errors are normal with the case's sigmas.",
	} {
		fsys := measuredCase(`{"file": "data/wind.csv", "layout": "smard", "gaps": "hold"}`, series)
		name := regexp.MustCompile(`"name": "(\w+)"`).FindStringSubmatch(series)[1]
		fsys["cases/case.json"].Data = []byte(strings.Replace(string(fsys["cases/case.json"].Data), `"available": "wind"`, `"available": "`+name+`"`, 1))
		c, err := casefile.Load(fsys, "cases/case.json")
		require.NoError(t, err, series)
		region, err := c.Region(t.Context(), casefile.Options{})
		require.NoError(t, err, series)
		assert.Contains(t, region.Notes, want, series)
	}
}
