package weights

import "fmt"

// Simplex returns every vector whose weights are multiples of 1/steps, (steps+1)(steps+2)/2 of them:
//
//	w = (i, j, steps−i−j) / steps        i = 0..steps, j = 0..steps−i
//
// The order is lexicographic in (economic, risk), so it never changes. Each weight is the float64
// nearest to its fraction: with ten steps the vector 0.4/0.2/0.4 is met exactly. Simplex panics when
// steps is below one, since the number of steps is written in code, not read from data.
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

// Segment returns steps+1 vectors evenly spaced from one vector to another, both included: "raise the
// economic weight at the expense of the environmental one, risk fixed" is the segment between two
// vectors with equal risk weights. It panics when steps is below one.
func Segment(from, to Vector, steps int) []Vector {
	if steps < 1 {
		panic(fmt.Sprintf("weights: Segment with %d steps, want at least 1", steps))
	}
	// Both ends carry weight explicitly, so that the ends themselves are met without rounding.
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
	all[0], all[steps] = from, to
	return all
}

// Corners returns the three single-objective vectors, in the order of [Dimensions]. [Analyse] needs
// their outcomes, since they define what "ideal" means.
func Corners() [3]Vector {
	return [3]Vector{{Economic: 1}, {Risk: 1}, {Environment: 1}}
}
