package der

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario"
)

// amounts returns the items of a kind by name.
func amounts(u Stepwise, of Schedule, c Context) map[string][]float64 {
	out := map[string][]float64{}
	for _, item := range u.BenefitByStep(of, c, 0) {
		out[item.What] = item.Amounts
	}
	return out
}

// A unit of 40 per MWh, 100 per start and 7 per stop runs at 3 MW in the second
// and third of four half hours. Its tariff pays 50 and 60 per MWh there.
func TestThermalMoneyByStepByHand(t *testing.T) {
	c := Context{
		Set:    scenario.Single(scenario.Grid{Step: 30 * time.Minute, Steps: 4}),
		Tariff: Tariff{Injection: []float64{50, 50, 60, 60}},
	}
	unit := &Thermal{
		ID: "T", MaxOutput: 5, Linear: 40, Maintenance: 2, ShutDown: 7,
		StartUp: []StartCost{{Cost: 100}},
	}
	got := amounts(unit, Schedule{DayAhead: make([]float64, 4), Realised: []Ports{{
		Injected: []float64{0, 3, 3, 0}, Traces: []Path{{Name: "on", Values: []float64{0, 1, 1, 0}}},
	}}}, c)
	assert.Equal(t, []float64{0, 75, 90, 0}, got["energy sold"])
	assert.Equal(t, []float64{0, -60, -60, 0}, got["fuel"])
	assert.Equal(t, []float64{0, -3, -3, 0}, got["maintenance"])
	assert.Equal(t, []float64{0, -100, 0, 0}, got["start-up"])
	assert.Equal(t, []float64{0, 0, 0, -7}, got["shut-down"])
}

// A store of 4 MWh charges 2 MW and discharges 1 MW, without losses: 1 MWh is
// left, worth 30. Each MWh through the store wears 5. It falls short of its
// schedule by 1 MW in the first hour.
func TestStorageMoneyByStepByHand(t *testing.T) {
	c := Context{
		Set: scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2}),
		Tariff: Tariff{
			Injection: []float64{10, 80}, Withdrawal: []float64{20, 90}, Shortage: []float64{4, 4}, Surplus: []float64{3, 3},
		},
	}
	unit := &Storage{
		ID: "S", Charge: 2, Discharge: 2, Energy: 4, ChargeEfficiency: 1, DischargeEfficiency: 1, Wear: 5, WearRule: WearThroughput,
		End: EndFree, EndValue: 30,
	}
	got := amounts(unit, Schedule{DayAhead: []float64{-1, 1}, Realised: []Ports{{
		Injected: []float64{0, 1}, Withdrawn: []float64{2, 0},
	}}}, c)
	assert.Equal(t, []float64{0, 80}, got["energy sold"])
	assert.Equal(t, []float64{-40, 0}, got["energy bought"])
	assert.Equal(t, []float64{-4, 0}, got["deviation"])
	assert.Equal(t, []float64{-10, -5}, got["wear"])
	assert.Equal(t, []float64{0, 30}, got["energy left"])
}

// A boiler of 80 % burns 5 MW of gas in the first and third hour, at 25 per
// MWh, and a start costs 9. In a cycle the first step continues the last one,
// so that only the third hour has a start.
func TestBoilerMoneyByStepByHand(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 4})
	require.NoError(t, set.AddForecast("gas", "currency per MWh", []float64{25, 25, 30, 30}))
	c := Context{Set: set, Tariff: Tariff{Heat: []float64{50, 50, 50, 50}, Gas: []float64{25, 25, 25, 25}}}
	unit := &GasBoiler{ID: "B", Efficiency: 0.8, Heat: Operation{Max: 8, Switchable: true, StartCost: 9, Boundary: BeforeCyclic}, Maintenance: 1}
	of := Schedule{DayAhead: make([]float64, 4), Realised: []Ports{{
		Heat: []float64{4, 0, 4, 4}, Gas: []float64{-5, 0, -5, -5},
	}}}
	got := amounts(unit, of, c)
	assert.Equal(t, []float64{200, 0, 200, 200}, got["heat exchange"])
	assert.Equal(t, []float64{-125, 0, -125, -125}, got["gas exchange"])
	assert.Equal(t, []float64{-4, 0, -4, -4}, got["maintenance"])
	assert.Equal(t, []float64{0, 0, -9, 0}, got["start-up"])

	supply := &GasSupply{ID: "G", Max: 9, Price: "gas"}
	got = amounts(supply, Schedule{DayAhead: make([]float64, 4), Realised: []Ports{{Gas: []float64{5, 0, 5, 5}}}}, c)
	assert.Equal(t, []float64{-125, 0, -150, -150}, got["gas"])
}
