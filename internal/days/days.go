// Package days divides a row of time steps into days, also on the dates on which clocks
// change.
package days

import (
	"sort"
	"time"
)

// Starts returns the first step of each day. Day 0 begins with step 0, and each further day at the
// same time of the clock on the next date, in the time zone of start, so that days of 23 and 25
// hours are days. A last part of at most one hour belongs to the day before it: 25 hours without a
// time zone are one day.
//
// For example, 49 hours in UTC give 0 and 24, and 49 hours from 26 October 2030, 00:00 in Berlin
// give 0 and 24 as well: the second day, on which clocks are set back, has 25 hours. steps and step
// are above 0.
func Starts(start time.Time, step time.Duration, steps int) []int {
	return StartsOf(start, func(t int) time.Duration { return time.Duration(t) * step }, steps)
}

// StartsOf is [Starts] for steps of any lengths. elapsed returns the time from start to the
// beginning of step t, for 0 ≤ t ≤ steps. A step belongs to the day in which it begins.
func StartsOf(start time.Time, elapsed func(t int) time.Duration, steps int) []int {
	out := []int{0}
	for day := 1; ; day++ {
		from := start.AddDate(0, 0, day).Sub(start)
		first := sort.Search(steps, func(t int) bool { return elapsed(t) >= from })
		if first >= steps {
			break
		}
		out = append(out, first)
	}
	if last := len(out) - 1; last > 0 && elapsed(steps)-elapsed(out[last]) <= time.Hour {
		out = out[:last]
	}
	return out
}
