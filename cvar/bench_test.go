package cvar

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// BenchmarkMillion measures a million weighted atoms; "sorting" is the twin
// that sorts them all.
func BenchmarkMillion(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	losses, probability := make([]float64, 1e6), make([]float64, 1e6)
	total := 0.0
	for s := range losses {
		losses[s], probability[s] = random.NormFloat64(), random.Float64()
		total += probability[s]
	}
	for s := range probability {
		probability[s] /= total
	}
	b.Run("selection", func(b *testing.B) {
		for b.Loop() {
			if _, err := (Measure{0.95}).OfLosses(losses, probability); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sorting", func(b *testing.B) {
		for b.Loop() {
			sorted(losses, probability, 0.95)
		}
	})
}

// sorted is the dumb twin of Measure.OfLosses: sort, walk down from the worst,
// split the last atom.
func sorted(losses, probability []float64, confidence float64) (quantile, mean float64) {
	order := make([]int, len(losses))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if losses[a] > losses[b] {
			return -1
		}
		if losses[a] < losses[b] {
			return 1
		}
		return 0
	})
	tail := 1 - confidence
	left := tail
	for _, s := range order {
		take := min(probability[s], left)
		mean += take * losses[s]
		left -= take
		if probability[s] > 0 {
			quantile = losses[s]
		}
		if left <= 1e-12 {
			break
		}
	}
	return quantile, mean / tail
}
