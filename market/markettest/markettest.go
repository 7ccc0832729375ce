// Package markettest checks that a type satisfies the contract of
// [market.Market]. Run it on a custom market in a test:
//
//	func TestMyMarket(t *testing.T) { markettest.Run(t, &MyMarket{…}) }
//
// A [Suite] adds expectations that only the author of the market has: the
// payment rule, stated a second time and independently of the curve. Rules run
// in a fixed order, and an invalid market fails only the first rule, because
// its other methods may panic.
//
//	valid               market.Validate returns no error
//	periods             follow each other and cover the horizon
//	curves              equal in repeated and in concurrent calls, owned by the caller
//	cost at zero        the fixed part
//	cost                continuous, with Marginal as its derivative
//	convexity           Convex returns true only for convex curves
//	segments, blocks    rebuild the cost
//	volume response     price 0 at volume 0, not decreasing (market.Responsive only)
//	payment rule        Suite.Cost, if given
package markettest

import (
	"math"
	"slices"
	"testing"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/market"
)

// A Suite contains expectations about one market. The zero value checks the
// contract only.
type Suite struct {
	// Steps is the horizon of the market. Default 0: the steps that its periods
	// cover.
	Steps int
	// Cost is the payment rule written without the curve: currency for a net
	// purchase in a period. Default nil: no comparison.
	Cost func(period int, quantity float64) float64
	// Tolerance is the largest accepted difference between curve and Cost,
	// currency. Default 0: rounding only.
	Tolerance float64
	// Quantity is the range of samples on a side without limits, units of the
	// good. Default 100.
	Quantity float64
	// Fixed returns the cost of a period without trade, currency. Default nil:
	// no cost in any period.
	Fixed func(period int) float64
}

// Run checks m against the zero [Suite], with one subtest per rule.
func Run(t *testing.T, m market.Market) {
	t.Helper()
	Suite{}.Run(t, m)
}

// Run checks m, with one subtest per rule. If m is invalid, no further rule
// runs.
func (s Suite) Run(t *testing.T, m market.Market) {
	t.Helper()
	for i, rule := range s.rules() {
		ok := t.Run(rule.name, func(t *testing.T) {
			if err := rule.check(m); err != nil {
				t.Error(err)
			}
		})
		if i == 0 && !ok {
			return // an invalid market may panic
		}
	}
}

// Check returns an error that lists every violated rule, for use outside a
// test. If m is invalid, it lists only the violations in its data.
func (s Suite) Check(m market.Market) error {
	var bad faults.List
	for i, rule := range s.rules() {
		if err := rule.check(m); err != nil {
			bad.Addf("%s: %w", rule.name, err)
			if i == 0 {
				break // an invalid market may panic
			}
		}
	}
	return bad.Err()
}

// rule is one requirement with the name of its subtest.
type rule struct {
	name  string
	check func(market.Market) error
}

// rules returns the rules in the order of execution. The first one validates m.
func (s Suite) rules() []rule {
	// Rules behind the first one rely on a valid market.
	rules := []rule{
		{"valid", market.Validate},
		{"periods cover the steps", s.calendar},
		{"equal arguments give equal curves", s.deterministic},
		{"the caller owns the curve", s.owned},
		{"safe for concurrent use", s.concurrent},
		{"trading nothing costs the fixed part", s.each(s.zero)},
		{"cost is continuous", s.each(s.continuous)},
		{"marginal price is the derivative", s.each(s.derivative)},
		{"convexity is reported correctly", s.each(s.convexity)},
		{"segments and blocks rebuild the cost", s.each(s.segments)},
		{"volume response is consistent", s.response},
	}
	if s.Cost != nil {
		rules = append(rules, rule{"cost is the payment rule", s.each(s.rule)})
	}
	return rules
}

// each applies a check of one curve to every period and collects the
// violations.
func (s Suite) each(check func(period int, c market.Curve) error) func(market.Market) error {
	return func(m market.Market) error {
		var bad faults.List
		for p := range m.Periods() {
			c := m.Curve(p)
			if err := check(p, c); err != nil {
				bad.Addf("period %d: %w", p, err)
			}
		}
		return bad.Err()
	}
}

// scale returns Quantity or its default.
func (s Suite) scale() float64 {
	if s.Quantity == 0 {
		return 100
	}
	return s.Quantity
}

// samples returns ascending quantities inside the limits: zero, every finite
// break, and two points inside every piece. An infinite piece is sampled up to
// scale beyond its break.
func (s Suite) samples(c market.Curve) []float64 {
	lower, upper := c.Limits()
	samples := []float64{0}
	for k := range c.Slopes {
		// Replace infinite ends of the piece, so that its samples are finite.
		a, b := c.Breaks[k], c.Breaks[k+1]
		switch {
		case math.IsInf(a, 0) && math.IsInf(b, 0):
			a, b = -s.scale(), s.scale()
		case math.IsInf(a, 0):
			a = b - s.scale()
		case math.IsInf(b, 0):
			b = a + s.scale()
		}
		// The middle can hide an error that is symmetric about it; 0.71 does
		// not.
		samples = append(samples, a, a+(b-a)/2, a+(b-a)*0.71, b)
	}
	samples = slices.DeleteFunc(samples, func(q float64) bool { return q < lower || q > upper })
	slices.Sort(samples)
	return slices.Compact(samples)
}

// near returns the accepted rounding of costs of this size, currency: a
// relative 1e-9, or 1e-9 for costs below 1.
func near(costs ...float64) float64 {
	size := 1.0
	for _, c := range costs {
		size = max(size, math.Abs(c))
	}
	return 1e-9 * size
}
