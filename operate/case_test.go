package operate_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/scenario"
)

// halfDays are measured series of two days in half days; hand calculations are
// beside their tests.
const halfDays = "time,wind,wind_real,da,rt\n" +
	"2030-01-01T00:00,2,1,40,60\n2030-01-01T12:00,4,4,50,30\n" +
	"2030-01-02T00:00,3,3,-10,-10\n2030-01-02T12:00,5,2,20,80\n"

// windCase returns a case of a wind farm in half days.
func windCase(series, known, markets, season string, more string) fstest.MapFS {
	return fstest.MapFS{
		"days.csv": {Data: []byte(halfDays)},
		"case.json": {Data: []byte(`{
			"name": "two days", "notes": ["made up"], "grid": {"start": "2030-01-01T00:00", "steps": 2, "step_hours": 12},
			"scenarios": {"samples": 20, "keep": 2, ` + more + ` "series": [` + series + `], "known": [` + known + `]},
			"weights": {"economic": 0.4, "risk": 0.2, "environment": 0.4}, "risk": {"confidence": 0.9},
			"markets": ` + markets + `,
			"vpps": [{"name": "P", "risk_aversion": 0, "pass_through": 0.5, "tariff": {"injection_fraction": 0.5}}],
			"ders": [{"kind": "wind", "name": "W", "capacity_mw": 10, "available": "wind"}],
			"season": ` + season + `}`)},
	}
}

const (
	measuredFile = `"measured": {"file": "days.csv", "time": {"stamp": "time"}, "units": [{"columns": "*", "unit": "MW"}]},`
	measuredWind = `{"name": "wind", "capacity_mw": 10, "measured": {"forecast_column": "wind", "actual_column": "wind_real"}}`
	twoMarkets   = `{"name": "price", "unit": "currency/MWh", "measured": {"forecast_column": "da"}},
		{"name": "gas", "unit": "currency/MWh", "values": [30, 31]},
		{"name": "real", "unit": "currency/MWh", "measured": {"forecast_column": "da", "actual_column": "rt"}}`
	pricedMarkets = `{"electricity": {"buy_per_mwh": {"series": "price"}, "sell_fraction": 0.5},
		"imbalance": {"price_per_mwh": {"series": "real"}, "short_multiple": 1.5, "long_multiple": 0.9}}`
)

// The farm sells at half of the day-ahead price, and a missing MWh costs 1.5
// times the real price less the day-ahead price.
//
//	day 1   e 2 4, n 1 4   trade 12·20 + 48·25 = 1440   shortage 12 MWh · (90 − 40) = 600
//	day 2   e 0 5, n 0 2   trade 24·10 = 240            shortage 36 MWh · (120 − 20) = 3600
//
// At the price −10 the farm stands still: 36 MWh are curtailed. The VPP pays
// the farm what it earns by trade, and bears the imbalance.
func TestSeasonOfACaseFollowsByHand(t *testing.T) {
	c, err := casefile.Load(windCase(measuredWind, twoMarkets, pricedMarkets, `{"days": 2, "strategies": ["day_ahead", "rolling"]}`, measuredFile), "case.json")
	require.NoError(t, err)
	season, options, strategies, err := operate.FromCase(c, casefile.Options{})
	require.NoError(t, err)
	assert.Equal(t, []operate.Strategy{operate.DayAheadOnly(), operate.Rolling(1)}, strategies)
	assert.Equal(t, 1, options.ChooseEvery)
	assert.True(t, options.Bounds)
	assert.Equal(t, []string{"Forecasts and actual values are those of the measured series, and errors are learned from earlier days only."}, season.Notes)
	options.Solver, options.Choices, options.NoLedger = testsolver.New(t), trigrid.Profile{"W": "P"}, true
	comparison, err := operate.Compare(t.Context(), season, options, strategies...)
	require.NoError(t, err)
	for _, x := range comparison.Strategies {
		require.Empty(t, x.Reason)
		days := x.Result.Days
		assert.InDelta(t, -840, days[0].Cost, 1e-6, x.Strategy.Name)
		assert.InDelta(t, 3360, days[1].Cost, 1e-6)
		assert.InDelta(t, 600, days[0].Imbalance, 1e-6)
		assert.InDelta(t, 240, days[1].Trade, 1e-6)
		assert.InDelta(t, 36, days[1].CurtailedMWh, 1e-6)
		assert.InDelta(t, -240, *days[1].Bound, 1e-6)
		assert.Equal(t, []trigrid.Line{{Party: "grid", Minor: -84000}, {Party: "P", Minor: -60000}, {Party: "W", Minor: 144000}}, days[0].Payments)
		assert.Equal(t, []string{season.Notes[0], "made up"}, x.Result.Notes)
	}

	// The second day alone, by the options.
	season, _, _, err = operate.FromCase(c, casefile.Options{Start: time.Date(2030, 1, 2, 7, 0, 0, 0, time.UTC)})
	require.Error(t, err, "two days from 2 January")
	assert.ErrorContains(t, err, "the season lasts from 2030-01-02 00:00:00 to 2030-01-04 00:00:00, and the measured series from 2030-01-01 00:00:00 to 2030-01-03 00:00:00")
	assert.Zero(t, season.Days)
}

