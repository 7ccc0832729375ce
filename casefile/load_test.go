package casefile_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/scenario"
)

// Every file of testdata/bad is the three-level case with something wrong; each
// violation is named with its path and what was expected, all in one error.
func TestBadCasesAreRefusedWithEveryViolation(t *testing.T) {
	want := map[string][]string{
		"unknown_key": {`$.wieghts: unknown key`, `$.ders[0].capcity_mw: unknown key; known here: [available capacity_mw`, `$.scenarios.smaples`},
		"wrong_length": {
			`$.scenarios.series[0].forecast_mw: is a list of 23, want a list of 24 numbers`,
			`$.markets.electricity.buy_per_mwh: is a list of 25, want a list of 24 numbers`,
		},
		"nan":                  {`$.scenarios.series[0].capacity_mw: invalid character 'N'`},
		"not_a_number":         {`$.ders[0].capacity_mw: is "eight", want a number`, `$.scenarios.series[1].error_sigma: is "wide"`},
		"negative_capacity":    {`$.ders[0].capacity_mw: is -8, want a number of at least 0`, `$.ders[4].energy_mwh: is -1`},
		"efficiency_above_one": {`$.ders[4].charge_efficiency: is 1.05, want a fraction above 0 and at most 1`, `$.ders[4].discharge_efficiency: is 0`},
		"storage_contradiction": {
			`$.ders[4].min_energy_mwh: is 9, want no more than energy_mwh, 8`,
			`$.ders[4].initial_mwh: is 12, want a number from min_energy_mwh`,
		},
		"thermal_contradiction": {`$.ders[2].min_output_mw: is 6, want no more than max_output_mw, 5.67`},
		"probabilities":         {`$.scenarios.probabilities: sum to 0.9, want 1`},
		"unknown_series":        {`$.ders[0].available: is "wind9"`, `$.vpps[1].demand: is "demand9", want the name of one of the scenarios' series`},
		"missing_hours":         {`$.scenarios.series[0].forecast_mw: is a list of 20`, `$.scenarios.series[3].forecast_mw: is a list of 20`},
		"weights_and_share": {
			`$.weights: economic 0.4, risk 0.5, environment 0.4 sum to 1.3`, `$.risk.confidence: is 1`,
			`$.vpps[0].pass_through: is 1.5`, `$.vpps[0].risk_aversion: is -1`,
		},
		"selling_above_buying": {`$.markets.electricity: step 0: selling earns 2000 and buying costs 470`, `step 23: selling`},
		"unknown_kind":         {`$.ders[0].kind: is "windmill", want one of the kinds: ["carbon_capture" "chp"`},
		"same_name":            {`$.ders[1].name: is "W1", the name of $.ders[0] already`, `$.vpps[1].name: is "VPP1", the name of $.vpps[0] already`},
		"truncated":            {`the text ends here`},
		"twice":                {`$: key "name" is given twice`},
	}
	files, err := fs.Glob(os.DirFS("testdata/bad"), "*.json")
	require.NoError(t, err)
	require.Len(t, files, len(want))
	for _, file := range files {
		_, err := casefile.Load(os.DirFS("testdata/bad"), file)
		if !assert.Error(t, err, file) {
			continue
		}
		for _, violation := range want[strings.TrimSuffix(file, ".json")] {
			assert.ErrorContains(t, err, violation, file)
		}
	}
}

func threelevel(t *testing.T) *casefile.Case {
	t.Helper()
	c, err := casefile.Load(os.DirFS("../examples/threelevel"), "case.json")
	require.NoError(t, err)
	return c
}

func TestACaseMakesTheSameScenariosFromOneSeed(t *testing.T) {
	c := threelevel(t)
	paths := func(seed uint64) [][]float64 {
		r, err := c.Region(t.Context(), casefile.Options{Seed: &seed})
		require.NoError(t, err)
		var out [][]float64
		for _, name := range r.Setting.Set.Names() {
			for s := range r.Setting.Set.Len() {
				out = append(out, r.Setting.Set.Path(name, s))
			}
		}
		return out
	}
	assert.Equal(t, paths(1), paths(1))
	assert.NotEqual(t, paths(1), paths(2))
}

func TestEachRegionOfACaseHasDERsOfItsOwn(t *testing.T) {
	c := threelevel(t)
	first, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	second, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	for i := range first.DERs {
		assert.NotSame(t, first.DERs[i], second.DERs[i])
		assert.Equal(t, first.DERs[i], second.DERs[i])
	}
}

