package evogame_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/trigrid/trigrid/evogame"
)

// In the coordination game with payoffs 2 and 1, the replicator of one
// population converges to the first strategy from every start above 1/3. The
// basin has 2/3 of the volume.
func ExampleBasinShares() {
	game := evogame.Matrix{{2, 0}, {0, 1}}
	o := evogame.BasinOptions{Starts: 1000, Source: rand.NewPCG(1, 2)}
	basins, err := evogame.BasinShares(context.Background(), game, nil, o)
	if err != nil {
		panic(err)
	}
	for _, a := range basins.Attractors {
		fmt.Printf("%v: %.3f in [%.3f, %.3f]\n", a.Profile, a.Share, a.Low, a.High)
	}
	fmt.Println(len(basins.Starts), "starts, the first ends at", basins.Attractors[basins.Ends[0]].Profile)
	// Output:
	// [0]: 0.669 in [0.639, 0.697]
	// [1]: 0.331 in [0.303, 0.361]
	// 1000 starts, the first ends at [0]
}

// From random pure profiles, A moves first. It hunts stag exactly if B does,
// and B follows.
func ExamplePathBasins() {
	game := evogame.NewCached(stagHunt())
	basins, err := evogame.PathBasins(context.Background(), game, 1000, rand.NewPCG(1, 2))
	if err != nil {
		panic(err)
	}
	for _, a := range basins.Attractors {
		fmt.Printf("%v: %.2f\n", a.Profile, a.Share)
	}
	fmt.Println(game.Len(), "payoffs computed")
	// Output:
	// [1 1]: 0.52
	// [0 0]: 0.48
	// 8 payoffs computed
}
