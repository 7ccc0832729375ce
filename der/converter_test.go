package der_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// worth maximises what one scenario of a unit is worth when its ports have the
// given prices; carbon is the price of emission less allowance per t. The
// unit's own costs are taken off.
type worth struct{ power, heat, gas, co2, carbon []float64 }

func (w worth) of(t *testing.T, u der.DER, c der.Context) (float64, der.Schedule) {
	t.Helper()
	m := milp.New()
	terms := u.Model(m, milp.Const(1), c)
	x := &terms[0]
	value := x.Cost.Times(-1)
	for k := range c.Steps() {
		for _, port := range []struct {
			price []float64
			exprs []milp.Expr
			scale float64
		}{
			{w.heat, x.Heat, c.Hours()},
			{w.gas, x.Gas, c.Hours()},
			{w.co2, x.CO2, 1},
			{w.carbon, x.Emission, -1},
			{w.carbon, x.Allowance, 1},
		} {
			if port.price != nil && port.exprs != nil {
				value.Add(port.exprs[k].Times(port.price[k] * port.scale))
			}
		}
		if w.power != nil {
			value.Add(x.Net(k).Times(w.power[k] * c.Hours()))
		}
	}
	m.Maximize(value)
	solution, err := testsolver.New(t).Solve(context.Background(), m)
	require.NoError(t, err)
	require.NoError(t, solution.Err())
	return solution.Objective, der.Schedule{Realised: der.Realise(terms, solution.Values)}
}

// Per MWh of gas a back-pressure unit with 0.35 and 0.40 earns 0.35·(80 − 5) +
// 0.4·30 − 35 = 3.25 at a power price of 80 and loses 3.75 at 60. Between 0.35
// and 1.4 MW it burns 4 MW in the first hour and 1 in the second: 13 − 3.75 =
// 9.25.
func TestCHPByHand(t *testing.T) {
	c := der.Context{Set: steps(2, time.Hour)}
	u := &der.CHP{
		ID: "chp", ElectricEfficiency: 0.35, HeatEfficiency: 0.4, Power: der.Operation{Min: 0.35, Max: 1.4}, Maintenance: 5,
		EmissionFactor: optional.Of(der.NaturalGasCO2), PowerQuota: 0.4, HeatQuota: 0.3,
	}
	w := worth{power: []float64{80, 60}, heat: constant(2, 30), gas: constant(2, 35)}
	value, schedule := w.of(t, u, c)
	p := &schedule.Realised[0]
	assert.InDelta(t, 9.25, value, 1e-6)
	assert.InDeltaSlice(t, []float64{1.4, 0.35}, p.Injected, 1e-6)
	assert.InDeltaSlice(t, []float64{1.6, 0.4}, p.Heat, 1e-6)
	assert.InDeltaSlice(t, []float64{-4, -1}, p.Gas, 1e-6)
	assert.InDelta(t, 4*0.1975, p.Emission[0], 1e-6)
	assert.InDelta(t, 0.4*1.4+0.3*1.6, p.Allowance[0], 1e-6)

	u.MaxHeat = optional.Of(0.8) // 2 MW of gas at most: 6.5 − 3.75
	value, _ = w.of(t, u, c)
	assert.InDelta(t, 2.75, value, 1e-6)
	lower, upper := u.Binding()
	assert.Equal(t, []string{"Power.Min", "MaxHeat"}, []string{lower, upper})

	u.Power.Max, u.Power.Min = 0, 0 // a unit that may not deliver any power delivers no heat either
	value, _ = w.of(t, u, c)
	assert.InDelta(t, 0, value, 1e-6)
	u.Power.Max, u.Power.Min = 1.4, 0.35

	// From 0.35 MW with 0.35 MW per hour: 2 MW of gas, then 3, at 80 in both
	// hours: 6.5 + 9.75.
	u.MaxHeat, u.Power.RampUp, u.Power.Before = optional.Float{}, optional.Of(0.35), 0.35
	value, _ = worth{power: constant(2, 80), heat: constant(2, 30), gas: constant(2, 35)}.of(t, u, c)
	assert.InDelta(t, 16.25, value, 1e-6)
}

// Points (2, 0), (5, 0), (4, 4) with 6, 12, 12 MW of gas. At power 50, heat 10,
// gas 20 the second is best: 250 − 240 = 10; at heat 20 the third: 200 + 80 −
// 240 = 40.
func TestExtractionCHPChoosesItsRatio(t *testing.T) {
	c := der.Context{Set: steps(1, time.Hour)}
	u := &der.ExtractionCHP{ID: "chp", Points: []der.OperatingPoint{{2, 0, 6}, {5, 0, 12}, {4, 4, 12}}}
	value, schedule := worth{power: []float64{50}, heat: []float64{10}, gas: []float64{20}}.of(t, u, c)
	assert.InDelta(t, 10, value, 1e-6)
	assert.InDelta(t, 5, schedule.Realised[0].Injected[0], 1e-6)
	value, schedule = worth{power: []float64{50}, heat: []float64{20}, gas: []float64{20}}.of(t, u, c)
	assert.InDelta(t, 40, value, 1e-6)
	assert.InDelta(t, 4, schedule.Realised[0].Heat[0], 1e-6)
}

