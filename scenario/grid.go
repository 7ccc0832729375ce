package scenario

import (
	"fmt"
	"slices"
	"time"
)

// Grid is a row of time steps of equal or of stated lengths. Step t covers
// [Time(t), Time(t+1)).
//
//	Time(t) = Start + t·Step                          equal steps
//	Time(t) = Start + Lengths[0] + … + Lengths[t−1]   if Lengths is given
//
// For example, Grid{Step: 15 * time.Minute, Steps: 96} is one day in quarters
// of an hour. A plan made at 10:08 begins with a partial step, GridOf(start,
// 7*time.Minute, 15*time.Minute, 15*time.Minute).
type Grid struct {
	Start time.Time     // beginning of step 0; the zero time if no calendar is needed
	Step  time.Duration // length of one step, positive; 0 if Lengths is given
	Steps int           // number of steps, at least one

	// Lengths are the lengths of the steps, positive, one per step. Nil: every
	// step has the length Step. Grids share the slice, so that it must not be
	// changed.
	Lengths []time.Duration
}

// GridOf returns the grid with steps of the given lengths. Equal lengths give
// the grid that states Step, so that both have the same plans.
func GridOf(start time.Time, lengths ...time.Duration) Grid {
	return Grid{Start: start, Steps: len(lengths), Lengths: slices.Clone(lengths)}.normal()
}

// normal returns the grid without Lengths if they are equal, and g otherwise.
func (g Grid) normal() Grid {
	if step, ok := g.EqualSteps(); ok && g.Lengths != nil {
		return Grid{Start: g.Start, Step: step, Steps: g.Steps}
	}
	return g
}

// EqualSteps returns the length of one step, and whether all steps have it.
func (g Grid) EqualSteps() (step time.Duration, ok bool) {
	if len(g.Lengths) == 0 {
		return g.Step, true
	}
	for _, length := range g.Lengths {
		if length != g.Lengths[0] {
			return 0, false
		}
	}
	return g.Lengths[0], true
}

// Length returns the length of step t. Steps before the grid have the length of
// the first one, and steps after it that of the last one.
func (g Grid) Length(t int) time.Duration {
	if len(g.Lengths) == 0 {
		return g.Step
	}
	return g.Lengths[min(max(t, 0), len(g.Lengths)-1)]
}

// HoursAt returns the length of step t in hours, which is the factor between MW
// and MWh.
func (g Grid) HoursAt(t int) float64 { return g.Length(t).Hours() }

// Hours returns the length of every step in hours. It panics with an
// *[UnequalSteps] if the lengths differ; code that works for both reads
// [Grid.HoursAt].
func (g Grid) Hours() float64 {
	step, ok := g.EqualSteps()
	if !ok {
		panic(&UnequalSteps{g})
	}
	return step.Hours()
}

// Time returns the beginning of step t. Values of t outside [0, Steps) extend
// the grid, see [Grid.Length].
func (g Grid) Time(t int) time.Time {
	if len(g.Lengths) == 0 {
		return g.Start.Add(time.Duration(t) * g.Step)
	}
	return g.Start.Add(g.Elapsed(t))
}

// Elapsed returns the time from the beginning of the grid to the beginning of
// step t.
func (g Grid) Elapsed(t int) time.Duration {
	if len(g.Lengths) == 0 {
		return time.Duration(t) * g.Step
	}
	var sum time.Duration
	for _, length := range g.Lengths[:min(max(t, 0), len(g.Lengths))] {
		sum += length
	}
	beyond := min(t, 0) + max(t-len(g.Lengths), 0)
	return sum + time.Duration(beyond)*g.Length(t)
}

// HoursTo returns the hours from the beginning of the grid to the beginning of
// step t.
func (g Grid) HoursTo(t int) float64 {
	if len(g.Lengths) == 0 {
		return float64(t) * g.Step.Hours()
	}
	return g.Elapsed(t).Hours()
}

// Window returns the steps [from, to). Lengths that are equal in the window
// become its Step. Window panics if the range is outside the grid.
func (g Grid) Window(from, to int) Grid {
	out := Grid{Start: g.Time(from), Step: g.Step, Steps: to - from}
	if g.Lengths != nil {
		out.Lengths = g.Lengths[from:to:to]
	}
	return out.normal()
}

// Equal reports whether both grids begin at the same time and have the same
// steps.
func (g Grid) Equal(other Grid) bool { return g.Start.Equal(other.Start) && g.SameSteps(other) }

// SameSteps reports whether both grids have the same number of steps with the
// same lengths.
func (g Grid) SameSteps(other Grid) bool {
	g, other = g.normal(), other.normal()
	return g.Step == other.Step && g.Steps == other.Steps && slices.Equal(g.Lengths, other.Lengths)
}

// String returns the number and the length of the steps, such as "96 steps of
// 0.25 h" or "3 steps of 0.1167 to 0.25 h".
func (g Grid) String() string {
	if step, ok := g.EqualSteps(); ok {
		return fmt.Sprintf("%d steps of %.4g h", g.Steps, step.Hours())
	}
	return fmt.Sprintf("%d steps of %.4g to %.4g h", g.Steps, slices.Min(g.Lengths).Hours(), slices.Max(g.Lengths).Hours())
}

// Validate returns an error that lists every violation: a length or a number of
// steps that is not positive, and Lengths that do not fit Steps or are given
// together with Step.
func (g Grid) Validate() error {
	bad := violations("scenario: grid ")
	bad.Require(g.Steps > 0, "has %d steps, want at least 1", g.Steps)
	if g.Lengths == nil {
		bad.Require(g.Step > 0, "step is %v, want a positive duration", g.Step)
		return bad.Err()
	}
	bad.Require(g.Step == 0, "has the Step %v and Lengths, want one of them", g.Step)
	bad.Require(len(g.Lengths) == g.Steps, "has %d Lengths for %d steps, want one each", len(g.Lengths), g.Steps)
	for t, length := range g.Lengths {
		bad.Require(length > 0, "step %d is %v, want a positive duration", t, length)
	}
	return bad.Err()
}

// UnequalSteps is the error of code that needs steps of one length and has
// another grid. Methods without an error, such as [Grid.Hours], panic with it.
type UnequalSteps struct{ Grid Grid }

// Error implements error.
func (e *UnequalSteps) Error() string {
	return fmt.Sprintf("scenario: steps of equal length are needed, the grid has %v; "+
		"read HoursAt(t) instead of Hours(), or give a grid of equal steps", e.Grid)
}
