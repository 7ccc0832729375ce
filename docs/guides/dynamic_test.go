package guides_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/trigrid/trigrid/evogame"
)

// Reluctant is the Smith dynamic with a switching cost τ: members move from u
// to v at a rate of the gain that exceeds τ.
//
//	dx_v/dt = Σ_u x_u [f_v − f_u − τ]₊ − x_v Σ_u [f_u − f_v − τ]₊
//
// x is the population share of a strategy, f its payoff. With τ = 0 it is
// [evogame.Smith].
type Reluctant struct {
	Cost float64 // τ ≥ 0, in the unit of payoffs
}

// Velocity implements [evogame.Dynamic].
func (r Reluctant) Velocity(dx, x, f []float64) {
	clear(dx)
	for v := range dx {
		for u := range dx {
			// Each flow leaves u and reaches v, so that the shares keep a sum
			// of 1.
			flow := x[u] * max(0, f[v]-f[u]-r.Cost)
			dx[v] += flow
			dx[u] -= flow
		}
	}
}

// The dynamic keeps the simplex, and population shares move towards higher
// payoffs: Σ_v f_v dx_v ≥ 0.
func TestReluctantKeepsTheSimplex(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		x, f, dx := make([]float64, 4), make([]float64, 4), make([]float64, 4)
		total := 0.0
		for v := range x {
			x[v], f[v] = max(0, random.Float64()-0.3), 10*random.NormFloat64()
			total += x[v]
		}
		if total == 0 { // no strategy is used: not a state
			continue
		}
		for v := range x {
			x[v] /= total
		}
		Reluctant{Cost: 2}.Velocity(dx, x, f)
		sum, towards := 0.0, 0.0
		for v := range dx {
			sum += dx[v]
			towards += f[v] * dx[v]
			if x[v] == 0 && dx[v] < 0 {
				t.Errorf("strategy %d is not used and loses share", v)
			}
		}
		if math.Abs(sum) > 1e-9 || towards < 0 {
			t.Errorf("the velocity sums to %v, its payoff is %v", sum, towards)
		}
	}
}

// A wind farm and a battery choose between two VPPs. Payoffs: wind farm first,
// its choice by row.
func ExampleReluctant() {
	game, err := evogame.Bimatrix(
		[][]float64{{60, 30}, {25, 50}},
		[][]float64{{40, 10}, {15, 35}})
	if err != nil {
		panic(err)
	}
	result, err := evogame.Run(context.Background(), game, Reluctant{Cost: 1}, nil, evogame.Options{})
	fmt.Println(result.Verdict, result.Profile, err)
	// Output: converged to a strict Nash profile [0 0] <nil>
}
