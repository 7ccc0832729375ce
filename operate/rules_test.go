package operate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// The unit must run at 5 MW or more, and the farm can be curtailed to 0. With a
// demand of 2 MW the village exports 3 MW, and its connection takes 2 MW.
func TestRulesExportNoMoreThanTheConnectionTakes(t *testing.T) {
	season := windy(&der.Thermal{ID: "T", MinOutput: 5, MaxOutput: 5, Linear: 10})
	priced := season.Region
	season.Region = func(set *scenario.Set) (trigrid.Region, error) {
		r, err := priced(set)
		r.VPPs[0].ExportLimit = optional.Of(2.)
		return r, err
	}
	_, err := operate.Run(t.Context(), season, operate.Options{
		Strategy: operate.Rules(), Choices: trigrid.Profile{"W": "village", "T": "village"}, Solver: testsolver.New(t), NoLedger: true,
	})
	require.ErrorContains(t, err, "the rules export 3 MW without any renewable power left to curtail, above the limit of 2 MW")
}

// Heat of 6, 10, 1 and 16 MW in four steps of six hours. The combined unit
// gives at most 4.5 MW with its 10 MW of gas, stands below 0.9 MW and runs up
// to 3.5 MW of power; the boiler gives up to 5 MW and rises by 0.5 MW per hour;
// the electric boiler takes 4 MW at an efficiency of 0.5.
//
//	step   heat   combined   boiler   electric   shed
//	0       6     4.5        1.5      0          0
//	1      10     4.5        4.5      1          0     the boiler rises by 3 MW in a step
//	2       1     1          0        0          0
//	3      16     4.5        3        2          6.5   of at most half of 16
func TestRulesFollowTheHeatDemand(t *testing.T) {
	series := map[string][]float64{
		"load": {0, 0, 0, 0}, "heat": {6, 10, 1, 16}, "gas": {20, 20, 20, 20}, "buy": {60, 60, 60, 60}, "sell": {60, 60, 60, 60},
	}
	season := operate.Season{Name: "heat", Start: monday, Days: 1, Step: 6 * time.Hour, Source: &stated{
		start: monday, step: 6 * time.Hour, names: []string{"load", "heat", "gas", "buy", "sell"},
		unit:     map[string]string{"load": "MW", "heat": "MW", "gas": "CNY/MWh", "buy": "CNY/MWh", "sell": "CNY/MWh"},
		forecast: series, actual: series,
	}, Region: priced(
		&der.ElectricBoiler{ID: "E", Efficiency: 0.5, Power: der.Operation{Max: 4, Switchable: true}},
		&der.GasBoiler{ID: "G", Efficiency: 0.8, Heat: der.Operation{Max: 5, RampUp: optional.Of(0.5), Switchable: true, StartCost: 7}, Maintenance: 1},
		&der.CHP{ID: "C", ElectricEfficiency: 0.35, HeatEfficiency: 0.45, Power: der.Operation{Min: 0.7, Max: 3.5, Switchable: true}, Maintenance: 2},
		&der.Load{ID: "L", Port: der.Heat, Demand: "heat", Sheddable: 0.5, ShedCost: 100},
		&der.GasSupply{ID: "S", Max: 40, Price: "gas"},
	)}
	choices := trigrid.Profile{}
	for _, name := range []string{"E", "G", "C", "L", "S"} {
		choices[name] = "village"
	}
	res, err := operate.Run(t.Context(), season, operate.Options{Strategy: operate.Rules(), Choices: choices, Solver: testsolver.New(t), Bounds: true})
	require.NoError(t, err)
	plan := res.Days[0].Plans[0]
	require.NoError(t, plan.Verify(1e-9))
	heat := map[string][]float64{}
	for _, m := range plan.Members {
		heat[m.DER.Name()] = m.Schedule.Realised[0].Heat
	}
	for name, want := range map[string][]float64{
		"C": {4.5, 4.5, 1, 4.5}, "G": {1.5, 4.5, 0, 3}, "E": {0, 1, 0, 2}, "L": {-6, -10, -1, -9.5},
	} {
		assert.InDeltaSlice(t, want, heat[name], 1e-9, name)
	}
	// Gas: 10 + 10 + 1/0.45 + 10 MW of the combined unit and 9/0.8 MW of the
	// boiler, in six hours.
	burnt := 6 * (30 + 1/0.45 + 9/0.8)
	power := 6 * 0.35 * (30 + 1/0.45)
	own := 20*burnt + 2*power + 1*6*9 + 2*7 + 100*6*6.5 // two starts of the boiler
	assert.InDelta(t, own, res.Totals.OwnCost, 1e-6)
	assert.InDelta(t, 60*(power-6*6), res.Totals.Trade, 1e-6) // 6 MW of the electric boiler in all
	assert.GreaterOrEqual(t, res.Totals.Cost, *res.Days[0].Bound-1e-6)
	// Heat has the cost of the last unit: 60/0.5 of the electric boiler, 20/0.8
	// + 1 of the gas boiler, and (20 + (2 − 60) 0.35)/0.45 < 0 of the combined
	// unit.
	assert.InDeltaSlice(t, []float64{26, 120, 0, 120}, plan.Heat.Prices[0], 1e-9)
	assert.InDeltaSlice(t, []float64{20, 20, 20, 20}, plan.Gas.Prices[0], 1e-9)
}

