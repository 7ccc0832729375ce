package microgrid

import (
	"fmt"
	"math/rand/v2"
)

// TwoStage is a sample average approximation with two stages, as an alternative
// to the recursion of [Stochastic]. With n scenarios of the hours after the
// present one, of equal probability:
//
//	min_u K(u) + 1/n Σ_i W_i(e + u)
//
// K is the exact cost of the present hour, e the stored energy, and W_i the
// least cost of scenario i, in which all later hours are known. The present
// hour is the first stage, with one decision for all scenarios. All later hours
// are the second stage, with decisions for each scenario.
//
// W_i is exact at Options.Levels energies, with lines between them. Scenarios
// come from the learned distributions of Stochastic: paths of its chains, and
// its load errors, independent by hour. Both controllers have the same
// information, and they differ in their method only.
//
// W_i ignores that a later decision must not depend on later hours. For
// example, a battery that must fill before an outage fills just before the
// outage of each scenario.
//
// Source: Kleywegt, A. J., Shapiro, A., Homem-de-Mello, T., The sample average
// approximation method for stochastic discrete optimization, SIAM J. Optim.
// 12(2), 2002.
type TwoStage struct {
	learned   *Stochastic
	scenarios int
	planner   planner
}

var _ Controller = (*TwoStage)(nil)

// LearnTwoStage returns a controller with n scenarios per hour. Distributions
// are those of [Learn].
func LearnTwoStage(g *Grid, hours []Hour, n int, o Options) (*TwoStage, error) {
	if n < 1 {
		return nil, fmt.Errorf("microgrid: %d: LearnTwoStage has %d scenarios, want at least 1", g.ID, n)
	}
	learned, err := Learn(g, hours, o)
	if err != nil {
		return nil, err
	}
	return &TwoStage{learned: learned, scenarios: n, planner: planner{grid: g}}, nil
}

// Decide implements [Controller].
func (c *TwoStage) Decide(v View) (Decision, error) {
	l, g := c.learned, c.learned.grid
	loads := l.prepare(v)
	after := make(curve, l.options.Levels)
	for i := range after {
		after[i].x = l.energy(i)
	}
	for range c.scenarios {
		value := curve{{g.Battery.Min, 0}, {g.Battery.Max, 0}}
		hours := l.scenario(v, loads)
		for k := len(hours); k >= 1; k-- {
			value = c.planner.back(g.stage(hours[k-1], v.tariff(k)), value)
		}
		for i := range after {
			after[i].y += value.at(after[i].x) / float64(c.scenarios)
		}
	}
	h := v.Present()
	choice := best(g.stage(h, v.Tariffs[0]), after, v.Energy, g.Battery, l.options.Ties)
	return g.dispatch(h, v.Tariffs[0], choice.mode, choice.change), nil
}

// scenario draws the hours after the present one: a path of the outages, a path
// of the sky, and loads with their errors.
func (c *Stochastic) scenario(v View, loads []float64) []Hour {
	grid, class := c.outage.present(v.Past), c.pv.present(v.Past)
	out := make([]Hour, 0, len(loads))
	for k, load := range loads {
		t := v.Now + 1 + k
		h := Hour{Load: load, On: v.Present().On}
		if c.options.Errors == Sampled {
			h.Load = max(0, load+c.load.draw(t%24, k+1, 1, c.random)[0])
		}
		if c.outage.states() > 1 {
			next := c.outage.next(grid)
			var p []float64
			for _, s := range next {
				p = append(p, s.probability)
			}
			grid = next[drawn(p, c.random)].to
			h.On = grid == 0
		}
		if sky := c.pv.sky(v.Past, t); sky != nil {
			class = drawn(sky[class], c.random)
		}
		if e := c.pv.envelope(v.Past, t); c.pv.light(e) {
			h.PV = e * c.pv.draw(t%24, class, 1, c.random)[0]
		}
		out = append(out, h)
	}
	return out
}

// drawn returns an index with the given probabilities, which sum to 1.
func drawn(probabilities []float64, random *rand.Rand) int {
	u := random.Float64()
	for i, p := range probabilities {
		if u -= p; u < 0 {
			return i
		}
	}
	return len(probabilities) - 1 // rounding
}
