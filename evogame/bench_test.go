package evogame_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/trigrid/trigrid/evogame"
)

// randomTable fills a game with independent standard normal payoffs.
func randomTable(source rand.Source, strategies ...int) *evogame.Table {
	t, err := evogame.NewTable(strategies)
	if err != nil {
		panic(err)
	}
	random := rand.New(source)
	eachProfile(strategies, func(profile []int) {
		for i := range profile {
			t.Set(i, profile, random.NormFloat64())
		}
	})
	return t
}

// eachProfile visits every profile by counting up, the last strategy fastest.
func eachProfile(strategies []int, visit func(profile []int)) {
	profile := make([]int, len(strategies))
	for {
		visit(profile)
		i := len(profile) - 1
		for ; i >= 0; i-- {
			if profile[i]++; profile[i] < strategies[i] {
				break
			}
			profile[i] = 0
		}
		if i < 0 {
			return
		}
	}
}

// BenchmarkReplicator is the comparison case of three players with two
// strategies each, followed to t = 2 at a tolerance of 1e-10, everything
// included.
func BenchmarkReplicator(b *testing.B) {
	game := randomTable(rand.NewPCG(1, 2), 2, 2, 2)
	start := evogame.RandomState(game, rand.NewPCG(3, 4))
	b.ReportAllocs()
	var r *evogame.Result
	for b.Loop() {
		var err error
		if r, err = evogame.Run(context.Background(), game, nil, start, evogame.Options{Horizon: 2}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(r.Steps), "steps/op")
}

// BenchmarkVerdict follows random games of n players with two strategies until
// the verdict is known.
func BenchmarkVerdict(b *testing.B) {
	for _, players := range []int{3, 5, 8, 12} {
		b.Run(fmt.Sprintf("players=%d", players), func(b *testing.B) {
			strategies := make([]int, players)
			for i := range strategies {
				strategies[i] = 2
			}
			game := randomTable(rand.NewPCG(1, 2), strategies...)
			start := evogame.RandomState(game, rand.NewPCG(3, 4))
			var r *evogame.Result
			for b.Loop() {
				var err error
				if r, err = evogame.Run(context.Background(), game, nil, start, evogame.Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(r.Steps), "steps/op")
		})
	}
}

func BenchmarkExpectedPayoffs(b *testing.B) {
	for _, players := range []int{3, 6, 9, 12} {
		b.Run(fmt.Sprintf("players=%d", players), func(b *testing.B) {
			strategies := make([]int, players)
			for i := range strategies {
				strategies[i] = 2
			}
			game := randomTable(rand.NewPCG(1, 2), strategies...)
			x := evogame.RandomState(game, rand.NewPCG(3, 4))
			f := x.Clone()
			b.ReportAllocs()
			for b.Loop() {
				game.Payoffs(f, x)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(players)/float64(int(1)<<players), "ns/payoff")
		})
	}
}

func BenchmarkStrictNash(b *testing.B) {
	strategies := make([]int, 12)
	for i := range strategies {
		strategies[i] = 2
	}
	game := randomTable(rand.NewPCG(1, 2), strategies...)
	for b.Loop() {
		if _, err := evogame.StrictNash(game); err != nil {
			b.Fatal(err)
		}
	}
}
