package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// week is the result of the three VPPs on one week of measured series at one
// level of observed prices.
type week struct {
	Name        string             `json:"name"`
	Carbon      float64            `json:"carbon_cny_per_t"` // price at a volume of zero
	Certificate float64            `json:"certificate_cny"`  // price at a volume of zero
	Negative    int                `json:"negative_hours"`   // hours with a negative spot price
	VPPs        []outcome          `json:"vpps"`
	Total       outcome            `json:"total"`
	Residuals   map[string]float64 `json:"residuals_cny_per_unit"`
	Converged   bool               `json:"converged"`
}

// Factors from the measured series to sites of the day's size. All are
// calibrated except the exchange rate, which is the mean of 2019.
const (
	yuanPerEuro = 7.73
	gridFee     = 150. // CNY/MWh on top of the spot price of a purchase
	windSize    = 2.0  // MW, as are the next three
	sunSize     = 1.6
	loadSize    = 2.7
	heatSize    = 2.4
	weekSteps   = 7 * 24
)

// The two files of measured series and their columns.
const (
	heatFile  = "heat_de_2019_hourly.csv"
	powerFile = "vpp5_2020_hourly.csv"
)

// heatColumns returns the columns of heat load, prices of gas and power, and
// emissions of the grid.
func heatColumns() []string { return []string{"heat_mw", "gas_price", "el_spot", "ef_om"} }

// powerColumns returns the columns of wind, sun and two loads, in MW.
func powerColumns() []string { return []string{"wind_rt", "pv_rt", "load1_rt", "load2_rt"} }

// measured holds the series of one week, 168 hours each. The years of the two
// files differ; calendar days are matched.
type measured struct {
	name        string
	heat, power *scenario.Table
}

// measuredWeeks reads a winter week and a summer week from folder. The summer
// week contains the lowest spot price of its year.
func measuredWeeks(folder string) ([]measured, error) {
	heat, err := table(folder, heatFile, heatColumns())
	if err != nil {
		return nil, err
	}
	power, err := table(folder, powerFile, powerColumns())
	if err != nil {
		return nil, err
	}
	var out []measured
	// ReadCSV has rejected missing and doubled hours, so that a window has 168
	// equal steps.
	for _, w := range []struct {
		name  string
		month time.Month
		day   int
	}{{"winter week, 14 January", time.January, 14}, {"summer week, 3 June", time.June, 3}} {
		h, err := heat.Window(time.Date(2019, w.month, w.day, 0, 0, 0, 0, time.UTC), weekSteps)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", heatFile, err)
		}
		p, err := power.Window(time.Date(2020, w.month, w.day, 0, 0, 0, 0, time.UTC), weekSteps)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", powerFile, err)
		}
		out = append(out, measured{w.name, h, p})
	}
	return out, nil
}

// table reads some columns of a CSV file.
func table(folder, name string, columns []string) (*scenario.Table, error) {
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return nil, fmt.Errorf("measured series: %w; name their folder with -data", err)
	}
	defer f.Close()
	x, err := scenario.ReadCSV(f, scenario.CSVOptions{Columns: columns})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return x, nil
}

// weeks runs each week at the lowest and at the highest prices of Chinese
// allowances and certificates between 2021 and 2025.
//
// Two weeks at two levels of prices give four results.
func weeks(ctx context.Context, solver milp.Solver, series []measured) ([]week, error) {
	var out []week
	for _, w := range series {
		for _, level := range []prices{
			{Carbon: 50, CarbonSlope: 5, Certificate: 2, CertificateSlope: 0.2},
			{Carbon: 105, CarbonSlope: 10, Certificate: 6, CertificateSlope: 0.5},
		} {
			result, err := runWeek(ctx, solver, w.heat, w.power, level)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", w.name, err)
			}
			result.Name = w.name
			out = append(out, *result)
		}
	}
	return out, nil
}

// weekSet returns the week as a set with one scenario. Each column is divided
// by about its peak of the year, in MW: 120 wind, 25 sun, 80 and 120 load, 20
// heat.
func weekSet(heat, power *scenario.Table) (*scenario.Set, error) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: weekSteps})
	for i, x := range sites() {
		// VPP1 has the first load column, the other two share the second.
		load := scaled(power.Column("load1_rt"), loadSize/80)
		if i > 0 {
			load = scaled(power.Column("load2_rt"), loadSize/120)
		}
		sun := scaled(power.Column("pv_rt"), sunSize/25)
		wind := scaled(power.Column("wind_rt"), windSize/120)
		if err := x.add(set, sun, wind, load, scaled(heat.Column("heat_mw"), heatSize/20)); err != nil {
			return nil, err
		}
	}
	return set, set.AddForecast("gas price", "CNY/MWh", scaled(heat.Column("gas_price"), yuanPerEuro))
}

// runWeek returns the equilibrium of price takers over one week. Electricity
// has the spot price, which can be negative; a purchase costs the grid fee in
// addition.
func runWeek(ctx context.Context, solver milp.Solver, heat, power *scenario.Table, p prices) (*week, error) {
	set, err := weekSet(heat, power)
	if err != nil {
		return nil, err
	}
	// The file has prices in EUR per MWh.
	spot := scaled(heat.Column("el_spot"), yuanPerEuro)
	out := &week{Carbon: p.Carbon, Certificate: p.Certificate}
	buy := make(market.Series, len(spot))
	// A purchase costs the fee as well; a sale earns the spot price only.
	for t, price := range spot {
		buy[t] = price + gridFee
		if price < 0 {
			out.Negative++
		}
	}
	calendar := market.Calendar{Steps: weekSteps}
	tariff := &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy, Sell: spot}
	r := base()
	played, err := clear(ctx, solver, participants(sites(), r.carbonQuota), vpp.Setting{
		Set:     set,
		Weights: weights.Vector{Economic: 0.5, Environment: 0.5},
		Markets: vpp.Markets{
			// No floor at zero here: respond would cut negative prices off.
			Electricity:  &market.Linear{Market: tariff, Slope: market.Series{20}},
			Carbon:       respond(market.Flat(market.Carbon, calendar, p.Carbon), p.CarbonSlope),
			Certificate:  respond(market.Flat(market.Certificate, calendar, p.Certificate), p.CertificateSlope),
			Obligation:   market.Obligation{Quota: r.certificateQuota},
			GridEmission: heat.Column("ef_om"),
		},
	}, market.PriceTaking)
	if err != nil {
		return nil, err
	}
	out.VPPs, out.Total = played.VPPs, played.total()
	out.Residuals, out.Converged = played.Residuals, played.Converged
	return out, nil
}
