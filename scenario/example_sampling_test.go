package scenario_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// A turbine of 2 MW runs between 3 and 25 m/s and reaches its rated power at 12
// m/s.
func ExampleWindPower() {
	turbine := scenario.WindPower{
		Speed: distuv.Weibull{K: 2, Lambda: 8}, CutIn: 3, Rated: 12, CutOut: 25, Capacity: 2, Exponent: optional.Of(3),
	}
	check(turbine.Validate())
	fmt.Printf("at 2, 8, 12 and 26 m/s: %.2f %.2f %.2f %.2f MW\n",
		turbine.At(2), turbine.At(8), turbine.At(12), turbine.At(26))
	fmt.Printf("median output %.2f MW\n", turbine.Quantile(0.5))
	// Output:
	// at 2, 8, 12 and 26 m/s: 0.00 0.57 2.00 0.00 MW
	// median output 0.32 MW
}

// Clamped moves probability to the limits, Truncated removes it.
func ExampleTruncated() {
	normal := distuv.Normal{Mu: 1, Sigma: 1}
	clamped := scenario.Clamped{Of: normal, Low: 0, High: 4}
	truncated := scenario.Truncated{Of: normal, Low: 0, High: 4}
	scaled := scenario.Scaled{Of: distuv.Beta{Alpha: 2, Beta: 2}, Factor: 8}
	for _, u := range []float64{0.1, 0.5, 0.9} {
		fmt.Printf("%.1f: %.2f %.2f %.2f\n",
			u, clamped.Quantile(u), truncated.Quantile(u), scaled.Quantile(u))
	}
	// Output:
	// 0.1: 0.00 0.30 1.57
	// 0.5: 1.00 1.20 4.00
	// 0.9: 2.28 2.37 6.43
}

// Observed values are a distribution of their own, linear between the
// observations.
func ExampleNewEmpirical() {
	observed, err := scenario.NewEmpirical([]float64{3, 1, 2})
	check(err)
	fmt.Printf("%.2f %.2f %.2f\n", observed.Quantile(0), observed.Quantile(0.5), observed.Quantile(0.65))
	// Output:
	// 1.00 2.00 2.45
}

// The lowest tenth of 5 MW lies nearer to the forecast in real time than a day
// ahead. A forecast of zero stays zero.
func ExampleNormalErrors() {
	for _, sigma := range [][3]float64{
		{scenario.DayAheadWind, scenario.IntradayWind, scenario.RealTimeWind},
		{scenario.DayAheadPV, scenario.IntradayPV, scenario.RealTimePV},
		{scenario.DayAheadLoad, scenario.IntradayLoad, scenario.RealTimeLoad},
	} {
		var lowest [3]float64
		for i, s := range sigma {
			model := scenario.NormalErrors{Sigma: s, Low: optional.Of(0), High: optional.Of(8)}
			marginals, err := model.Marginals(hourly(2), []float64{0, 5})
			check(err)
			lowest[i] = marginals[0].Quantile(0.1) + marginals[1].Quantile(0.1)
		}
		fmt.Printf("%.2f MW\n", lowest)
	}
	// Output:
	// [3.72 4.36 4.68] MW
	// [4.04 4.55 4.74] MW
	// [4.68 4.87 4.97] MW
}

// A Latin hypercube puts one point into each of four strata. Antithetic
// reflects points about ½.
func ExampleDesign() {
	for _, design := range []scenario.Design{
		scenario.LatinHypercube{}, scenario.MonteCarlo{}, scenario.Halton{}, scenario.Antithetic{},
	} {
		u, err := design.Sample(1, 4, rand.NewPCG(1, 2))
		check(err)
		fmt.Printf("%.2f\n", u[0])
	}
	// Output:
	// [0.08 0.26 0.55 0.93]
	// [0.77 0.62 0.78 0.80]
	// [0.99 0.49 0.74 0.24]
	// [0.17 0.83 0.51 0.49]
}

