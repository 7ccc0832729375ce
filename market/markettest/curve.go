package markettest

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/market"
)

// zero requires that a period without trade costs nothing, or the amount of
// Suite.Fixed.
func (s Suite) zero(p int, c market.Curve) error {
	// The comparison is exact: the cost at zero is Fixed itself, without
	// arithmetic.
	want := 0.0
	if s.Fixed != nil {
		want = s.Fixed(p)
	}
	if got := c.Cost(0); got != want {
		return fmt.Errorf(
			"trading nothing costs %v, not %v; put an intended fixed cost into Suite.Fixed",
			got, want)
	}
	return nil
}

// continuous compares the costs on both sides of every break at a distance h.
// On a continuous curve they differ by at most 2 h · (steepest slope) plus
// rounding.
func (s Suite) continuous(_ int, c market.Curve) error {
	lower, upper := c.Limits()
	steepest := 0.0
	for _, slope := range c.Slopes {
		steepest = max(steepest, math.Abs(slope))
	}
	for _, b := range c.Breaks {
		// The curve does not continue beyond an infinite limit.
		if math.IsInf(b, 0) {
			continue
		}
		h := 1e-7 * max(1, math.Abs(b)) // small against pieces, large against rounding
		left, right := c.Cost(max(b-h, lower)), c.Cost(min(b+h, upper))
		// Both differences of width h are at most h · steepest.
		if allowed := 2*h*steepest + near(left, right); math.Abs(right-left) > allowed*(1+1e-9) {
			return fmt.Errorf("the cost jumps from %v to %v at %v", left, right, b)
		}
	}
	return nil
}

// derivative compares the marginal prices with difference quotients on both
// sides of every sample:
//
//	left   (C(q) − C(q−h)) / h = lo      right  (C(q+h) − C(q)) / h = hi
//
// with h half the distance to the next break, so that both points lie on one
// linear piece.
func (s Suite) derivative(_ int, c market.Curve) error {
	lower, upper := c.Limits()
	for _, q := range s.samples(c) {
		// lo and hi are one-sided slopes; at a limit only the inner one is
		// tested.
		lo, hi := c.Marginal(q)
		if left := s.towards(c, q, lower); left != 0 {
			if quotient := (c.Cost(q) - c.Cost(q-left)) / left; !closeSlope(quotient, lo, c.Cost(q), left) {
				return fmt.Errorf(
					"left of %v the marginal price is %v and the cost rises by %v per unit",
					q, lo, quotient)
			}
		}
		if right := s.towards(c, q, upper); right != 0 {
			if quotient := (c.Cost(q+right) - c.Cost(q)) / right; !closeSlope(quotient, hi, c.Cost(q), right) {
				return fmt.Errorf(
					"right of %v the marginal price is %v and the cost rises by %v per unit",
					q, hi, quotient)
			}
		}
	}
	return nil
}

// towards returns half the distance from q to the next break in the direction
// of the limit, or 0 at the limit.
func (s Suite) towards(c market.Curve, q, limit float64) float64 {
	// next is the nearest break strictly beyond q, or the limit.
	next := limit
	for _, b := range c.Breaks {
		if (limit > q && b > q && b < next) || (limit < q && b < q && b > next) {
			next = b
		}
	}
	if math.IsInf(next, 0) {
		return s.scale()
	}
	return math.Abs(next-q) / 2
}

// convexity checks a curve whose Convex method returns true: the cost of a
// sample does not exceed the line between its neighbours, and marginal prices
// do not decrease. Samples lie on both sides of every break, and a
// piecewise-linear function bends only at breaks.
func (s Suite) convexity(_ int, c market.Curve) error {
	// Curves that are not convex need binaries in a program and have no further
	// obligation.
	if !c.Convex() {
		return nil
	}
	samples := s.samples(c)
	for i := range samples {
		// Marginal prices: the one right of the previous sample against the one
		// left of this sample.
		if i > 0 {
			_, before := c.Marginal(samples[i-1])
			after, _ := c.Marginal(samples[i])
			if before > after {
				return fmt.Errorf("reported as convex, but the marginal price falls "+
					"from %v to %v between %v and %v", before, after, samples[i-1], samples[i])
			}
		}
		// Costs: the middle of three samples a < b < d against the chord from a
		// to d.
		if i > 1 {
			a, b, d := samples[i-2], samples[i-1], samples[i]
			line := c.Cost(a) + (c.Cost(d)-c.Cost(a))*(b-a)/(d-a)
			if cost := c.Cost(b); cost > line+near(cost, line) {
				return fmt.Errorf("reported as convex, but %v costs %v and the line "+
					"between %v and %v passes at %v", b, cost, a, d, line)
			}
		}
	}
	return nil
}

// segments computes the cost from the forms that programs use: the line of the
// segment, the highest line (for convex curves) and the filled blocks.
func (s Suite) segments(_ int, c market.Curve) error {
	segments := c.Segments()
	for _, q := range s.samples(c) {
		// highest is the value of an epigraph at q, inside that of the segment
		// which contains q.
		highest, inside := math.Inf(-1), math.NaN()
		for _, g := range segments {
			line := g.Intercept + g.Slope*q
			highest = max(highest, line)
			if q >= g.Lower && q <= g.Upper {
				inside = line
			}
		}
		cost := c.Cost(q)
		// A market without trade has neither segments nor blocks; rule zero
		// checks its cost.
		if len(segments) == 0 {
			continue
		}
		// Intercepts of distant segments are large; their rounding grows with
		// slope times quantity.
		slack := near(cost, highest) + 1e-9*steep(segments)*math.Abs(q)
		if !(math.Abs(inside-cost) <= slack) {
			return fmt.Errorf("at %v the cost is %v and that of its segment %v", q, cost, inside)
		}
		if c.Convex() && math.Abs(highest-cost) > slack {
			return fmt.Errorf(
				"at %v the cost is %v and the highest line %v; an epigraph would be wrong",
				q, cost, highest)
		}
		if filled := fill(c, q); math.Abs(filled-cost) > slack {
			return fmt.Errorf("at %v the cost is %v and its blocks add up to %v", q, cost, filled)
		}
	}
	return nil
}

// steep returns the largest absolute slope.
func steep(segments []market.Segment) float64 {
	steepest := 0.0
	for _, g := range segments {
		steepest = max(steepest, math.Abs(g.Slope))
	}
	return steepest
}

// fill returns the cost of buying or selling q block by block.
func fill(c market.Curve, q float64) float64 {
	buy, sell := c.Blocks()
	// A sale fills the blocks left of zero and earns their prices.
	blocks, sign := buy, 1.0
	if q < 0 {
		blocks, sign = sell, -1
	}
	cost, left := c.Fixed, math.Abs(q)
	for _, b := range blocks {
		use := min(left, b.Quantity)
		cost += sign * b.Price * use
		left -= use
	}
	return cost
}

// rule compares the curve with the payment rule of Suite.Cost.
func (s Suite) rule(p int, c market.Curve) error {
	for _, q := range s.samples(c) {
		got, want := c.Cost(q), s.Cost(p, q)
		if !(math.Abs(got-want) <= s.Tolerance+near(got, want)) {
			return fmt.Errorf("a net purchase of %v costs %v by the curve and %v by the rule",
				q, got, want)
		}
	}
	return nil
}

// closeSlope compares a difference quotient with a slope. The rounding of the
// cost, divided by the width of the quotient, adds to the tolerance.
func closeSlope(quotient, slope, cost, width float64) bool {
	return math.Abs(quotient-slope) <= 1e-9*max(1, math.Abs(slope))+1e-12*max(1, math.Abs(cost))/width
}
