package market_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

func TestCalendarGroupsStepsIntoPeriods(t *testing.T) {
	for name, tc := range map[string]struct {
		calendar market.Calendar
		periods  int
		second   [2]int // steps of the second period
	}{
		"each step by default":  {market.Calendar{Steps: 24}, 24, [2]int{1, 2}},
		"a week settled daily":  {market.Calendar{Steps: 168, Period: market.Day}, 7, [2]int{24, 48}},
		"quarter hours by hour": {market.Calendar{Steps: 96, StepHours: 0.25, Period: market.Hour}, 24, [2]int{4, 8}},
		"thirds of an hour":     {market.Calendar{Steps: 72, StepHours: 1.0 / 3, Period: market.Hour}, 24, [2]int{3, 6}},
		"five minutes by day":   {market.Calendar{Steps: 576, StepHours: 1.0 / 12, Period: market.Day}, 2, [2]int{288, 576}},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, tc.calendar.Validate())
			assert.Equal(t, tc.periods, tc.calendar.Periods())
			from, to := tc.calendar.Span(1)
			assert.Equal(t, tc.second, [2]int{from, to})
			assert.Equal(t, 1, tc.calendar.PeriodOf(from))
			assert.Equal(t, 1, tc.calendar.PeriodOf(to-1))
			assert.Equal(t, 0, tc.calendar.PeriodOf(from-1))
		})
	}
	whole := market.Calendar{Steps: 36, Period: market.Horizon}
	require.NoError(t, whole.Validate())
	assert.Equal(t, 1, whole.Periods())
}

func TestCalendarNetsStepsWithinAPeriod(t *testing.T) {
	c := market.Calendar{Steps: 4, Period: 2}
	assert.Equal(t, []float64{1, 7}, c.Net([]float64{3, -2, 3, 4}))
	assert.PanicsWithValue(t, "market: Net needs one quantity per step of the calendar", func() { c.Net([]float64{1}) })
}

func TestCalendarRefusesPeriodsThatDoNotFit(t *testing.T) {
	for want, c := range map[string]market.Calendar{
		"36 steps are not whole days: day 1 has 12 hours": {Steps: 36, Period: market.Day},
		"1 hours is not a whole number of steps of 0.4":   {Steps: 10, StepHours: 0.4, Period: market.Hour},
		"a period of 0.5 hours is not a whole number":     {Steps: 10, Period: 0.5},
		"0 steps":                {},
		"a step of NaN hours":    {Steps: 1, StepHours: math.NaN()},
		"a period of -2 hours":   {Steps: 1, Period: -2},
		"a period of +Inf hours": {Steps: 1, Period: market.Period(math.Inf(1))},
	} {
		assert.ErrorContains(t, c.Validate(), want)
		assert.Zero(t, c.Periods(), "an invalid calendar has no periods to run over")
	}
	err := market.Calendar{Steps: -1, StepHours: -1, Period: -3}.Validate()
	for _, want := range []string{"-1 steps", "step of -1 hours", "period of -3 hours"} {
		assert.ErrorContains(t, err, want, "all violations at once")
	}
}
