package scenario

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// fixtureDays reads testdata/scenarios_500x24.csv: 500 equally likely days of 24 hours.
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