// Heat sells at 40, 30, 40; a MWh of it needs 35/0.9 = 38.889 of gas. On in
// hours 0 and 2 at 4 MW the boiler earns 2·4·1.1111, starts twice for 3, and
// rests between: staying on would lose 8.889.
func TestGasBoilerStartsWhereItPays(t *testing.T) {
	u := &der.GasBoiler{ID: "b", Efficiency: 0.9, Heat: der.Operation{Min: 1, Max: 4, Switchable: true, StartCost: 3}}
	c := der.Context{Set: steps(3, time.Hour)}
	value, schedule := worth{heat: []float64{40, 30, 40}, gas: constant(3, 35)}.of(t, u, c)
	assert.InDelta(t, 8*(40-35/0.9)-6, value, 1e-6)
	assert.InDelta(t, -6, u.Benefit(schedule, c, 0).Item("start-up"), 1e-6)
	schedule.Realised[0].Traces = nil // a metered schedule tells starts by its heat
	assert.InDelta(t, -6, u.Benefit(schedule, c, 0).Item("start-up"), 1e-6)

	u.Heat.Before = 2 // on before: one start less
	value, _ = worth{heat: []float64{40, 30, 40}, gas: constant(3, 35)}.of(t, u, c)
	assert.InDelta(t, 8*(40-35/0.9)-3, value, 1e-6)
}

// 0.98·50 − 48 = 1 per MWh at a heat price of 50, and −1 at 48/0.98 less: 4 MW,
// then none.
func TestElectricBoilerByHand(t *testing.T) {
	u := &der.ElectricBoiler{ID: "b", Efficiency: 0.98, Power: der.Operation{Max: 4}}
	value, schedule := worth{power: constant(2, 48), heat: []float64{50, 47}}.of(t, u, der.Context{Set: steps(2, time.Hour)})
	assert.InDelta(t, 4, value, 1e-6)
	assert.InDeltaSlice(t, []float64{4, 0}, schedule.Realised[0].Withdrawn, 1e-6)
	assert.InDeltaSlice(t, []float64{3.92, 0}, schedule.Realised[0].Heat, 1e-6)
}

// A MWh of power gives 0.6 MWh of gas and takes 0.6·0.1975 = 0.1185 t of CO2:
// 0.6·60 − 20 − 0.1185·10 = 14.815 at 60 for gas, 20 for power, 10 for CO2.
// Half an hour at 3 MW.
func TestPowerToGasByHand(t *testing.T) {
	u := &der.PowerToGas{ID: "p2g", Efficiency: 0.6, Power: der.Operation{Max: 3}}
	c := der.Context{Set: steps(1, 30*time.Minute)}
	value, schedule := worth{power: []float64{20}, gas: []float64{60}, co2: []float64{10}}.of(t, u, c)
	assert.InDelta(t, 1.5*14.815, value, 1e-6)
	assert.InDelta(t, -1.5*0.1185, schedule.Realised[0].CO2[0], 1e-6)
	assert.Nil(t, schedule.Realised[0].Emission)
}

// 1.964 kg/m³ over 35.8 MJ/m³ is 3.6·1.964/35.8 = 0.1975 t per MWh.
func TestNaturalGasCO2FollowsFromDensityAndHeatingValue(t *testing.T) {
	assert.InDelta(t, 3.6*1.964/35.8, der.NaturalGasCO2, 5e-5)
}

// 10 MW gross emit 9 t, of which 0.9 are absorbed: 8.1 t. Capture takes 0.5 +
// 0.27·8.1 = 2.687 MW, net 7.313 MW. At 50 per MWh, fuel 20, carbon 60 and
// solvent 2:
//
//	50·7.313 − 20·10 − 60·0.9 − 2·8.1 = 95.45
//
// Without a carbon price nothing is absorbed: 50·9.5 − 200 = 275.
func TestCarbonCaptureByHand(t *testing.T) {
	u := &der.CarbonCapture{
		Unit:       der.Thermal{ID: "coal", MaxOutput: 10, Linear: 20, EmissionFactor: 0.9},
		Efficiency: 0.9, FixedPower: 0.5, AbsorbEnergy: 0.07, ReleaseEnergy: 0.2, SolventCost: 2,
	}
	c := der.Context{Set: steps(1, time.Hour)}
	value, schedule := worth{power: []float64{50}, carbon: []float64{60}}.of(t, u, c)
	assert.InDelta(t, 95.45, value, 1e-6)
	assert.InDelta(t, 7.313, schedule.Realised[0].Injected[0], 1e-6)
	assert.InDelta(t, 8.1, schedule.Realised[0].CO2[0], 1e-6)
	assert.InDelta(t, 0.9, schedule.Realised[0].Emission[0], 1e-6)
	assert.InDelta(t, -200-16.2, u.Benefit(schedule, c, 0).Total(), 1e-6)
	schedule.Realised[0].Traces = nil // metered: the gross output follows from the net one and the CO2
	assert.InDelta(t, -200-16.2, u.Benefit(schedule, c, 0).Total(), 1e-6)

	value, _ = worth{power: []float64{50}}.of(t, u, c)
	assert.InDelta(t, 275, value, 1e-6)
}