// Without measured series the actual values are generated, and the season says
// so.
func TestSeasonWithoutMeasuredSeriesIsGenerated(t *testing.T) {
	stated := `{"name": "wind", "capacity_mw": 10, "forecast_mw": [2, 4], "error_sigma": 0.25}`
	const markets = `{"electricity": {"buy_per_mwh": [40, 50], "sell_fraction": 0.5}}`
	load := func(keep string) *casefile.Case {
		c, err := casefile.Load(windCase(stated, `{"name": "gas", "unit": "currency/MWh", "values": [30, 31]}`, markets,
			`{"days": 400, "start": "2031-03-01", "replan_every_steps": 2, "scenarios": 7, "budget": 3}`, keep), "case.json")
		require.NoError(t, err)
		return c
	}
	seed := uint64(9)
	season, options, strategies, err := operate.FromCase(load(`"persistence": 0.98,`), casefile.Options{Seed: &seed})
	require.NoError(t, err)
	assert.Equal(t, uint64(9), options.Seed)
	assert.Equal(t, []operate.Strategy{
		operate.Foresight(), operate.DayAheadOnly(), operate.Rolling(2), operate.RollingScenarios(2, 7), operate.Robust(2, 3), operate.Rules(),
	}, strategies)
	assert.Equal(t, []string{"There are no measured series: each day has the case's own forecasts. " +
		"The actual values of wind are generated from the case's error model with seed 9; they are no measurements."}, season.Notes)
	source := season.Source.(*operate.Measured)
	require.NoError(t, source.Validate())
	forecast, actual := source.Table.Column("wind forecast"), source.Table.Column("wind generated")
	require.Len(t, actual, 2*428)
	// u = (y/f − 1)/σ has the mean 0, the standard deviation 1 and, over 12
	// hours, the correlation ρ = 0.98^12 = 0.785. Of n = 856 values, the
	// standard errors are √((1+ρ)/(1−ρ)/n) = 0.10 of the mean,
	// √((1+ρ²)/(1−ρ²)/2n) = 0.05 of the deviation and √((1−ρ²)/n) = 0.02 of the
	// correlation. The tolerances are three or four of them.
	squares, products, sum := 0.0, 0.0, 0.0
	before := 0.0
	for i := range actual {
		assert.Equal(t, []float64{2, 4}[i%2], forecast[i])
		u := (actual[i]/forecast[i] - 1) / 0.25
		sum += u
		squares += u * u
		products += u * before
		before = u
	}
	n := float64(len(actual))
	assert.InDelta(t, 0, sum/n, 0.3)
	assert.InDelta(t, 1, math.Sqrt(squares/n), 0.15)
	assert.InDelta(t, 0.785, products/squares, 0.09)

	// A day of the season: the forecast at the gate, the generated values at
	// its end, and known series.
	day := season.Grid(0)
	known, err := season.Source.Known(t.Context(), season.Gate(0), day, 1)
	require.NoError(t, err)
	assert.Equal(t, []float64{30, 31}, known.Path("gas", 0))
	ended, err := season.Source.Known(t.Context(), day.Time(day.Steps), day, 1)
	require.NoError(t, err)
	assert.Equal(t, actual[2*28:2*29], ended.Path("wind", 0))
	region, err := season.Region(known)
	require.NoError(t, err)
	require.NoError(t, region.Validate())

	// The same seed gives the same days.
	again, _, _, err := operate.FromCase(load(`"persistence": 0.98,`), casefile.Options{Seed: &seed})
	require.NoError(t, err)
	var a, b bytes.Buffer
	for out, x := range map[*bytes.Buffer]operate.Season{&a: season, &b: again} {
		fmt.Fprint(out, x.Source.(*operate.Measured).Table.Column("wind generated"))
	}
	assert.Equal(t, a.String(), b.String())
}

