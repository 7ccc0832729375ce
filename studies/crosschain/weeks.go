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

// week is the three plants on a week of measured series, at one level of observed prices.
type week struct {
	Name        string             `json:"name"`
	Carbon      float64            `json:"carbon_cny_per_t"` // at volume zero
	Certificate float64            `json:"certificate_cny"`  // at volume zero
	Negative    int                `json:"negative_hours"`   // with a negative spot price
	Plants      []outcome          `json:"plants"`
	Total       outcome            `json:"total"`
	Residuals   map[string]float64 `json:"residuals_cny_per_unit"`
	Converged   bool               `json:"converged"`
}

// What turns the measured series into a site of the day's size, and euros into yuan. These are
// calibrated, except the rate, which is the mean of 2019.
const (
	yuanPerEuro = 7.73
	gridFee     = 150. // CNY/MWh that a purchase costs above the spot price
	windSize    = 2.0  // MW
	sunSize     = 1.6
	loadSize    = 2.7
	heatSize    = 2.4
	weekSteps   = 7 * 24
)

// measured are the series of one week.
type measured struct {
	name        string
	heat, power *scenario.Table
}

// measuredWeeks reads a winter week and a summer week, the latter with the most negative hour of the year.
func measuredWeeks(folder string) ([]measured, error) {
	heat, err := table(folder, "heat_de_2019_hourly.csv")
	if err != nil {
		return nil, err
	}
	power, err := table(folder, "vpp5_2020_hourly.csv")
	if err != nil {
		return nil, err
	}
	var out []measured
	for _, w := range []struct {
		name  string
		month time.Month
		day   int
	}{{"winter week, 14 January", time.January, 14}, {"summer week, 3 June", time.June, 3}} {
		h, err := heat.Window(time.Date(2019, w.month, w.day, 0, 0, 0, 0, time.UTC), weekSteps)
		if err != nil {
			return nil, fmt.Errorf("heat_de_2019_hourly.csv: %w", err)
		}
		p, err := power.Window(time.Date(2020, w.month, w.day, 0, 0, 0, 0, time.UTC), weekSteps)
		if err != nil {
			return nil, fmt.Errorf("vpp5_2020_hourly.csv: %w", err)
		}
		out = append(out, measured{w.name, h, p})
	}
	return out, nil
}

// weeks runs each week at the lowest and the highest prices that Chinese allowances and certificates had
// between 2021 and 2025.
func weeks(ctx context.Context, solver milp.Solver, series []measured) ([]week, error) {
	var out []week
	for _, w := range series {
		for _, level := range []prices{{Carbon: 50, CarbonSlope: 5, Certificate: 2, CertificateSlope: 0.2}, {Carbon: 105, CarbonSlope: 10, Certificate: 6, CertificateSlope: 0.5}} {
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

func table(folder, name string) (*scenario.Table, error) {
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return nil, fmt.Errorf("measured series: %w; name their folder with -data", err)
	}
	defer f.Close()
	options := scenario.CSVOptions{Columns: []string{"heat_mw", "gas_price", "el_spot", "ef_om"}}
	if name != "heat_de_2019_hourly.csv" {
		options.Columns = []string{"wind_rt", "pv_rt", "load1_rt", "load2_rt"}
	}
	x, err := scenario.ReadCSV(f, options)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return x, nil
}

func runWeek(ctx context.Context, solver milp.Solver, heat, power *scenario.Table, p prices) (*week, error) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: weekSteps})
	for i, x := range sites() {
		load := scaled(power.Column("load1_rt"), loadSize/80)
		if i > 0 {
			load = scaled(power.Column("load2_rt"), loadSize/120)
		}
		if err := x.add(set, scaled(power.Column("pv_rt"), sunSize/25), scaled(power.Column("wind_rt"), windSize/120), load, scaled(heat.Column("heat_mw"), heatSize/20)); err != nil {
			return nil, err
		}
	}
	if err := set.AddForecast("gas price", "CNY/MWh", scaled(heat.Column("gas_price"), yuanPerEuro)); err != nil {
		return nil, err
	}
	spot := scaled(heat.Column("el_spot"), yuanPerEuro)
	out := &week{Carbon: p.Carbon, Certificate: p.Certificate}
	buy := make(market.Series, len(spot))
	for t, price := range spot {
		buy[t] = price + gridFee
		if price < 0 {
			out.Negative++
		}
	}
	calendar := market.Calendar{Steps: weekSteps}
	r := base()
	played, err := clear(ctx, solver, traders(sites(), r.carbonQuota), vpp.Setting{
		Set:     set,
		Weights: weights.Vector{Economic: 0.5, Environment: 0.5},
		Markets: vpp.Markets{
			Electricity:  &market.Linear{Market: &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy, Sell: spot}, Slope: market.Series{20}},
			Carbon:       respond(market.Flat(market.Carbon, calendar, p.Carbon), p.CarbonSlope),
			Certificate:  respond(market.Flat(market.Certificate, calendar, p.Certificate), p.CertificateSlope),
			Obligation:   market.Obligation{Quota: r.certificateQuota},
			GridEmission: heat.Column("ef_om"),
		},
	}, market.PriceTaking)
	if err != nil {
		return nil, err
	}
	out.Plants, out.Total, out.Residuals, out.Converged = played.Plants, played.total(), played.Residuals, played.Converged
	return out, nil
}
