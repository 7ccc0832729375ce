package scenario_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// check ends an example on an error.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A wind farm of 8 MW has a forecast for the next four hours. Generate samples
// a thousand scenarios around it and reduces them to three.
func Example() {
	grid := scenario.Grid{Start: time.Date(2026, 7, 6, 12, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 4}
	errors := scenario.NormalErrors{Sigma: scenario.DayAheadWind, Low: optional.Of(0), High: optional.Of(8)}
	wind, err := scenario.Around("W1", "MW", grid, []float64{3, 4, 5, 5}, errors)
	check(err)
	generated, err := scenario.Generate(context.Background(), scenario.Spec{
		Grid: grid, Series: []scenario.Series{wind}, Scenarios: 3,
	}, rand.NewPCG(1, 2))
	check(err)
	for i, p := range generated.Set.Probabilities() {
		fmt.Printf("%.3f  %.1f MW\n", p, generated.Set.Path("W1", i))
	}
	// Output:
	// 0.458  [3.0 4.0 5.0 5.0] MW
	// 0.275  [2.4 3.1 3.8 3.8] MW
	// 0.267  [3.7 4.9 6.2 6.2] MW
}

// Hourly series come from a file. A window of it becomes a deterministic set.
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
	check(err)
	window, err := table.Window(time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC), 2)
	check(err)
	set := window.Set()
	fmt.Println(set.Path("price", 0), set.Unit("price"))
	// Output:
	// scenario: CSV: line 5, column "wind": value is missing
	// [35 30] EUR/MWh
}

// A year of hours is a Table. Day selects one date in the time zone of the
// file.
func ExampleTable_Day() {
	var file strings.Builder
	file.WriteString("time,load\n")
	for h := range 48 {
		fmt.Fprintf(&file, "2026-03-%02dT%02d:00,%d\n", 1+h/24, h%24, h)
	}
	table, err := scenario.ReadCSV(strings.NewReader(file.String()), scenario.CSVOptions{})
	check(err)
	day, err := table.Day(2026, time.March, 2)
	check(err)
	fmt.Println(day.Grid().Steps, day.Column("load")[0], table.Names())
	// Output:
	// 24 24 [load]
}

// hourly is a grid of hours without a calendar.
func hourly(steps int) scenario.Grid { return scenario.Grid{Step: time.Hour, Steps: steps} }

// wind returns a set of three scenarios over two hours.
func wind() *scenario.Set {
	set, err := scenario.New(hourly(2), []float64{0.5, 0.25, 0.25})
	check(err)
	check(set.Add("wind", "MW", [][]float64{{4, 4}, {1, 2}, {6, 7}}))
	check(set.AddForecast("load", "MW", []float64{5, 5}))
	return set
}

// A set is built by hand: probabilities, one path per scenario, and a forecast
// that is certain.
func ExampleSet() {
	set := wind()
	fmt.Println(set.Len(), "scenarios of", set.Steps(), "steps")
	fmt.Println("mean wind", set.Mean("wind"), "varies:", set.Varies("wind"), set.Varies("load"))
	fmt.Println(set.Add("wind", "MW", [][]float64{{1, 2}}))
	// Output:
	// 3 scenarios of 2 steps
	// mean wind [3.75 4.25] varies: true false
	// scenario: series "wind": is already there; remove one of the two or rename it
	// scenario: series "wind": has 1 paths, want one for each of 3 scenarios
}

// Expected returns the deterministic set of the means.
func ExampleSet_Expected() {
	expected := wind().Expected()
	fmt.Println(expected.Len(), expected.Path("wind", 0))
	// Output:
	// 1 [3.75 4.25]
}

// A rolling horizon drops the steps that are over.
func ExampleSet_Window() {
	rest := wind().Window(1, 2)
	fmt.Println(rest.Steps(), rest.Path("wind", 2), rest.Path("load", 2))
	// Output:
	// 1 [7] [5]
}

// Subset keeps some scenarios and scales their probabilities to a sum of 1.
// Split divides one scenario into equal copies.
func ExampleSet_Subset() {
	set := wind()
	fmt.Println(set.Subset(0, 2).Probabilities())
	fmt.Println(set.Split(0, 2).Probabilities())
	// Output:
	// [0.6666666666666666 0.3333333333333333]
	// [0.25 0.25 0.25 0.25]
}

// progress prints the stages of Generate.
type progress struct{}

func (progress) Began(stage scenario.Stage, number, of int) {
	fmt.Printf("%d of %d: %s\n", number, of, stage)
}

// An Observer receives the stages of Generate.
func ExampleObserver() {
	_, err := scenario.Generate(context.Background(), scenario.Spec{
		Grid:      hourly(2),
		Series:    []scenario.Series{{Name: "x", Marginals: scenario.Same(scenario.Fixed(1), 2)}},
		Forecasts: []scenario.Known{{Name: "load", Unit: "MW", Path: []float64{5, 5}}},
		Samples:   10, Observe: progress{},
	}, rand.NewPCG(1, 2))
	check(err)
	// Output:
	// 1 of 3: sampling
	// 2 of 3: joining
	// 3 of 3: shaping
}
