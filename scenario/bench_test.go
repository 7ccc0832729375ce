package scenario_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trigrid/trigrid/scenario"
)

// profiles returns n daily profiles of 24 hours: Beta(2, 3) values joined by an
// autoregressive copula with persistence 0.957, seed 1.
func profiles(tb testing.TB, n int) [][]float64 {
	tb.Helper()
	f, err := scenario.Generate(tb.Context(), scenario.Spec{
		Grid:    scenario.Grid{Step: time.Hour, Steps: 24},
		Series:  []scenario.Series{{Name: "x", Marginals: scenario.Same(distuv.Beta{Alpha: 2, Beta: 3}, 24)}},
		Copula:  scenario.AutoRegressive{Persistence: []float64{0.957}},
		Samples: n,
	}, rand.NewPCG(1, 1))
	require.NoError(tb, err)
	points := make([][]float64, n)
	for i := range points {
		points[i] = f.Sample.Path("x", i)
	}
	return points
}

func BenchmarkLatinHypercube(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("%dx24", n), func(b *testing.B) {
			src := rand.NewPCG(1, 2)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = scenario.LatinHypercube{}.Sample(24, n, src)
			}
		})
	}
}

// BenchmarkReduce reports the cost reached beside the time: weighted mean
// squared distance for the K-means variants, weighted mean distance for the
// others.
func BenchmarkReduce(b *testing.B) {
	for _, job := range []struct {
		name    string
		n, k    int
		reducer scenario.Reducer
	}{
		{"KMeans/10000to10", 10_000, 10, scenario.KMeans{}},
		{"KMeans/2000to1000", 2_000, 1_000, scenario.KMeans{}},
		{"KMeans/1000to10", 1_000, 10, scenario.KMeans{}},
		{"SwarmMeans/1000to5", 1_000, 5, scenario.SwarmMeans{}},
		{"KMedoids/2000to10", 2_000, 10, scenario.KMedoids{}},
		{"AlternatingMedoids/2000to10", 2_000, 10, scenario.AlternatingMedoids{}},
		{"ForwardSelection/500to5", 500, 5, scenario.ForwardSelection{}},
		{"ForwardSelection/2000to20", 2_000, 20, scenario.ForwardSelection{}},
		{"BackwardReduction/500to50", 500, 50, scenario.BackwardReduction{}},
	} {
		b.Run(job.name, func(b *testing.B) {
			points := profiles(b, job.n)
			cost := 0.0
			for b.Loop() {
				r, err := job.reducer.Reduce(context.Background(), points, nil, job.k, rand.NewPCG(1, 2))
				require.NoError(b, err)
				cost = r.Cost
			}
			b.ReportMetric(cost, "cost")
		})
	}
}

// BenchmarkGenerate samples four series of a day at many points, and of a year
// of hours at 200.
func BenchmarkGenerate(b *testing.B) {
	for _, size := range []struct{ steps, samples int }{{24, 1_000}, {24, 10_000}, {8_760, 200}} {
		b.Run(fmt.Sprintf("4x%dx%d", size.steps, size.samples), func(b *testing.B) {
			spec := scenario.Spec{Grid: scenario.Grid{Step: time.Hour, Steps: size.steps}, Samples: size.samples}
			for _, name := range []string{"W1", "W2", "D1", "D2"} {
				spec.Series = append(spec.Series, scenario.Series{Name: name, Marginals: scenario.Same(distuv.Normal{Mu: 5, Sigma: 1}, size.steps)})
			}
			b.ReportAllocs()
			for b.Loop() {
				_, err := scenario.Generate(context.Background(), spec, rand.NewPCG(1, 2))
				require.NoError(b, err)
			}
		})
	}
}
