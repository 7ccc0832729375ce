package scenario

import (
	"cmp"
	"fmt"
	"slices"
)

// quantileTolerance is the relative tolerance at which a sum of probabilities
// reaches a level. The sum of nineteen times 1/20 may fall below 0.95 by
// rounding.
const quantileTolerance = 1e-12

// Quantiles returns the p-quantile of a series at one step for each level p:
// the smallest value x of a scenario with
//
//	P(X ≤ x) ≥ p,   0 ≤ p ≤ 1
//
// without interpolation. Of 20 equally probable values the 0.95-quantile is the
// 19th. Quantiles panics if the set lacks the series, the step or a level.
func (s *Set) Quantiles(name string, step int, levels ...float64) []float64 {
	type atom struct{ value, probability float64 }
	atoms := make([]atom, s.Len())
	for i := range atoms {
		atoms[i] = atom{s.At(name, i, step), s.Probability(i)}
	}
	slices.SortFunc(atoms, func(a, b atom) int { return cmp.Compare(a.value, b.value) })
	// Compensated sums (Kahan): rounding does not grow with the number of
	// scenarios.
	below := make([]float64, len(atoms))
	sum, lost := 0.0, 0.0
	for i, a := range atoms {
		next := sum + a.probability
		lost += a.probability - (next - sum)
		sum = next
		below[i] = sum + lost
	}
	out := make([]float64, len(levels))
	for k, level := range levels {
		if !(level >= 0 && level <= 1) {
			panic(fmt.Sprintf("scenario: quantile at level %v, want 0 to 1", level))
		}
		i, _ := slices.BinarySearch(below, level*(1-quantileTolerance))
		out[k] = atoms[min(i, len(atoms)-1)].value
	}
	return out
}
