package der

import (
	"math"

	"github.com/trigrid/trigrid/scenario"
)

// clock converts hours to steps of a grid. If all steps have the length dt, h
// hours are ⌈h/dt⌉ steps. If lengths differ, a step counts by its own hours, so
// that the number depends on the step in which the time begins: an hour from
// the beginning of steps of 7, 15, 15, 15 and 15 minutes are five steps,
// because the first four have 52 minutes.
type clock struct {
	steps int
	dt    float64   // length of a step, h; 0 if lengths differ
	begin []float64 // h from the start of the grid to each step and to its end; nil if equal
	tiny  float64   // tolerance of hours, h
}

// clockOf returns the clock of a grid.
func clockOf(grid scenario.Grid) clock {
	if step, ok := grid.EqualSteps(); ok {
		return clock{steps: grid.Steps, dt: step.Hours(), tiny: tinyStep * step.Hours()}
	}
	x := clock{steps: grid.Steps, begin: make([]float64, grid.Steps+1)}
	shortest := math.Inf(1)
	for t := range x.begin {
		x.begin[t] = grid.HoursTo(t)
		if t < grid.Steps {
			shortest = min(shortest, grid.HoursAt(t))
		}
	}
	x.tiny = 1e-3 * shortest // 0.1167 h are seven minutes
	return x
}

// clock returns the clock of the grid.
func (c Context) clock() clock { return clockOf(c.Set.Grid()) }

// equal reports whether all steps have one length.
func (x clock) equal() bool { return x.begin == nil }

// at returns the hours from the start of the grid to the beginning of step t, 0
// ≤ t ≤ steps.
func (x clock) at(t int) float64 {
	if x.equal() {
		return float64(t) * x.dt
	}
	return x.begin[t]
}

// hours returns the length of step t, h.
func (x clock) hours(t int) float64 {
	if x.equal() {
		return x.dt
	}
	return x.begin[t+1] - x.begin[t]
}

// first returns the first of the steps up to t whose beginning lies less than
// the given hours before the beginning of t. An event in one of the steps
// first, …, t still lasts in t. It can be negative on equal steps, on which the
// time before the grid has steps as well.
func (x clock) first(t int, hours float64) int {
	if x.equal() {
		return t - max(1, stepsUp(hours, x.dt)) + 1
	}
	i := t
	for i > 0 && x.begin[t]-x.begin[i-1] < hours-x.tiny {
		i--
	}
	return i
}

// upTo returns the step before which the given hours from the beginning of step
// t have passed. If the grid is shorter, it returns a number above the number
// of steps.
func (x clock) upTo(t int, hours float64) int {
	if x.equal() {
		return t + min(stepsUp(hours, x.dt), 1<<30-t)
	}
	for e := t; e <= x.steps; e++ {
		if x.begin[e]-x.begin[t] >= hours-x.tiny {
			return e
		}
	}
	return 1 << 30
}

// inside returns the step before which at most the given hours from the
// beginning of step t have passed. If the grid is shorter, it returns a number
// of at least the number of steps.
func (x clock) inside(t int, hours float64) int {
	if x.equal() {
		return t + min(whole(math.Floor(hours/x.dt+tinyStep)), 1<<30-t)
	}
	e := t
	for e < x.steps && x.begin[e+1]-x.begin[t] <= hours+x.tiny {
		e++
	}
	return e
}

// nearest returns the step whose beginning is nearest to the given hours from
// the start of the grid.
func (x clock) nearest(hours float64) int {
	if x.equal() {
		return whole(math.Round(hours / x.dt))
	}
	best := 0
	for t := range x.steps {
		if math.Abs(x.begin[t]-hours) < math.Abs(x.begin[best]-hours) {
			best = t
		}
	}
	return best
}

// window returns the clock of the steps [from, to).
func (x clock) window(s span) clock {
	x.steps = s.to - s.from
	if !x.equal() {
		begin := make([]float64, x.steps+1)
		for t := range begin {
			begin[t] = x.begin[s.from+t] - x.begin[s.from]
		}
		x.begin = begin
	}
	return x
}

// weight returns the length of step t in lengths of the first step: 1 on equal
// steps, so that sums of power over steps keep small numbers.
func (x clock) weight(t int) float64 {
	if x.equal() {
		return 1
	}
	return x.hours(t) / x.hours(0)
}
