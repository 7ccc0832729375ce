package casefile_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/scenario"
)

// twoDays are measured series of two days in half days, from 1 January 2030.
const twoDays = "time,wind,wind_real,da,rt\n" +
	"2030-01-01T00:00,2,1,40,60\n2030-01-01T12:00,4,4,50,30\n" +
	"2030-01-02T00:00,3,3,-10,-10\n2030-01-02T12:00,5,2,20,80\n"

// seasonCase returns a case of half days with prices of measured series.
func seasonCase(electricity, imbalance, season string) fstest.MapFS {
	return fstest.MapFS{
		"days.csv": {Data: []byte(twoDays)},
		"case.json": {Data: []byte(`{
			"name": "days", "grid": {"start": "2030-01-01T00:00", "steps": 2, "step_hours": 12},
			"scenarios": {"samples": 4, "keep": 2, "measured": {"file": "days.csv", "time": {"stamp": "time"},
				"units": [{"columns": "*", "unit": "MW"}]},
				"series": [{"name": "wind", "capacity_mw": 10, "error_sigma": 0,
					"measured": {"forecast_column": "wind"}}],
				"known": [{"name": "price", "unit": "currency/MWh", "measured": {"forecast_column": "da"}},
					{"name": "gas", "unit": "currency/MWh", "values": 30},
					{"name": "real", "unit": "currency/MWh", "measured": {"forecast_column": "da", "actual_column": "rt"}}]},
			"weights": {"economic": 0.4, "risk": 0.2, "environment": 0.4}, "risk": {"confidence": 0.9},
			"markets": {"electricity": ` + electricity + `, "imbalance": ` + imbalance + `},
			"vpps": [{"name": "P", "risk_aversion": 0, "pass_through": 0.5, "tariff": {"injection_fraction": 0.5}}],
			"ders": [{"kind": "wind", "name": "W", "capacity_mw": 10, "available": "wind"}],
			"season": ` + season + `}`)},
	}
}

const (
	daPrice   = `{"buy_per_mwh": {"series": "price"}, "sell_fraction": 0.5}`
	realPrice = `{"price_per_mwh": {"series": "real"}, "short_multiple": 1.5, "long_multiple": 0.9}`
)

// The season has the defaults of its keys, and dates are those of the case's
// zone.
func TestSeasonOfACase(t *testing.T) {
	c, err := casefile.Load(seasonCase(daPrice, realPrice, `{"days": 2}`), "case.json")
	require.NoError(t, err)
	assert.Equal(t, &casefile.Season{
		Start: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Days: 2, ChooseEvery: 1, ReplanEvery: 1, Scenarios: 2, Budget: 8,
		Strategies: []string{"perfect_foresight", "day_ahead", "rolling", "rolling_scenarios", "robust", "rules"}, Bounds: true,
	}, c.Season)
	c, err = casefile.Load(seasonCase(daPrice, realPrice, `{"days": 1, "start": "2030-01-02", "choose_every_days": 7,
		"replan_every_steps": 2, "scenarios": 5, "budget": 0, "strategies": ["rolling", "day_ahead"], "bounds": false}`), "case.json")
	require.NoError(t, err)
	assert.Equal(t, &casefile.Season{
		Start: time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC), Days: 1, ChooseEvery: 7, ReplanEvery: 2, Scenarios: 5,
		Strategies: []string{"rolling", "day_ahead"},
	}, c.Season)
	c, err = casefile.Load(measuredCase(`{"file": "data/wind.csv", "layout": "smard", "gaps": "hold"}`, learnedWind), "cases/case.json")
	require.NoError(t, err)
	assert.Nil(t, c.Season)
}

