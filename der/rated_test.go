package der

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/optional"
)

// Ratings by hand: a boiler of 2 MW of electricity and 95 % gives 1.9 MW of
// heat.
func TestRatings(t *testing.T) {
	points := []OperatingPoint{{Power: 2, Heat: 0, Gas: 5}, {Power: 1, Heat: 3, Gas: 6}}
	for _, c := range []struct {
		unit                   Rated
		electricity, heat, gas optional.Float
	}{
		{&Wind{Capacity: optional.Of(8)}, optional.Of(8), optional.Float{}, optional.Float{}},
		{&PV{}, optional.Float{}, optional.Float{}, optional.Float{}},
		{&Storage{Port: Heat, Charge: 2, Discharge: 3}, optional.Float{}, optional.Of(3), optional.Float{}},
		{&Thermal{MaxOutput: 5}, optional.Of(5), optional.Float{}, optional.Float{}},
		{&CarbonCapture{Unit: Thermal{MaxOutput: 6}}, optional.Of(6), optional.Float{}, optional.Float{}},
		{&CHP{Power: Operation{Max: 4}, MaxHeat: optional.Of(3)}, optional.Of(4), optional.Of(3), optional.Float{}},
		{&ExtractionCHP{Points: points}, optional.Of(2), optional.Of(3), optional.Float{}},
		{&GasBoiler{Heat: Operation{Max: 7}}, optional.Float{}, optional.Of(7), optional.Float{}},
		{&ElectricBoiler{Efficiency: 0.95, Power: Operation{Max: 2}}, optional.Float{}, optional.Of(1.9), optional.Float{}},
		{&PowerToGas{Efficiency: 0.5, Power: Operation{Max: 2}}, optional.Float{}, optional.Float{}, optional.Of(1)},
		{&GasSupply{Max: 9}, optional.Float{}, optional.Float{}, optional.Of(9)},
	} {
		got := [3]optional.Float{c.unit.Rating(Electricity), c.unit.Rating(Heat), c.unit.Rating(Gas)}
		assert.Equal(t, [3]optional.Float{c.electricity, c.heat, c.gas}, got, "%T", c.unit)
	}
}
