package der_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
)

// A machine of 300 kW with 4, 8 and 15 m/s (Shui et al.). At 6 m/s it is halfway up the line; the
// cubic curve gives (216 − 64) / (512 − 64) = 152/448 there.
func TestTurbinePower(t *testing.T) {
	linear := der.Turbine{Capacity: 0.3, CutIn: 4, Rated: 8, CutOut: 15}
	cubic := linear
	cubic.Curve = der.PowerCubic
	for speed, want := range map[float64][2]float64{
		0: {0, 0}, 3.99: {0, 0}, 4: {0, 0},
		6: {0.15, 0.3 * 152 / 448},
		8: {0.3, 0.3}, 14.99: {0.3, 0.3}, 15: {0, 0}, 40: {0, 0},
	} {
		t.Run(fmt.Sprint(speed), func(t *testing.T) {
			assert.InDelta(t, want[0], linear.Power(speed), 1e-12)
			assert.InDelta(t, want[1], cubic.Power(speed), 1e-12)
		})
	}
	assert.Equal(t, []float64{0, linear.Power(5), 0.3}, linear.Powers([]float64{1, 5, 9}))
}

// The energy in wind grows with the cube of its speed, which is convex: between its ends the cubic
// curve lies below the straight line, and both rise.
func TestTurbineCurvesRiseAndTheCubicOneLiesBelow(t *testing.T) {
	linear := der.Turbine{Capacity: 2, CutIn: 3, Rated: 13, CutOut: 25}
	cubic := linear
	cubic.Curve = der.PowerCubic
	before := [2]float64{}
	for w := 3.0; w < 13; w += 0.25 {
		a, b := linear.Power(w), cubic.Power(w)
		assert.LessOrEqual(t, b, a)
		assert.GreaterOrEqual(t, a, before[0])
		assert.GreaterOrEqual(t, b, before[1])
		before = [2]float64{a, b}
	}
}

func TestTurbineValidate(t *testing.T) {
	require.NoError(t, der.Turbine{Capacity: 2, CutIn: 3, Rated: 13, CutOut: 25}.Validate())
	complains(t, der.Turbine{Capacity: math.NaN(), CutIn: 5, Rated: 5, CutOut: 4, Curve: 2}.Validate(),
		"Capacity is NaN", "Rated is 5, want more than CutIn", "CutOut is 4, want at least Rated", "Curve is 2")
}

// 1000 modules of 1.96 m² with 18 % at 800 W/m²: 1000 · 1.96 · 0.18 · 800 W = 282240 W.
func TestModulePower(t *testing.T) {
	x := der.Module{Area: 1.96, Efficiency: 0.18, Count: 1000}
	require.NoError(t, x.Validate())
	assert.InDelta(t, 0.28224, x.Power(800), 1e-12)
	assert.Zero(t, x.Power(-1.5), "a sensor's reading at night is no output")
	complains(t, der.Module{Area: -1, Efficiency: 1.2}.Validate(), "Area is -1", "Efficiency is 1.2", "Count is 0")
}

// 5 MW at 800 W/m² and cells at 45 °C with 0.4 %/°C: 5 · 0.8 · (1 − 0.08) = 3.68 MW.
func TestArrayPower(t *testing.T) {
	x := der.Array{Capacity: 5, Temperature: 0.004}
	require.NoError(t, x.Validate())
	assert.InDelta(t, 3.68, x.Power(800, 45), 1e-12)
	assert.InDelta(t, 5, x.Power(1000, 25), 1e-12)
	assert.Zero(t, x.Power(1000, 400), "output is never below zero")
	complains(t, der.Array{Capacity: 0, Temperature: -1}.Validate(), "Capacity is 0", "Temperature is -1")
}
