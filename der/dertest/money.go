package dertest

import (
	"math"
	"math/rand/v2"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// feasibility is the slack that solvers leave in a program's rows and bounds.
const feasibility = 1e-6

// money solves the unit for its owner's profit and inspects the schedule. It returns the optimum.
func (s *suite) money(c der.Context) (*milp.Solution, bool) {
	s.t.Helper()
	p := s.build(c, number(1))
	s.pay(p, c)
	best := s.optimum(p, "taking part", p.profit(c, 1))
	if best == nil {
		return nil, false
	}
	s.inspect(p, c, best.Values)
	s.roll(c, der.Realise(p.terms, best.Values))
	return best, true
}

// probe adds random prices on every port, those that no tariff prices included, so that each is driven
// to its ends. Goods have prices of both signs, net power one for both directions; by-products have the
// sign that every market gives them.
func (s *suite) probe(c der.Context) {
	s.t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for _, level := range []float64{3, 30, 300, 3000} {
		p := s.build(c, number(1))
		s.pay(p, c)
		objective := p.profit(c, 1)
		for i := range p.terms {
			x := &p.terms[i]
			for t := range c.Steps() {
				objective.Add(x.Net(t).Times(level * random.NormFloat64()))
			}
			for _, good := range [][]milp.Expr{x.Heat, x.Gas, x.CO2} {
				for _, e := range good {
					objective.Add(e.Times(level * random.NormFloat64()))
				}
			}
			for _, earning := range [][]milp.Expr{x.Reserve, x.Allowance, x.Renewable} {
				for _, e := range earning {
					objective.Add(e.Times(level * random.ExpFloat64()))
				}
			}
			for _, burden := range [][]milp.Expr{x.Emission, x.Conventional} {
				for _, e := range burden {
					objective.Add(e.Times(-level * random.ExpFloat64()))
				}
			}
		}
		if solution := s.optimum(p, "taking part", objective); solution != nil {
			s.inspect(p, c, solution.Values)
		}
	}
}

// inspect checks signs, constraints and benefit of one solution.
func (s *suite) inspect(p *program, c der.Context, values []float64) {
	s.t.Helper()
	s.signs(p, values)
	schedule := s.schedule(p, c, values)
	for i := range p.terms {
		payment, cost := p.payment[i].Value(values), p.terms[i].Cost.Value(values)
		benefit := s.unit.Benefit(schedule, c, i).Total()
		if !s.equal(benefit, payment-cost, 0) {
			s.errorf("scenario %d: Benefit is %.6f, but payment %.6f less Cost %.6f is %.6f: %v",
				i, benefit, payment, cost, payment-cost, s.unit.Benefit(schedule, c, i).Items)
		}
	}
	s.optional(p, c, schedule.Realised)
	if s.config.Constraints != nil {
		s.config.Constraints(s.t, schedule, c)
	}
}

// schedule reads the realised schedule out of a solution. The unit's cost is left out, because Benefit
// has to find it from what the unit did.
func (s *suite) schedule(p *program, c der.Context, values []float64) der.Schedule {
	realised := der.Realise(p.terms, values)
	for i := range realised {
		realised[i].Cost = math.NaN()
	}
	if p.terms[0].DayAhead == nil {
		return der.Schedule{DayAhead: c.DayAheadSchedule(realised), Realised: realised}
	}
	announced := make([]float64, c.Steps())
	for t, e := range p.terms[0].DayAhead {
		announced[t] = e.Value(values)
	}
	return der.Schedule{DayAhead: announced, Realised: realised}
}

// signs checks the ports that have one.
func (s *suite) signs(p *program, values []float64) {
	s.t.Helper()
	for i := range p.terms {
		x := &p.terms[i]
		for _, y := range []port{{"Injected", x.Injected}, {"Withdrawn", x.Withdrawn}, {"Reduced", x.Reduced}, {"Reserve", x.Reserve}, {"Renewable", x.Renewable}} {
			for t, e := range y.exprs {
				if v := e.Value(values); !(v >= -feasibility) {
					s.errorf("Terms[%d].%s[%d] is %g, want at least 0", i, y.name, t, v)
				}
			}
		}
		for t, e := range x.Renewable {
			if x.Available == nil {
				s.errorf("Terms[%d] has Renewable but no Available; use Terms.Renew", i)
				break
			}
			if made, could := e.Value(values), x.Available[t].Value(values); !(made <= could+feasibility) {
				s.errorf("Terms[%d].Renewable[%d] is %g MWh, but only %g MWh were available", i, t, made, could)
			}
		}
	}
}

// scale demands that a tariff in a smaller currency scales the optimum, the unit's own costs being
// scaled with it, and that own costs in Benefit do not depend on the tariff.
func (s *suite) scale(c der.Context, best *milp.Solution) {
	s.t.Helper()
	const k = 8
	big := c
	big.Tariff = der.Tariff{
		Injection: times(k, c.Tariff.Injection), Withdrawal: times(k, c.Tariff.Withdrawal), LoadReduction: times(k, c.Tariff.LoadReduction),
		Shortage: times(k, c.Tariff.Shortage), Surplus: times(k, c.Tariff.Surplus),
	}
	big.MinMarginalValues = nil // it bounds the worth of energy in the old currency
	p := s.build(big, number(1))
	s.pay(p, big)
	scaled := s.optimum(p, "with the currency scaled", p.profit(big, k))
	if scaled == nil {
		return
	}
	if !s.equal(scaled.Objective/k, best.Objective, best.Gap+scaled.Gap) {
		s.errorf("with all money times %d the optimum is %g, want %d times %g; Model must not compare prices with numbers of its own",
			k, scaled.Objective, k, best.Objective)
	}
	schedule := s.schedule(p, big, scaled.Values)
	for i := range p.terms {
		own := func(c der.Context) float64 {
			return c.Payment(schedule, i).Total() - s.unit.Benefit(schedule, c, i).Total()
		}
		if !s.equal(own(big), own(c), 0) {
			s.errorf("scenario %d: own costs are %g under the tariff and %g under one %d times as high", i, own(c), own(big), k)
		}
	}
}

func times(k float64, prices []float64) []float64 {
	if prices == nil {
		return nil
	}
	out := make([]float64, len(prices))
	for t, x := range prices {
		out[t] = k * x
	}
	return out
}

// split demands that a future which is told twice with half the weight changes nothing.
func (s *suite) split(c der.Context, best *milp.Solution) {
	s.t.Helper()
	c.Set = c.Set.Split(c.Scenarios()-1, 2)
	p := s.build(c, number(1))
	s.pay(p, c)
	halves := s.optimum(p, "with a scenario split in two", p.profit(c, 1))
	if halves != nil && !s.equal(halves.Objective, best.Objective, best.Gap+halves.Gap) {
		s.errorf("with a scenario split in two halves the optimum is %g, before %g", halves.Objective, best.Objective)
	}
}

// equal compares amounts of money; gap is the relative difference that the solver's proof leaves open.
func (s *suite) equal(a, b, gap float64) bool {
	return math.Abs(a-b) <= s.config.Tolerance+1e-9*math.Abs(b)+gap*math.Abs(b)
}
