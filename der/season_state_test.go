package der_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// A store of 1 MWh may discharge in one run a day. The first grid begins at
// 20:00, when 20 hours of the day are over, with a partial step of 30 minutes.
// It has sold 0.5 MWh before midnight. By hand, at the prices below with an end
// that is free:
//
//	20:30, 21:30, 22:30, 23:30    no start is left before midnight
//	0:30 on                       one start of the new day
func TestStartsOfADayBeginAnewAtMidnight(t *testing.T) {
	night := scenario.GridOf(time.Date(2031, 3, 10, 20, 0, 0, 0, time.UTC),
		30*time.Minute, time.Hour, time.Hour, time.Hour, time.Hour, time.Hour, time.Hour)
	c := der.Context{Set: scenario.Single(night), Tariff: onePrice(90, 10, 10, 60, 10, 40, 50)}
	u := &der.Storage{
		ID: "u", Charge: 1, Discharge: 1, Energy: 1, Initial: optional.Of(0.5), ChargeEfficiency: 1, DischargeEfficiency: 1,
		StartsPerDay: optional.Of(1), End: der.EndFree, EndValue: 1, Before: der.StorageState{DayHours: 20},
	}
	whole := alone(t, u, c)
	// Sold: 0.5 MWh at 90. Bought: 1 MWh at 10 before midnight. Sold in the run
	// of the new day: 50. The step of 23:30 at 60 is closed, because it needs a
	// second start of the old day. Paid for the energy left: 0 − 0.5.
	assert.InDelta(t, 45-10+50-0.5, whole.profit, 1e-6)
	for steps, want := range map[int]der.StorageState{
		1: {DayHours: 20.5, DischargingStarts: 1, Discharging: true},
		5: {DayHours: 0.5},
	} {
		next, err := u.RollForward(&whole.schedule.Realised[0], c, 0, steps)
		require.NoError(t, err)
		got := next.(*der.Storage).Before
		assert.Equal(t, want.DayHours, got.DayHours, "after %d steps", steps)
		assert.Equal(t, want.DischargingStarts, got.DischargingStarts, "after %d steps", steps)
		assert.Equal(t, want.Discharging, got.Discharging, "after %d steps", steps)
	}
}

// Berlin sets clocks back on 27 October 2030, a day of 25 hours. After 24 of
// them the day is not over.
func TestADayOf25HoursRollsForward(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	set := scenario.Single(scenario.Grid{Start: time.Date(2030, 10, 27, 0, 0, 0, 0, berlin), Step: time.Hour, Steps: 30})
	u := &der.Storage{
		ID: "u", Charge: 1, Discharge: 1, Energy: 2, Initial: optional.Of(1), ChargeEfficiency: 1, DischargeEfficiency: 1, End: der.EndDaily,
	}
	level := make([]float64, 30)
	for k := range level {
		level[k] = 1.5
	}
	realised := &der.Ports{Traces: []der.Path{{Name: "energy", Unit: "MWh", Values: level}}}
	for steps, want := range map[int]float64{1: 1, 24: 24, 25: 0, 26: 1, 30: 5} {
		next, err := u.RollForward(realised, der.Context{Set: set}, 0, steps)
		require.NoError(t, err)
		assert.Equal(t, want, next.(*der.Storage).Before.DayHours, "after %d hours", steps)
		assert.Equal(t, optional.Of(1.0), next.(*der.Storage).EndEnergy)
		assert.Equal(t, optional.Of(1.5), next.(*der.Storage).Initial)
	}
}

// A state within the tolerance of a solver moves to its limit; one beyond it is
// an error with the limits.
func TestCarriedStatesAreMovedByTheToleranceOnly(t *testing.T) {
	c := der.Context{Set: steps(2, time.Hour)}
	u := &der.Storage{ID: "u", Charge: 1, Discharge: 1, MinEnergy: 1, Energy: 3, ChargeEfficiency: 1, DischargeEfficiency: 1}
	at := func(energy float64) (der.DER, error) {
		return u.RollForward(&der.Ports{Traces: []der.Path{{Name: "energy", Values: []float64{energy, 1}}}}, c, 0, 1)
	}
	for energy, want := range map[float64]float64{1 - 1e-9: 1, 1 - 9e-6: 1, 3 + 2e-5: 3, 2: 2} {
		next, err := at(energy)
		require.NoError(t, err)
		assert.Equal(t, optional.Of(want), next.(*der.Storage).Initial)
		require.NoError(t, der.Validate(next, steps(1, time.Hour)))
	}
	_, err := at(0.9)
	assert.ErrorContains(t, err, "energy is 0.9 MWh at the end of the window, want 1 to 3; roll forward a schedule that keeps the limits")
}

