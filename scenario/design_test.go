package scenario

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkLatinHypercube(b *testing.B) {
	for _, n := range []int{1000, 100000} {
		b.Run(map[int]string{1000: "1000x24", 100000: "100000x24"}[n], func(b *testing.B) {
			src := rand.NewPCG(1, 2)
			for b.Loop() {
				_, _ = LatinHypercube{}.Sample(24, n, src)
			}
		})
	}
}
