package results_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// Two scenarios of probability 3/4 and 1/4, two steps of two hours.
//
//	wind of 8 MW:   4, 6 MW | 2, 0 MW of 5, 6 | 2, 2 available: 3/4 · 20 + 1/4 · 4 = 16 MWh of 3/4 · 22 + 1/4 · 8 = 18.5
//	                2 full-load hours of 4: a capacity factor of 1/2
//	engine, 5 MW:   off, 5 MW | 3, 3 MW: starts 1 | 0 without a state "start": 3/4; 3/4 · 10 + 1/4 · 12 = 10.5 MWh
//	                2.1 full-load hours; on for 3/4 · 2 + 1/4 · 4 = 2.5 h
//	store of heat:  takes 3 MW and gives 2 MW in both: 6 MWh used, 4 MWh supplied
func TestStatisticsByHand(t *testing.T) {
	grid := scenario.Grid{Step: 2 * time.Hour, Steps: 2}
	set, err := scenario.New(grid, []float64{0.75, 0.25})
	require.NoError(t, err)
	require.NoError(t, set.Add("wind", "MW", [][]float64{{5, 6}, {2, 2}}))
	r, _ := drawn(t, 5, 1, 2)
	r.Setting.Set = set
	r.Setting.Markets.Carbon, r.Setting.Markets.Imbalance = nil, nil
	r.VPPs = []vpp.VPP{{Name: "v", Tariff: der.Tariff{Injection: []float64{10, 20}}}}
	r.DERs = []der.DER{
		&der.Wind{ID: "wind", Capacity: optional.Of(8), Available: "wind", Maintenance: 1},
		&der.Load{ID: "alone", Demand: "wind"},
		&der.Thermal{ID: "engine", MaxOutput: 5, Linear: 4},
		&der.Storage{ID: "tank", Port: der.Heat, Charge: 3, Discharge: 4, Energy: 9, ChargeEfficiency: 1, DischargeEfficiency: 1},
	}
	on := func(values ...float64) []der.Path { return []der.Path{{Name: "on", Values: values}} }
	heat := der.Ports{Heat: []float64{-3, 2}}
	plan := planned(t, r, 0, []der.DER{r.DERs[0], r.DERs[2], r.DERs[3]}, [][]der.Ports{
		{
			{Injected: []float64{4, 6}, Renewable: []float64{8, 12}, Available: []float64{10, 12}},
			{Injected: []float64{2, 0}, Renewable: []float64{4, 0}, Available: []float64{4, 4}},
		},
		{
			{Injected: []float64{0, 5}, Emission: []float64{0, 6}, Traces: on(0, 1)},
			{Injected: []float64{3, 3}, Emission: []float64{4, 4}, Allowance: []float64{1, 1}, Traces: on(1, 1)},
		},
		{heat, heat},
	})
	res := &trigrid.Result{
		VPPs: []trigrid.VPPResult{{Name: "v"}}, Plans: []*vpp.Plan{plan}, Trajectory: &evogame.Result{},
		DERs: []trigrid.DERResult{{Name: "wind"}, {Name: "alone"}, {Name: "engine"}, {Name: "tank"}},
	}
	got, err := results.Statistics(r, res)
	require.NoError(t, err)
	require.Len(t, got, 4)

	wind := got[0]
	assert.Equal(t, "v", wind.VPP)
	require.Len(t, wind.Carriers, 1)
	assert.Equal(t, "electricity", wind.Carriers[0].Carrier)
	assert.InDelta(t, 16, wind.Carriers[0].Supplied, 1e-12)
	assert.Zero(t, wind.Carriers[0].Used)
	assert.InDelta(t, 2, wind.Carriers[0].FullLoadHours.Or(0), 1e-12)
	assert.InDelta(t, 0.5, wind.Carriers[0].CapacityFactor.Or(0), 1e-12)
	assert.InDelta(t, 18.5, wind.Available.Or(-1), 1e-12)
	assert.InDelta(t, 2.5, wind.Curtailed.Or(-1), 1e-12)
	assert.False(t, wind.Starts.Given())
	// 3/4 (4·2·10 + 6·2·20) + 1/4 (2·2·10) = 250, less maintenance of 1 per
	// MWh.
	assert.Equal(t, []string{"energy sold", "maintenance", "curtailment penalty"}, []string{wind.Items[0].What, wind.Items[1].What, wind.Items[2].What})
	assert.InDelta(t, 250, wind.Items[0].Amount, 1e-12)
	assert.InDelta(t, -16, wind.Items[1].Amount, 1e-12)
	assert.InDelta(t, 250, wind.Payment, 1e-12)
	assert.InDelta(t, 16, wind.Cost, 1e-12)
	assert.InDelta(t, 234, wind.Revenue, 1e-12)

	assert.Equal(t, results.DERStatistics{VPP: trigrid.Outside, DER: "alone"}, got[1])

	engine := got[2]
	assert.InDelta(t, 10.5, engine.Carriers[0].Supplied, 1e-12)
	assert.InDelta(t, 2.1, engine.Carriers[0].FullLoadHours.Or(0), 1e-12)
	assert.InDelta(t, 0.75, engine.Starts.Or(-1), 1e-12)
	assert.InDelta(t, 2.5, engine.Running.Or(-1), 1e-12)
	assert.InDelta(t, 0.75*6+0.25*8, engine.Emission, 1e-12)
	assert.InDelta(t, 0.5, engine.Allowance, 1e-12)
	assert.False(t, engine.Available.Given(), "it is not renewable")
	assert.InDelta(t, 42, engine.Cost, 1e-12)

	tank := got[3]
	require.Len(t, tank.Carriers, 1)
	assert.Equal(t, "heat", tank.Carriers[0].Carrier)
	assert.InDelta(t, 6, tank.Carriers[0].Used, 1e-12)
	assert.InDelta(t, 4, tank.Carriers[0].Supplied, 1e-12)
	assert.InDelta(t, 1, tank.Carriers[0].FullLoadHours.Or(0), 1e-12)
}
