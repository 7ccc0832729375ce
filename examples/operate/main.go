// Command operate runs a region of two VPPs and four DERs over thirty days that really happen, with six
// strategies, and compares them.
//
//	go run ./examples/operate
//	go run ./examples/operate -data FOLDER
//
// Each day has forecasts, a day-ahead schedule, plans anew every four hours, actual values by the hour
// and a settlement on a ledger. Every ten days the DERs choose their VPP.
//
// The series are those of the folder of -data, of TRIGRID_DATA, or of ../shared/data: hourly forecasts
// and actual values of wind, sun and load, with simulated prices. Without the folder they are
// generated from a seed, and the output states it. All other data are invented.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

func main() { command.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("operate", flag.ContinueOnError)
	days := flags.Int("days", 30, "`number` of days")
	data := flags.String("data", cmp.Or(os.Getenv("TRIGRID_DATA"), "../shared/data"), "`folder` of the measured series")
	table := flags.String("csv", "", "write the steps of all parties under the fourth strategy to this `file`")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	season := operate.Season{
		Name: "june", Start: time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC), Days: *days, Step: time.Hour, Region: region,
	}
	note, err := source(&season, *data)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, note)
	line := command.NewLine(stderr)
	done := map[string]float64{} // days per strategy
	result, err := operate.Compare(ctx, season, operate.Options{ChooseEvery: 10, Choice: trigrid.Options{Starts: 4}, Observe: func(p operate.Progress) {
		done[p.Strategy] = min(float64(p.Days), float64(p.Day)+float64(p.Step)/float64(p.Steps))
		sum := 0.0
		for _, d := range done {
			sum += d
		}
		share := sum / float64(6*p.Days)
		line.Draw(fmt.Sprintf("[%-30s] %3.0f %%", strings.Repeat("=", int(30*share)), 100*share))
	}}, operate.Foresight(), operate.DayAheadOnly(), operate.Rolling(4), operate.RollingScenarios(4, 3), operate.Robust(4, 8), operate.Rules())
	line.Clear()
	if err != nil {
		return err
	}
	if *table != "" {
		if err := command.WriteFile(*table, func(w io.Writer) error {
			return operate.WriteCSV(w, result.Strategies[3].Result.Rows())
		}); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "%d days, USD; costs of the region, with what the six strategies paid to each party\n\n", result.Days)
	return result.WriteTable(stdout)
}

// source sets the source of a season, and returns a line about it.
func source(season *operate.Season, folder string) (string, error) {
	power, err := read(filepath.Join(folder, "vpp5_2020_hourly.csv"), "wind_da", "wind_rt", "pv_da", "pv_rt", "load1_rt", "load2_rt")
	if errors.Is(err, fs.ErrNotExist) {
		return generated(season)
	}
	if err != nil {
		return "", err
	}
	prices, err := read(filepath.Join(folder, "rts_prices_2020_simulated.csv"), "lmp_da", "lmp_rt")
	if err != nil {
		return "", err
	}
	var columns []scenario.Column
	for _, x := range []*scenario.Table{power, prices} {
		for _, name := range x.Names() {
			columns = append(columns, scenario.Column{Name: name, Unit: "MW", Values: x.Column(name)})
		}
	}
	table, err := scenario.NewTable(power.Grid(), columns...)
	if err != nil {
		return "", err
	}
	tenth := optional.Of(0.1) // of the 5-bus system
	series := func(name, unit, forecast, actual string, capacity float64) operate.Series {
		return operate.Series{MeasuredSeries: scenario.MeasuredSeries{
			Name: name, Unit: unit, ForecastColumn: forecast, ActualColumn: actual, Capacity: optional.Of(capacity), Factor: tenth,
		}}
	}
	// The load "forecasts" of the file are the actual values times a constant, so that loads have no error.
	load := func(name, column string) operate.Series {
		return operate.Series{MeasuredSeries: scenario.MeasuredSeries{Name: name, Unit: "MW", ForecastColumn: column, Factor: tenth}}
	}
	balancing := series("balancing", "USD/MWh", "lmp_da", "lmp_rt", 2000)
	balancing.Factor, balancing.Late = optional.Float{}, true
	season.Source = &operate.Measured{Table: table, Seed: 1, Series: []operate.Series{
		series("wind", "MW", "wind_da", "wind_rt", 12.01), series("sun", "MW", "pv_da", "pv_rt", 2.51),
		load("load1", "load1_rt"), load("load2", "load2_rt"),
		{MeasuredSeries: scenario.MeasuredSeries{Name: "price", Unit: "USD/MWh", ForecastColumn: "lmp_da"}}, balancing,
	}}
	return "Series of a scaled RTS-GMLC system, 2020, with simulated prices: gmlc-dispatches/dispatches @ a9e9b7a", nil
}