// A copula reorders the values of each dimension and keeps the values
// themselves.
func ExampleGaussian() {
	layout := scenario.Layout{Series: 2, Steps: 1, Hours: 1}
	for _, copula := range []scenario.Copula{
		scenario.Independent{},
		scenario.Gaussian{Correlation: mat.NewSymDense(2, []float64{1, 0.999, 0.999, 1})},
	} {
		u := [][]float64{{0.1, 0.9, 0.5, 0.3}, {0.4, 0.2, 0.6, 0.8}}
		check(copula.Join(context.Background(), layout, u))
		fmt.Println(u)
	}
	// Output:
	// [[0.1 0.9 0.5 0.3] [0.4 0.2 0.6 0.8]]
	// [[0.1 0.9 0.5 0.3] [0.2 0.8 0.6 0.4]]
}

// Persistence 0.81 per hour is 0.9 per half hour.
func ExampleAutoRegressive() {
	correlation, err := scenario.AutoRegressive{Persistence: []float64{0.81}}.Correlation(
		scenario.Layout{Series: 1, Steps: 3, Hours: 0.5})
	check(err)
	fmt.Printf("%.3f\n", mat.Formatted(correlation))
	// Output:
	// ⎡1.000  0.900  0.810⎤
	// ⎢0.900  1.000  0.900⎥
	// ⎣0.810  0.900  1.000⎦
}

// Three correlations of ±0.9 contradict each other. The nearest consistent ones
// are ±0.5.
func ExampleNearestCorrelation() {
	repaired, err := scenario.NearestCorrelation(mat.NewSymDense(3, []float64{
		1, 0.9, -0.9,
		0.9, 1, 0.9,
		-0.9, 0.9, 1,
	}))
	check(err)
	fmt.Printf("%.2f\n", mat.Formatted(repaired))
	// Output:
	// ⎡ 1.00   0.50  -0.50⎤
	// ⎢ 0.50   1.00   0.50⎥
	// ⎣-0.50   0.50   1.00⎦
}

// Forecasts of 2 MW were followed by 1 or 3 MW, forecasts of 6 MW by 5 or 8 MW.
func ExampleLearnErrors() {
	forecast, actual := []float64{2, 2, 6, 6}, []float64{1, 3, 5, 8}
	learned, err := scenario.LearnErrors(hourly(4), forecast, actual,
		scenario.LearnOptions{Capacity: 10, Bins: 2})
	check(err)
	marginals, err := learned.For(20).Marginals(hourly(1), []float64{8}) // a farm twice as large
	check(err)
	fmt.Printf("median %.1f MW, upper end %.1f MW\n", marginals[0].Quantile(0.5), marginals[0].Quantile(1))
	ranks, err := learned.Ranks(hourly(4), forecast, actual)
	check(err)
	fmt.Printf("%.2f\n", ranks)
	// Output:
	// median 8.5 MW, upper end 11.0 MW
	// [0.13 0.87 0.13 0.87]
}

// Histories become rows of days, and their ranks give the correlation between
// hours.
func ExampleLearnGaussian() {
	days, err := scenario.Days(2, []float64{1, 20, 2, 10, 3, 30})
	check(err)
	learned, err := scenario.LearnGaussian(days)
	check(err)
	fmt.Println(days)
	fmt.Printf("%.2f\n", learned.Correlation.At(0, 1))
	// Output:
	// [[1 20] [2 10] [3 30]]
	// 0.50
}

// Only Direct loses the strata of a Latin hypercube: 100 points no longer fill
// 100 strata.
func ExampleRanking() {
	layout := scenario.Layout{Series: 1, Steps: 24, Hours: 1}
	for _, ranking := range []scenario.Ranking{scenario.Reranked, scenario.Matched, scenario.Direct} {
		u, err := scenario.LatinHypercube{}.Sample(layout.Dim(), 100, rand.NewPCG(1, 2))
		check(err)
		check(scenario.AutoRegressive{Ranking: ranking}.Join(context.Background(), layout, u))
		filled := map[int]bool{}
		for _, v := range u[23] {
			filled[int(100*v)] = true
		}
		fmt.Println(len(filled))
	}
	// Output:
	// 100
	// 100
	// 67
}
