package der

import (
	"math"
	"time"

	"github.com/trigrid/trigrid/internal/days"
)

// span is a run of steps [from, to).
type span struct{ from, to int }

// day is the steps of one day of a grid.
type day struct {
	span
	number int // 0: the day that began before the grid, or with it
}

// days returns the steps of each day of the grid. Day 0 began the given hours
// before the grid, and each further day begins at the same time of the clock on
// the next date, so that days of 23 and 25 hours are days; 25 hours without a
// time zone are one day. The last day may be shorter.
func (c Context) days(passed float64) []day {
	var (
		out  []day
		grid = c.Set.Grid()
	)
	for _, x := range days.After(grid.Start, duration(passed), grid.Elapsed, grid.Steps) {
		if len(out) > 0 {
			out[len(out)-1].to = x.From
		}
		out = append(out, day{span{x.From, grid.Steps}, x.Number})
	}
	return out
}

// dayAfter returns the day of the first step after the given number of steps:
// its number, and the hours from its beginning to the end of these steps. Both
// are those of [Context.days].
//
// For example, on hours from midnight, 30 steps end 6 h after the beginning of
// day 1.
func (c Context) dayAfter(passed float64, steps int) (number int, hours float64) {
	var (
		grid  = c.Set.Grid()
		all   = c.days(passed)
		began = grid.Start.Add(-duration(passed))
	)
	number = numberOf(all, min(steps, grid.Steps-1))
	if steps == grid.Steps { // the clock decides, because the grid has no further step
		next := number
		for !began.AddDate(0, 0, next+1).After(grid.Time(steps)) {
			next++
		}
		if next > number && !grid.Time(steps-1).Before(began.AddDate(0, 0, next)) {
			return next, 0 // 25 hours are one day, which is over
		}
		number = next
	}
	return number, grid.Time(steps).Sub(began.AddDate(0, 0, number)).Hours()
}

// numberOf returns the number of the day of step t.
func numberOf(all []day, t int) int {
	number := 0
	for _, x := range all {
		if x.from <= t {
			number = x.number
		}
	}
	return number
}

// duration converts hours to a duration, to the nearest millisecond.
func duration(hours float64) time.Duration {
	return time.Duration(math.Round(hours*3.6e6)) * time.Millisecond
}
