package results_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/results"
)

// The ends of ranges are rows of the summary, and the result that is read has
// them.
func TestRangesAreInTheTable(t *testing.T) {
	r, res := drawn(t, 2, 1, 2)
	low, high := -1.5, 2.25
	res.DERs[0].PayoffLow, res.DERs[0].PayoffHigh = &low, &high
	res.VPPs[1].IntegratedHigh = &high
	table, err := results.New(r, res)
	require.NoError(t, err)
	got := map[string]float64{}
	for row := range table.Rows() {
		if row.Kind == "summary" {
			got[row.VPP+"/"+row.DER+"/"+row.Quantity] = row.Value
		}
	}
	name := res.DERs[0].Choice + "/" + res.DERs[0].Name
	assert.InDelta(t, low, got[name+"/payoff_low"], 0)
	assert.InDelta(t, high, got[name+"/payoff_high"], 0)
	assert.InDelta(t, high, got["VPP2//integrated_high"], 0)
	assert.NotContains(t, got, "VPP2//integrated_low", "there is no bound")

	file := filepath.Join(t.TempDir(), "run.parquet")
	require.NoError(t, results.WriteFile(file, r, res))
	back, err := results.ReadFile(file, r)
	require.NoError(t, err)
	assert.Equal(t, res.DERs[0].PayoffLow, back.DERs[0].PayoffLow)
	assert.Nil(t, back.VPPs[1].IntegratedLow)
}