// Prices of the first day by hand. The short multiple raises the real price:
// 1.5 · 60 = 90, 50 above the day-ahead price 40. In the second half day it is
// 45 and below 50, so that only surplus is penalised: 50 − 0.9 · 30 = 23.
func TestPricesOfSeriesAreThoseOfTheDay(t *testing.T) {
	c, err := casefile.Load(seasonCase(daPrice, realPrice, `{"days": 2}`), "case.json")
	require.NoError(t, err)
	r, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	tariff := r.Setting.Markets.Electricity.(*market.Tariff)
	assert.Equal(t, market.Series{40, 50}, tariff.Buy)
	assert.Equal(t, market.Series{20, 25}, tariff.Sell)
	assert.Equal(t, []float64{20, 25}, r.VPPs[0].Tariff.Injection)
	// The forecast of the real price is the day-ahead price: multiples of it.
	imbalance := r.Setting.Markets.Imbalance.(*market.Imbalance)
	assert.InDeltaSlice(t, []float64{20, 25}, imbalance.Short, 1e-9)
	assert.InDeltaSlice(t, []float64{4, 5}, imbalance.Long, 1e-9)

	day := func(price, settled []float64) *scenario.Set {
		set := scenario.Single(scenario.Grid{Start: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Step: 12 * time.Hour, Steps: len(price)})
		require.NoError(t, set.AddForecast("price", "currency/MWh", price))
		require.NoError(t, set.AddForecast("real", "currency/MWh", settled))
		return set
	}
	r.Setting.Set = day([]float64{40, 50}, []float64{60, 30})
	priced, err := c.Priced(r)
	require.NoError(t, err)
	imbalance = priced.Setting.Markets.Imbalance.(*market.Imbalance)
	assert.InDeltaSlice(t, []float64{50, 0}, imbalance.Short, 1e-9)
	assert.InDeltaSlice(t, []float64{0, 23}, imbalance.Long, 1e-9)

	// One half day with a negative price: selling costs 10, not 5.
	r.Setting.Set = day([]float64{-10}, []float64{-10})
	priced, err = c.Priced(r)
	require.NoError(t, err)
	tariff = priced.Setting.Markets.Electricity.(*market.Tariff)
	assert.Equal(t, market.Series{-10}, tariff.Sell)
	assert.Equal(t, []float64{-5}, priced.VPPs[0].Tariff.Injection)
	assert.Equal(t, 1, tariff.Periods())

	r.Setting.Set = scenario.Single(r.Setting.Set.Grid())
	_, err = c.Priced(r)
	assert.ErrorContains(t, err, `lacks the price "price"`)

	// The day of the options has its own prices.
	options := casefile.Options{Start: time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC)}
	r, err = c.Region(t.Context(), options)
	require.NoError(t, err)
	assert.Equal(t, market.Series{-10, 20}, r.Setting.Markets.Electricity.(*market.Tariff).Buy)
}

func TestSeriesOfASeason(t *testing.T) {
	c, err := casefile.Load(seasonCase(daPrice, realPrice, `{"days": 2}`), "case.json")
	require.NoError(t, err)
	list := c.SeasonSeries()
	require.Len(t, list, 4)
	assert.Equal(t, "wind", list[0].Name)
	assert.False(t, list[0].Known)
	assert.Empty(t, list[0].Realised, "it has no actual column")
	for i, want := range []casefile.SeasonSeries{{Realised: "da", Known: true}, {Known: true}, {Realised: "rt", Known: true, Late: true}} {
		got := list[i+1]
		assert.Equal(t, want.Realised, got.Realised, got.Name)
		assert.Equal(t, want.Known, got.Known, got.Name)
		assert.Equal(t, want.Late, got.Late, got.Name)
	}
	assert.Equal(t, []float64{30, 30}, list[2].Forecast)
	table, _ := c.MeasuredTable()
	assert.Equal(t, []string{"wind", "da", "rt"}, table.Names())
}

