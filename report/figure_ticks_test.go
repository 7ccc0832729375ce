package report

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/scenario"
)

func TestNumbersForPeople(t *testing.T) {
	for _, c := range []struct {
		value    float64
		decimals int
		want     string
	}{
		{1234567.891, 2, "1,234,567.89"},
		{-999, 0, "−999"},
		{-1000, 0, "−1,000"},
		{0.004, 2, "0.00"},
		{-0.004, 2, "0.00"},
		{999.996, 2, "1,000.00"},
		{math.NaN(), 2, "–"},
		{math.Inf(-1), 0, "–"},
		{12, 0, "12"},
		{-0.5, 1, "−0.5"},
	} {
		assert.Equal(t, c.want, number(c.value, c.decimals))
	}
	assert.Equal(t, "+5", signed(5, 0))
	assert.Equal(t, "0", signed(0.2, 0))
	assert.Equal(t, "−5", signed(-5, 0))
	assert.Equal(t, "abc…", short("abcdef", 4))
	assert.Equal(t, "北方", short("北方", 2))
}

func TestAxesHaveRoundMarks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      int
		from, to  float64
		marks     []float64
		decimals  int
	}{
		{0, 10, 5, 0, 10, []float64{0, 2, 4, 6, 8, 10}, 0},
		{0.1, 9.9, 5, 0, 10, []float64{0, 2, 4, 6, 8, 10}, 0},
		{-7, 15, 5, -7.88, 15, []float64{-5, 0, 5, 10, 15}, 0}, // −10 would be far: 4 % of room instead
		{3, 3, 4, 2, 4, []float64{2, 2.5, 3, 3.5, 4}, 1},       // no range at all
		{0, 0.05, 5, 0, 0.05, []float64{0, 0.01, 0.02, 0.03, 0.04, 0.05}, 2},
	} {
		from, to, marks, decimals := round(c.low, c.high, c.want)
		assert.InDelta(t, c.from, from, 1e-9)
		assert.InDelta(t, c.to, to, 1e-9)
		assert.InDeltaSlice(t, c.marks, marks, 1e-9)
		assert.Equal(t, c.decimals, decimals)
	}
}

func TestTimeAxes(t *testing.T) {
	labels := func(g scenario.Grid) (out []string, label string) {
		ticks, label := clock(g)
		for _, tick := range ticks {
			out = append(out, tick.Label)
		}
		return out, label
	}
	start := time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC)
	day, label := labels(scenario.Grid{Start: start, Step: time.Hour, Steps: 24})
	assert.Equal(t, []string{"00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00"}, day)
	assert.Equal(t, "6 July 2026", label)
	week, label := labels(scenario.Grid{Start: start, Step: time.Hour, Steps: 168})
	assert.Equal(t, []string{"6 Jul", "7 Jul", "8 Jul", "9 Jul", "10 Jul", "11 Jul", "12 Jul", "13 Jul"}, week)
	assert.Equal(t, "2026, from 6 July 00:00", label)
	quarter, label := labels(scenario.Grid{Step: 15 * time.Minute, Steps: 4})
	assert.Equal(t, []string{"0", "0.25", "0.5", "0.75", "1"}, quarter)
	assert.Equal(t, "hours from the start", label)
}

func TestTimeOfTheDynamicTurnsLogarithmicWhenAllHappensEarly(t *testing.T) {
	assert.False(t, logarithmic([]float64{0, 1, 2, 3, 4, 5}))
	assert.True(t, logarithmic([]float64{0, 0.001, 0.01, 0.1, 1, 100}))
	assert.False(t, logarithmic([]float64{0}))
	var values []float64
	for _, tick := range timeMarks(0.0005, 150, true) {
		values = append(values, tick.Value)
	}
	assert.Equal(t, []float64{0.001, 0.1, 10}, values, "powers of ten within the axis, every other one of six")
}
