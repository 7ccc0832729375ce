package scenario

import (
	"fmt"
	"time"
)

// part is the time that a step of one grid has inside a step of another one.
type part struct {
	step int // of the old grid
	time time.Duration
}

// partsOf returns, per step of grid, the steps of g inside it. It returns an
// error if grid is invalid or not inside g.
func (g Grid) partsOf(grid Grid) ([][]part, error) {
	if err := grid.Validate(); err != nil {
		return nil, err
	}
	from, to, end := grid.Start, grid.Time(grid.Steps), g.Time(g.Steps)
	if from.Before(g.Start) || to.After(end) {
		return nil, fmt.Errorf("scenario: a grid from %s to %s is not inside the series, which cover %s to %s; "+
			"give series that cover it", from.Format(time.RFC3339), to.Format(time.RFC3339),
			g.Start.Format(time.RFC3339), end.Format(time.RFC3339))
	}
	out := make([][]part, grid.Steps)
	old, oldEnd := 0, g.Start.Add(g.Length(0))
	at := from
	for t := range out {
		end := at.Add(grid.Length(t))
		for at.Before(end) {
			for !oldEnd.After(at) {
				old++
				oldEnd = oldEnd.Add(g.Length(old))
			}
			until := end
			if oldEnd.Before(end) {
				until = oldEnd
			}
			out[t] = append(out[t], part{old, until.Sub(at)})
			at = until
		}
	}
	return out, nil
}

// onto returns the values of a series over the steps of grid: means weighted by
// time, or sums of shares if the values are amounts per step.
func onto(parts [][]part, from, grid Grid, values []float64, amounts bool) []float64 {
	out := make([]float64, len(parts))
	for t, inside := range parts {
		if len(inside) == 1 && (!amounts || inside[0].time == from.Length(inside[0].step)) {
			out[t] = values[inside[0].step] // held, without rounding
			continue
		}
		for _, p := range inside {
			if amounts {
				out[t] += values[p.step] * float64(p.time) / float64(from.Length(p.step))
			} else {
				out[t] += values[p.step] * float64(p.time)
			}
		}
		if !amounts {
			out[t] /= float64(grid.Length(t))
		}
	}
	return out
}