func TestSeasonsAndPricesAreCheckedWithPaths(t *testing.T) {
	for _, x := range []struct {
		electricity, imbalance, season string
		want                           []string
	}{
		{daPrice, realPrice, `{"days": 0, "start": "soon", "budget": -1, "strategies": ["rolling", "rolling", "best"], "every": 2}`, []string{
			`$.season.days: is 0`, `$.season.start: is "soon", want a date such as "2020-07-06"`, `$.season.budget: is -1`,
			`$.season.strategies[1]: "rolling" is given twice`, `$.season.strategies[2]: is "best", want one of`, `$.season.every: unknown key`,
		}},
		{daPrice, realPrice, `{"days": 1, "strategies": []}`, []string{`$.season.strategies: is a list of 0, want at least one strategy`}},
		{`{"buy_per_mwh": {"series": "prise"}, "sell_fraction": 0.5}`, realPrice, `{"days": 1}`, []string{
			`$.markets.electricity.buy_per_mwh.series: is "prise", want the name of a series of known in currency/MWh: ["price" "gas" "real"]`,
		}},
		{`{"buy_per_mwh": {"series": "wind"}, "sell_per_mwh": 3}`, `{"price_per_mwh": 3, "short_per_mwh": 4}`, `{"days": 1}`, []string{
			`$.markets.electricity.buy_per_mwh.series: is "wind", want the name of a series`,
			`$.markets.electricity.sell_per_mwh: is stated per step, and the buying price is the series "wind"`,
			`$.markets.imbalance.short_per_mwh: is given together with price_per_mwh`,
			`$.markets.imbalance.price_per_mwh: is 3, want {"series": "name"}`,
		}},
		{`{"buy_per_mwh": 50, "sell_per_mwh": {"series": "price"}}`, realPrice, `{"days": 1}`, []string{
			`$.markets.electricity.buy_per_mwh: is stated per step, and the selling price is the series "price"`,
			`$.markets.imbalance.price_per_mwh: is a series, and the buying price of electricity is stated per step`,
		}},
	} {
		_, err := casefile.Load(seasonCase(x.electricity, x.imbalance, x.season), "case.json")
		for _, text := range x.want {
			assert.ErrorContains(t, err, text)
		}
		assert.Equal(t, len(x.want), strings.Count(fmt.Sprint(err), "$."), "%v", err)
	}
	noon := seasonCase(daPrice, realPrice, `{"days": 1}`)
	noon["case.json"].Data = []byte(strings.Replace(string(noon["case.json"].Data), "01T00:00", "01T12:00", 1))
	_, err := casefile.Load(noon, "case.json")
	assert.ErrorContains(t, err, `$.season: needs a grid of one day, and the grid has 24 hours from 12:00; want a start at 00:00`)

	const stated = `{"name": "s", "grid": {"start": "2025-01-02T00:00", "steps": 1, "step_hours": 24}, "season": {"days": 1},
		"scenarios": {"probabilities": [1], "series": [{"name": "wind", "paths_mw": [4]}]},
		"weights": {"economic": 1, "risk": 0, "environment": 0}, "risk": {"confidence": 0.9},
		"markets": {"electricity": {"buy_per_mwh": 50, "sell_per_mwh": 30}},
		"vpps": [{"name": "P", "risk_aversion": 0, "pass_through": 0.5, "tariff": {}}],
		"ders": [{"kind": "wind", "name": "W", "capacity_mw": 40, "available": "wind"}]}`
	_, err = casefile.Load(fstest.MapFS{"case.json": {Data: []byte(stated)}}, "case.json")
	assert.ErrorContains(t, err, `$.season: needs forecasts, and the scenarios are stated by probabilities`)
}

// docs/case.md lists the keys of a season that the loader reads.
func TestTheReferenceOfSeasonsIsComplete(t *testing.T) {
	page, err := os.ReadFile("../docs/case.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## Season\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(section, -1) {
		documented = append(documented, m[1])
	}
	_, err = casefile.Load(seasonCase(daPrice, realPrice, `{"days": 1, "?": 0}`), "case.json")
	known := regexp.MustCompile(`\$\.season\.\?: unknown key; known here: \[([^\]]*)\]`).FindStringSubmatch(fmt.Sprint(err))
	require.NotNil(t, known, "%v", err)
	assert.ElementsMatch(t, strings.Fields(known[1]), documented)
	for _, word := range casefile.SeasonStrategies() {
		assert.Contains(t, section, "`"+word+"`")
	}
}
