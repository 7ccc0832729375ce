package scenario_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/trigrid/trigrid/scenario"
)

// A wind farm of 8 MW has a forecast for the next four hours. A thousand futures around it are sampled
// and reduced to three.
func Example() {
	grid := scenario.Grid{Start: time.Date(2026, 7, 6, 12, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 4}
	errors := scenario.NormalErrors{Sigma: scenario.DayAheadWind, High: 8}
	wind, err := scenario.Around("W1", "MW", grid, []float64{3, 4, 5, 5}, errors)
	if err != nil {
		panic(err)
	}
	futures, err := scenario.Generate(context.Background(), scenario.Spec{
		Grid: grid, Series: []scenario.Series{wind}, Scenarios: 3,
	}, rand.NewPCG(1, 2))
	if err != nil {
		panic(err)
	}
	for i, p := range futures.Set.Probabilities() {
		fmt.Printf("%.3f  %.1f MW\n", p, futures.Set.Path("W1", i))
	}
	// Output:
	// 0.458  [3.0 4.0 5.0 5.0] MW
	// 0.275  [2.4 3.1 3.8 3.8] MW
	// 0.267  [3.7 4.9 6.2 6.2] MW
}

// Hourly series come from a file; a day of it becomes one future in which everything is known.
func ExampleReadCSV() {
	const file = `# wind farm W1
time,wind,price
2026-07-05T23:00,1.5,40
2026-07-06T00:00,2.0,35
2026-07-06T01:00,,30
`
	_, err := scenario.ReadCSV(strings.NewReader(file), scenario.CSVOptions{})
	fmt.Println(err)

	table, err := scenario.ReadCSV(strings.NewReader(file), scenario.CSVOptions{
		Columns: []string{"price"}, Units: map[string]string{"price": "EUR/MWh"},
	})
	if err != nil {
		panic(err)
	}
	window, err := table.Window(time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC), 2)
	if err != nil {
		panic(err)
	}
	set := window.Set()
	fmt.Println(set.Path("price", 0), set.Unit("price"))
	// Output:
	// scenario: CSV: line 5, column "wind": value is missing
	// [35 30] EUR/MWh
}
