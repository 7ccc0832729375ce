package der

import (
	"slices"

	"github.com/trigrid/trigrid/internal/days"
)

// span is a run of steps [from, to).
type span struct{ from, to int }

// days returns the steps of each day of the grid. Day 0 begins with the grid, and each further day
// at the same time of the clock on the next date, so that days of 23 and 25 hours are days; 25
// hours without a time zone are one day. The last day may be shorter.
func (c Context) days() []span {
	var out []span
	grid := c.Set.Grid()
	for _, from := range days.StartsOf(grid.Start, grid.Elapsed, grid.Steps) {
		if len(out) > 0 {
			out[len(out)-1].to = from
		}
		out = append(out, span{from, grid.Steps})
	}
	return out
}

// endsDay reports whether step t is the last one of a day.
func (c Context) endsDay(t int) bool {
	return slices.ContainsFunc(c.days(), func(day span) bool { return day.to == t+1 })
}
