package days_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/days"
)

// Clocks in Berlin are set forward on 31 March 2030 and back on 27 October
// 2030.
func TestDaysFollowTheClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, c := range []struct {
		start time.Time
		step  time.Duration
		steps int
		want  []int
	}{
		{time.Time{}, time.Hour, 24, []int{0}},
		{time.Time{}, time.Hour, 25, []int{0}},
		{time.Time{}, time.Hour, 23, []int{0}},
		{time.Time{}, time.Hour, 26, []int{0, 24}},
		{time.Time{}, time.Hour, 36, []int{0, 24}},
		{time.Time{}, time.Hour, 49, []int{0, 24}},
		{time.Time{}, 15 * time.Minute, 100, []int{0}},
		{time.Time{}, 15 * time.Minute, 192, []int{0, 96}},
		{time.Time{}, 24 * time.Hour, 3, []int{0, 1, 2}},
		{time.Time{}, 7 * time.Hour, 8, []int{0, 4, 7}},
		{time.Date(2030, 10, 26, 0, 0, 0, 0, berlin), time.Hour, 73, []int{0, 24, 49}},
		{time.Date(2030, 10, 27, 0, 0, 0, 0, berlin), time.Hour, 25, []int{0}},
		{time.Date(2030, 10, 27, 0, 0, 0, 0, berlin), 15 * time.Minute, 196, []int{0, 100}},
		{time.Date(2030, 3, 30, 6, 0, 0, 0, berlin), time.Hour, 71, []int{0, 23, 47}},
		{time.Date(2030, 3, 31, 0, 0, 0, 0, berlin), time.Hour, 47, []int{0, 23}},
	} {
		assert.Equal(t, c.want, days.Starts(c.start, c.step, c.steps), "%v, %d steps of %v", c.start, c.steps, c.step)
	}
}

// After 18 hours of a day six of it are left; days of 23 and 25 hours keep
// their ends.
func TestDaysAfterAPartOfADay(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	noon := time.Date(2030, 10, 26, 12, 0, 0, 0, berlin)
	for _, c := range []struct {
		start  time.Time
		passed time.Duration
		steps  int // of an hour
		want   []days.Day
	}{
		{time.Time{}, 18 * time.Hour, 24, []days.Day{{From: 0, Number: 0}, {From: 6, Number: 1}}},
		{time.Time{}, 18 * time.Hour, 6, []days.Day{{From: 0, Number: 0}}},
		{time.Time{}, 18 * time.Hour, 7, []days.Day{{From: 0, Number: 0}}}, // the last hour belongs to the day before
		{time.Time{}, 18 * time.Hour, 8, []days.Day{{From: 0, Number: 0}, {From: 6, Number: 1}}},
		{time.Time{}, 24 * time.Hour, 8, []days.Day{{From: 0, Number: 1}}},
		{time.Time{}, 24 * time.Hour, 1, []days.Day{{From: 0, Number: 0}}}, // of 25 hours
		{noon, 12 * time.Hour, 48, []days.Day{{From: 0, Number: 0}, {From: 12, Number: 1}, {From: 37, Number: 2}}},
	} {
		got := days.After(c.start, c.passed, func(t int) time.Duration { return time.Duration(t) * time.Hour }, c.steps)
		assert.Equal(t, c.want, got, "%v, %v, %d steps", c.start, c.passed, c.steps)
	}
}

// Clocks in Cairo and Havana skip 00:00 to 01:00 in spring. In Havana they are
// set back from 01:00 to 00:00 in autumn, so that midnight occurs twice and the
// day begins with the first one.
func TestADayBeginsWithItsFirstInstant(t *testing.T) {
	for _, c := range []struct {
		zone string
		date [3]int // of a time at noon
		add  int
		want string
		next float64 // hours of the day
	}{
		{"UTC", [3]int{2031, 3, 9}, 1, "2031-03-10T00:00:00Z", 24},
		{"Europe/Berlin", [3]int{2030, 3, 31}, 0, "2030-03-31T00:00:00+01:00", 23},
		{"Europe/Berlin", [3]int{2030, 10, 26}, 1, "2030-10-27T00:00:00+02:00", 25},
		{"Africa/Cairo", [3]int{2024, 4, 26}, 0, "2024-04-26T01:00:00+03:00", 23},
		{"America/Havana", [3]int{2024, 3, 9}, 0, "2024-03-09T00:00:00-05:00", 24},
		{"America/Havana", [3]int{2024, 3, 9}, 1, "2024-03-10T01:00:00-04:00", 23},
		{"America/Havana", [3]int{2024, 11, 3}, 0, "2024-11-03T00:00:00-04:00", 25},
	} {
		zone, err := time.LoadLocation(c.zone)
		require.NoError(t, err)
		noon := time.Date(c.date[0], time.Month(c.date[1]), c.date[2], 12, 0, 0, 0, zone)
		begin := days.Begin(noon, c.add)
		assert.Equal(t, c.want, begin.Format(time.RFC3339), c.zone)
		assert.InDelta(t, c.next, days.Begin(noon, c.add+1).Sub(begin).Hours(), 0, c.zone)
	}
}

func TestDaysAreCountedInWords(t *testing.T) {
	assert.Equal(t, []string{"0 days", "1 day", "30 days"}, []string{days.Count(0), days.Count(1), days.Count(30)})
}
