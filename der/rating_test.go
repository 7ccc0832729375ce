package der_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// By hand: an engine of 2 MW with efficiencies 0.4 and 0.5 burns 5 MW and supplies 2.5 MW of heat.
func TestRatingsFollowFromTheData(t *testing.T) {
	engine := der.CHP{ElectricEfficiency: 0.4, HeatEfficiency: 0.5, Power: der.Operation{Max: 2}}
	limited := engine
	limited.MaxHeat = optional.Of(1.5)
	for _, c := range []struct {
		of      der.Rated
		port    der.Carrier
		in, out float64
	}{
		{&der.Wind{Capacity: optional.Of(8)}, der.Electricity, 8, 0},
		{&der.Wind{Capacity: optional.Of(8)}, der.Heat, 0, 0},
		{&der.PV{}, der.Electricity, 0, 0},
		{&der.Storage{Charge: 2, Discharge: 3}, der.Electricity, 3, 2},
		{&der.Storage{Charge: 2, Discharge: 3, Port: der.Heat}, der.Electricity, 0, 0},
		{&der.Storage{Charge: 2, Discharge: 3, Port: der.Heat}, der.Heat, 3, 2},
		{&der.Thermal{MinOutput: 1, MaxOutput: 5}, der.Electricity, 5, 0},
		{&der.CarbonCapture{Unit: der.Thermal{MaxOutput: 5}}, der.Electricity, 5, 0},
		{&der.ShiftableLoad{Profile: []float64{1, 4, 2}}, der.Electricity, 0, 4},
		{&der.TransferableLoad{Min: 1, Max: 6}, der.Electricity, 0, 6},
		{&engine, der.Electricity, 2, 0},
		{&engine, der.Heat, 2.5, 0},
		{&engine, der.Gas, 0, 5},
		{&limited, der.Heat, 1.5, 0},
		{&der.ExtractionCHP{Points: []der.OperatingPoint{{Power: 3, Heat: 0, Gas: 7}, {Power: 2, Heat: 4, Gas: 8}}}, der.Heat, 4, 0},
		{&der.ExtractionCHP{Points: []der.OperatingPoint{{Power: 3, Heat: 0, Gas: 7}, {Power: 2, Heat: 4, Gas: 8}}}, der.Gas, 0, 8},
		{&der.GasBoiler{Efficiency: 0.8, Heat: der.Operation{Max: 4}}, der.Gas, 0, 5},
		{&der.ElectricBoiler{Efficiency: 0.9, Power: der.Operation{Max: 10}}, der.Heat, 9, 0},
		{&der.PowerToGas{Efficiency: 0.5, Power: der.Operation{Max: 10}}, der.Gas, 5, 0},
		{&der.GasSupply{Max: 12}, der.Gas, 12, 0},
		{&der.GridConnection{MaxBuy: 7, MaxSell: 5}, der.Electricity, 7, 5},
		{&der.HeatDump{Max: 3}, der.Heat, 0, 3},
	} {
		in, out := c.of.Rating(c.port)
		assert.InDelta(t, c.in, in, 1e-12, "%T %s", c.of, c.port)
		assert.InDelta(t, c.out, out, 1e-12, "%T %s", c.of, c.port)
	}
}