// read reads columns of a table.
func read(path string, columns ...string) (*scenario.Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return scenario.ReadCSV(f, scenario.CSVOptions{Columns: columns})
}

// generated sets a source of generated series.
func generated(season *operate.Season) (string, error) {
	hours := func(mean, swing, peak float64) []float64 {
		out := make([]float64, 24)
		for h := range out {
			out[h] = max(0, mean+swing*math.Cos((float64(h)-peak)*math.Pi/12))
		}
		return out
	}
	x, err := operate.Generated(1, *season, 60,
		operate.GeneratedSeries{Name: "wind", Unit: "MW", Capacity: optional.Of(12.0), Shape: hours(4, 1, 2), Weather: 0.6, Sigma: 0.5, Persistence: 0.9},
		operate.GeneratedSeries{Name: "sun", Unit: "MW", Capacity: optional.Of(2.5), Shape: hours(-0.3, 2.3, 12), Weather: 0.3, Sigma: 0.2, Persistence: 0.8},
		operate.GeneratedSeries{Name: "load1", Unit: "MW", Shape: hours(4, 1, 18), Weather: 0.1, Sigma: 0.04, Persistence: 0.9},
		operate.GeneratedSeries{Name: "load2", Unit: "MW", Shape: hours(6, 1.5, 18), Weather: 0.1, Sigma: 0.04, Persistence: 0.9},
		operate.GeneratedSeries{Name: "price", Unit: "USD/MWh", Shape: hours(26, 9, 18), Weather: 0.2},
		operate.GeneratedSeries{Name: "balancing", Unit: "USD/MWh", Shape: hours(26, 9, 18), Weather: 0.2, Sigma: 0.4, Persistence: 0.7},
	)
	if err != nil {
		return "", err
	}
	x.Series[5].Late = true
	season.Source = x
	return "Generated series, not measured ones: there are no data in the folder of -data", nil
}

// region returns the region over the steps of a set. Its numbers are invented.
func region(set *scenario.Set) (trigrid.Region, error) {
	price := market.Series(set.Mean("price"))
	buy, short, long := make(market.Series, len(price)), make(market.Series, len(price)), make(market.Series, len(price))
	for t, λ := range price {
		buy[t], short[t], long[t] = λ+12, 4, 4
		for s := range set.Len() { // two prices: a deviation never has a better price than the schedule
			short[t] += set.Probability(s) * max(0, set.At("balancing", s, t)-λ)
			long[t] += set.Probability(s) * max(0, λ-set.At("balancing", s, t))
		}
	}
	calendar := market.Calendar{Steps: set.Steps()}
	tariff := der.Tariff{Injection: buy.Times(0.7), Withdrawal: buy.Times(0.8)}
	return trigrid.Region{
		Name: "two towns",
		VPPs: []vpp.VPP{
			{Name: "careful", Demand: "load1", RiskAversion: 1, PassThrough: 0.5, Tariff: tariff},
			{Name: "bold", Demand: "load2", RiskAversion: 0.3, PassThrough: 0.5, Tariff: tariff},
		},
		DERs: []der.DER{
			&der.Wind{ID: "wind", Available: "wind", Maintenance: 2},
			&der.PV{ID: "sun", Available: "sun", Maintenance: 1},
			&der.Thermal{ID: "gas", MinOutput: 2, MaxOutput: 6, RampUp: optional.Of(3.0), RampDown: optional.Of(3.0), MinUp: 4, MinDown: 3,
				NoLoad: 20, Linear: 20, StartUp: []der.StartCost{{Cost: 60}}, EmissionFactor: 0.4, Quota: 0.35},
			&der.Storage{ID: "battery", Charge: 2, Discharge: 2, Energy: 6, Initial: optional.Of(3.0), ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, Wear: 2},
		},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}, Risk: vpp.CVaR{Confidence: 0.8},
			Modelling: vpp.Modelling{ImbalanceAccounting: vpp.InEconomicToo},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Buy: buy, Sell: price},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: short, Long: long},
				Carbon:      market.Flat(market.Carbon, calendar, 15), Certificate: market.Flat(market.Certificate, calendar, 4),
				Obligation: market.Obligation{Quota: 0.2}, GridEmission: market.Series{0.35},
			},
		},
	}, nil
}
