package der

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// By hand, on four hours and two scenarios: each kind states its own series, a
// served load states nothing because its VPP has it, and a run of 2 and 1 MW
// with the usual start 1 begins in step 1, in step 0 if that is over, and goes
// on if it has begun.
func TestProjections(t *testing.T) {
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 4}, []float64{0.5, 0.5})
	require.NoError(t, err)
	require.NoError(t, set.Add("x", "MW", [][]float64{{1, 2, 3, 4}, {5, 6, 7, 8}}))
	require.NoError(t, set.AddForecast("half", "1", []float64{0.5, 0.5, 0.5, 0.5}))
	for _, c := range []struct {
		unit        Projected
		clean, load []float64
	}{
		{&Wind{Available: "x"}, []float64{5, 6, 7, 8}, nil},
		{&PV{Available: "x", Capacity: optional.Of(9)}, []float64{5, 6, 7, 8}, nil},
		{&Load{Demand: "x"}, nil, []float64{5, 6, 7, 8}},
		{&Load{Demand: "x", Port: Heat}, nil, nil},
		{&Load{Demand: "x", Port: Gas}, nil, nil},
		{&DemandResponse{Load: "x"}, nil, []float64{5, 6, 7, 8}},
		{&DemandResponse{Load: "x", Served: true}, nil, nil},
		{&ShiftableLoad{Profile: []float64{2, 1}, Usual: 1}, nil, []float64{0, 2, 1, 0}},
		{&ShiftableLoad{Profile: []float64{2, 1}, Usual: 1, Passed: 2}, nil, []float64{2, 1, 0, 0}},
		{&ShiftableLoad{Profile: []float64{2, 1}, Began: optional.Of(1)}, nil, []float64{1, 0, 0, 0}},
		{&TransferableLoad{Load: "x"}, nil, []float64{5, 6, 7, 8}},
		// The second car comes for the hours 1 and 2, and the first one is
		// there at half power.
		{&EVFleet{Efficiency: 0.5, Stays: []EVStay{
			{Depart: 4, Capacity: 9, Has: 1, Wants: 3, Charge: 5, Connected: "half"}, {Arrive: 1, Depart: 3, Capacity: 9, Wants: 9, Charge: 2},
		}}, nil, []float64{2.5, 3.5, 2, 0}},
		// Above 5 °C outside nothing is lost at 5 °C; the water takes x / 2, at
		// most 3.5 MW.
		{&HeatPump{Outside: "x", COP: []COPPoint{{0, 2}}, MaxPower: 3.5, MinTemperature: 7, Loss: 1, Water: HotWater{Draw: "x"}}, nil, []float64{3.5, 3.5, 3.5, 3.5}},
		{&RunOfRiver{Inflow: "x", ResidualFlow: 1, Turbine: []HydroPoint{{5, 3}, {6, 3.25}}}, []float64{2.4, 3, 3.25, 3.25}, nil},
		{&HeatDump{Max: 3}, nil, nil},
		{&Sequestration{Max: 3}, nil, nil},
		{&GridConnection{MaxBuy: 3}, nil, nil},
	} {
		assert.Equal(t, Projection{c.clean, c.load}, c.unit.Project(set, 1), "%T", c.unit)
	}
}

// On steps of 1, 0.5 and 0.5 h, a run of one value of 2 MW for 1 h that usually
// starts at 1 h covers the second and the third step.
func TestProjectionOnUnequalSteps(t *testing.T) {
	set, err := scenario.New(scenario.GridOf(time.Time{}, time.Hour, 30*time.Minute, 30*time.Minute), []float64{1})
	require.NoError(t, err)
	run := &ShiftableLoad{Profile: []float64{2}, Usual: 1, ProfileHours: optional.Of(1)}
	assert.InDeltaSlice(t, []float64{0, 2, 2}, run.Project(set, 0).Load, 1e-12)
}
