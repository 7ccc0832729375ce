package results_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// A region of fleets has rows per class and VPP, and its result is read back
// from both forms.
func TestFleetTableHasRowsPerClass(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	require.NoError(t, set.AddForecast("roof", "MW", []float64{1, 2}))
	r := trigrid.Region{
		Name: "town", VPPs: []vpp.VPP{{Name: "north"}, {Name: "south"}}, Setting: vpp.Setting{Set: set},
		DERs: []der.DER{&der.Fleet{Unit: &der.PV{ID: "roofs", Available: "roof"}, Count: 1000}},
	}
	res := &trigrid.Result{
		Region: "town", Planning: trigrid.PlanningFleet, DERs: []trigrid.DERResult{},
		VPPs: []trigrid.VPPResult{{Name: "north", Integrated: 5}, {Name: "south", Integrated: 7}}, Plans: []*vpp.Plan{nil, nil},
		Settlement: []trigrid.Line{{Party: "roofs", Minor: 300}, {Party: "north", Minor: -100}, {Party: "south", Minor: -150}, {Party: "grid", Minor: -50}},
		Fleet: &fleet.Summary{
			Rule: "marginal", DERs: 1000, VPPs: []string{"north", "south"}, Certified: true, Prices: [][]float64{{10, 20}, {30, 40}},
			Classes: []fleet.ClassSummary{{Name: "roofs", Count: 1000, Members: []int{600, 300}, Outside: 100, Payoff: 0.25, Reach: []float64{0.25, 0.2}, Regret: 0.05, Paid: []int64{200, 100}}},
		},
	}
	table, err := results.New(r, res)
	require.NoError(t, err)
	type place struct{ vpp, der, quantity string }
	got := map[place]float64{}
	for row := range table.Rows() {
		if row.Kind == "class" || row.Kind == "summary" && row.Quantity == "settlement" {
			got[place{row.VPP, row.DER, row.Quantity}] = row.Value
		}
	}
	require.Equal(t, map[place]float64{
		{"", "roofs", "ders"}: 1000, {"", "roofs", "outside"}: 100, {"", "roofs", "payoff"}: 0.25, {"", "roofs", "regret"}: 0.05,
		{"north", "roofs", "ders"}: 600, {"north", "roofs", "paid"}: 2, {"north", "roofs", "reach"}: 0.25,
		{"south", "roofs", "ders"}: 300, {"south", "roofs", "paid"}: 1, {"south", "roofs", "reach"}: 0.2,
		{"", "roofs", "settlement"}: 3, {"north", "", "settlement"}: -1, {"south", "", "settlement"}: -1.5,
	}, got)
	for _, name := range []string{"run.parquet", "run.csv"} {
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, results.WriteFile(file, r, res))
		again, err := results.ReadFile(file, r)
		require.NoError(t, err)
		require.Equal(t, res.Fleet, again.Fleet)
		require.Equal(t, res.Settlement, again.Settlement)
	}
	other := r
	other.DERs = []der.DER{&der.Fleet{Unit: &der.PV{ID: "turbines", Available: "roof"}, Count: 1000}}
	_, err = results.New(other, res)
	require.ErrorContains(t, err, `"turbines" in the region and "roofs" in the result`)
}
