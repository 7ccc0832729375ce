package weights

import "fmt"

// Simplex returns all vectors whose weights are multiples of 1/steps:
//
//	w = (i, j, steps−i−j) / steps        i = 0..steps, j = 0..steps−i
//
// These are (steps+1)(steps+2)/2 vectors, in lexicographic order of (economic,
// risk); 66 for ten steps. Each weight is the float64 nearest to its fraction,
// so that ten steps include 0.4/0.2/0.4 exactly. Simplex panics if steps is
// below 1, since the number of steps is a constant of a program.
func Simplex(steps int) []Vector {
	if steps < 1 {
		panic(fmt.Sprintf("weights: Simplex with %d steps, want at least 1", steps))
	}
	n := float64(steps)
	all := make([]Vector, 0, (steps+1)*(steps+2)/2)
	for i := range steps + 1 {
		for j := range steps - i + 1 {
			all = append(all, Vector{
				Economic:    float64(i) / n,
				Risk:        float64(j) / n,
				Environment: float64(steps-i-j) / n,
			})
		}
	}
	return all
}

// Segment returns steps+1 evenly spaced vectors between two vectors, including
// both:
//
//	w_k = ( (steps−k) from + k to ) / steps        k = 0..steps
//
// For example, the segment between two vectors with equal risk weights raises
// the economic weight at the expense of the environmental one. Segment panics
// if steps is below 1.
func Segment(from, to Vector, steps int) []Vector {
	if steps < 1 {
		panic(fmt.Sprintf("weights: Segment with %d steps, want at least 1", steps))
	}
	mix := func(a, b float64, k int) float64 {
		return (a*float64(steps-k) + b*float64(k)) / float64(steps)
	}
	all := make([]Vector, steps+1)
	for k := range all {
		all[k] = Vector{
			Economic:    mix(from.Economic, to.Economic, k),
			Risk:        mix(from.Risk, to.Risk, k),
			Environment: mix(from.Environment, to.Environment, k),
		}
	}
	all[0], all[steps] = from, to // the ends without rounding
	return all
}

// Corners returns the three vectors with the whole weight on one dimension, in
// the order of [Dimensions]. [Analyse] needs their outcomes, because they
// define the ideal.
func Corners() [3]Vector {
	return [3]Vector{{Economic: 1}, {Risk: 1}, {Environment: 1}}
}
