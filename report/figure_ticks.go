package report

import (
	"math"
	"strconv"
	"time"

	"gonum.org/v1/plot"

	"github.com/trigrid/trigrid/scenario"
)

// round returns an axis over [low, high] with about the wanted number of marks
// at round numbers: marks, the decimals of their labels, and the limits of the
// axis. A limit is the next mark if it is near, otherwise the data with a
// margin of 4 %. For example, round(0, 9.7, 5) gives marks from 0 to 10 in
// steps of 2.
func round(low, high float64, want int) (from, to float64, marks []float64, decimals int) {
	// Constant or missing data get an axis of one unit on both sides.
	if !(low < high) {
		low, high = low-1, high+1
	}
	// The power of ten below the wanted distance, then 1, 2, 2.5, 5 or 10 times
	// that.
	step := math.Pow(10, math.Floor(math.Log10((high-low)/float64(want))))
	for _, k := range []float64{1, 2, 2.5, 5, 10} {
		if (high-low)/(k*step) <= float64(want) {
			step *= k
			break
		}
	}
	first, last := math.Floor(low/step+1e-9), math.Ceil(high/step-1e-9)
	for k := first; k <= last; k++ {
		marks = append(marks, k*step)
	}
	// As many decimals as the distance of the marks has.
	for decimals < 12 && math.Abs(step*math.Pow10(decimals)-math.Round(step*math.Pow10(decimals))) > 1e-6 {
		decimals++
	}
	from, to = first*step, last*step
	// A mark far outside the data would waste height, so the axis ends after a
	// small margin.
	if room := 0.04 * (high - low); low-from > 0.35*step {
		from = low - room
		marks = marks[1:]
	}
	if room := 0.04 * (high - low); to-high > 0.35*step {
		to = high + room
		marks = marks[:len(marks)-1]
	}
	return from, to, marks, decimals
}

// numeric returns marks with numbers as labels.
func numeric(marks []float64, decimals int) plot.ConstantTicks {
	out := make(plot.ConstantTicks, len(marks))
	for i, v := range marks {
		out[i] = plot.Tick{Value: v, Label: number(v, decimals)}
	}
	return out
}

// clock returns the marks of a time axis, which counts hours from the start of
// the grid, and the label of the axis. The distance of marks gives at most
// eight intervals.
func clock(grid scenario.Grid) (ticks plot.ConstantTicks, label string) {
	horizon := grid.HoursTo(grid.Steps)
	step := horizon
	// The first distance that gives at most eight intervals; 168 hours are a
	// week.
	for _, h := range []float64{0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168} {
		if horizon/h <= 8 {
			step = h
			break
		}
	}
	format := "15:04"
	// Long horizons show dates, short ones times of day, and a grid without a
	// calendar hours.
	switch {
	case grid.Start.IsZero():
		format, label = "", "hours from the start"
	case horizon > 48:
		format, label = "2 Jan", grid.Start.Format("2006, from 2 January 15:04")
	default:
		label = grid.Start.Format("2 January 2006")
	}
	for h := 0.0; h <= horizon+1e-9; h += step {
		// Without a calendar the label is the number of hours.
		tick := plot.Tick{Value: h, Label: strconv.FormatFloat(h, 'g', 4, 64)}
		if format != "" {
			tick.Label = grid.Start.Add(time.Duration(h * float64(time.Hour))).Format(format)
		}
		ticks = append(ticks, tick)
	}
	return ticks, label
}

// stamp returns the start of a step for a table: date and time, or hours if the
// grid has no calendar.
func stamp(grid scenario.Grid, t int) string {
	if grid.Start.IsZero() {
		return strconv.FormatFloat(grid.HoursTo(t), 'g', -1, 64) + " h"
	}
	return grid.Time(t).Format("2006-01-02T15:04")
}

// timeLabel returns the start of step t for a reader: "17:15" within two days,
// otherwise with the date, and hours if the grid has no calendar.
func timeLabel(grid scenario.Grid, t int) string {
	switch at := grid.Time(t); {
	case grid.Start.IsZero():
		return strconv.FormatFloat(grid.HoursTo(t), 'g', 6, 64) + " h"
	case grid.HoursTo(grid.Steps) <= 24:
		return at.Format("15:04")
	default:
		return at.Format("2 Jan 15:04")
	}
}
