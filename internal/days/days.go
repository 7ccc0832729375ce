// Package days divides a row of time steps into days, also on the dates on
// which clocks change.
package days

import (
	"fmt"
	"sort"
	"time"
)

// Starts returns the first step of each day. Day 0 begins with step 0, and each
// further day at the same time of the clock on the next date, in the time zone
// of start, so that days of 23 and 25 hours are days. A last part of at most
// one hour belongs to the day before it: 25 hours without a time zone are one
// day.
//
// For example, 49 hours in UTC give 0 and 24, and 49 hours from 26 October
// 2030, 00:00 in Berlin give 0 and 24 as well: the second day, on which clocks
// are set back, has 25 hours. steps and step are above 0.
func Starts(start time.Time, step time.Duration, steps int) []int {
	return StartsOf(start, func(t int) time.Duration { return time.Duration(t) * step }, steps)
}

// StartsOf is [Starts] for steps of any lengths. elapsed returns the time from
// start to the beginning of step t, for 0 ≤ t ≤ steps. A step belongs to the
// day in which it begins.
func StartsOf(start time.Time, elapsed func(t int) time.Duration, steps int) []int {
	var out []int
	for _, day := range After(start, 0, elapsed, steps) {
		out = append(out, day.From)
	}
	return out
}

// Day is a day of a row of time steps.
type Day struct {
	From   int // its first step in the row
	Number int // 0: the day that began before the row, or with it
}

// After returns the days of a row that begins when a part of a day has passed.
// Day 0 began passed before start. If day 0 is over when the row begins, the
// first day of the row has another number.
//
// For example, 24 hours from 18:00, after 18 hours of a day, begin with day 0
// in step 0 and have day 1 from step 6 on.
func After(start time.Time, passed time.Duration, elapsed func(t int) time.Duration, steps int) []Day {
	out := []Day{{}}
	began := start.Add(-passed)
	for day := 1; ; day++ {
		from := began.AddDate(0, 0, day).Sub(start)
		first := sort.Search(steps, func(t int) bool { return elapsed(t) >= from })
		if first >= steps {
			break
		}
		if from <= 0 {
			out = out[:0] // the day before is over
		}
		out = append(out, Day{first, day})
	}
	// A last part of at most one hour belongs to the day before it.
	switch last := out[len(out)-1]; {
	case last.Number == 0 || elapsed(steps)-elapsed(last.From) > time.Hour:
	case len(out) > 1:
		out = out[:len(out)-1]
	default:
		out[0].Number--
	}
	return out
}

// Begin returns the first instant of the date of t plus a number of days, in
// the time zone of t. It is 00:00, or the end of the gap on a date on which
// clocks skip midnight, such as 01:00 on 26 April 2024 in Cairo.
func Begin(t time.Time, after int) time.Time {
	year, month, day := t.Date()
	begin := time.Date(year, month, day+after, 0, 0, 0, 0, t.Location())
	// time.Date may move a time in a gap to the evening before; the gap is the
	// change of the offset.
	if begin.Hour() > 12 {
		_, before := begin.Zone()
		_, later := begin.Add(12 * time.Hour).Zone()
		begin = begin.Add(time.Duration(later-before) * time.Second)
	}
	return begin
}

// Count returns a number of days in words, such as "1 day" and "30 days".
func Count(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}