// Prices of a window are those of its steps.
func TestSeasonOfACaseHasPricesOfTheDay(t *testing.T) {
	c, err := casefile.Load(windCase(measuredWind, twoMarkets, pricedMarkets, `{"days": 2, "strategies": ["rules"]}`, measuredFile), "case.json")
	require.NoError(t, err)
	season, _, _, err := operate.FromCase(c, casefile.Options{})
	require.NoError(t, err)
	evening := scenario.Grid{Start: time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC), Step: 12 * time.Hour, Steps: 1}
	set, err := season.Source.Known(t.Context(), time.Date(2030, 1, 3, 0, 0, 0, 0, time.UTC), evening, 1)
	require.NoError(t, err)
	r, err := season.Region(set)
	require.NoError(t, err)
	low, high := r.Setting.Markets.Electricity.Curve(0).Marginal(0)
	assert.Equal(t, []float64{10, 20}, []float64{low, high})
	assert.Equal(t, []float64{10}, r.VPPs[0].Tariff.Injection)
	_, short := r.Setting.Markets.Imbalance.Penalty(0).Marginal(0)
	assert.InDelta(t, 100, short, 1e-9)
	// The real price becomes known after its step: until then it is the
	// day-ahead price.
	set, err = season.Source.Known(t.Context(), evening.Start, evening, 1)
	require.NoError(t, err)
	assert.Equal(t, 2.0, set.At("wind", 0, 0))
	assert.InDelta(t, 20, set.At("real", 0, 0), 1e-9)
}

func TestCasesWithoutASeasonAreRejected(t *testing.T) {
	files := windCase(measuredWind, twoMarkets, pricedMarkets, `{"days": 2}`, measuredFile)
	c, err := casefile.Load(files, "case.json")
	require.NoError(t, err)
	_, _, _, err = operate.FromCase(c, casefile.Options{})
	assert.ErrorContains(t, err, `operate: case "two days": 0.0 days of measured series before 2030-01-01, want at least 3`)
	table, err := scenario.ReadCSV(strings.NewReader("time,wind,da,rt\n2030-01-01T00:00,2,40,60\n2030-01-01T12:00,4,50,30\n"), scenario.CSVOptions{})
	require.NoError(t, err)
	_, _, _, err = operate.FromCase(c, casefile.Options{Series: table})
	assert.ErrorContains(t, err, `series "wind" wants the column "wind_real"; the measured series have ["wind" "da" "rt"]`)
	files["case.json"].Data = bytes.Replace(files["case.json"].Data, []byte(`,
			"season": {"days": 2}`), nil, 1)
	c, err = casefile.Load(files, "case.json")
	require.NoError(t, err)
	_, _, _, err = operate.FromCase(c, casefile.Options{})
	assert.ErrorContains(t, err, `it has no key "season"; add one, such as "season": {"days": 30}`)
}

// Strategies at the same time share the list of DERs of a template, and leave
// it as it is. The farm has 4 MW, and the last step a forecast of 5 and an
// actual value of 7 MW. Load checks the forecast of the first day.
func TestValuesBeyondADERAreFoundBeforeTheSeason(t *testing.T) {
	files := windCase(measuredWind, `{"name": "price", "unit": "currency/MWh", "values": 40}`,
		`{"electricity": {"buy_per_mwh": {"series": "price"}, "sell_fraction": 0.5}}`, `{"days": 2, "strategies": ["day_ahead"]}`, measuredFile)
	files["case.json"].Data = bytes.Replace(files["case.json"].Data, []byte(`"W", "capacity_mw": 10`), []byte(`"W", "capacity_mw": 4`), 1)
	files["days.csv"].Data = bytes.Replace(files["days.csv"].Data, []byte("5,2,20"), []byte("5,7,20"), 1)
	c, err := casefile.Load(files, "case.json")
	require.NoError(t, err)
	_, _, _, err = operate.FromCase(c, casefile.Options{})
	const want = `operate: case "two days": day 2, 2030-01-02: %s: der: wind W: Available: series "wind" is %d in scenario 0, ` +
		"step 1, want at least 0 and at most the capacity of 4 MW"
	require.EqualError(t, err, fmt.Sprintf(want, "forecasts", 5)+"\n"+fmt.Sprintf(want, "actual values", 7))
}

func TestSeasonsLeaveTheDERsOfATemplate(t *testing.T) {
	files := windCase(measuredWind, twoMarkets, pricedMarkets, `{"days": 2, "strategies": ["day_ahead", "rules"]}`, measuredFile)
	files["case.json"].Data = bytes.Replace(files["case.json"].Data, []byte(`"ders": [`),
		[]byte(`"ders": [{"kind": "thermal", "name": "T", "min_output_mw": 1, "max_output_mw": 2, "linear_cost_per_mwh": 30},`), 1)
	c, err := casefile.Load(files, "case.json")
	require.NoError(t, err)
	season, options, strategies, err := operate.FromCase(c, casefile.Options{})
	require.NoError(t, err)
	set, err := season.Source.Known(t.Context(), season.Gate(0), season.Grid(0), 1)
	require.NoError(t, err)
	before, err := season.Region(set)
	require.NoError(t, err)
	unit := before.DERs[0]
	options.Solver, options.NoLedger = testsolver.New(t), true
	_, err = operate.Compare(t.Context(), season, options, strategies...)
	require.NoError(t, err)
	assert.Same(t, unit, before.DERs[0])
}
