package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// The files of the measured series, and their source.
const (
	powerFile = "vpp5_2020_hourly.csv"
	priceFile = "rts_prices_2020_simulated.csv"
	origin    = "github.com/gmlc-dispatches/dispatches at commit a9e9b7a"
)

// source sets the source of a season. It returns the first line of the output,
// which states the kind of the series, and the last one, which states how to
// get measured ones.
//
// The files have one row per hour of 2020. For example, wind_da is the
// day-ahead forecast of the wind power of a 5-bus system and wind_rt the power
// that followed, MW. A tenth of it fits the two towns. Its largest values are
// then 12.0 MW of wind and 2.44 MW of sun, below the stated limits.
func source(season *operate.Season, folder string) (note, closing string, err error) {
	power, err := read(filepath.Join(folder, powerFile), "wind_da", "wind_rt", "pv_da", "pv_rt", "load1_rt", "load2_rt")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		note, err = generated(season)
		return note, fmt.Sprintf("For measured series give a folder with %s and %s by -data; their source is %s", powerFile, priceFile, origin), err
	case err != nil:
		return "", "", err
	}
	prices, err := read(filepath.Join(folder, priceFile), "lmp_da", "lmp_rt")
	if err != nil {
		return "", "", err
	}
	var columns []scenario.Column
	for _, x := range []*scenario.Table{power, prices} {
		for _, name := range x.Names() {
			columns = append(columns, scenario.Column{Name: name, Unit: "MW", Values: x.Column(name)})
		}
	}
	table, err := scenario.NewTable(power.Grid(), columns...)
	if err != nil {
		return "", "", err
	}
	tenth := optional.Of(0.1) // of the 5-bus system
	series := func(name, unit, forecast, actual string, capacity float64) (x operate.Series) {
		x.Name, x.Unit, x.Capacity, x.Factor = name, unit, optional.Of(capacity), tenth
		x.ForecastColumn, x.ActualColumn = forecast, actual
		return x
	}
	// The load "forecasts" of the file are the actual values times a constant,
	// so that loads have no error.
	load := func(name, column string) (x operate.Series) {
		x.Name, x.Unit, x.ForecastColumn, x.Factor = name, "MW", column, tenth
		return x
	}
	// Errors of a price are learned below a bound. 2000 USD/MWh is the cap of
	// offers in markets of the US (FERC Order 831), and the largest value of
	// the file is 503. Values are known after the hour, so that a dispatch
	// cannot use them.
	balancing := series("balancing", "USD/MWh", "lmp_da", "lmp_rt", 2000)
	balancing.Factor, balancing.Late = optional.Float{}, true
	season.Source = &operate.Measured{Table: table, Seed: 1, Series: []operate.Series{
		series("wind", "MW", "wind_da", "wind_rt", 12.01), series("sun", "MW", "pv_da", "pv_rt", 2.51),
		load("load1", "load1_rt"), load("load2", "load2_rt"),
		{MeasuredSeries: scenario.MeasuredSeries{Name: "price", Unit: "USD/MWh", ForecastColumn: "lmp_da"}},
		balancing,
	}}
	note = "Series of a scaled RTS-GMLC system, 2020, with simulated prices"
	return note, fmt.Sprintf("The series are %s and %s of %s", powerFile, priceFile, origin), nil
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

// generated sets a source of generated series with 60 days of history. For
// example, wind has its highest mean of 5 MW at 02:00; a day has e^(0.6 z −
// 0.18) times of it, whose mean is 1, and the errors of an hour have a standard
// deviation of half of its forecast. The numbers are invented.
func generated(season *operate.Season) (string, error) {
	// A daily shape with its highest value at an hour; the sun is cut below 0.
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
	x.Series[5].Late = true // balancing prices, as above
	season.Source = x
	return "Generated series, not measured ones: there are no data in the folder of -data", nil
}
