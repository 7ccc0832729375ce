// Package markettest checks that a type keeps the contract of [market.Market]. Run it on your own
// market from a test:
//
//	func TestMyMarket(t *testing.T) { markettest.Run(t, &MyMarket{…}) }
//
// A [Suite] adds what only you can know: the payment rule, stated a second time and independently.
package markettest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/trigrid/trigrid/market"
)

// A Suite holds expectations about one market. The zero value checks the contract alone.
type Suite struct {
	// Steps is the horizon the market is made for. 0: whatever its periods cover.
	Steps int
	// Cost is the payment rule written a second time, without the curve: currency for a net purchase in
	// a period. nil: no second opinion.
	Cost func(period int, quantity float64) float64
	// Tolerance is how far the curve may lie from Cost, currency. 0: rounding only.
	Tolerance float64
	// Quantity is the scale on which a market without limits is sampled, units of the good. 0 means 100.
	Quantity float64
	// Fixed says how much a period may cost at zero. nil: nothing, in any period.
	Fixed func(period int) float64
}

// Run checks m against the zero [Suite], one subtest for each rule.
func Run(t *testing.T, m market.Market) {
	t.Helper()
	Suite{}.Run(t, m)
}

// Run checks m, one subtest for each rule. A market that is not even valid gets no further than that.
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

// Check returns every violation at once, for use outside a test. A market that is not valid gets no
// further than that.
func (s Suite) Check(m market.Market) error {
	var bad []error
	for i, rule := range s.rules() {
		if err := rule.check(m); err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", rule.name, err))
			if i == 0 {
				break // an invalid market may panic
			}
		}
	}
	return errors.Join(bad...)
}

type rule struct {
	name  string
	check func(market.Market) error
}

func (s Suite) rules() []rule {
	rules := []rule{
		{"valid", market.Validate},
		{"periods cover the steps", s.calendar},
		{"same question same answer", s.deterministic},
		{"the caller owns the curve", s.owned},
		{"safe for concurrent use", s.concurrent},
		{"trading nothing costs the fixed part", s.each(s.zero)},
		{"cost is continuous", s.each(s.continuous)},
		{"marginal price is the derivative", s.each(s.derivative)},
		{"convexity is told truly", s.each(s.convexity)},
		{"segments and blocks rebuild the cost", s.each(s.segments)},
		{"volume response is consistent", s.response},
	}
	if s.Cost != nil {
		rules = append(rules, rule{"cost is the payment rule", s.each(s.rule)})
	}
	return rules
}

// each applies a check of one curve to every period.
func (s Suite) each(check func(period int, c market.Curve) error) func(market.Market) error {
	return func(m market.Market) error {
		var bad []error
		for p := range m.Periods() {
			c := m.Curve(p)
			if err := check(p, c); err != nil {
				bad = append(bad, fmt.Errorf("period %d: %w", p, err))
			}
		}
		return errors.Join(bad...)
	}
}

func (s Suite) scale() float64 {
	if s.Quantity == 0 {
		return 100
	}
	return s.Quantity
}

// samples returns quantities inside the limits, ascending: every finite break, the middle and an odd
// fraction of every piece, zero, and some way along a piece without end.
func (s Suite) samples(c market.Curve) []float64 {
	lower, upper := c.Limits()
	samples := []float64{0}
	for k := range c.Slopes {
		a, b := c.Breaks[k], c.Breaks[k+1]
		switch {
		case math.IsInf(a, 0) && math.IsInf(b, 0):
			a, b = -s.scale(), s.scale()
		case math.IsInf(a, 0):
			a = b - s.scale()
		case math.IsInf(b, 0):
			b = a + s.scale()
		}
		samples = append(samples, a, a+(b-a)/2, a+(b-a)*0.71, b)
	}
	samples = slices.DeleteFunc(samples, func(q float64) bool { return q < lower || q > upper })
	slices.Sort(samples)
	return slices.Compact(samples)
}

// near is what rounding may make of costs of this size, currency.
func near(costs ...float64) float64 {
	size := 1.0
	for _, c := range costs {
		size = max(size, math.Abs(c))
	}
	return 1e-9 * size
}
