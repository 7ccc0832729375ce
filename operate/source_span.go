package operate

import (
	"fmt"
	"time"
)

// spans is implemented by sources that have the values of a stated time only.
type spans interface {
	span() (from, to time.Time)
}

// span returns the first and the last instant of the table.
func (x *Measured) span() (from, to time.Time) {
	grid := x.Table.Grid()
	return grid.Start, grid.Time(grid.Steps)
}

// checkSpan returns an error for a season outside its series, before the first
// day is operated. For example, 60 days from 1 December need series until 30
// January.
func (s Season) checkSpan() error {
	source, ok := s.Source.(spans)
	if !ok {
		return nil // its own errors name the day
	}
	from, to := source.span()
	first, last := s.Grid(0), s.Grid(s.Days-1)
	end := last.Time(last.Steps)
	if first.Start.Before(from) || end.After(to) {
		return fmt.Errorf("operate: season: it lasts from %s to %s, and its series from %s to %s; change Start or Days, or give longer series",
			first.Start.Format(time.DateTime), end.Format(time.DateTime), from.Format(time.DateTime), to.Format(time.DateTime))
	}
	return nil
}
