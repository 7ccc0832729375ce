package dertest

import (
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// twoWindows requires of a [der.Stateful] kind that two windows equal one. For
// one scenario and the first k of T steps of its optimal schedule,
//
//	V_T = money of the first k steps + V_{T−k}
//
// V_T is the optimum of all steps, and V_{T−k} that of the rest with the DER
// after k steps. The money of the first k steps is the benefit of their
// schedule on a grid of k steps. A forgotten limit raises V_{T−k}; a state that
// is carried wrongly lowers it or makes the rest infeasible.
//
// For example, a store that must end as it began and holds 1 MWh less after k
// steps must regain this energy in the rest.
func (s *suite) twoWindows(c der.Context, scenario int, steps ...int) {
	s.t.Helper()
	stateful, ok := der.As[der.Stateful](s.unit)
	if !ok {
		return
	}
	c = alone(c, scenario)
	whole := s.best(c, "all steps")
	if whole == nil {
		return
	}
	for _, k := range steps {
		if k < 1 || k >= c.Steps() {
			continue
		}
		next, err := stateful.RollForward(&whole.schedule.Realised[0], c, 0, k)
		if err != nil {
			if s.strict {
				s.errorf("after %d of %d steps: %v", k, c.Steps(), err)
			}
			continue // a state without a field
		}
		rest := *s
		rest.unit = next
		if err := der.Validate(next, c.Set.Window(k, c.Steps())); err != nil {
			s.errorf("after %d of %d steps RollForward returns data that the rest rejects: %v", k, c.Steps(), err)
			continue
		}
		later := c.Window(k, c.Steps())
		first := s.unit.Benefit(window(whole.schedule, 0, k), c.Window(0, k), 0).Total()
		if s.config.Periodic { // the first steps alone have another step before them
			first = whole.money - next.Benefit(window(whole.schedule, k, c.Steps()), later, 0).Total()
		}
		after := rest.best(later, "the rest after RollForward")
		if after == nil {
			continue
		}
		const relative = 1e-6
		scale := max(1, math.Abs(whole.money), math.Abs(first), math.Abs(after.money))
		allowed := relative*scale + whole.slack + after.slack
		gain := first + after.money - whole.money
		if gain > allowed && !s.config.Periodic || gain < -allowed {
			s.errorf("the optimum of %d steps is %.9g; after %d of them it is %.9g, plus %.9g of the first steps is %.9g; "+
				"RollForward must carry every state that affects later steps", c.Steps(), whole.money, k, after.money, first, first+after.money)
		}
	}
}

// TwoWindows checks that two windows equal one for a [der.Stateful] DER on the
// given context, after each of the given numbers of steps, in one scenario.
// [Run] has this check for its own contexts; TwoWindows is for instances of a
// test. An error of RollForward is a failure.
func TwoWindows(t TB, solver milp.Solver, unit der.Stateful, c der.Context, scenario int, steps ...int) {
	t.Helper()
	s := &suite{
		t: t, solver: solver, unit: unit, config: Config{Set: c.Set}.withDefaults(), trial: "the given context",
		reported: map[string]bool{}, strict: true,
	}
	s.twoWindows(c, scenario, steps...)
}

// optimal is an optimal schedule with its money, currency.
type optimal struct {
	schedule der.Schedule
	money    float64
	slack    float64 // error of the money: the gap of the solver, and tangents of convex costs
}

// best returns an optimal schedule of the DER alone in a context of one
// scenario, or nil if there is none, which it reports.
func (s *suite) best(c der.Context, what string) *optimal {
	s.t.Helper()
	p := s.build(c, number(1))
	s.pay(p, c)
	solution := s.optimum(p, what, p.profit(c, 1))
	if solution == nil {
		return nil
	}
	// Tangents bound a convex cost from below.
	convex := p.terms[0].CostAt(solution.Values) - p.terms[0].Cost.Value(solution.Values)
	return &optimal{
		s.schedule(p, c, solution.Values), solution.Objective,
		max(0, convex) + solution.Gap*math.Abs(solution.Objective),
	}
}

// alone returns a context of one scenario.
func alone(c der.Context, scenario int) der.Context {
	one := func(paths [][]float64) [][]float64 {
		if paths == nil {
			return nil
		}
		return paths[scenario : scenario+1]
	}
	c.Set = c.Set.Subset(scenario)
	c.Inside = der.InsidePrices{Heat: one(c.Inside.Heat), Gas: one(c.Inside.Gas), CO2: one(c.Inside.CO2)}
	c.MinMarginalValues = nil
	return c
}

// window returns the steps [from, to) of a schedule of one scenario.
func window(x der.Schedule, from, to int) der.Schedule {
	out := der.Schedule{Realised: []der.Ports{x.Realised[0].Window(from, to)}}
	if x.DayAhead != nil {
		out.DayAhead = x.DayAhead[from:to:to]
	}
	return out
}
