package results_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// farm is a region of one wind farm of 8 MW, paid 50 per MWh by one VPP that
// sells at 70.
func farm() trigrid.Region {
	set := scenario.Single(scenario.Grid{Start: time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 2})
	if err := set.AddForecast("wind", "MW", []float64{4, 6}); err != nil {
		panic(err)
	}
	calendar := market.Calendar{Steps: 2}
	return trigrid.Region{
		Name: "coast",
		VPPs: []vpp.VPP{{Name: "north", PassThrough: 0.5, Tariff: der.Tariff{Injection: []float64{50, 50}}}},
		DERs: []der.DER{&der.Wind{ID: "W1", Capacity: optional.Of(8), Available: "wind", Maintenance: 2}},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 1},
			Markets: vpp.Markets{Electricity: &market.Tariff{Calendar: calendar, Buy: market.Series{90}, Sell: market.Series{70}}},
		},
	}
}

// The money of a wind farm, step by step.
func ExampleTable_Rows() {
	region := farm()
	result, err := trigrid.Run(context.Background(), region, trigrid.Options{})
	if err != nil {
		panic(err)
	}
	table, err := results.New(region, result)
	if err != nil {
		panic(err)
	}
	for row := range table.Rows() {
		if row.DER == "W1" && row.Kind == "money" && row.Value != 0 {
			fmt.Println(row.LocalTime, row.Quantity, row.Value, row.Unit)
		}
	}
	// Output:
	// 2026-06-15T12:00:00Z energy sold 200 currency
	// 2026-06-15T13:00:00Z energy sold 300 currency
	// 2026-06-15T12:00:00Z maintenance -8 currency
	// 2026-06-15T13:00:00Z maintenance -12 currency
}

// A run is written, read back and checked.
func ExampleReadFile() {
	region := farm()
	result, err := trigrid.Run(context.Background(), region, trigrid.Options{})
	if err != nil {
		panic(err)
	}
	folder, err := os.MkdirTemp("", "results")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "run.parquet")
	if err := results.WriteFile(file, region, result); err != nil {
		panic(err)
	}
	read, err := results.ReadFile(file, region)
	if err != nil {
		panic(err)
	}
	fmt.Println("violations:", read.Plans[0].Verify(0))
	// Output:
	// violations: <nil>
}

// The statistics of a DER: its energy, and its share of the capacity.
func ExampleStatistics() {
	region := farm()
	result, err := trigrid.Run(context.Background(), region, trigrid.Options{})
	if err != nil {
		panic(err)
	}
	ders, err := results.Statistics(region, result)
	if err != nil {
		panic(err)
	}
	for _, d := range ders {
		fmt.Println(d.DER, "in", d.VPP, "supplies", d.Carriers[0].Supplied, "MWh, capacity factor", d.Carriers[0].CapacityFactor)
	}
	// Output:
	// W1 in north supplies 10 MWh, capacity factor 0.625
}
