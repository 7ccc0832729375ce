package evogame

import (
	"math"

	"github.com/trigrid/trigrid/evogame/internal/dop853"
)

// Limits of [recurrence].
const (
	closure    = 1e-6 // distance at a return, relative to the size of the orbit
	samePeriod = 1e-5 // difference of two consecutive periods, relative
	firstMark  = 16   // steps before the first reference is taken
)

// recurrence finds periodic orbits. It marks a state on the trajectory and watches the plane through it
// across the motion: when the trajectory crosses that plane at the mark itself, twice and after the same
// time, the orbit is closed. A spiral that misses the mark by more than the closure is not a cycle, nor
// is one that winds out to the boundary, whose turns take longer and longer. The mark moves after 16, 64,
// 256, … steps, so that it comes to lie on an orbit that is only approached.
type recurrence struct {
	motion *motion
	mark   []float64 // a state, populations one after another
	normal []float64 // the direction of motion there
	at     []float64 // working memory

	nextMark int
	marked   bool
	since    float64 // time of the mark
	back     float64 // time of the last return
	side     float64 // signed distance from the plane after the last step
	size     float64 // largest distance from the mark so far
	period   float64 // between the last two returns, 0 before
	found    bool
}

func newRecurrence(m *motion) *recurrence {
	n := 0
	for _, row := range m.x {
		n += len(row)
	}
	return &recurrence{motion: m, mark: make([]float64, n), normal: make([]float64, n), at: make([]float64, n), nextMark: firstMark}
}

// look takes notice of an accepted step. It may leave another state than the current one in the motion
// only while it works.
func (c *recurrence) look(in *dop853.Integrator) {
	if c.found {
		return
	}
	if in.Steps >= c.nextMark {
		c.nextMark = 4 * in.Steps
		c.take(in)
		return
	}
	if !c.marked {
		return
	}
	c.flatten()
	side, distance := c.measure()
	c.size = max(c.size, distance)
	before := c.side
	c.side = side
	if !(before < 0 && side >= 0) {
		return
	}
	time, miss := c.crossing(in, before, side)
	c.motion.slope(in.Slope, in.Y) // back to the end of the step
	if miss > closure*c.size {
		return
	}
	period := time - c.back
	c.back = time
	if c.period > 0 && math.Abs(period-c.period) <= samePeriod*c.period {
		c.found = true
	}
	c.period = period
}

// take marks the current state.
func (c *recurrence) take(in *dop853.Integrator) {
	c.flatten()
	copy(c.mark, c.at)
	c.since, c.back = in.Time, in.Time
	c.side, c.size, c.period = 0, 0, 0

	dx := c.motion.x.Clone()
	c.motion.velocity(dx, c.motion.x)
	length := 0.0
	k := 0
	for _, row := range dx {
		for _, v := range row {
			c.normal[k] = v
			length += v * v
			k++
		}
	}
	c.marked = length > 0
	for k := range c.normal {
		c.normal[k] /= math.Sqrt(length)
	}
}

func (c *recurrence) flatten() {
	k := 0
	for _, row := range c.motion.x {
		k += copy(c.at[k:], row)
	}
}

// measure returns how far the flattened state is ahead of the plane, and how far from the mark.
func (c *recurrence) measure() (side, distance float64) {
	for k, v := range c.at {
		d := v - c.mark[k]
		side += c.normal[k] * d
		distance += d * d
	}
	return side, math.Sqrt(distance)
}

// crossing finds when, inside the last step, the plane is crossed, by regula falsi with the Illinois
// rule, and how far from the mark.
func (c *recurrence) crossing(in *dop853.Integrator, before, after float64) (time, miss float64) {
	low, high := in.Start(), in.Time
	last := 0
	for range 50 {
		time = low + (high-low)*before/(before-after)
		c.motion.decode(in.Within(time))
		c.flatten()
		var side float64
		side, miss = c.measure()
		if math.Abs(side) <= 1e-3*closure*c.size || high-low <= 1e-14*high {
			break
		}
		if side < 0 {
			low, before = time, side
			if last < 0 {
				after /= 2
			}
			last = -1
		} else {
			high, after = time, side
			if last > 0 {
				before /= 2
			}
			last = 1
		}
	}
	return time, miss
}
