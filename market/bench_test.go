package market_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/trigrid/trigrid/market"
)

func BenchmarkClear(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("bids=%d", n), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			bids := make([]market.Bid, n)
			for i := range bids {
				bids[i] = market.Bid{Quantity: r.NormFloat64(), Price: 100 * r.Float64()}
			}
			for b.Loop() {
				if _, err := market.Clear(bids); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/bid")
		})
	}
}

func BenchmarkLinearCurve(b *testing.B) {
	m := linearElectricity()
	for b.Loop() {
		m.Curve(0)
	}
	b.ReportMetric(float64(len(m.Curve(0).Slopes)), "pieces")
}

func BenchmarkCurveCost(b *testing.B) {
	c := linearElectricity().Curve(0)
	for b.Loop() {
		c.Cost(17)
	}
}
