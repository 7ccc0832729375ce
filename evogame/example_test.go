package evogame_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/trigrid/trigrid/evogame"
)

// A wind farm and a battery choose between two plants. Together they are worth more than apart, in the
// north more than in the south.
func Example() {
	game, err := evogame.Bimatrix(
		[][]float64{{60, 30}, {25, 50}}, // the wind farm's payoff: its choice by row, the battery's by column
		[][]float64{{40, 10}, {15, 35}}) // the battery's
	if err != nil {
		panic(err)
	}
	_ = game.SetNames([]string{"wind", "battery"}, [][]string{{"north", "south"}, {"north", "south"}})
	ctx := context.Background()

	result, err := evogame.Run(ctx, game, evogame.Replicator{}, nil, evogame.Options{})
	fmt.Println(result.Verdict, err)
	fmt.Println(result.Reason)

	welfare, _ := evogame.MeasureWelfare(game, nil)
	basins, _ := evogame.BasinShares(ctx, game, nil, evogame.BasinOptions{Source: rand.NewPCG(1, 2)})
	for _, a := range basins.Attractors {
		fmt.Printf("%v from %d of 100 starts, %g below the best\n", a.Profile, a.Count, welfare.Gap(a.Profile))
	}
	// Output:
	// converged to a strict Nash profile <nil>
	// at (wind: north, battery: north) every deviation loses; the cheapest, battery to south, loses 30
	// [0 0] from 69 of 100 starts, 0 below the best
	// [1 1] from 31 of 100 starts, 15 below the best
}
