package weights_test

import (
	"fmt"

	"github.com/trigrid/trigrid/weights"
)

// Consistent comparisons have the ratio 0. The second matrix states that A
// outweighs B three times, B outweighs C three times, and C outweighs A: its
// ratio is far above 0.1.
func ExampleAHP() {
	for _, comparisons := range [][][]float64{
		{{1, 3, 9}, {1.0 / 3, 1, 3}, {1.0 / 9, 1.0 / 3, 1}},
		{{1, 3, 1.0 / 3}, {1.0 / 3, 1, 3}, {3, 1.0 / 3, 1}},
	} {
		p, err := weights.AHP(comparisons)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%.3f, λ %.3f, ratio %.3f\n", p.Weights, p.Eigenvalue, p.Ratio)
	}
	// Output:
	// [0.692 0.231 0.077], λ 3.000, ratio 0.000
	// [0.333 0.333 0.333], λ 4.333, ratio 1.149
}

// Ten steps give 66 vectors.
func ExampleSimplex() {
	fmt.Println(len(weights.Simplex(10)))
	for _, w := range weights.Simplex(1) {
		fmt.Println(w)
	}
	// Output:
	// 66
	// economic 0, risk 0, environment 1
	// economic 0, risk 1, environment 0
	// economic 1, risk 0, environment 0
}

// The economic weight rises at the expense of the environmental one, at a fixed
// risk weight.
func ExampleSegment() {
	from := weights.Vector{Economic: 0.2, Risk: 0.2, Environment: 0.6}
	to := weights.Vector{Economic: 0.6, Risk: 0.2, Environment: 0.2}
	for _, w := range weights.Segment(from, to, 2) {
		fmt.Println(w)
	}
	// Output:
	// economic 0.2, risk 0.2, environment 0.6
	// economic 0.4, risk 0.2, environment 0.4
	// economic 0.6, risk 0.2, environment 0.2
}

// outcomes holds the plans of the three corners and of a balanced vector.
func outcomes() []weights.Outcome {
	corner := weights.Corners()
	return []weights.Outcome{
		{Weights: corner[0], Value: weights.Values{Economic: 100, Risk: -40, Environment: 10}},
		{Weights: corner[1], Value: weights.Values{Economic: 60, Risk: -10, Environment: 10}},
		{Weights: corner[2], Value: weights.Values{Economic: 70, Risk: -30, Environment: 50}},
		{
			Weights: weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4},
			Value:   weights.Values{Economic: 90, Risk: -20, Environment: 40},
		},
	}
}

// The balanced plan is the compromise: it misses at most one third of the span
// of a dimension. It has regret in every dimension, because each corner is
// better in its own.
func ExampleAnalyse() {
	a, err := weights.Analyse(outcomes(), 3)
	if err != nil {
		panic(err)
	}
	fmt.Println("ideal", a.Ideal, "nadir", a.Nadir)
	for _, r := range a.Rows {
		fmt.Printf("gain %v, regret %v, worst %.2f\n", r.Gain, r.Regret, r.WorstRegret())
	}
	fmt.Println("compromise", a.Compromise, "highest total", a.HighestTotal)
	fmt.Println("smallest regret throughout:", a.MinimisesRegret(3))
	// Output:
	// ideal {100 -10 50} nadir {60 -40 10}
	// gain {10 -20 -30}, regret {0 30 40}, worst 1.00
	// gain {-30 10 -30}, regret {40 0 40}, worst 1.00
	// gain {-20 -10 10}, regret {30 20 0}, worst 0.75
	// gain {0 0 0}, regret {10 10 10}, worst 0.33
	// compromise 3 highest total 3
	// smallest regret throughout: false
}

// The corners are necessary, because single-objective plans define the ideal.
func ExampleCorners() {
	_, err := weights.Analyse(outcomes()[1:], 0)
	fmt.Println(err)
	// Output:
	// weights: the outcome with the whole weight on economic is missing; add Corners to the sweep
}

// Equal normalised weights, for spans of 40, 30 and 40: the dimension with the
// smallest span receives the largest weight in currency.
func ExampleAnalysis_Currency() {
	a, err := weights.Analyse(outcomes(), 3)
	if err != nil {
		panic(err)
	}
	w, _ := weights.Vector{Economic: 1, Risk: 1, Environment: 1}.Normalise()
	fmt.Println(a.Currency(w))
	// Output:
	// economic 0.3, risk 0.4, environment 0.3 <nil>
}
