package evogame_test

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/evogame"
)

// follow prints the state of one population at times 0, dt and 2 dt, from the
// uniform start.
func follow(g evogame.PopulationGame, d evogame.Dynamic, dt float64) {
	o := evogame.Options{Horizon: 2 * dt, Every: dt}
	r, err := evogame.Run(context.Background(), g, d, nil, o)
	if err != nil {
		panic(err)
	}
	for k := range r.States {
		fmt.Printf("t = %v: %.4f\n", r.Times[k], r.States[k][0])
	}
}

// With constant payoffs 1 and 0 the replicator is the logistic equation. From
// 1/2 its solution is 1 / (1 + e^−t).
func ExampleReplicator() {
	follow(evogame.Matrix{{1, 1}, {0, 0}}, evogame.Replicator{}, 1)
	fmt.Printf("1 / (1 + e^-2) = %.4f\n", 1/(1+math.Exp(-2)))
	// Output:
	// t = 0: [0.5000 0.5000]
	// t = 1: [0.7311 0.2689]
	// t = 2: [0.8808 0.1192]
	// 1 / (1 + e^-2) = 0.8808
}

// With constant payoffs 1 and 0 and noise 1, the quantal response equilibrium
// plays the better strategy with probability e / (e + 1) = 0.7311.
func ExampleLogit() {
	game := evogame.Matrix{{1, 1}, {0, 0}}
	for _, noise := range []float64{0.1, 1, 10} {
		d := evogame.Logit{Noise: noise}
		r, err := evogame.Run(context.Background(), game, d, nil, evogame.Options{})
		if err != nil {
			panic(err)
		}
		fmt.Printf("noise %v: %.4f\n", noise, r.Final[0])
	}
	// Output:
	// noise 0.1: [1.0000 0.0000]
	// noise 1: [0.7311 0.2689]
	// noise 10: [0.5250 0.4750]
}

// From the vertex of doves, hawks gain players under BNN although there are
// none at the start. Under the replicator the vertex is a rest point.
func ExampleBrownVonNeumannNash() {
	hawkDove := evogame.Matrix{{-1, 2}, {0, 1}}
	for _, d := range []evogame.Dynamic{evogame.BrownVonNeumannNash{}, evogame.Replicator{}} {
		doves := evogame.State{{0, 1}}
		r, err := evogame.Run(context.Background(), hawkDove, d, doves, evogame.Options{})
		if err != nil {
			panic(err)
		}
		fmt.Printf("hawks %.3f, %v\n", r.Final[0][0], r.Stability)
	}
	// Output:
	// hawks 0.500, stable
	// hawks 0.000, unstable
}

// With constant payoffs 1 and 0, players switch to the better strategy at rate
// 1: x = 1 − e^−t / 2.
func ExampleSmith() {
	follow(evogame.Matrix{{1, 1}, {0, 0}}, evogame.Smith{}, 1)
	// Output:
	// t = 0: [0.5000 0.5000]
	// t = 1: [0.8161 0.1839]
	// t = 2: [0.9323 0.0677]
}

// For a large noise κ, imitation is the replicator slowed down by the factor
// 2κ. With κ = 50 the states at times 100 and 200 are those of the replicator
// at times 1 and 2.
func ExampleImitation() {
	follow(evogame.Matrix{{1, 1}, {0, 0}}, evogame.Imitation{Noise: 50}, 100)
	// Output:
	// t = 0: [0.5000 0.5000]
	// t = 100: [0.7311 0.2689]
	// t = 200: [0.8808 0.1192]
}

// bestResponse moves at rate 1 to the strategy with the highest payoff (Gilboa,
// Matsui 1991).
type bestResponse struct{}

func (bestResponse) Velocity(dx, x, f []float64) {
	best := 0
	for v := range f {
		if f[v] > f[best] {
			best = v
		}
	}
	for v := range x {
		dx[v] = -x[v]
	}
	dx[best]++
}

// A custom dynamic is a type with the method Velocity. With constant payoffs
// its solution is that of Smith, since both move at rate 1.
func ExampleDynamic() {
	follow(evogame.Matrix{{1, 1}, {0, 0}}, bestResponse{}, 1)
	// Output:
	// t = 0: [0.5000 0.5000]
	// t = 1: [0.8161 0.1839]
	// t = 2: [0.9323 0.0677]
}

// adjusted is the replicator with growth rates relative to the average payoff
// (Maynard Smith 1982).
type adjusted struct{}

func (adjusted) Growth(g, x, f []float64) {
	average := 0.0
	for v := range x {
		average += x[v] * f[v]
	}
	for v := range g {
		g[v] = (f[v] - average) / average
	}
}

func (d adjusted) Velocity(dx, x, f []float64) {
	d.Growth(dx, x, f)
	for v := range dx {
		dx[v] *= x[v]
	}
}

// Hawks and doves with a background payoff of 2 converge to the same state as
// under the replicator. Imitative dynamics are integrated in logarithms, so the
// rare hawks of the start cost no precision.
func ExampleImitative() {
	game := evogame.Matrix{{1, 4}, {2, 3}}
	var d evogame.Imitative = adjusted{}
	start := evogame.State{{1e-12, 1 - 1e-12}}
	r, err := evogame.Run(context.Background(), game, d, start, evogame.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.4f %v\n", r.Final[0], r.Stability)
	// Output:
	// [0.5000 0.5000] stable
}

// discrete is the replicator in discrete time, x'[v] = x[v] f[v] / Σ_u x[u]
// f[u], for positive payoffs.
type discrete struct{}

func (discrete) Next(next, x, f []float64) {
	sum := 0.0
	for v := range x {
		next[v] = x[v] * f[v]
		sum += next[v]
	}
	for v := range next {
		next[v] /= sum
	}
}

// With constant payoffs 3 and 1 the odds triple in each period: 1, 3, 9, 27.
func ExampleMap() {
	game := evogame.Matrix{{3, 3}, {1, 1}}
	o := evogame.IterateOptions{Periods: 3, Scale: []float64{1}}
	r, err := evogame.Iterate(context.Background(), game, discrete{}, nil, o)
	if err != nil {
		panic(err)
	}
	for _, x := range r.States {
		fmt.Printf("%.4f ", x[0][0])
	}
	// Output:
	// 0.5000 0.7500 0.9000 0.9643
}

// One period multiplies the odds of two strategies by e^h if their payoffs
// differ by the payoff spread.
func ExampleExponentialWeights() {
	next := make([]float64, 2)
	evogame.ExponentialWeights{Rate: math.Log(3)}.Next(next, []float64{0.5, 0.5}, []float64{1, 0})
	fmt.Printf("%.2f\n", next)
	// Output:
	// [0.75 0.25]
}
