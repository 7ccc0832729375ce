package der_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

func TestWindConforms(t *testing.T) {
	for name, u := range map[string]*der.Wind{
		"schedule": {ID: "W1", Capacity: optional.Of(8), Available: "wind", Maintenance: 4, CurtailmentPenalty: 25},
		"forecast": {ID: "W1", Available: "wind", Forecast: "expected wind", Maintenance: 4},
		"mean":     {ID: "W1", Available: "wind", Forecast: "wind", CurtailmentPenalty: 25},
	} {
		t.Run(name, func(t *testing.T) {
			set := day(t)
			dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: set, Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
				for s, p := range realised.Realised {
					for step, power := range p.Injected {
						within(t, 0, power, c.Set.At("wind", s, step), "power", s, step)
						near(t, power*c.Hours(), p.Renewable[step], "certified energy", s, step)
						near(t, c.Set.At("wind", s, step)*c.Hours(), p.Available[step], "available energy", s, step)
						if u.Forecast != "" {
							near(t, c.Set.Mean(u.Forecast)[step], realised.DayAhead[step], "announcement", s, step)
						}
					}
				}
			}})
		})
	}
}

// Prices 50, −20 and −4 with maintenance 5 and penalty 10. Using a MWh is worth
// 45, −25 and −9, leaving it −10: the second hour is curtailed, the others are
// not. 3·45 − 4·10 − 2·9 = 77.
func TestWindIsCurtailedWhereUsingItCostsMoreThanLeavingIt(t *testing.T) {
	u := &der.Wind{ID: "W1", Available: "wind", Maintenance: 5, CurtailmentPenalty: 10}
	c := der.Context{Set: series(t, "wind", 3, 4, 2), Tariff: onePrice(50, -20, -4)}
	r := alone(t, u, c)
	assert.InDelta(t, 77, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{3, 0, 2}, r.schedule.Realised[0].Injected, 1e-6)

	b := u.Benefit(r.schedule, c, 0)
	assert.InDelta(t, 3*50-2*4, b.Item("energy sold"), 1e-6)
	assert.InDelta(t, -5*5, b.Item("maintenance"), 1e-6)
	assert.InDelta(t, -4*10, b.Item("curtailment penalty"), 1e-6)
	assert.InDelta(t, 77, b.Total(), 1e-6)
}

// Wind of 2, 4 or 6 MW with probabilities 0.5, 0.3, 0.2; 30 per MWh missing, 10
// per MWh too many.
//
// Announced by the program: the 10/(30+10) = 0.25 quantile, 2 MW. Charges 0,
// 2·10, 4·10, expected 14. Announced by forecast, the mean of 3.4 MW: charges
// 1.4·30, 0.6·10, 2.6·10, expected 28. Sales are 50·3.4 = 170 either way.
func TestWindAnnouncesTheQuantileAndNotTheForecastUnlessTold(t *testing.T) {
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 1}, []float64{0.5, 0.3, 0.2})
	require.NoError(t, err)
	require.NoError(t, set.Add("wind", "MW", [][]float64{{2}, {4}, {6}}))
	c := der.Context{Set: set, Tariff: der.Tariff{Injection: []float64{50}, Shortage: []float64{30}, Surplus: []float64{10}}}

	r := alone(t, &der.Wind{ID: "W1", Available: "wind"}, c)
	assert.InDelta(t, 170-14, r.profit, 1e-6)
	assert.InDelta(t, 2, r.schedule.DayAhead[0], 1e-6)

	r = alone(t, &der.Wind{ID: "W1", Available: "wind", Forecast: "wind"}, c)
	assert.InDelta(t, 170-28, r.profit, 1e-6)
	assert.InDelta(t, 3.4, r.schedule.DayAhead[0], 1e-6)
}

func TestWindValidateNamesEveryViolation(t *testing.T) {
	set := series(t, "wind", 3, 9, 2)
	require.NoError(t, (&der.Wind{ID: "W1", Available: "wind"}).Validate(set))
	complains(t, (&der.Wind{Capacity: optional.Of(8), Available: "wind", Forecast: "fog", Maintenance: -1, CurtailmentPenalty: -2}).Validate(set),
		"ID is empty",
		`Available: series "wind" is 9 in scenario 0, step 1, want at least 0 and at most the capacity of 8 MW`,
		`Forecast names series "fog", which the scenario set does not have; it has ["wind"]`,
		"Maintenance is -1, want a finite number of at least 0 currency per MWh",
		"CurtailmentPenalty is -2")
	complains(t, (&der.Wind{ID: "W1", Capacity: optional.Of(-1)}).Validate(set),
		"wind W1: Capacity is -1", "wind W1: Available is empty, want the name of a series in MW")
}
