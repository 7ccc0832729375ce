package report_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/testsolver"
)

// The tables of a run satisfy its identities: supplies equal uses, dimensions
// add up to values, shares of starts to one and settlements to zero.
func TestTablesOfARunAddUp(t *testing.T) {
	c, err := casefile.Load(os.DirFS("../cmd/trigrid/testdata"), "small.json")
	require.NoError(t, err)
	r, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
	of := files(t, r, res)

	balance := map[string]float64{}
	for _, row := range read(t, of, "dispatch") {
		balance[row["vpp"]+" "+row["step"]] += value(t, row["supply_mw"]) - value(t, row["use_mw"])
	}
	require.Len(t, balance, len(r.VPPs)*r.Setting.Set.Steps())
	for where, mw := range balance {
		assert.InDelta(t, 0, mw, 1e-6, where)
	}
	weighted, gain := map[string]float64{}, map[string]float64{}
	for _, row := range read(t, of, "values") {
		weighted[row["vpp"]] += value(t, row["weighted_currency"])
		gain[row["vpp"]] += value(t, row["gain_currency"])
	}
	for _, p := range res.VPPs {
		assert.InDelta(t, p.Integrated, weighted[p.Name], 1e-6, p.Name)
		assert.InDelta(t, p.Integrated-p.Alone, gain[p.Name], 1e-6, p.Name)
	}
	share := 0.0
	for _, row := range read(t, of, "basins") {
		share += value(t, row["share"])
	}
	assert.InDelta(t, 1, share, 1e-12)
	sum := int64(0)
	for _, row := range read(t, of, "settlement") {
		minor, err := strconv.ParseInt(row["minor_units"], 10, 64)
		require.NoError(t, err)
		sum += minor
	}
	assert.Zero(t, sum)
}
