package der_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
)

// 1000 modules of 1.96 m² with 18 % at 800 W/m²: 1000 · 1.96 · 0.18 · 800 W =
// 282240 W.
func TestModulePower(t *testing.T) {
	x := der.Module{Area: 1.96, Efficiency: 0.18, Count: 1000}
	require.NoError(t, x.Validate())
	assert.InDelta(t, 0.28224, x.Power(800), 1e-12)
	assert.Zero(t, x.Power(-1.5), "a sensor's reading at night is no output")
	complains(t, der.Module{Area: -1, Efficiency: 1.2}.Validate(), "Area is -1", "Efficiency is 1.2", "Count is 0")
}

// 5 MW at 800 W/m² and cells at 45 °C with 0.4 %/°C: 5 · 0.8 · (1 − 0.08) =
// 3.68 MW.
func TestArrayPower(t *testing.T) {
	x := der.Array{Capacity: 5, Temperature: 0.004}
	require.NoError(t, x.Validate())
	assert.InDelta(t, 3.68, x.Power(800, 45), 1e-12)
	assert.InDelta(t, 5, x.Power(1000, 25), 1e-12)
	assert.Zero(t, x.Power(1000, 400), "output is never below zero")
	complains(t, der.Array{Capacity: 0, Temperature: -1}.Validate(), "Capacity is 0", "Temperature is -1")
}
