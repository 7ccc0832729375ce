package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/examples"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// The hourly series, and the sizes to which they are scaled. Sizes, sigmas, the
// retained fraction and the multiples of imbalance are those of the calibrated
// case, and so are risk aversions, costs, quotas and the storage unit. The grid
// fee is an assumption.
const (
	powerFile = "vpp5_2020_hourly.csv"
	priceFile = "rts_prices_2020_simulated.csv"
	source    = "github.com/gmlc-dispatches/dispatches at commit a9e9b7a, " +
		"dispatches/tests/data/prescient_5bus and dispatches/case_studies/nuclear_case/report/rts_gmlc_15_500.csv"

	farm, peak1, peak2 = 120.0, 80.0, 120.0 // MW in the file: wind, and the highest loads
	wind1, wind2       = 8.0, 6.0           // MW of W1 and W2, which share the wind
	demand1, demand2   = 12.0, 10.0         // MW, the highest demand of each VPP

	// The loads of the file have no errors to learn from: the actual load is
	// 0.92 of the forecast in the first area and 0.998 in the second, in every
	// hour.
	sigma1, sigma2 = 0.1, 0.05

	yuanPerDollar = 6.90     // mean of 2020
	gridFee       = 150.0    // CNY/MWh of purchases on top of the price; assumed
	retained      = 0.6      // fraction of the purchase price in the tariff, as in the case
	short, long   = 1.3, 0.5 // multiples of the purchase price

	steps     = 24
	every     = 6  // days
	maxDays   = 60 // every sixth day of the year after the first one
	samples   = 500
	scenarios = 3 // of a plan, for the time of 60 days: the CVaR at 0.8 is near the worst loss
)

// inputs has the hourly series and the case.
type inputs struct {
	power, price *scenario.Table
	region       trigrid.Region // without scenarios and markets of a day
	keep         int            // scenarios
}

// read reads the series of a folder.
func read(ctx context.Context, folder string, keep int) (*inputs, error) {
	x := &inputs{keep: keep}
	var err error
	if x.power, err = columns(folder, powerFile, "wind_da", "wind_rt", "load1_da", "load2_da", "load1_rt", "load2_rt"); err != nil {
		return nil, err
	}
	if x.price, err = columns(folder, priceFile, "lmp_da"); err != nil {
		return nil, err
	}
	c, err := casefile.Load(examples.Cases(), "threelevel/case.json")
	if err != nil {
		return nil, err
	}
	x.region, err = c.Region(ctx, casefile.Options{})
	return x, err
}

// columns reads some columns of a CSV file. A missing file is an error of
// package fs, by which run recognises that there are no series.
func columns(folder, name string, names ...string) (*scenario.Table, error) {
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	x, err := scenario.ReadCSV(f, scenario.CSVOptions{Columns: names})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return x, nil
}

// days returns n of every sixth day. The first one has six earlier days to
// learn from. Seven and 60 have no common divisor, so that every n days are
// spread over the year and 60 are all of them.
func days(n int) []time.Time {
	var out []time.Time
	for i := range n {
		out = append(out, time.Date(2020, time.January, 1+every*(1+7*i%maxDays), 0, 0, 0, 0, time.UTC))
	}
	return out
}

// day returns the region of a day, and the day that happened as a set of one
// scenario. The scenarios of the wind have errors that are learned from earlier
// days only.
func (x *inputs) day(ctx context.Context, start time.Time) (trigrid.Region, *scenario.Set, error) {
	r, grid := x.region, scenario.Grid{Start: start, Step: time.Hour, Steps: steps}
	measured, err := scenario.Measured(x.power, grid, scenario.MeasuredOptions{},
		scenario.MeasuredSeries{
			Name: "wind1", Unit: "MW", Capacity: optional.Of(wind1),
			ForecastColumn: "wind_da", ActualColumn: "wind_rt", Factor: optional.Of(wind1 / farm),
		},
		scenario.MeasuredSeries{Name: "demand1", Unit: "MW", ForecastColumn: "load1_da", Sigma: sigma1, Factor: optional.Of(demand1 / peak1)},
		scenario.MeasuredSeries{Name: "demand2", Unit: "MW", ForecastColumn: "load2_da", Sigma: sigma2, Factor: optional.Of(demand2 / peak2)})
	if err != nil {
		return r, nil, err
	}
	// Each day has a seed of its own, so that fewer days leave the others as
	// they are.
	generated, err := scenario.Generate(ctx, scenario.Spec{
		Grid: grid, Series: measured.Series, Copula: measured.Copula, Samples: samples, Scenarios: x.keep,
	}, rand.NewPCG(1, uint64(start.YearDay())))
	if err != nil {
		return r, nil, err
	}
	// The actual values of the day, which no scenario has seen.
	happened := scenario.Single(grid)
	window, err := x.power.Window(start, steps)
	if err != nil {
		return r, nil, err
	}
	err = cmp.Or(
		// The series of the whole system are scaled to the size of the case.
		happened.AddForecast("wind1", "MW", times(window.Column("wind_rt"), wind1/farm)),
		happened.AddForecast("demand1", "MW", times(window.Column("load1_rt"), demand1/peak1)),
		happened.AddForecast("demand2", "MW", times(window.Column("load2_rt"), demand2/peak2)),
		second(generated.Set), second(generated.Sample), second(happened))
	if err != nil {
		return r, nil, err
	}
	prices, err := x.price.Window(start, steps)
	if err != nil {
		return r, nil, err
	}
	// USD per MWh in the file.
	spot := market.Series(times(prices.Column("lmp_da"), yuanPerDollar))
	r.Name = start.Format("2006-01-02")
	r.Setting.Set, r.Sample = generated.Set, generated.Sample
	x.trade(&r, spot)
	return r, happened, r.Validate()
}

// second adds the wind of W2, which is that of W1 at its own size.
func second(set *scenario.Set) error {
	paths := make([][]float64, set.Len())
	for s := range paths {
		paths[s] = times(set.Path("wind1", s), wind2/wind1)
	}
	return set.Add("wind2", "MW", paths)
}

// trade sets the prices of a day: sales earn the spot price, purchases cost the
// grid fee in addition, and imbalance is priced by multiples of the purchase
// price, as in the case.
func (x *inputs) trade(r *trigrid.Region, spot market.Series) {
	calendar := market.Calendar{Steps: steps}
	buy := make(market.Series, len(spot))
	for t := range spot {
		buy[t] = spot[t] + gridFee
	}
	missing, surplus := market.Spreads(buy, short, long)
	r.Setting.Markets.Electricity = &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy, Sell: spot}
	r.Setting.Markets.Imbalance = &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: missing, Long: surplus}
	tariff := der.Tariff{Injection: buy.Times(retained), Withdrawal: buy.Times(retained)}
	// A copy: the VPPs of inputs are shared by all days.
	r.VPPs = append(r.VPPs[:0:0], r.VPPs...)
	for v := range r.VPPs {
		r.VPPs[v].Tariff = tariff
	}
}

// times returns values times a factor.
func times(values []float64, factor float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = factor * v
	}
	return out
}