// Without a load that can be shed, a unit runs at its minimum of 4 MW for 1 MW
// of heat, and the dump takes 3 MW; without the dump the rules have no answer.
// A demand of 9 MW is above all units.
func TestRulesDumpHeatAndNameWhatIsMissing(t *testing.T) {
	run := func(demand float64, members ...der.DER) (*operate.Result, error) {
		constant := func(v float64) []float64 { return []float64{v, v, v, v} }
		series := map[string][]float64{"load": constant(0), "heat": constant(demand), "gas": constant(20), "buy": constant(60), "sell": constant(60)}
		members = append(members, &der.GasBoiler{ID: "G", Efficiency: 0.8, Heat: der.Operation{Min: 4, Max: 8, Switchable: true}},
			&der.Load{ID: "L", Port: der.Heat, Demand: "heat"}, &der.GasSupply{ID: "S", Max: 40, Price: "gas"})
		choices := trigrid.Profile{}
		for _, d := range members {
			choices[d.Name()] = "village"
		}
		season := operate.Season{Name: "heat", Start: monday, Days: 1, Step: 6 * time.Hour, Region: priced(members...), Source: &stated{
			start: monday, step: 6 * time.Hour, names: []string{"load", "heat", "gas", "buy", "sell"},
			unit:     map[string]string{"load": "MW", "heat": "MW", "gas": "CNY/MWh", "buy": "CNY/MWh", "sell": "CNY/MWh"},
			forecast: series, actual: series,
		}}
		return operate.Run(t.Context(), season, operate.Options{Strategy: operate.Rules(), Choices: choices, Solver: testsolver.New(t), NoLedger: true})
	}
	dump := &der.HeatDump{ID: "D", Max: 10, Cost: 1.5}
	res, err := run(1, dump)
	require.NoError(t, err)
	require.NoError(t, res.Days[0].Plans[0].Verify(1e-9))
	assert.InDelta(t, 24*(20*4/0.8+1.5*3), res.Totals.OwnCost, 1e-6)
	_, err = run(1)
	require.ErrorContains(t, err, "the rules have 3 MW of heat left")
	_, err = run(9, dump)
	require.ErrorContains(t, err, "the rules lack 1 MW of heat")
	// A store takes the 3 MW in the first steps, as far as it can give them
	// back by the end.
	store := &der.Storage{ID: "H", Port: der.Heat, Charge: 3, Discharge: 3, Energy: 40, ChargeEfficiency: 1, DischargeEfficiency: 1}
	res, err = run(1, dump, store)
	require.NoError(t, err)
	require.NoError(t, res.Days[0].Plans[0].Verify(1e-9))
	for _, m := range res.Days[0].Plans[0].Members {
		if m.DER.Name() == "H" {
			energy := m.Schedule.Realised[0].Trace("energy")
			assert.InDelta(t, 0, energy[len(energy)-1], 1e-9)
		}
	}
}

// A fleet of one follows the rules of its DER. Two batteries of 1 MW share the
// surplus of a farm as one of 2 MW does, and two units give twice the output of
// one. Heat has no fleets.
func TestRulesSetAllDERsOfAFleetAlike(t *testing.T) {
	battery := func(size float64) der.DER {
		return &der.Storage{
			ID: "B", Charge: size, Discharge: size, Energy: 10 * size, Initial: optional.Of(5 * size), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 1,
		}
	}
	engine := func(size float64) der.DER {
		return &der.Thermal{ID: "T", MinOutput: 0.4 * size, MaxOutput: 0.5 * size, Linear: 20, EmissionFactor: 0.5, Quota: 0.1, MinUp: 12}
	}
	run := func(members ...der.DER) *operate.Result {
		res, err := operate.Run(t.Context(), windy(members...), operate.Options{
			Strategy: operate.Rules(), Choices: trigrid.Profile{"W": "village", "B": "village", "T": "village"}, Solver: testsolver.New(t), NoLedger: true,
		})
		require.NoError(t, err)
		return res
	}
	want := run(battery(2), engine(2))
	got := run(&der.Fleet{Unit: battery(1), Count: 2}, &der.Fleet{Unit: engine(1), Count: 2})
	moved := 0.0
	for day := range want.Days {
		for i, m := range want.Days[day].Plans[0].Members {
			a, b := &m.Schedule.Realised[0], &got.Days[day].Plans[0].Members[i].Schedule.Realised[0]
			assert.InDeltaSlice(t, a.Injected, b.Injected, 1e-9, m.DER.Name())
			if a.Withdrawn != nil {
				assert.InDeltaSlice(t, a.Withdrawn, b.Withdrawn, 1e-9, m.DER.Name())
				moved += a.Withdrawn[0] + a.Withdrawn[1] + a.Withdrawn[2]
			}
		}
		require.NoError(t, got.Days[day].Plans[0].Verify(1e-6))
	}
	assert.Positive(t, moved, "the battery charges")
	assert.InDelta(t, want.Totals.Cost, got.Totals.Cost, 1e-6)

	_, err := operate.Run(t.Context(), windy(&der.Fleet{Unit: &der.HeatDump{ID: "D", Max: 1}, Count: 2}), operate.Options{
		Strategy: operate.Rules(), Choices: trigrid.Profile{"W": "village", "D": "village"}, Solver: testsolver.New(t), NoLedger: true,
	})
	require.ErrorContains(t, err, `no rule for fleet "D" of type *der.HeatDump`)
}
