package der_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

func TestConvertersValidateNameEveryViolation(t *testing.T) {
	set := series(t, "gas", 20, -30)
	require.NoError(t, (&der.GasSupply{ID: "network", Max: 3, Price: "gas"}).Validate(set), "prices may be negative")
	for _, x := range []struct {
		unit  der.Validator
		wants []string
	}{
		{&der.CHP{ID: "c", ElectricEfficiency: 0.8, HeatEfficiency: 0.5, Power: der.Operation{Min: 2, Max: 1, StartCost: 5}}, []string{
			"ElectricEfficiency and HeatEfficiency sum to 1.3, want at most 1",
			"Power.Max is 1, want a finite number of at least 2 MW", "Power.StartCost is 5, but the unit never stops; set Switchable",
			"limits on power need 2.5 to 1.25 MW of gas",
		}},
		{&der.CHP{ID: "c", ElectricEfficiency: 0.4, HeatEfficiency: 0.4, Power: der.Operation{Min: 2, Max: 4}, MaxHeat: optional.Of(1), MinHeat: -1, HeatRampUp: optional.Of(-1), EmissionFactor: optional.Of(-1), Maintenance: math.NaN()}, []string{
			"limits on power need 5 to 10 MW of gas, limits on heat -2.5 to 2.5 MW; want ranges that overlap",
			"MinHeat is -1", "HeatRampUp is -1", "EmissionFactor is -1", "chp c: Maintenance is NaN",
		}},
		{&der.ExtractionCHP{}, []string{"extraction chp: ID is empty", "Points is empty"}},
		{&der.ExtractionCHP{ID: "x", Points: []der.OperatingPoint{{2, 3, 4}, {-1, 0, 1}}, Power: der.Operation{Max: 5, RampUp: optional.Of(1), Before: 9}}, []string{
			"Power.Min is -1", "Power.Before is 9, want the output that ramps begin from, in [-1, 2] MW", "Power.Min and Power.Max are 0 and 5, want 0",
			"Points[0].Gas is 4, want a finite number of at least 5 MW", "Points[1].Power is -1",
		}},
		{&der.GasBoiler{ID: "b", Efficiency: 1.1, Heat: der.Operation{RampDown: optional.Of(-1), Boundary: 7}, EmissionFactor: optional.Of(-1), Quota: -1, Maintenance: -1}, []string{
			"Efficiency is 1.1, want a fraction in (0, 1]", "Heat.RampDown is -1", "Heat.Boundary is 7", "EmissionFactor is -1", "Quota is -1", "Maintenance is -1",
		}},
		{&der.ElectricBoiler{ID: "b", Power: der.Operation{Min: -1, Max: math.Inf(1)}, Maintenance: -1}, []string{
			"Efficiency is 0", "Power.Min is -1", "Power.Max is +Inf", "Maintenance is -1",
		}},
		{&der.PowerToGas{ID: "p", Efficiency: 2, CO2PerMWh: optional.Of(-1)}, []string{"power-to-gas p: Efficiency is 2", "CO2PerMWh is -1"}},
		{&der.Sequestration{ID: "s", Max: -1, Cost: -2, Carbon: 2}, []string{"Max is -1", "Cost is -2", "Carbon is 2, want CountAtStack"}},
		{&der.HeatDump{ID: "d", Max: -1, Cost: -2}, []string{"Max is -1", "Cost is -2"}},
		{&der.Load{ID: "l", Port: -1, Demand: "gas", Sheddable: 2, ShedCost: -1, EmissionFactor: optional.Of(-1)}, []string{
			"Port is -1", `Demand: series "gas" is -30 in scenario 0, step 1, want at least 0 MW`, "Sheddable is 2", "ShedCost is -1", "EmissionFactor is -1",
		}},
		{&der.GasSupply{ID: "n", Max: -1, EmissionFactor: -2}, []string{"EmissionFactor is -2", "Max is -1", "Price is empty, want the name of a series in currency per MWh"}},
		{&der.GridConnection{ID: "g", MaxBuy: 1, MaxSell: math.NaN(), SellPrice: "peak", Fee: -1, EmissionFactor: -1}, []string{
			"MaxSell is NaN", "BuyPrice is empty", `SellPrice names series "peak", which the scenario set does not have`, "Fee is -1", "EmissionFactor is -1",
		}},
		{&der.CarbonCapture{
			Unit: der.Thermal{ID: "c", MinOutput: 1, MaxOutput: 5}, Efficiency: 0, MinSplit: 0.5, MaxSplit: optional.Of(0.4),
			FixedPower: 2, AbsorbEnergy: -1, ReleaseEnergy: -1, SolventCost: -1, InTank: 3, MaxRelease: optional.Of(-1),
		}, []string{
			"Unit.EmissionFactor is 0", "Efficiency is 0", "MinSplit is 0.5, want a number in [0, 0.4]", "AbsorbEnergy is -1", "ReleaseEnergy is -1",
			"SolventCost is -1", "InTank is 3, want a number in [0, 0]", "MaxRelease is -1",
			"FixedPower and MinSplit take 2 MW at the minimum output of 1 MW",
		}},
	} {
		complains(t, x.unit.Validate(set), x.wants...)
	}
	require.NoError(t, captureUnitWithTank().Validate(steps(1, time.Hour)))
	for name, u := range parkUnits() {
		require.NoError(t, u.(der.Validator).Validate(park(t)), name)
	}
}
