package scenario_test

import (
	"encoding/csv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// fixtureDays reads testdata/scenarios_500x24.csv: 500 equally likely days of
// 24 hours.
func fixtureDays(tb testing.TB) [][]float64 {
	tb.Helper()
	f, err := os.Open("testdata/scenarios_500x24.csv")
	require.NoError(tb, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(tb, err)
	days := make([][]float64, len(rows)-1)
	for i, row := range rows[1:] {
		days[i] = make([]float64, len(row))
		for h, text := range row {
			days[i][h], err = strconv.ParseFloat(text, 64)
			require.NoError(tb, err)
		}
	}
	return days
}

// cluster returns n random points of dim coordinates and n random weights.
func cluster(seed uint64, n, dim int) (points [][]float64, weights []float64) {
	rng := rand.New(rand.NewPCG(seed, 77))
	points, weights = make([][]float64, n), make([]float64, n)
	for i := range points {
		points[i], weights[i] = make([]float64, dim), 0.1+rng.Float64()
		for j := range points[i] {
			points[i][j] = rng.NormFloat64()
		}
	}
	return points, weights
}
