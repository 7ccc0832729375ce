package evogame

import (
	"math"

	"github.com/trigrid/trigrid/evogame/internal/dop853"
)

// Thresholds of [recurrence].
const (
	closure    = 1e-6 // distance from the mark at a return, relative to the size of the orbit
	samePeriod = 1e-5 // relative difference of two consecutive periods
	firstMark  = 16   // steps before the first mark
)

// recurrence detects periodic orbits with a Poincaré section. It marks a state
// p of the trajectory with velocity n, and observes the signed distance n·(x −
// p)/|n| from the plane through p. The orbit is closed if the trajectory
// crosses the plane at p twice, after equal times.
//
// A spiral misses the mark by more than the closure and is not a cycle. Neither
// is a heteroclinic spiral towards the boundary, whose turns take longer and
// longer. The mark moves after 16, 64, 256, … steps, so that it finally lies on
// a limit cycle that the trajectory approaches.
type recurrence struct {
	motion *motion
	mark   []float64 // p, populations concatenated
	normal []float64 // n/|n|
	at     []float64 // x, populations concatenated

	nextMark int     // step of the next mark
	marked   bool    // false before the first mark, and at rest
	since    float64 // time of the mark
	back     float64 // time of the last return
	side     float64 // signed distance from the plane after the last step
	size     float64 // largest distance from the mark so far
	period   float64 // time between the last two returns, 0 before the first
	found    bool
}

func newRecurrence(m *motion) *recurrence {
	n := 0
	for _, row := range m.x {
		n += len(row)
	}
	return &recurrence{
		motion: m, nextMark: firstMark,
		mark: make([]float64, n), normal: make([]float64, n), at: make([]float64, n),
	}
}

// update processes an accepted step. It moves the state in the motion to locate
// a crossing, and restores it.
func (c *recurrence) update(in *dop853.Integrator) {
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
	if !(before < 0 && side >= 0) { // only crossings in the direction of n count
		return
	}
	t, miss := c.crossing(in, before, side)
	c.motion.slope(in.Slope, in.Y) // restore state and payoffs at the end of the step
	if miss > closure*c.size {
		return
	}
	period := t - c.back
	c.back = t
	if c.period > 0 && math.Abs(period-c.period) <= samePeriod*c.period {
		c.found = true
	}
	c.period = period
}

// take marks the current state. A state at rest has no direction and is not
// marked.
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

// flatten copies the state in the motion to c.at.
func (c *recurrence) flatten() {
	k := 0
	for _, row := range c.motion.x {
		k += copy(c.at[k:], row)
	}
}

// measure returns the signed distance of c.at from the plane and its distance
// from the mark.
func (c *recurrence) measure() (side, distance float64) {
	for k, v := range c.at {
		d := v - c.mark[k]
		side += c.normal[k] * d
		distance += d * d
	}
	return side, math.Sqrt(distance)
}

// crossing returns the time inside the last step at which the trajectory
// crosses the plane, and the distance from the mark there. before and after are
// the signed distances at the ends of the step. The method is regula falsi with
// the Illinois rule: an end that stays twice in a row has its distance halved.
func (c *recurrence) crossing(
	in *dop853.Integrator, before, after float64,
) (t, miss float64) {
	low, high := in.Start(), in.Time
	last := 0 // the end that moved last: -1 low, +1 high
	for range 50 {
		t = low + (high-low)*before/(before-after)
		c.motion.decode(in.Within(t))
		c.flatten()
		var side float64
		side, miss = c.measure()
		if math.Abs(side) <= 1e-3*closure*c.size || high-low <= 1e-14*high {
			break
		}
		if side < 0 {
			low, before = t, side
			if last < 0 {
				after /= 2
			}
			last = -1
		} else {
			high, after = t, side
			if last > 0 {
				before /= 2
			}
			last = 1
		}
	}
	return t, miss
}
