package results_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// unequal returns a region that plans from 10:08 on, on steps of 7, 15, 30 and
// 60 minutes.
func unequal(t *testing.T) trigrid.Region {
	t.Helper()
	grid := scenario.GridOf(time.Date(2031, 3, 10, 10, 8, 0, 0, time.UTC), 7*time.Minute, 15*time.Minute, 30*time.Minute, time.Hour)
	set, err := scenario.New(grid, []float64{0.75, 0.25})
	require.NoError(t, err)
	require.NoError(t, set.Add("wind", "MW", [][]float64{{6, 2, 4, 1}, {0, 4, 8, 3}}))
	require.NoError(t, set.AddForecast("town", "MW", []float64{3, 3, 4, 4}))
	calendar := market.Calendar{Steps: 4}
	for step := range grid.Steps {
		calendar.StepLengths = append(calendar.StepLengths, grid.HoursAt(step))
	}
	return trigrid.Region{
		Name: "partial", DERs: []der.DER{
			&der.Wind{ID: "ridge", Capacity: optional.Of(8), Available: "wind"},
			&der.Storage{ID: "box", Charge: 2, Discharge: 2, Energy: 1, ChargeEfficiency: 0.9, DischargeEfficiency: 0.9},
			&der.Thermal{ID: "engine", MinOutput: 1, MaxOutput: 3, RampUp: optional.Of(6), MinUp: 0.5, Linear: 60, StartUp: []der.StartCost{{Cost: 5}}},
		},
		VPPs: []vpp.VPP{{Name: "hill", Demand: "town", PassThrough: 0.5, Tariff: der.Tariff{Injection: []float64{40, 40, 40, 40}, Withdrawal: []float64{50, 50, 50, 50}}}},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 1}, Risk: vpp.CVaR{Confidence: 0.9},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Buy: market.Series{70, 110, 90, 120}, Sell: market.Series{30, 50, 40, 60}},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: market.Series{30}, Long: market.Series{10}},
			},
		},
	}
}

// A run on unequal steps is verified, written, read, reported and summed: the
// energies are those of the steps, and the description has one length per step.
func TestRunOnUnequalSteps(t *testing.T) {
	r := unequal(t)
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
	require.Len(t, res.Plans, 1)
	require.NoError(t, res.Plans[0].Verify(0))
	for _, name := range []string{"run.parquet", "run.csv"} {
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, results.WriteFile(file, r, res))
		got, err := results.ReadFile(file, unequal(t))
		require.NoError(t, err)
		same(t, r, res, got)

		other := unequal(t)
		other.Setting.Set = other.Setting.Set.Expected()
		_, err = results.ReadFile(file, other)
		assert.ErrorContains(t, err, "scenarios")
	}

	table, err := results.New(r, res)
	require.NoError(t, err)
	var head bytes.Buffer
	require.NoError(t, table.WriteHead(&head))
	var described struct {
		StepHours []float64 `json:"step_hours"`
	}
	require.NoError(t, json.Unmarshal(head.Bytes(), &described))
	assert.InDeltaSlice(t, []float64{7.0 / 60, 0.25, 0.5, 1}, described.StepHours, 1e-12)

	statistics, err := results.Statistics(r, res)
	require.NoError(t, err)
	for _, x := range statistics {
		for i := range res.Plans[0].Members {
			m := &res.Plans[0].Members[i]
			if m.DER.Name() != x.DER || x.VPP != "hill" {
				continue
			}
			mwh := 0.0
			for s, p := range m.Schedule.Realised {
				for step := range 4 {
					mwh += r.Setting.Set.Probability(s) * max(p.Net(step), 0) * []float64{7.0 / 60, 0.25, 0.5, 1}[step]
				}
			}
			assert.InDelta(t, mwh, x.Carriers[0].Supplied, 1e-9, x.DER)
		}
	}

	files, err := report.Files(r, res)
	require.NoError(t, err)
	var page string
	for _, f := range files {
		page += string(f.Data)
	}
	assert.Contains(t, page, "4 steps of 0.1167 to 1 h from 10 March 2031 10:08")
	assert.Contains(t, page, "2031-03-10T10:15", "tables name the beginnings of the steps")
	assert.Contains(t, page, "2031-03-10T11:00")
}
