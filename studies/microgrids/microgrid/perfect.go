package microgrid

import "math"

// Ties decides between first hours of equally cheap plans.
type Ties int

// The ways to decide ties. Late holds energy: it charges early and discharges
// late. The zero value is the default of the controller.
const (
	Late   Ties = iota + 1 // the largest energy after the hour
	Early                  // the smallest energy after the hour
	Middle                 // the mean of both
)

// String returns "late", "early" or "middle".
func (t Ties) String() string { return [...]string{"default", "late", "early", "middle"}[t] }

// Perfect plans the next Ahead hours with their true values and takes the first
// hour of the plan. It minimises the cost of [Account] over the window, with
// lost load of at most the load and without overgeneration. Energy left at the
// end of the window has no value.
//
// The optimum is exact: V_t is piecewise linear, and with K_m the cost of an
// hour in mode m
//
//	V_t(e) = min_m min_u K_m,t(u) + V_t+1(e + u),    V_T = 0
//
// is the lower envelope of convolutions of the convex parts of K_m,t and V_t+1.
// Without a genset all is convex, and one merge of slopes per hour remains.
// Costs within 1e-9 of each other count as equal, and Ties decides between
// them.
//
// The hours come from the grid itself, not from the view: a perfect forecast is
// no real controller.
type Perfect struct {
	Grid *Grid
	Ties Ties // default Late

	planner planner
}

var _ Controller = (*Perfect)(nil)

// Decide implements [Controller].
func (c *Perfect) Decide(v View) (Decision, error) {
	g := c.Grid
	value := c.after(v.Now, Ahead)
	choice := best(c.planner.stage(v.Now), value, v.Energy, g.Battery, c.Ties)
	return g.dispatch(g.Hours[v.Now], g.Tariffs[v.Now], choice.mode, choice.change), nil
}

// Optimum returns the least cost of the n hours from hour t, currency, from a
// stored energy before hour t, kWh. It is the optimum of [Grid.Program].
func (c *Perfect) Optimum(t, n int, energy float64) float64 {
	after := c.after(t, n)
	return c.planner.back(c.planner.stage(t), after).at(energy)
}

// after returns the value of energy after hour t, in a window of n hours from
// t.
func (c *Perfect) after(t, n int) curve {
	g := c.Grid
	// Stages are kept from hour to hour, because windows overlap.
	if c.planner.grid != g {
		c.planner = planner{grid: g, stages: map[int]stage{}}
	}
	delete(c.planner.stages, t-1)
	value := curve{{g.Battery.Min, 0}, {g.Battery.Max, 0}}
	for i := min(t+n, len(g.Hours)) - 1; i > t; i-- {
		value = c.planner.back(c.planner.stage(i), value)
	}
	return value
}

// planner computes values of energy backwards. It keeps its memory between
// hours.
type planner struct {
	grid   *Grid
	stages map[int]stage

	parts        []curve
	sum, clipped curve
}

// stage returns the cost of hour t with its true values.
func (p *planner) stage(t int) stage {
	s, ok := p.stages[t]
	if !ok {
		s = p.grid.stage(p.grid.Hours[t], p.grid.Tariffs[t])
		p.stages[t] = s
	}
	return s
}

// back returns the value before an hour from the value after it.
func (p *planner) back(s stage, after curve) curve {
	lo, hi := p.grid.Battery.Min, p.grid.Battery.Max
	p.parts = after.convexParts(p.parts[:0])
	var out curve
	spare := make(curve, 0, 64)
	for _, k := range s {
		if len(k) == 0 {
			continue
		}
		// e + u is the energy after the hour, so that the convolution takes K
		// of −u.
		mirror := make(curve, len(k))
		for i, q := range k {
			mirror[len(k)-1-i] = point{-q.x, q.y}
		}
		for _, part := range p.parts {
			p.sum = convolve(p.sum, mirror, part)
			p.clipped = p.sum.clip(p.clipped, lo, hi)
			spare = lower(spare, out, p.clipped)
			out, spare = spare, out
		}
	}
	return out
}

// choice is the mode of the genset and the change of stored energy in an hour.
type choice struct {
	mode   int
	change float64
}

// best returns the first step of a cheapest plan from the given energy, by the
// value after the hour.
//
// A cheapest change is at a point of one of the two curves, because both are
// linear between them.
func best(s stage, after curve, energy float64, b Battery, ties Ties) choice {
	least := math.Inf(1)
	type candidate struct {
		choice
		cost float64
	}
	var all []candidate
	try := func(mode int, change float64) {
		// A change that leaves the battery's limits by rounding is cut.
		change = min(max(change, b.Min-energy), b.Max-energy)
		cost := s[mode].at(change) + after.at(energy+change)
		if math.IsInf(cost, 1) {
			return
		}
		least = min(least, cost)
		all = append(all, candidate{choice{mode, change}, cost})
	}
	for mode, k := range s {
		if len(k) == 0 {
			continue
		}
		first, last := k[0].x, k[len(k)-1].x
		for _, q := range k {
			if e := energy + q.x; e >= b.Min && e <= b.Max {
				try(mode, q.x)
			}
		}
		for _, q := range after {
			if u := q.x - energy; u >= first && u <= last {
				try(mode, u)
			}
		}
	}
	low, high := choice{change: math.Inf(1)}, choice{change: math.Inf(-1)}
	for _, c := range all {
		if c.cost > least+1e-9*(1+math.Abs(least)) {
			continue
		}
		if c.change < low.change {
			low = c.choice
		}
		if c.change > high.change {
			high = c.choice
		}
	}
	switch ties {
	case Early:
		return low
	case Middle:
		mode := high.mode
		if middle := (low.change + high.change) / 2; low.mode == high.mode {
			if s[mode].at(middle)+after.at(energy+middle) <= least+1e-9*(1+math.Abs(least)) {
				return choice{mode, middle}
			}
		}
		return high
	}
	return high
}
