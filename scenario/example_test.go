package scenario_test

import (
	"context"
	"fmt"
	"math/rand/v2"
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
