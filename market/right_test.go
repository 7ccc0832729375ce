package market_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

// Days of 23 and 25 hours are settlement periods, at the end of a calendar
// without a time zone and on the dates on which clocks in Berlin change. The
// cost of 2 t in each hour on a ladder of 25 t per day at 10 and 20 per t
// follows from them.
func TestRightDaysAreSettlementPeriods(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, c := range []struct {
		start time.Time
		steps int
		hours float64
		spans [][2]int
		cost  float64
	}{
		{time.Time{}, 24, 1, [][2]int{{0, 24}}, 250 + 23*20},
		{time.Time{}, 25, 1, [][2]int{{0, 25}}, 250 + 25*20},
		{time.Time{}, 23, 1, [][2]int{{0, 23}}, 250 + 21*20},
		{time.Time{}, 49, 1, [][2]int{{0, 24}, {24, 49}}, 500 + 48*20},
		{time.Time{}, 50, 0.5, [][2]int{{0, 50}}, 250 + 25*20},
		{time.Date(2030, 10, 27, 0, 0, 0, 0, berlin), 49, 1, [][2]int{{0, 25}, {25, 49}}, 500 + 48*20},
		{time.Date(2030, 3, 30, 0, 0, 0, 0, berlin), 47, 1, [][2]int{{0, 24}, {24, 47}}, 500 + 44*20},
	} {
		m := &market.Ladder{
			Calendar: market.Calendar{Steps: c.steps, StepHours: c.hours, Period: market.Day, Start: c.start},
			Price:    market.Series{10}, Band: market.Series{25}, Growth: 1, Bands: 2,
		}
		require.NoError(t, market.Validate(m))
		require.Equal(t, len(c.spans), m.Periods())
		total, quantity := 0.0, make([]float64, c.steps)
		for i := range quantity {
			quantity[i] = 2 * c.hours
		}
		for p, q := range m.Net(quantity) {
			from, to := m.Span(p)
			assert.Equal(t, c.spans[p], [2]int{from, to})
			assert.Equal(t, p, m.PeriodOf(from))
			assert.Equal(t, p, m.PeriodOf(to-1))
			total += m.Curve(p).Cost(q)
		}
		t.Logf("%d steps of %v h from %v, 2 t per hour | %v | by hand: 25 t a day at 10, the rest at 20 | %v", c.steps, c.hours, c.start, c.cost, total)
		assert.InDelta(t, c.cost, total, 1e-9)
	}
	for _, steps := range []int{4, 22, 26, 36, 50} {
		err := market.Calendar{Steps: steps, Period: market.Day}.Validate()
		t.Logf("%d hours as days | refused | no day has fewer than 23 or more than 25 hours | %v", steps, err)
		assert.ErrorContains(t, err, "are not whole days")
	}
}

// Prices by the hour of the clock on the days on which it changes: hour 2 comes
// twice in autumn and is left out in spring. A selling price is at most the
// buying price, also below 0.
func TestRightHoursOfTheClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	day := market.TimeOfUse{Source: "made up"}
	for h := range day.Buy {
		day.Buy[h] = float64(h)
	}
	for _, c := range []struct {
		start time.Time
		steps int
		want  []float64
	}{
		{time.Date(2030, 10, 27, 0, 0, 0, 0, berlin), 25, []float64{0, 1, 2, 2, 3, 4}},
		{time.Date(2030, 3, 31, 0, 0, 0, 0, berlin), 23, []float64{0, 1, 3, 4, 5}},
		{time.Date(2030, 5, 1, 6, 0, 0, 0, berlin), 24, []float64{6, 7}},
		{time.Time{}, 25, []float64{0, 1, 2, 3}},
	} {
		m, err := day.SellingAt(1).Tariff(market.Calendar{Steps: c.steps, Start: c.start})
		require.NoError(t, err)
		t.Logf("prices by the hour from %v | %v | hours of the clock | %v", c.start, c.want, m.Buy[:len(c.want)])
		assert.Equal(t, market.Series(c.want), m.Buy[:len(c.want)])
	}
	day.Buy[3] = -25
	sold := day.SellingAt(0.8)
	t.Logf("selling at 0.8 of -25 and of 10 | -25 and 8 | selling never earns more than buying costs | %v and %v", sold.Sell[3], sold.Sell[10])
	assert.Equal(t, []float64{-25, 8}, []float64{sold.Sell[3], sold.Sell[10]})
}
