package results_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/results"
)

// In an operated season the rows of money sum to the totals, and the settled
// rows to the payments of the tariff and the agreed gains, each to the cent per
// step.
func TestMoneyOfAnOperatedSeasonAddsUp(t *testing.T) {
	c, err := casefile.Load(os.DirFS("../cmd/trigrid/testdata"), "season.json")
	require.NoError(t, err)
	season, options, _, err := operate.FromCase(c, casefile.Options{})
	require.NoError(t, err)
	options.Solver, options.Strategy, options.NoLedger = testsolver.New(t), operate.DayAheadOnly(), true
	result, err := operate.Run(t.Context(), season, options)
	require.NoError(t, err)
	table, err := results.NewSeason(result)
	require.NoError(t, err)
	type key struct {
		day      int
		quantity string
	}
	vpp, all, settled, tariff := map[key]float64{}, map[int]float64{}, map[key]float64{}, map[key]float64{}
	series, forecasts := map[string]int{}, map[string][]float64{}
	energy := 0.0
	for row := range table.Rows() {
		switch {
		case row.Kind == "money":
			all[row.Day] += row.Value
			if row.Role == operate.RoleVPP {
				vpp[key{row.Day, row.Quantity}] += row.Value
			} else if row.Quantity == "energy sold" || row.Quantity == "energy bought" {
				tariff[key{row.Day, row.Party}] += row.Value
			}
		case row.Kind == "settled":
			settled[key{row.Day, row.Party}] += row.Value / 100
		case row.Kind == "gain":
			tariff[key{row.Day, row.Party}] += row.Value
		case row.Kind == "series":
			series[row.Quantity]++
		case row.Kind == "forecast" && row.Day == 2:
			forecasts[row.Quantity] = append(forecasts[row.Quantity], row.Value)
		case row.Kind == "state" && row.Quantity == "energy" && row.Day == 1 && row.Step == 3:
			energy = row.Value
		}
	}
	require.Len(t, result.Days, 3)
	for _, d := range result.Days {
		assert.InDelta(t, -d.Cost, all[d.Number], 1e-6, "payments to members cancel")
		assert.InDelta(t, d.Trade, vpp[key{d.Number, "energy trade"}], 1e-6)
		assert.InDelta(t, -d.Imbalance, vpp[key{d.Number, "imbalance"}], 1e-6)
		for _, name := range []string{"W", "S"} {
			// Each of four steps is rounded to the cent.
			assert.InDelta(t, tariff[key{d.Number, name}], settled[key{d.Number, name}], 0.04, name)
		}
		for _, line := range d.Payments {
			assert.InDelta(t, float64(line.Minor)/100, settled[key{d.Number, line.Party}], 1e-9)
		}
	}
	assert.Equal(t, map[string]int{"wind": 12, "demand": 12}, series)
	gate, err := season.Source.Known(t.Context(), season.Gate(1), season.Grid(1), 1)
	require.NoError(t, err)
	for _, name := range gate.Names() {
		assert.Equal(t, gate.Path(name, 0), forecasts[name], name)
	}
	assert.InDelta(t, 3, energy, 1e-6, "the store ends the day as it began")

	path := filepath.Join(t.TempDir(), "season.parquet")
	require.NoError(t, results.WriteSeasonFile(path, result))
	got, err := results.ReadSeasonFile(path)
	require.NoError(t, err)
	assert.Equal(t, result.Days[1].Settled, got[0].Days[1].Settled)
	assert.False(t, math.IsNaN(got[0].Totals.Cost))
	assert.Nil(t, got[0].Days[0].Plans)
}
