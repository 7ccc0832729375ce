package dertest

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// floor demands that knowing the least worth of energy changes no optimum. One price for both
// directions makes that worth known.
func (s *suite) floor() {
	s.t.Helper()
	for _, prices := range [][]float64{s.each(40, 75, 110, 30), s.each(-35, 40, -120, 15), s.each(0, 10, 0, -5), s.each(-900, 5, -2, 700)} {
		c := s.tariff(der.Tariff{Injection: prices, Withdrawal: prices, LoadReduction: prices})
		unknown := s.build(c, number(1))
		s.pay(unknown, c)
		c.MinMarginalValues = prices
		known := s.build(c, number(1))
		s.pay(known, c)
		a := s.optimum(unknown, "without Floor", unknown.profit(c, 1))
		b := s.optimum(known, "with Floor", known.profit(c, 1))
		if a == nil || b == nil {
			continue
		}
		s.inspect(known, c, b.Values)
		if !s.equal(a.Objective, b.Objective, a.Gap+b.Gap) {
			s.errorf("at prices %v the optimum is %g with Floor and %g without it", prices, b.Objective, a.Objective)
		}
	}
}

// overlap demands of a [der.Overlapper] that it keeps the promise it is left out binaries for: under a floor
// that is promised and not known, a schedule which the unit does not call overlapping is worth no more than
// the best that keeps its rule.
func (s *suite) overlap(c der.Context) {
	s.t.Helper()
	unit, ok := s.unit.(der.Overlapper)
	if !ok {
		return
	}
	c.MinMarginalValues = nil
	strict := s.build(c, number(1))
	s.pay(strict, c)
	c.MinMarginalValues = s.each(math.Inf(1))
	promised := s.build(c, number(1))
	s.pay(promised, c)
	a := s.optimum(strict, "without Floor", strict.profit(c, 1))
	b := s.optimum(promised, "with an infinite Floor", promised.profit(c, 1))
	if a == nil || b == nil {
		return
	}
	realised := der.Realise(promised.terms, b.Values)
	for i := range realised {
		for t := range c.Steps() {
			if unit.Overlaps(&realised[i], t) {
				return // the caller would state the rule and solve again
			}
		}
	}
	if !s.equal(b.Objective, a.Objective, a.Gap+b.Gap) {
		s.errorf("with an infinite Floor the optimum is %g, which Overlaps accepts, and %g without it; Overlaps must notice every step that breaks the rule",
			b.Objective, a.Objective)
	}
}
