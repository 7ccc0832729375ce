package heatpump_test

import (
	"math"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/examples/customder/heatpump"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"

	"github.com/trigrid/trigrid/scenario"
)

// district is two hundred houses of 0.2 kW/K and 10 kWh/K each.
func district() *heatpump.HeatPump {
	return &heatpump.HeatPump{
		ID: "district", Power: 1, COP: 3, Capacity: 2, Loss: 0.04,
		Outside: []float64{2, 0, -4, -6, 1, 5}, Start: 20.5, Min: 20, Max: 22, Maintenance: 4,
	}
}

// Every rule of the comment, recomputed hour by hour by small Euler steps of
// the differential equation.
func TestHeatPumpKeepsTheRulesOfEveryUnit(t *testing.T) {
	u := district()
	dertest.Run(t, testsolver.New(t), u, dertest.Config{Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
		const parts = 20_000
		for s := range realised.Realised {
			p := &realised.Realised[s]
			temperature := u.Start
			for step, mw := range p.Withdrawn {
				for range parts {
					temperature += c.Hours() / parts * (u.COP*mw - u.Loss*(temperature-u.Outside[step])) / u.Capacity
				}
				if seen := p.Trace("temperature")[step]; math.Abs(seen-temperature) > 1e-4 {
					t.Errorf("step %d: %v °C, by integration %v °C", step, seen, temperature)
				}
				if mw < -1e-6 || mw > u.Power+1e-6 || temperature < u.Min-1e-4 || temperature > u.Max+1e-4 {
					t.Errorf("step %d: %v MW and %v °C leave their limits", step, mw, temperature)
				}
			}
			if temperature < u.Start-1e-4 {
				t.Errorf("the building ends at %v °C, colder than it began", temperature)
			}
		}
	}})
}

// With C = 1 MWh/K and U = ln 2 MW/K half of a temperature difference is left
// after an hour, k = 1/2. Two hours at 0 °C outside, from 20 °C to at least 20
// °C, no less than 19 °C between:
//
//	T_1 = 10 + q_1 / (2 ln 2) ≥ 19,   T_2 = T_1/2 + q_2 / (2 ln 2) ≥ 20
//
// An hour at 90 and one at 30 per MWh: heat of the first hour is worth half of
// itself in the second, less than the price ratio, so the first hour gets no
// more than it must, q_1 = 18 ln 2 and q_2 = 21 ln 2. With COP 3 and
// maintenance of 6: (90 + 6) 6 ln 2 + (30 + 6) 7 ln 2 = 828 ln 2.
func TestHeatPumpByHand(t *testing.T) {
	u := &heatpump.HeatPump{
		ID: "house", Power: 10, COP: 3, Capacity: 1, Loss: math.Ln2,
		Outside: []float64{0, 0}, Start: 20, Min: 19, Max: 30, Maintenance: 6,
	}
	c := der.Context{
		Set:    scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2}),
		Tariff: der.Tariff{Withdrawal: []float64{90, 30}},
	}
	require.NoError(t, u.Validate(c.Set))
	m := milp.New()
	terms := u.Model(m, milp.Const(1), c)
	m.Maximize(c.PaymentTerms(m, u.ID, terms)[0].Minus(terms[0].Cost))
	solution, err := testsolver.New(t).Solve(t.Context(), m)
	require.NoError(t, err)
	schedule := der.Schedule{Realised: der.Realise(terms, solution.Values)}
	assert.InDeltaSlice(t, []float64{6 * math.Ln2, 7 * math.Ln2}, schedule.Realised[0].Withdrawn, 1e-6)
	assert.InDeltaSlice(t, []float64{19, 20}, schedule.Realised[0].Trace("temperature"), 1e-6)
	benefit := u.Benefit(schedule, c, 0)
	assert.InDelta(t, -828*math.Ln2, benefit.Total(), 1e-4)
	assert.InDelta(t, -6*13*math.Ln2, benefit.Item("maintenance"), 1e-4)
}

func TestDataThatCannotBeMeantAreRefusedAllAtOnce(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 6})
	require.NoError(t, district().Validate(set))

	u := &heatpump.HeatPump{Power: -1, COP: math.NaN(), Capacity: 1, Outside: []float64{1, math.Inf(1)}, Start: 25, Min: 23, Max: 22}
	err := u.Validate(set)
	for _, violation := range []string{
		"ID is empty", "Power is -1, want MW, at least 0", "COP is NaN", "Loss is 0, want MW per K, above 0", "Start is 25, want °C, no more than Max",
		"Min is 23", "Outside has 2 temperatures, want one for each of 6 steps", "Outside[1] is +Inf",
	} {
		assert.ErrorContains(t, err, violation)
	}

	// 3 MW of heat carry a loss of 0.04 MW/K at 75 K, not at 220 K.
	u = district()
	u.Outside = []float64{-200, -200, -200, -200, -200, -200}
	assert.ErrorContains(t, u.Validate(set), `heat pump "district": the comfort band cannot be held in step 0`)

	// From 15 °C, 2 + 75 °C are neared by 1 − e^−0.02 of the distance in the
	// first hour, which is 1.2 K.
	u = district()
	u.Start = 15
	assert.ErrorContains(t, u.Validate(set), "with all of it at most 16.2 °C")
}

func TestReadMakesAUnitOfItsOwnPerRegion(t *testing.T) {
	const start = `{"name": "x", "grid": {"start": "2026-01-05T00:00", "steps": 2}, "scenarios": {"probabilities": [1], "series": []},
		"weights": {"economic": 1, "risk": 0, "environment": 0}, "risk": {"confidence": 0.8},
		"markets": {"electricity": {"buy_per_mwh": [90, 30], "sell_fraction": 0.5}},
		"vpps": [{"name": "P", "risk_aversion": 0, "pass_through": 1, "tariff": {}}], "sharing": "shapley", "outside_payoff": {},
		"ders": [{"kind": "heat_pump", "name": "house", "power_mw": 10, "cop": 3, "capacity_mwh_per_k": 1, "start_c": 20, "min_c": 19, "max_c": 30, `
	loader := casefile.Loader{Kinds: map[string]casefile.DERReader{"heat_pump": heatpump.Read}}
	load := func(rest string) (*casefile.Case, error) {
		return loader.Load(fstest.MapFS{"case.json": {Data: []byte(start + rest + "}]}")}}, "case.json")
	}
	c, err := load(`"loss_mw_per_k": 0.5, "outside_c": [0, -1]`)
	require.NoError(t, err)
	first, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	second, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	assert.Equal(t, []der.DER{&heatpump.HeatPump{
		ID: "house", Power: 10, COP: 3, Capacity: 1, Loss: 0.5, Outside: []float64{0, -1}, Start: 20, Min: 19, Max: 30,
	}}, first.DERs)
	assert.NotSame(t, first.DERs[0], second.DERs[0])

	_, err = load(`"loss_mw_per_k": "small", "outside_c": [0, -1], "colour": "red"`)
	assert.ErrorContains(t, err, `$.ders[0].loss_mw_per_k: is "small", want a number`)
	assert.ErrorContains(t, err, `$.ders[0].colour: unknown key`)
	_, err = load(`"loss_mw_per_k": 0.5, "outside_c": [0]`)
	assert.ErrorContains(t, err, `Outside has 1 temperatures, want one for each of 2 steps`)
}
