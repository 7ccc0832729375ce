package operate_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// By hand. A step of six hours stores 0.9 · 6 = 5.4 MWh per MW.
//
//	stay        charge, MW                      energy, MWh          lacks
//	1           1, 3.6/5.4 in steps 1, 2        7.4, 11              0
//	2           0.5, 0.5 in steps 0, 1          3.7, 6.4             3.6
//	3  falling  1.4/2.08, 0.6731/2.08           7.6346, 9.3820       0.6180      κ = 0.2 above 6 MWh
//	4  plug     0, 1, 0.5, 0                    0, 5.4, 8.1, 8.1     11.9
//	5  never    0                               2                    0           wants nothing
func TestRulesChargeCarsAtOnce(t *testing.T) {
	cars := func() *der.EVFleet {
		return &der.EVFleet{ID: "C", Efficiency: 0.9, UnmetCost: 500, Wear: 7, Stays: []der.EVStay{
			{Arrive: 6, Depart: 18, Capacity: 12, Has: 2, Wants: 11, Charge: 1},
			{Arrive: 0, Depart: 12, Capacity: 10, Has: 1, Wants: 10, Charge: 0.5, Discharge: 0.5},
			{Arrive: 12, Depart: 24, Capacity: 10, Has: 4, Wants: 10, Charge: 1, TaperFrom: optional.Of(6.), TaperPower: 0.2},
			{Arrive: 0, Depart: 24, Capacity: 20, Wants: 20, Charge: 1, Connected: "plug"},
			{Arrive: 18, Depart: 24, Capacity: 20, Has: 2, Wants: 20, Charge: 1, Connected: "plug"},
		}}
	}
	third := []float64{1.4 / 2.08, (1 + 0.2*(6-4-5.4*1.4/2.08)) / 2.08}
	drawn := []float64{0.5, 1 + 0.5 + 1, 3.6/5.4 + third[0] + 0.5, third[1]}
	lacks := 3.6 + (6 - 5.4*(third[0]+third[1])) + 11.9
	for _, x := range []struct {
		member der.DER
		count  float64
		prefix string
	}{
		{cars(), 1, ""},
		{&der.Fleet{Unit: cars(), Count: 3}, 3, ""},
		{&der.Site{ID: "S", Parts: []der.DER{cars()}}, 1, "C/"},
	} {
		res, err := byRules(t, optional.Float{}, nil, x.member)
		require.NoError(t, err)
		plan := res.Days[0].Plans[0]
		require.NoError(t, plan.Verify(1e-9))
		p := &plan.Members[0].Schedule.Realised[0]
		cost := 0.0
		for step, mw := range drawn {
			assert.InDelta(t, x.count*mw, p.Withdrawn[step], 1e-9, "step %d", step)
			cost += 6 * mw * []float64{40, 100, 60, 80}[step]
		}
		assert.InDeltaSlice(t, []float64{0, x.count * 5.4, x.count * 8.1, x.count * 8.1}, p.Trace(x.prefix+"energy_4"), 1e-9)
		assert.InDelta(t, -x.count*cost, res.Totals.Trade, 1e-6)
		assert.InDelta(t, x.count*500*lacks, res.Totals.OwnCost, 1e-6)
	}
}

// By hand. With C = 6 MWh/K and U = ln 2 MW/K, half of a temperature difference
// is left after six hours. At 0 and 3 °C outside the COP is 2 and 2.6. Of 5 MW,
//
//	step   to hold 20 °C          power    temperature
//	0      (20 − 11) U = 6.24     5        11 + 5/U = 18.2135
//	1      5.0083                 5        19.9843
//	2      4.5363                 4.5363   20
//	3      10 U = 6.93            5        10 + 5/U = 17.2135
//
// The band begins at 20 °C, and each K below it costs 4 per hour.
func TestRulesHoldTheLowerEndOfTheComfortBand(t *testing.T) {
	u := math.Ln2
	pump := &der.HeatPump{
		ID: "P", MaxPower: 5, Outside: "sun", COP: []der.COPPoint{{Outside: 0, COP: 2}, {Outside: 10, COP: 4}},
		Loss: u, Capacity: 6, Initial: 22, MinTemperature: 20, MaxTemperature: 23, DiscomfortCost: 4,
	}
	res, err := byRules(t, optional.Float{}, nil, pump)
	require.NoError(t, err)
	plan := res.Days[0].Plans[0]
	require.NoError(t, plan.Verify(1e-9))
	p := &plan.Members[0].Schedule.Realised[0]
	first := 11 + 5/u
	second := first/2 + (3+2.6*5/u)/2
	assert.InDeltaSlice(t, []float64{first, second, 20, 10 + 5/u}, p.Trace("temperature"), 1e-9)
	assert.InDeltaSlice(t, []float64{5, 5, (37 - second) * u / 2.6, 5}, p.Withdrawn, 1e-9)
	assert.InDelta(t, 4*6*((20-first)+(20-second)+(10-5/u)), res.Totals.OwnCost, 1e-6)
	// Above the band no heat is needed: 22 °C fall to 11 + 0 = 11 °C of a band
	// that begins at 5 °C.
	pump.MinTemperature = 5
	res, err = byRules(t, optional.Float{}, nil, pump)
	require.NoError(t, err)
	p = &res.Days[0].Plans[0].Members[0].Schedule.Realised[0]
	assert.InDeltaSlice(t, []float64{11, 7}, p.Trace("temperature")[:2], 1e-9)
	assert.InDeltaSlice(t, []float64{0, 0}, p.Withdrawn[:2], 1e-9)
}

// By hand. The tank of 12 MWh has 3 MWh, a COP of 2 and a draw of 1, 1, 1 and 9
// MW. The pump has 1 MW. The building needs none of it.
//
//	step   fills                     power   tank   not served
//	0      (12 − 3 + 6)/12 = 1.25    1       9      0
//	1      (12 − 9 + 6)/12           0.75    12     0
//	2      6/12                      0.5     12     0
//	3      54/12                     1       0      9 − 2 − 12/6 = 5 MW
func TestRulesFillTheTankFirst(t *testing.T) {
	pump := &der.HeatPump{
		ID: "P", MaxPower: 1, Outside: "sun", COP: []der.COPPoint{{Outside: 0, COP: 3}}, Loss: 1, Capacity: 6, Initial: 5, MinTemperature: -9, MaxTemperature: 23,
		Water: der.HotWater{Draw: "home", COP: []der.COPPoint{{Outside: 0, COP: 2}}, Energy: 12, Initial: 3, UnmetCost: 10},
	}
	res, err := byRules(t, optional.Float{}, []float64{1, 1, 1, 9}, pump)
	require.NoError(t, err)
	plan := res.Days[0].Plans[0]
	require.NoError(t, plan.Verify(1e-9))
	p := &plan.Members[0].Schedule.Realised[0]
	assert.InDeltaSlice(t, []float64{1, 0.75, 0.5, 1}, p.Withdrawn, 1e-9)
	assert.InDeltaSlice(t, []float64{9, 12, 12, 0}, p.Trace("water"), 1e-9)
	assert.InDeltaSlice(t, []float64{0, 0, 0, 5}, p.Trace("unmet_water"), 1e-9)
	assert.InDelta(t, 10*5*6, res.Totals.OwnCost, 1e-6)
}
