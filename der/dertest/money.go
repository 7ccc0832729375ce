package dertest

import (
	"math"
	"math/rand/v2"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// feasibility is the tolerance of solvers for rows and bounds, in the unit of
// the row.
const feasibility = 1e-6

// money maximises the expected profit of the owner and inspects the schedule,
//
//	max Σ_s π_s (payment_s − cost_s)
//
// It returns the optimum, or false if there is none.
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

// probe adds random prices on every port, including those without a tariff, so
// that each port reaches its limits.
//
//	goods            Net, Heat, Gas, CO2                prices of both signs
//	earning          Reserve, Allowance, Renewable      prices of at least 0
//	costly           Emission, Conventional             prices of at most 0
//
// Other signs would be wrong: with a negative price a program could report less
// renewable energy than it generates. The levels from 3 to 3000 per MWh lie
// below and above the own costs of most kinds.
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

// inspect checks signs, benefit, optional interfaces and the constraints of the
// Config at one solution. In every scenario the benefit must equal the money of
// the program:
//
//	Benefit(schedule) = payment − Terms.CostAt(solution)
func (s *suite) inspect(p *program, c der.Context, values []float64) {
	s.t.Helper()
	s.signs(p, values)
	schedule := s.schedule(p, c, values)
	for i := range p.terms {
		payment, cost := p.payment[i].Value(values), p.terms[i].CostAt(values)
		benefit := s.unit.Benefit(schedule, c, i).Total()
		if !s.equal(benefit, payment-cost, 0) {
			s.errorf("scenario %d: Benefit is %.6f, but payment %.6f less Cost %.6f is %.6f: %v",
				i, benefit, payment, cost, payment-cost, s.unit.Benefit(schedule, c, i).Items)
		}
	}
	s.byStep(c, schedule)
	s.optional(p, c, schedule.Realised)
	if s.config.Constraints != nil {
		s.config.Constraints(s.t, schedule, c)
	}
}

// schedule returns the realised schedule of a solution. Ports.Cost is NaN,
// because Benefit must compute the cost from the ports and traces.
func (s *suite) schedule(p *program, c der.Context, values []float64) der.Schedule {
	realised := der.Realise(p.terms, values)
	for i := range realised {
		realised[i].Cost = math.NaN() // spreads into any benefit that uses it
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

// signs requires ports of at least zero, and renewable energy within the
// available energy: certificates are issued for the one, and the utilisation of
// renewable energy is its ratio to the other.
func (s *suite) signs(p *program, values []float64) {
	s.t.Helper()
	for i := range p.terms {
		x := &p.terms[i]
		for _, y := range []port{
			{"Injected", x.Injected},
			{"Withdrawn", x.Withdrawn},
			{"Reduced", x.Reduced},
			{"Reserve", x.Reserve},
			{"Renewable", x.Renewable},
		} {
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
				s.errorf("Terms[%d].Renewable[%d] is %g MWh, but only %g MWh were available",
					i, t, made, could)
			}
		}
	}
}

// scale requires that the optimum V is homogeneous in money, for k = 8:
//
//	V(k · tariff, k · own cost) = k · V(tariff, own cost)
//
// A kind that compares a price with a number of its own fails. The own costs in
// Benefit must not depend on the tariff, so that they are equal under both
// tariffs.
func (s *suite) scale(c der.Context, best *milp.Solution) {
	s.t.Helper()
	const k = 8
	big := c
	big.Tariff = der.Tariff{
		Injection: times(k, c.Tariff.Injection), Withdrawal: times(k, c.Tariff.Withdrawal),
		LoadReduction: times(k, c.Tariff.LoadReduction),
		Shortage:      times(k, c.Tariff.Shortage), Surplus: times(k, c.Tariff.Surplus),
		Heat: times(k, c.Tariff.Heat), Gas: times(k, c.Tariff.Gas), CO2: times(k, c.Tariff.CO2),
	}
	big.MinMarginalValues = nil // it is in the currency before scaling
	p := s.build(big, number(1))
	s.pay(p, big)
	scaled := s.optimum(p, "with the currency scaled", p.profit(big, k))
	if scaled == nil {
		return
	}
	if !s.equal(scaled.Objective/k, best.Objective, best.Gap+scaled.Gap) {
		s.errorf("with all money times %d the optimum is %g, want %d times %g; "+
			"Model must not compare prices with numbers of its own", k, scaled.Objective, k, best.Objective)
	}
	schedule := s.schedule(p, big, scaled.Values)
	for i := range p.terms {
		own := func(c der.Context) float64 {
			return c.Payment(schedule, i).Total() - s.unit.Benefit(schedule, c, i).Total()
		}
		if !s.equal(own(big), own(c), 0) {
			s.errorf("scenario %d: own costs are %g under the tariff and %g under one %d times as high",
				i, own(c), own(big), k)
		}
	}
}

// times returns k times the prices, and nil for nil, which stands for zero
// prices.
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

// split requires that two copies of a scenario with half its probability each
// give the same optimum. A Model that uses the number of scenarios, or that
// ties scenarios to each other, fails.
func (s *suite) split(c der.Context, best *milp.Solution) {
	s.t.Helper()
	c.Set = c.Set.Split(c.Scenarios()-1, 2)
	p := s.build(c, number(1))
	s.pay(p, c)
	halves := s.optimum(p, "with a scenario split in two", p.profit(c, 1))
	if halves != nil && !s.equal(halves.Objective, best.Objective, best.Gap+halves.Gap) {
		s.errorf("with a scenario split in two halves the optimum is %g, before %g",
			halves.Objective, best.Objective)
	}
}

// equal compares amounts of money. gap is the relative optimality gap of the
// solutions: two solutions with gaps g and h can differ by (g + h) of their
// value although both programs have the same optimum.
func (s *suite) equal(a, b, gap float64) bool {
	return math.Abs(a-b) <= s.config.Tolerance+1e-9*math.Abs(b)+gap*math.Abs(b)
}
