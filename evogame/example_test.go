package evogame_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/trigrid/trigrid/evogame"
)

// A wind farm and a battery choose between two VPPs. Their joint payoff is
// higher in the same VPP than in different ones, and higher in the north than
// in the south.
func Example() {
	game, err := evogame.Bimatrix(
		[][]float64{{60, 30}, {25, 50}}, // wind farm, by its own choice (row) and the battery's (column)
		[][]float64{{40, 10}, {15, 35}}) // battery
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
		fmt.Println(a.Profile, "from", a.Count, "starts,", welfare.Gap(a.Profile), "below the best")
	}
	// Output:
	// converged to a strict Nash profile <nil>
	// at (wind: north, battery: north) every deviation loses; the cheapest, battery to south, loses 30
	// [0 0] from 69 starts, 0 below the best
	// [1 1] from 31 starts, 15 below the best
}
