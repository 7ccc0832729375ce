package results_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/weights"
)

// swept is a table with a case that ran and one that failed.
func swept() *sweep.Table {
	return &sweep.Table{Name: "case.json", Outcomes: []sweep.Outcome{
		{
			Case: "seed=1 sharing=nucleolus", Settings: []sweep.Setting{{Key: "seed", Value: "1"}, {Key: "sharing", Value: "nucleolus"}},
			Weights: weights.Vector{Economic: 0.5, Risk: 0.25, Environment: 0.25}, Value: weights.Values{Economic: 1.0 / 3, Risk: -2},
			Numbers: map[string]float64{"emission_t": 0, "programs": 8}, Payoffs: map[string]float64{"W": 7, "T": 0},
			Profile: trigrid.Profile{"W": "A", "T": "outside"}, Planning: "enumerated", Solver: "HiGHS",
		},
		{Case: "seed=2", Settings: []sweep.Setting{{Key: "seed", Value: "2"}}, Failed: "no, \"quoted\"\nline"},
	}}
}

// Both files have the same rows with the case first. A zero is a value and no
// null, and a failed case is a row.
func TestSweepFilesHaveARowPerNumber(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"sweep.parquet", "sweep.csv"} {
		require.NoError(t, results.WriteSweepFile(filepath.Join(folder, name), swept()))
	}
	rows, err := parquet.ReadFile[results.SweepRow](filepath.Join(folder, "sweep.parquet"))
	require.NoError(t, err)
	assert.Equal(t, results.SweepRows(swept()), rows)
	value := func(kind, quantity, party string) *float64 {
		for _, r := range rows {
			if r.Case == "seed=1 sharing=nucleolus" && r.Kind == kind && r.Quantity == quantity && (r.Party == nil) == (party == "") && (party == "" || *r.Party == party) {
				return r.Value
			}
		}
		return nil
	}
	require.NotNil(t, value("number", "emission_t", ""))
	assert.Zero(t, *value("number", "emission_t", ""))
	require.NotNil(t, value("payoff", "payoff_currency", "T"))
	assert.Equal(t, 1.0/3, *value("value", "economic", ""))
	assert.Equal(t, 1.0, *value("setting", "seed", ""))
	last := rows[len(rows)-1]
	assert.Equal(t, "failed", last.Quantity)
	assert.Equal(t, swept().Outcomes[1].Failed, *last.Text)

	file, err := os.Open(filepath.Join(folder, "sweep.csv"))
	require.NoError(t, err)
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 1+len(rows))
	assert.Equal(t, []string{"case", "kind", "quantity", "party", "value", "text"}, lines[0])
	for i, r := range rows {
		assert.Equal(t, r.Case, lines[i+1][0])
		if r.Value == nil {
			assert.Empty(t, lines[i+1][4])
			continue
		}
		x, err := strconv.ParseFloat(lines[i+1][4], 64)
		require.NoError(t, err)
		assert.Equal(t, *r.Value, x, "all bits")
	}
	assert.Error(t, results.WriteSweepFile(filepath.Join(folder, "sweep.txt"), swept()))
	assert.ErrorContains(t, results.WriteSweepFile(filepath.Join(folder, "missing", "sweep.csv"), swept()), "there is no folder")
}