// Absorbing 8.1 t in each of two hours, a tank lets the 0.2 MWh/t for releasing
// be spent in the hour at 20 instead of the one at 100: it saves 8.1·0.2·80 =
// 129.6.
func TestCarbonCaptureTankShiftsTheEnergyForReleasing(t *testing.T) {
	u := &der.CarbonCapture{
		Unit:       der.Thermal{ID: "coal", MaxOutput: 10, Linear: 5, EmissionFactor: 0.9},
		Efficiency: 0.9, AbsorbEnergy: 0.07, ReleaseEnergy: 0.2,
	}
	c := der.Context{Set: steps(2, time.Hour)}
	w := worth{power: []float64{100, 20}, carbon: constant(2, 100)}
	direct, _ := w.of(t, u, c)
	u.Tank = 20
	shifted, schedule := w.of(t, u, c)
	assert.InDelta(t, 129.6, shifted-direct, 1e-6)
	assert.InDeltaSlice(t, []float64{0, 16.2}, schedule.Realised[0].CO2, 1e-6)
	schedule.Realised[0].Traces = nil
	assert.True(t, math.IsNaN(u.Benefit(schedule, c, 0).Total()), "a tank hides what was absorbed")
}

// 2 t per hour for half an hour at 50 per t to be rid of and 40 to store: 1·10.
func TestSequestrationByHand(t *testing.T) {
	u := &der.Sequestration{ID: "ground", Max: 2, Cost: 40}
	value, _ := worth{co2: []float64{-50}}.of(t, u, der.Context{Set: steps(1, 30*time.Minute)})
	assert.InDelta(t, 10, value, 1e-6)
}

// 2.5 per m³ at 9.7 kWh/m³ is 257.73 per MWh. 3 MW for two hours at 20 and 30,
// worth 25: only the first.
func TestGasSupplyByHand(t *testing.T) {
	assert.InDelta(t, 257.7319588, market.GasPrice(2.5, 9.7), 1e-6)
	u := &der.GasSupply{ID: "network", Max: 3, Price: "gas"}
	c := der.Context{Set: series(t, "gas", 20, 30)}
	value, schedule := worth{gas: constant(2, 25)}.of(t, u, c)
	assert.InDelta(t, 15, value, 1e-6)
	assert.InDelta(t, -60, u.Benefit(schedule, c, 0).Item("gas"), 1e-6)
}

// Bought at 50 and sold at 40 with a fee of 1. Worth 60 inside, 5 MW are
// bought: 5·9. Worth 30, 3 MW are sold: 3·(40 − 1 − 30). Sold at 55 they would
// go round in a circle; the binary allows one direction: the better of 5·9 and
// 3·(55 − 1 − 60) < 0.
func TestGridConnectionBuysOrSells(t *testing.T) {
	u := &der.GridConnection{ID: "grid", MaxBuy: 5, MaxSell: 3, BuyPrice: "buy", SellPrice: "sell", Fee: 1}
	set := series(t, "buy", 50, 50, 50)
	require.NoError(t, set.AddForecast("sell", "currency/MWh", []float64{40, 40, 55}))
	value, schedule := worth{power: []float64{60, 30, 60}}.of(t, u, der.Context{Set: set})
	assert.InDelta(t, 45+27+45, value, 1e-6)
	assert.InDeltaSlice(t, []float64{5, -3, 5}, []float64{
		schedule.Realised[0].Net(0), schedule.Realised[0].Net(1), schedule.Realised[0].Net(2),
	}, 1e-6)
	assert.InDelta(t, 0, schedule.Realised[0].Withdrawn[2], 1e-6)
}

// Of 10 MW, a fifth may be shed at 900: it is, where energy costs 1000, and not
// where it costs 800.
func TestLoadShedsAtItsPrice(t *testing.T) {
	u := &der.Load{ID: "town", Demand: "load", Sheddable: 0.2, ShedCost: 900}
	value, schedule := worth{power: []float64{1000, 800}}.of(t, u, der.Context{Set: series(t, "load", 10, 10)})
	assert.InDelta(t, -8*1000-2*900-10*800, value, 1e-6)
	assert.InDeltaSlice(t, []float64{8, 10}, schedule.Realised[0].Withdrawn, 1e-6)
}

// Heat at −10 is cooled away for 4: 3 MW save 18. At −2 it is not.
func TestHeatDumpByHand(t *testing.T) {
	u := &der.HeatDump{ID: "cooler", Max: 3, Cost: 4}
	value, _ := worth{heat: []float64{-10, -2}}.of(t, u, der.Context{Set: steps(2, time.Hour)})
	assert.InDelta(t, 18, value, 1e-6)
}
