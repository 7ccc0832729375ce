package operate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// goodsByRules operates one day of four steps of six hours by the rules. A MWh
// costs and earns 60, gas costs 20, and a t CO2 the given price.
func goodsByRules(t *testing.T, heat []float64, carbon float64, members ...der.DER) (*operate.Result, error) {
	t.Helper()
	series := map[string][]float64{
		"load": {0, 0, 0, 0}, "heat": heat, "gas": {20, 20, 20, 20}, "buy": {60, 60, 60, 60}, "sell": {60, 60, 60, 60},
	}
	one, choices := priced(members...), trigrid.Profile{}
	for _, d := range members {
		choices[d.Name()] = "village"
	}
	season := operate.Season{Name: "goods", Start: monday, Days: 1, Step: 6 * time.Hour, Source: &stated{
		start: monday, step: 6 * time.Hour, names: []string{"load", "heat", "gas", "buy", "sell"},
		unit:     map[string]string{"load": "MW", "heat": "MW", "gas": "CNY/MWh", "buy": "CNY/MWh", "sell": "CNY/MWh"},
		forecast: series, actual: series,
	}, Region: func(set *scenario.Set) (trigrid.Region, error) {
		r, err := one(set)
		r.Setting.Markets.Carbon = market.Flat(market.Carbon, market.Calendar{Steps: set.Steps(), StepHours: 6}, carbon)
		return r, err
	}}
	return operate.Run(t.Context(), season, operate.Options{Strategy: operate.Rules(), Choices: choices, Solver: testsolver.New(t), NoLedger: true, Bounds: true})
}

// By hand. The points (P, H, G) are (5, 0, 14), (4, 5, 14) and (2, 2, 7) MW;
// heat of 2.5, 5, 0 and 4 MW. Least gas lies on the line from the third to the
// second point.
//
//	heat   free: power, gas                 falls by 0.6 MW per step: power, heat, gas
//	2.5    2 1/3, 8 1/6                     2 1/3, 2.5, 8 1/6
//	5      4, 14                            4, 5, 14
//	0      stands still                     5, 0, 14      it cannot stop from 4 MW
//	4      3 1/3, 11 2/3                    4.4, 3, 14    and 1 MW is shed
//
// The last row lies on the line from the first to the second point.
func TestRulesRunExtractionUnitsByHeat(t *testing.T) {
	for _, x := range []struct {
		fall             optional.Float
		power, heat, gas []float64
	}{
		{optional.Float{}, []float64{7. / 3, 4, 0, 10. / 3}, []float64{2.5, 5, 0, 4}, []float64{49. / 6, 14, 0, 35. / 3}},
		{optional.Of(0.1), []float64{7. / 3, 4, 5, 4.4}, []float64{2.5, 5, 0, 3}, []float64{49. / 6, 14, 14, 14}},
	} {
		unit := &der.ExtractionCHP{
			ID: "X", Points: []der.OperatingPoint{{Power: 5, Gas: 14}, {Power: 4, Heat: 5, Gas: 14}, {Power: 2, Heat: 2, Gas: 7}},
			Power: der.Operation{Switchable: true, StartCost: 30, RampDown: x.fall}, Maintenance: 3, PowerQuota: 0.1, HeatQuota: 0.2,
		}
		res, err := goodsByRules(t, []float64{2.5, 5, 0, 4}, 10, unit,
			&der.Load{ID: "L", Port: der.Heat, Demand: "heat", Sheddable: 0.5, ShedCost: 70}, &der.GasSupply{ID: "S", Max: 40, Price: "gas"})
		require.NoError(t, err)
		plan := res.Days[0].Plans[0]
		require.NoError(t, plan.Verify(1e-9))
		power, gas, own := 0.0, 0.0, 30.0
		for _, m := range plan.Members {
			if m.DER.Name() == "X" {
				p := &m.Schedule.Realised[0]
				assert.InDeltaSlice(t, x.power, p.Injected, 1e-9)
				assert.InDeltaSlice(t, x.heat, p.Heat, 1e-9)
				assert.InDeltaSlice(t, []float64{-x.gas[0], -x.gas[1], -x.gas[2], -x.gas[3]}, p.Gas, 1e-9)
			}
		}
		for step := range x.power {
			power, gas = power+6*x.power[step], gas+6*x.gas[step]
		}
		if !x.fall.Given() {
			own += 30 // it starts again for the last step
		}
		own += 3*power + 20*gas + 70*6*(4-x.heat[3])
		assert.InDelta(t, own, res.Totals.OwnCost, 1e-6)
		assert.InDelta(t, 60*power, res.Totals.Trade, 1e-6)
		assert.GreaterOrEqual(t, res.Totals.Cost, *res.Days[0].Bound-1e-6)
	}
}

