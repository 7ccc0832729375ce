package evogame_test

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/evogame"
)

// Under the replicator, zero-sum rock-paper-scissors has closed orbits. If a
// victory gains more than a defeat costs, the mixed equilibrium is stable; if
// less, it is unstable (Hofbauer, Sigmund 1998, section 7.7).
func ExampleRun() {
	for _, gain := range []float64{1, 2, 0.5} {
		game := evogame.Matrix{{0, -1, gain}, {gain, 0, -1}, {-1, gain, 0}}
		start := evogame.State{{0.5, 0.3, 0.2}}
		r, err := evogame.Run(context.Background(), game, nil, start, evogame.Options{MaxSteps: 2000})
		if err != nil {
			panic(err)
		}
		fmt.Printf("gain %v: %v\n", gain, r.Verdict)
		if r.Verdict == evogame.Cycle {
			fmt.Printf("period %.5f\n", r.Period)
		}
	}
	// Output:
	// gain 1: does not converge: cycle
	// period 11.39826
	// gain 2: converged to a rest point that is not a strict Nash profile
	// gain 0.5: not converged
}

// Stability classifies the uniform state of rock-paper-scissors to first order.
// A centre is undecided.
func ExampleStability() {
	for _, gain := range []float64{2, 1, 0.5} {
		game := evogame.Matrix{{0, -1, gain}, {gain, 0, -1}, {-1, gain, 0}}
		r, err := evogame.Run(context.Background(), game, nil, evogame.Uniform(game), evogame.Options{})
		if err != nil {
			panic(err)
		}
		fmt.Printf("gain %v: %v\n", gain, r.Stability)
	}
	// Output:
	// gain 2: stable
	// gain 1: undecided
	// gain 0.5: unstable
}

// In matching pennies, player 0 holds heads with probability 0.6. The other
// player learns to play tails.
func ExampleOptions() {
	pennies, _ := evogame.Bimatrix([][]float64{{1, -1}, {-1, 1}}, [][]float64{{-1, 1}, {1, -1}})
	start := evogame.State{{0.6, 0.4}, {0.5, 0.5}}
	r, err := evogame.Run(context.Background(), pennies, nil, start, evogame.Options{Held: []int{0}})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f\n", r.Final)
	fmt.Println(r.Reason)
	// Output:
	// [[0.600 0.400] [0.000 1.000]]
	// at (0, 1) every deviation loses; the cheapest, player 1 to 0, loses 0.4
}

// In the stag hunt, multiplicative weights with the rate 1 settle at (hare,
// hare) from the uniform start, at which hare pays 3 and stag 2.
func ExampleIterate() {
	stagHunt := evogame.Matrix{{4, 0}, {3, 3}}
	m := evogame.ExponentialWeights{Rate: 1}
	r, err := evogame.Iterate(context.Background(), stagHunt, m, nil, evogame.IterateOptions{})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Verdict, r.Profile)
	r, _ = evogame.Iterate(context.Background(), stagHunt, m, nil, evogame.IterateOptions{Periods: 2})
	fmt.Printf("%.3f\n", r.States)
	// Output:
	// converged to a strict Nash profile [1]
	// [[[0.500 0.500]] [[0.405 0.595]] [[0.287 0.713]]]
}

// One hunter starts with a given probability of stag, the other with 3/4 of
// stag, the mixed equilibrium. The outcome depends on the start.
func ExampleSweepStart() {
	game, _ := evogame.Bimatrix([][]float64{{4, 0}, {3, 3}}, [][]float64{{4, 3}, {0, 3}})
	s, err := evogame.SweepStart(context.Background(), game, nil, evogame.Sweep{
		Player: 0, Strategy: 0, Values: []float64{0.5, 0.9},
		Start: evogame.State{{0.5, 0.5}, {0.75, 0.25}},
	}, evogame.Options{})
	if err != nil {
		panic(err)
	}
	for _, row := range s.Rows {
		fmt.Println(row.Value, row.Result.Profile)
	}
	fmt.Println("independent of the start:", s.Agree)
	// Output:
	// 0.5 [1 1]
	// 0.9 [0 0]
	// independent of the start: false
}
