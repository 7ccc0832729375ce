package scenario_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/trigrid/trigrid/scenario"
)

// All reducers find the two groups of five points. Means are new points; the
// other representatives are members of the sample.
func ExampleReducer() {
	points := [][]float64{{0}, {1}, {2}, {10}, {12}}
	for _, reducer := range []scenario.Reducer{
		scenario.KMeans{},
		scenario.SwarmMeans{},
		scenario.KMedoids{},
		scenario.AlternatingMedoids{},
		scenario.ForwardSelection{},
		scenario.BackwardReduction{},
		scenario.NearestMember{},
	} {
		r, err := reducer.Reduce(context.Background(), points, nil, 2, rand.NewPCG(1, 2))
		check(err)
		fmt.Printf("%-29T %v %.1f cost %.2f\n", reducer, r.Points, r.Probability, r.Cost)
	}
	// Output:
	// scenario.KMeans               [[1] [11]] [0.6 0.4] cost 0.80
	// scenario.SwarmMeans           [[1] [11]] [0.6 0.4] cost 0.80
	// scenario.KMedoids             [[1] [12]] [0.6 0.4] cost 0.80
	// scenario.AlternatingMedoids   [[1] [10]] [0.6 0.4] cost 0.80
	// scenario.ForwardSelection     [[2] [10]] [0.6 0.4] cost 1.00
	// scenario.BackwardReduction    [[1] [12]] [0.6 0.4] cost 0.80
	// scenario.NearestMember        [[1] [10]] [0.6 0.4] cost 0.80
}

// Options that are out of range are reported together.
func ExampleKMeans() {
	_, err := scenario.KMeans{Starts: -1, Iterations: -2}.Reduce(
		context.Background(), [][]float64{{0}, {1}}, nil, 1, rand.NewPCG(1, 2))
	fmt.Println(err)
	// Output:
	// scenario: KMeans: Starts is -1, want at least 1, or 0 for 10
	// scenario: KMeans: Iterations is -2, want at least 1, or 0 for 300
}

// Reduce keeps joint paths of all series. Compare measures the loss.
func ExampleCompare() {
	sample := wind()
	reduced, reduction, err := scenario.Reduce(context.Background(), sample, 2, scenario.ReduceOptions{
		Reducer:  scenario.KMedoids{Metric: scenario.Manhattan},
		Emphasis: map[string]float64{"wind": 2},
	}, rand.NewPCG(1, 2))
	check(err)
	fmt.Println(reduced.Probabilities(), reduction.Assignment)
	quality, err := scenario.Compare(sample, reduced)
	check(err)
	s := quality.Series[0]
	fmt.Printf("%s: spread %.2f, extremes %g to %g of %g to %g\n",
		s.Name, s.StepSpread, s.Low, s.High, s.SampleLow, s.SampleHigh)
	fmt.Printf("Kantorovich distance %.2f, misplaced %g\n", quality.Kantorovich, quality.Misplaced)
	// Output:
	// [0.75 0.25] [0 0 1]
	// wind: spread 0.62, extremes 4 to 7 of 1 to 7
	// Kantorovich distance 0.50, misplaced 0
}

// AsGiven measures distances in MW instead of spreads.
func ExampleScaling() {
	for _, scaling := range []scenario.Scaling{scenario.EqualVariance, scenario.AsGiven} {
		_, reduction, err := scenario.Reduce(context.Background(), wind(), 1,
			scenario.ReduceOptions{Reducer: scenario.ForwardSelection{}, Scaling: scaling}, nil)
		check(err)
		fmt.Printf("%.2f\n", reduction.Cost)
	}
	// Output:
	// 1.01
	// 1.80
}

// A set around the observed path has a lower score than one far away.
func ExampleEnergyScore() {
	for _, observed := range [][]float64{{4, 4}, {9, 9}} {
		score, err := scenario.EnergyScore(wind(), "wind", observed)
		check(err)
		fmt.Printf("%.2f MW\n", score)
	}
	// Output:
	// 0.46 MW
	// 5.75 MW
}

// The distance of a set from itself is 0. A reduction is farther away.
func ExampleEnergyDistance() {
	sample := wind()
	for _, other := range []*scenario.Set{sample, sample.Split(0, 3), sample.Subset(0, 1)} {
		d, err := scenario.EnergyDistance(context.Background(), sample, other)
		check(err)
		fmt.Printf("%.3f\n", d)
	}
	// Output:
	// 0.000
	// 0.000
	// 0.527
}
