package home

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// recorded are the money of ten recorded answers, re-priced from their files,
// and the sum of the energy that they miss.
var recorded = map[string]struct {
	steps, batteries      int
	net, final, money, wh float64
}{
	"009-discharge-before-import":            {47, 2, -0.531639200, 4.013185164, 3.481545964, 0},
	"010-infesible-charge-goal":              {43, 2, -9.168719284, 9.721707191, 0.552987907, 37203.52},
	"011-infeasible-charge-demand":           {47, 2, -2.776768428, 5.296218404, 2.519449977, 0},
	"012-early-charging-not-perfect":         {43, 2, -0.122080824, 5.296218404, 5.174137581, 0},
	"013-grid-export-limit-hit":              {31, 2, 14.959982712, 15.167416515, 30.127399227, 32372.18},
	"015-low-soc-initial":                    {66, 1, -7.624795358, 1.739374392, -5.885420966, 15532.5},
	"017-battery-charge-priotization-2":      {29, 3, 0.839347344, 10.464914306, 11.304261650, 0},
	"018-high-soc-initial":                   {29, 3, 1.932877159, 79.8, 81.732877159, 116000},
	"023-c_min-limit-kept-with-p_demand-set": {35, 2, -0.474919743, 1.215717600, 0.740797857, 0},
	"027-attenuate-feedin-peaks-below-cap":   {5, 1, 94.4, 55, 149.4, 0},
}

// rounded is the tolerance for recorded schedules, whose numbers have 8 digits.
const rounded = 4e-3

// TestRecordedRequests plans ten requests of the evcc optimizer, whose recorded
// answers are optimal. They are at commit a50b33da38e5 of
// github.com/evcc-io/optimizer in test_cases.
func TestRecordedRequests(t *testing.T) {
	folder := filepath.Join(cmp.Or(os.Getenv("TRIGRID_DATA"), "../../../../shared/data"), "evcc")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("needs the recorded requests: set TRIGRID_DATA to the folder that has them in evcc: ", err)
	}
	testsolver.New(t)
	for name, want := range recorded {
		t.Run(name[:3], func(t *testing.T) {
			t.Parallel()
			file, err := os.Open(filepath.Join(folder, name+".json"))
			require.NoError(t, err)
			defer file.Close()
			c, err := ReadCase(file)
			require.NoError(t, err)
			assert.Empty(t, c.Ignored)
			assert.Equal(t, want.steps, c.Request.Steps())
			assert.Len(t, c.Request.Batteries, want.batteries)

			theirs, err := Audit(c.Request, c.Answer, rounded)
			require.NoError(t, err)
			assert.InDelta(t, want.net, theirs.Net, 1e-9)
			assert.InDelta(t, want.final, theirs.FinalValue, 1e-9)
			assert.InDelta(t, want.money, theirs.Money, 1e-9)

			a, err := Plan(t.Context(), c.Request, Options{})
			require.NoError(t, err)
			assert.True(t, a.Proven && a.Preferred)
			assert.InDelta(t, want.money, a.Money, 1e-6)
			missed := 0.0
			for _, m := range a.Misses {
				missed += m.Energy
			}
			assert.InDelta(t, want.wh, missed, 0.02)

			// No preference is worse than in the recorded answer.
			ours, other := late(c.Request, &a.Schedule), late(c.Request, c.Answer)
			assert.LessOrEqual(t, ours, other+0.1)
			if c.Request.Preferences.LowExportPeak {
				assert.InDeltaSlice(t, c.Answer.Batteries[0].Charge, a.Batteries[0].Charge, 1)
				assert.InDeltaSlice(t, c.Answer.Export, a.Export, 1)
			}
		})
	}
}

// late returns the early export and import that a request wants late, Wh.
func late(r Request, s *Schedule) float64 {
	sum, n := 0.0, float64(r.Steps())
	for t := range r.Steps() {
		weight := (n - float64(t)) / n
		if r.Preferences.LateExport {
			sum += weight * (s.Export[t] + s.ExportLost[t])
		}
		if r.Preferences.LateImport {
			sum += weight * (s.Import[t] + s.ImportAbove[t])
		}
	}
	return sum
}