// Two of the four wind farms of the RTS-GMLC year, scaled, are W1 and W2.
func TestMeasuredSeriesReplaceForecastsAndErrors(t *testing.T) {
	file, err := os.Open(realSeries(t))
	require.NoError(t, err)
	defer file.Close()
	table, err := scenario.ReadCSV(file, scenario.CSVOptions{})
	require.NoError(t, err)
	c := threelevel(t)
	day := time.Date(2020, 7, 6, 0, 0, 0, 0, time.UTC)
	r, err := c.Region(t.Context(), casefile.Options{Series: table, Start: day})
	require.NoError(t, err)
	set := r.Setting.Set
	require.Equal(t, 10, set.Len())
	assert.Equal(t, day, set.Grid().Start)
	assert.Contains(t, strings.Join(r.Notes, "\n"), "learned from 4488 hours, all before the planned day")

	// Values stay between zero and the capacity, and the sample's spread is
	// that of a real wind farm: wider than the 20 % of the forecast that the
	// case states without series.
	learned, err := table.Window(day, 24)
	require.NoError(t, err)
	forecast := learned.Column("w303_da")
	sum, spread := 0.0, 0.0
	for s := range r.Sample.Len() {
		for h, mw := range r.Sample.Path("wind1", s) {
			require.True(t, mw >= 0 && mw <= 8, "%v MW", mw)
			d := mw - forecast[h]*8/847
			spread += d * d
			sum++
		}
	}
	assert.Greater(t, spread/sum, 0.04*8*8*0.04, "mean squared error, MW²")

	_, err = c.Region(t.Context(), casefile.Options{Series: table, Start: day.AddDate(3, 0, 0)})
	assert.ErrorContains(t, err, "the table covers")
}

func TestSeriesWithoutTheColumnsAreRefused(t *testing.T) {
	table, err := scenario.ReadCSV(strings.NewReader("time,a\n"+day("2020-04-15", 24)), scenario.CSVOptions{})
	require.NoError(t, err)
	_, err = threelevel(t).Region(t.Context(), casefile.Options{Series: table})
	assert.ErrorContains(t, err, `series "wind1" wants the column "w303_da"; the measured series have ["a"]`)
}

func day(date string, hours int) string {
	var b strings.Builder
	start, _ := time.Parse(time.DateOnly, date)
	for h := range hours {
		b.WriteString(start.Add(time.Duration(h)*time.Hour).Format("2006-01-02T15:04") + ",1\n")
	}
	return b.String()
}

// A case may state its scenarios itself.
func TestStatedScenarios(t *testing.T) {
	data, err := os.ReadFile("../examples/threelevel/case.json")
	require.NoError(t, err)
	var c map[string]any
	require.NoError(t, json.Unmarshal(data, &c))
	path := func(mw float64) []float64 {
		out := make([]float64, 24)
		for i := range out {
			out[i] = mw
		}
		return out
	}
	var series []any
	for _, name := range []string{"wind1", "wind2", "demand1", "demand2"} {
		series = append(series, map[string]any{"name": name, "paths_mw": [][]float64{path(1), path(2)}})
	}
	c["scenarios"] = map[string]any{"probabilities": []float64{0.25, 0.75}, "series": series}
	data, err = json.Marshal(c)
	require.NoError(t, err)
	loaded, err := casefile.Load(fstest.MapFS{"case.json": {Data: data}}, "case.json")
	require.NoError(t, err)
	r, err := loaded.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	assert.Equal(t, []float64{0.25, 0.75}, r.Setting.Set.Probabilities())
	assert.Equal(t, 2.0, r.Setting.Set.At("wind2", 1, 5))
}

func FuzzLoadCase(f *testing.F) {
	files, err := filepath.Glob("testdata/bad/*.json")
	require.NoError(f, err)
	for _, file := range append(files, "../examples/threelevel/case.json") {
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := casefile.Load(fstest.MapFS{"case.json": {Data: data}}, "case.json")
		if (c == nil) == (err == nil) {
			t.Fatal("a case or an error, never both and never neither")
		}
	})
}

// realSeries returns the path of the measured series and skips the test if they
// are absent.
func realSeries(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("TRIGRID_DATA")
	if folder == "" {
		folder = "../../shared/data"
	}
	path := folder + "/rts_gmlc_2020_hourly.csv"
	if _, err := os.Stat(path); err != nil {
		t.Skip("needs measured series: set TRIGRID_DATA to the folder that holds rts_gmlc_2020_hourly.csv: ", err)
	}
	return path
}

// A reduction of the options replaces the key of the case, and is refused if
// the case states its scenarios or the name is unknown.
func TestRightReductionByOption(t *testing.T) {
	c := threelevel(t)
	byKey, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	same, err := c.Region(t.Context(), casefile.Options{Reduction: "k_means"})
	require.NoError(t, err)
	other, err := c.Region(t.Context(), casefile.Options{Reduction: "swarm_medoids"})
	require.NoError(t, err)
	assert.Equal(t, byKey.Setting.Set.Probabilities(), same.Setting.Set.Probabilities(), "the default of the key")
	assert.NotEqual(t, byKey.Setting.Set.Probabilities(), other.Setting.Set.Probabilities())
	_, err = c.Region(t.Context(), casefile.Options{Reduction: "kmeans"})
	assert.ErrorContains(t, err, `unknown reduction "kmeans", want one of k_means`)
	stated, err := casefile.Load(os.DirFS("testdata"), "allkinds.json")
	require.NoError(t, err)
	_, err = stated.Region(t.Context(), casefile.Options{Reduction: "k_means"})
	assert.ErrorContains(t, err, "states its scenarios itself; a reduction needs a case that samples them")
}
