package market_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

// A plan from 10:08 on: 7 minutes, then quarter-hours up to 12:00.
func fromEightPast(period market.Period) market.Calendar {
	return market.Calendar{
		Steps: 8, StepLengths: []float64{7.0 / 60, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25},
		Start: time.Date(2031, 3, 10, 10, 8, 0, 0, time.UTC), Period: period,
	}
}

func TestSettlementPeriodsFollowTheClock(t *testing.T) {
	hourly := fromEightPast(market.Hour)
	require.NoError(t, hourly.Validate())
	require.Equal(t, 2, hourly.Periods())
	spans := func(c market.Calendar) (out [][2]int) {
		for p := range c.Periods() {
			from, to := c.Span(p)
			out = append(out, [2]int{from, to})
			assert.Equal(t, p, c.PeriodOf(from))
			assert.Equal(t, p, c.PeriodOf(to-1))
		}
		return out
	}
	assert.Equal(t, [][2]int{{0, 4}, {4, 8}}, spans(hourly), "10:08 to 11:00 and 11:00 to 12:00")
	assert.Equal(t, [][2]int{{0, 2}, {2, 4}, {4, 6}, {6, 8}}, spans(fromEightPast(0.5)), "half hours")
	assert.Equal(t, [][2]int{{0, 8}}, spans(fromEightPast(market.Horizon)))
	assert.Len(t, spans(fromEightPast(market.EachStep)), 8)
	assert.Equal(t, []float64{10, 26}, hourly.Net([]float64{1, 2, 3, 4, 5, 6, 7, 8}))
	assert.InDelta(t, 7.0/60+0.5, hourly.HoursTo(3), 1e-12)
}

// Without Start periods count from step 0, so that an hour is 7 + 53 minutes.
func TestSettlementPeriodsWithoutClock(t *testing.T) {
	c := market.Calendar{Steps: 3, StepLengths: []float64{7.0 / 60, 53.0 / 60, 1}, Period: market.Hour}
	require.NoError(t, c.Validate())
	assert.Equal(t, 2, c.Periods())
	from, to := c.Span(0)
	assert.Equal(t, [2]int{0, 2}, [2]int{from, to})
}

func TestCalendarRejectsPeriodsThatStepsSpan(t *testing.T) {
	for want, c := range map[string]market.Calendar{
		"calendar: step 4, which ends 1.11666":       {Steps: 8, StepLengths: fromEightPast(0).StepLengths, Period: market.Hour},
		"the last period of 1 h ends 0.5 h after":    {Steps: 2, StepLengths: []float64{1, 0.5}, Period: market.Hour},
		"step 1 of -1 hours, want a positive length": {Steps: 2, StepLengths: []float64{1, -1}},
		"3 StepLengths for 2 steps, want one each":   {Steps: 2, StepLengths: []float64{1, 1, 2}},
		"StepHours is 1 beside StepLengths":          {Steps: 2, StepHours: 1, StepLengths: []float64{1, 2}},
		"are not whole days: day 0 has 1.5 hours":    {Steps: 2, StepLengths: []float64{1, 0.5}, Period: market.Day},
	} {
		assert.ErrorContains(t, c.Validate(), want)
		assert.Zero(t, c.Periods())
	}
}

// A day of 7 + 53 minutes and 23 hours, and a second of 25 h in one step of 2 h
// and 23 of 1 h.
func TestDaysOfUnequalSteps(t *testing.T) {
	lengths := []float64{7.0 / 60, 53.0 / 60}
	for range 23 {
		lengths = append(lengths, 1)
	}
	lengths = append(lengths, 2)
	for range 23 {
		lengths = append(lengths, 1)
	}
	c := market.Calendar{Steps: len(lengths), StepLengths: lengths, Period: market.Day}
	require.NoError(t, c.Validate())
	require.Equal(t, 2, c.Periods())
	from, to := c.Span(1)
	assert.Equal(t, [2]int{25, 49}, [2]int{from, to})
}

func TestEqualLengthsAreTheCalendarWithOneLength(t *testing.T) {
	for _, period := range []market.Period{market.EachStep, market.Hour, 0.5, market.Horizon} {
		listed := market.Calendar{Steps: 4, StepLengths: []float64{0.5, 0.5, 0.5, 0.5}, Period: period}
		stated := market.Calendar{Steps: 4, StepHours: 0.5, Period: period}
		require.NoError(t, listed.Validate())
		require.NoError(t, listed.Fits(0.5))
		assert.Equal(t, stated.Periods(), listed.Periods())
		for p := range stated.Periods() {
			from, to := stated.Span(p)
			f, u := listed.Span(p)
			assert.Equal(t, [2]int{from, to}, [2]int{f, u})
		}
	}
}

func TestCalendarFitsTheStepsOfScenarios(t *testing.T) {
	c := fromEightPast(market.EachStep)
	hours := []float64{7.0 / 60, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25}
	require.NoError(t, c.FitsSteps(hours))
	assert.ErrorContains(t, c.Fits(0.25), "its steps differ in length, want the 0.25 h of the scenarios")
	hours[1] = 0.5
	assert.ErrorContains(t, c.FitsSteps(hours), "step 1 has 0.25 h, want the 0.5 h of the scenarios")
	assert.NoError(t, market.Calendar{Steps: 8}.FitsSteps(hours), "only the number of steps counts")
	assert.ErrorContains(t, market.Calendar{Steps: 8, StepHours: 1}.FitsSteps(hours), "set StepLengths")
	linear := &market.Linear{Market: market.Flat(market.Carbon, c, 70)}
	assert.ErrorContains(t, linear.FitsSteps(hours), "step 1 has 0.25 h")
	assert.PanicsWithValue(t, "market: Hours of a calendar whose steps differ in length; read HoursAt", func() { c.Hours() })
}

// A ladder of 10 and 20 per t with bands of 2 t per hour. By hand: 3 t from
// 10:08 to 11:00 cost 2·10 + 1·20, and 1 t from 11:00 to 12:00 costs 10.
func TestLadderOverUnequalSteps(t *testing.T) {
	m := &market.Ladder{Calendar: fromEightPast(market.Hour), Price: market.Series{10}, Band: market.Series{2}, Growth: 1, Bands: 2}
	require.NoError(t, market.Validate(m))
	cost := 0.0
	for p, q := range m.Net([]float64{1, 1, 0.5, 0.5, 1, 0, 0, 0}) {
		cost += m.Curve(p).Cost(q)
	}
	assert.InDelta(t, 50, cost, 1e-12)
}

// The price changes at 11:00, which is the end of step 3, and not 60 minutes
// after the start.
func TestTimeOfUseFollowsTheClockOnUnequalSteps(t *testing.T) {
	var day market.TimeOfUse
	for h := range day.Buy {
		day.Buy[h] = float64(h)
	}
	m, err := day.SellingAt(1).Tariff(fromEightPast(market.EachStep))
	require.NoError(t, err)
	assert.Equal(t, market.Series{10, 10, 10, 10, 11, 11, 11, 11}, m.Buy)
	_, err = day.SellingAt(1).Tariff(fromEightPast(market.Horizon))
	assert.ErrorContains(t, err, "across a change of price")
}