// A unit of 1 to 4 MW may stop from 2 MW, output and reserve together. At 1.5
// MW it may stop, and with 1 MW of reserve beside it may not.
func TestReserveKeepsAUnitFromAStopInTheNextWindow(t *testing.T) {
	c := der.Context{Set: steps(3, time.Hour)}
	u := &der.Thermal{ID: "u", MinOutput: 1, MaxOutput: 4, Linear: 50, Reserve: 2, StopOutput: optional.Of(2), Before: der.ThermalState{On: true, Output: 1.5}}
	for reserve, want := range map[float64]float64{0: 0, 0.5: 0, 1: -50} {
		p := &der.Ports{Injected: []float64{1.5, 0, 0}, Reserve: []float64{reserve, 0, 0}, Traces: []der.Path{{Name: "on", Values: []float64{1, 0, 0}}}}
		next, err := u.RollForward(p, c, 0, 1)
		require.NoError(t, err)
		for _, form := range []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight} {
			unit := *next.(*der.Thermal)
			unit.Formulation = form
			r := alone(t, &unit, der.Context{Set: steps(2, time.Hour), Tariff: onePrice(0, 0)})
			assert.InDelta(t, want, r.profit, 1e-6, "%v with %v MW of reserve", form, reserve)
		}
	}
}

func TestCarriedStatesValidate(t *testing.T) {
	set := series(t, "load", 1, 1, 1, 1)
	complains(t, (&der.Storage{
		ID: "u", Energy: 2, Initial: optional.Of(1), ChargeEfficiency: 1, DischargeEfficiency: 1, EndEnergy: optional.Of(3),
		Depths: []der.DepthBand{{Depth: 2, Wear: 1}},
		Before: der.StorageState{DayHours: -1, ChargingStarts: 0.5, DischargingStarts: -1, Charging: true, Discharging: true, InBands: []float64{2}},
	}).Validate(set), "EndEnergy is 3", "Before.DayHours is -1", "Before.ChargingStarts is 0.5", "Before.DischargingStarts is -1",
		"Before.Charging and Before.Discharging are both true", "Before.InBands sum to 2 MWh, want Initial, 1 MWh")
	complains(t, (&der.Storage{ID: "u", Energy: 2, ChargeEfficiency: 1, DischargeEfficiency: 1, End: der.EndFree, EndEnergy: optional.Of(1), Before: der.StorageState{InBands: []float64{1}}}).
		Validate(set), "EndEnergy is 1 but the energy at the end is free", "Before.InBands has 1 energies, want one for each of the 0 bands")
	complains(t, (&der.DemandResponse{
		ID: "u", Load: "load", Calls: der.Calls{Before: -1}, Close: der.CloseByBan,
		Before: der.ReboundState{Passed: -1, Owed: 1, Due: []der.Pulse{{From: -1, Hours: 0, Power: -2}}, Ahead: []der.Pulse{{Hours: 1}}},
	}).Validate(set), "Calls.Before is -1", "Before.Passed is -1", "Before.Owed is 1 MWh, want 0", "Before.Ahead is given, want none under CloseByBan",
		"Before.Due[0].From is -1", "Before.Due[0].Hours is 0", "Before.Due[0].Power is -2")
	complains(t, (&der.DemandResponse{ID: "u", Load: "load", Rebound: der.ReboundDeferred, Before: der.ReboundState{Owed: -1, Due: []der.Pulse{{Hours: 1}}}}).
		Validate(set), "Before.Owed is -1 MWh, want at least 0", "Before.Due or Before.Ahead is given, want none")
	complains(t, (&der.ShiftableLoad{ID: "u", Profile: []float64{1}, Passed: -1, Began: optional.Of(0)}).Validate(set), "Began is 0", "Passed is -1")
	complains(t, (&der.TransferableLoad{ID: "u", Load: "load", Max: 2, Before: der.TransferState{Passed: -1, Running: -1}}).Validate(set),
		"Before.Passed is -1", "Before.Running is -1")
	complains(t, (&der.TransferableLoad{ID: "u", Load: "load", Max: 2, Before: der.TransferState{Owed: -5}}).Validate(set),
		"Before.Owed is -5 MWh, and the rest of Load needs 4 MWh in some scenario")
	complains(t, (&der.CarbonCapture{
		Unit: der.Thermal{ID: "u", MaxOutput: 1, EmissionFactor: 1}, Efficiency: 0.9, Tank: 1, EndInTank: optional.Of(2),
	}).Validate(set), "EndInTank is 2")
}
