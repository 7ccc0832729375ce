package dertest

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// marginalValue requires that a known lower bound v of the marginal value
// changes no optimum:
//
//	max profit without binaries that v makes redundant = max profit with all binaries
//
// With one price p for injection, withdrawal and load reduction, one more MWh
// is worth p in either direction, so that v = p. The prices include negative
// ones and 0, at which binaries are needed.
func (s *suite) marginalValue() {
	s.t.Helper()
	for _, prices := range [][]float64{s.each(40, 75, 110, 30), s.each(-35, 40, -120, 15), s.each(0, 10, 0, -5), s.each(-900, 5, -2, 700)} {
		c := s.tariff(der.Tariff{Injection: prices, Withdrawal: prices, LoadReduction: prices})
		without := s.build(c, number(1))
		s.pay(without, c)
		c.MinMarginalValues = prices
		with := s.build(c, number(1))
		s.pay(with, c)
		a := s.optimum(without, "without MinMarginalValues", without.profit(c, 1))
		b := s.optimum(with, "with MinMarginalValues", with.profit(c, 1))
		if a == nil || b == nil {
			continue
		}
		s.inspect(with, c, b.Values)
		if !s.equal(a.Objective, b.Objective, a.Gap+b.Gap) {
			s.errorf("at prices %v the optimum is %g with MinMarginalValues and %g without", prices, b.Objective, a.Objective)
		}
	}
}

// overlap requires that Overlaps of a [der.Overlapper] finds every step that
// breaks its rule. It solves with an infinite bound of the marginal value,
// which has no proof and leaves out binaries:
//
//	V_all = optimum with all binaries,   V_none ≥ V_all = optimum without them
//
// If Overlaps accepts every step of the schedule without binaries, that
// schedule keeps the rule, and V_none must equal V_all.
func (s *suite) overlap(c der.Context) {
	s.t.Helper()
	unit, ok := der.As[der.Overlapper](s.unit)
	if !ok {
		return
	}
	c.MinMarginalValues = nil
	strict := s.build(c, number(1))
	s.pay(strict, c)
	c.MinMarginalValues = s.each(math.Inf(1))
	relaxed := s.build(c, number(1))
	s.pay(relaxed, c)
	a := s.optimum(strict, "without MinMarginalValues", strict.profit(c, 1))
	b := s.optimum(relaxed, "with infinite MinMarginalValues", relaxed.profit(c, 1))
	if a == nil || b == nil {
		return
	}
	realised := der.Realise(relaxed.terms, b.Values)
	for i := range realised {
		for t := range c.Steps() {
			if unit.Overlaps(&realised[i], t) {
				return // a caller adds the binary and solves again
			}
		}
	}
	if !s.equal(b.Objective, a.Objective, a.Gap+b.Gap) {
		s.errorf("with infinite MinMarginalValues the optimum is %g, which Overlaps accepts, and %g without; "+
			"Overlaps must notice every step that breaks the rule", b.Objective, a.Objective)
	}
}