// By hand. The unit of 10 MW emits 54 t in a step and absorbs at most 0.9 · 54
// = 48.6 t, of which the store takes 6 t. A tonne takes 0.25 MWh, of which each
// is worth 60 and 0.6 t of allowances.
//
//	CO2   gain per t                              absorbed             net power
//	80    80 − 0.25 (60 + 48) − 5 = 48 > 20       6 t                  10 − 0.1 − 0.25 = 9.65 MW
//	20    20 − 0.25 (60 + 12) − 5 = −3            0.9 · 0.1 · 54       10 − 0.1 − 0.2025 = 9.6975 MW
//
// At 80 the unit runs, because 20 + (0.9 − 0.6) 80 = 44 is below 60.
func TestRulesCaptureIfTheCarbonPricePaysTheEnergy(t *testing.T) {
	for _, x := range []struct {
		carbon, split, absorbed, net float64
	}{{80, 0, 6, 9.65}, {80, 0.1, 6, 9.65}, {20, 0.1, 4.86, 9.6975}, {20, 0, 0, 9.9}} {
		unit := &der.CarbonCapture{
			Unit:       der.Thermal{ID: "X", MinOutput: 2, MaxOutput: 10, Linear: 20, EmissionFactor: 0.9, Quota: 0.6},
			Efficiency: 0.9, MinSplit: x.split, FixedPower: 0.1, AbsorbEnergy: 0.2, ReleaseEnergy: 0.05, SolventCost: 5, Tank: 10, InTank: 4,
		}
		store := &der.Sequestration{ID: "S", Max: 1, Cost: 20}
		res, err := goodsByRules(t, []float64{0, 0, 0, 0}, x.carbon, unit, store)
		require.NoError(t, err)
		plan := res.Days[0].Plans[0]
		require.NoError(t, plan.Verify(1e-9))
		for _, m := range plan.Members {
			p := &m.Schedule.Realised[0]
			if m.DER.Name() == "S" {
				assert.InDelta(t, -x.absorbed, p.CO2[2], 1e-9)
				continue
			}
			assert.InDelta(t, x.net, p.Injected[2], 1e-9)
			assert.InDelta(t, 54-x.absorbed, p.Emission[2], 1e-9)
			assert.InDelta(t, 0.6*6*x.net, p.Allowance[2], 1e-9)
			assert.InDelta(t, 4, p.Trace("in tank")[2], 1e-9)
		}
		assert.InDelta(t, 4*(20*60+(5+20)*x.absorbed), res.Totals.OwnCost, 1e-6)
		assert.InDelta(t, 4*x.carbon*(54-x.absorbed-3.6*x.net), res.Totals.Carbon, 1e-6)
		price := -20.0
		if x.absorbed == 0 {
			price = 0
		}
		assert.InDelta(t, price, plan.CO2.Prices[0][2], 1e-9)
		assert.GreaterOrEqual(t, res.Totals.Cost, *res.Days[0].Bound-1e-6)
	}
	// Half of the flue gas has 24.3 t of CO2 to absorb, and the store takes 6 t
	// of it.
	_, err := goodsByRules(t, []float64{0, 0, 0, 0}, 80, &der.CarbonCapture{
		Unit: der.Thermal{ID: "X", MinOutput: 2, MaxOutput: 10, Linear: 20, EmissionFactor: 0.9, Quota: 0.6}, Efficiency: 0.9, MinSplit: 0.5,
	}, &der.Sequestration{ID: "S", Max: 1})
	require.ErrorContains(t, err, "the rules have 18.3 t of captured CO2 left that no store takes")
	// A release of 0.5 t per hour is below the 24.3 t of a step.
	_, err = goodsByRules(t, []float64{0, 0, 0, 0}, 80, &der.CarbonCapture{
		Unit: der.Thermal{ID: "X", MinOutput: 2, MaxOutput: 10, Linear: 20, EmissionFactor: 0.9, Quota: 0.6}, Efficiency: 0.9, MinSplit: 0.5,
		Tank: 99, MaxRelease: optional.Of(0.5),
	}, &der.Sequestration{ID: "S", Max: 9})
	require.ErrorContains(t, err, `carbon capture "X" must absorb 24.3 t, and its output of 10 MW or its release allows 3 t`)
}
