package market

import (
	"math"
	"slices"
	"sort"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Curve is the cost C(q) of a net purchase q in one settlement period,
// piecewise linear and continuous:
//
//	C(0) = Fixed
//	C'(q) = Slopes[k]   for Breaks[k] < q < Breaks[k+1]
//
// Purchases lie to the right of zero, sales to the left. The first and the last
// break are the limits of trade and may be infinite. The zero Curve permits no
// trade and costs nothing.
//
// If slopes do not decrease the curve is convex, and a program needs one row
// per segment and no binaries. A market that pays more for a sale than it
// charges for a purchase is not convex; its curve is valid and [Curve.Convex]
// returns false.
//
// For example, purchases of up to 12 MWh at 470 and sales of up to 8 MWh at
// 164.5 are
//
//	Curve{Breaks: []float64{-8, 0, 12}, Slopes: []float64{164.5, 470}}
type Curve struct {
	Breaks []float64 // quantities, strictly ascending, one more than Slopes, first ≤ 0 ≤ last
	Slopes []float64 // marginal prices, currency per unit
	Fixed  float64   // currency, paid even without trade
}

// A Segment is a part of a curve with one marginal price:
//
//	C(q) = Intercept + Slope q   for Lower ≤ q ≤ Upper
//
// The cost of a convex curve is the maximum of the lines of its segments.
type Segment struct {
	Slope        float64 // currency per unit
	Lower, Upper float64 // quantities; the outer ones may be infinite
	Intercept    float64 // currency
}

// A Block is a quantity that is traded at one price.
type Block struct {
	Price    float64 // currency per unit
	Quantity float64 // not negative; possibly infinite
}

// TwoPrices returns the curve of purchases at the price buy and sales at the
// price sell, up to the quantities maxBuy and maxSell. Prices are currency per
// unit. Limits are at least 0 and may be infinite.
func TwoPrices(buy, sell, maxBuy, maxSell float64) Curve {
	var c Curve
	c.extend(-maxSell, sell, 0)
	c.extend(0, buy, maxBuy)
	return c
}

// extend appends the piece from lower to upper unless it is empty. Pieces must
// be added from left to right without gaps.
func (c *Curve) extend(lower, slope, upper float64) {
	if !(lower < upper) {
		return
	}
	if len(c.Breaks) == 0 {
		c.Breaks = append(c.Breaks, lower)
	}
	c.Breaks = append(c.Breaks, upper)
	c.Slopes = append(c.Slopes, slope)
}

// Limits returns the smallest and the largest net purchase.
func (c Curve) Limits() (lower, upper float64) {
	if len(c.Breaks) == 0 {
		return 0, 0
	}
	return c.Breaks[0], c.Breaks[len(c.Breaks)-1]
}

// Cost returns the currency paid for a net purchase q, negative for revenue. It
// is +Inf outside the limits, by any amount; move a value from a solver inside
// the limits first.
func (c Curve) Cost(q float64) float64 {
	if math.IsNaN(q) {
		return q
	}
	if lower, upper := c.Limits(); q < lower || q > upper {
		return math.Inf(1)
	}
	// Sum over the pieces from zero towards q, so that the cost of a small q
	// has no rounding error from distant pieces.
	cost := c.Fixed
	if q >= 0 {
		for k := c.after(0); k < len(c.Slopes) && c.Breaks[k] < q; k++ {
			cost += c.Slopes[k] * (min(q, c.Breaks[k+1]) - max(0, c.Breaks[k]))
		}
		return cost
	}
	for k := c.before(0); k >= 0 && c.Breaks[k+1] > q; k-- {
		cost += c.Slopes[k] * (max(q, c.Breaks[k]) - min(0, c.Breaks[k+1]))
	}
	return cost
}

// Marginal returns the slopes of the cost left and right of q, currency per
// unit: the prices of the last and of the next unit. They differ at a break. At
// a limit the outer one is −Inf or +Inf, so that [lo, hi] is the
// subdifferential of a convex curve. For other curves lo may exceed hi. Outside
// the limits both are NaN.
func (c Curve) Marginal(q float64) (lo, hi float64) {
	lower, upper := c.Limits()
	if !(q >= lower && q <= upper) {
		return math.NaN(), math.NaN()
	}
	lo, hi = math.Inf(-1), math.Inf(1)
	if k := c.before(q); k >= 0 {
		lo = c.Slopes[k]
	}
	if k := c.after(q); k < len(c.Slopes) {
		hi = c.Slopes[k]
	}
	return lo, hi
}

// before returns the index of the piece just left of q, or −1.
func (c Curve) before(q float64) int { return sort.SearchFloat64s(c.Breaks, q) - 1 }

// after returns the index of the piece just right of q, or len(c.Slopes).
func (c Curve) after(q float64) int {
	k := sort.Search(len(c.Breaks), func(i int) bool { return c.Breaks[i] > q }) - 1
	return min(max(k, 0), len(c.Slopes))
}

// Segments returns the linear parts from left to right. Neighbours of equal
// slope are joined. A curve without trade has no segments.
func (c Curve) Segments() []Segment {
	var segments []Segment
	for k, slope := range c.Slopes {
		if n := len(segments); n > 0 && segments[n-1].Slope == slope {
			segments[n-1].Upper = c.Breaks[k+1]
			continue
		}
		segments = append(segments, Segment{Slope: slope, Lower: c.Breaks[k], Upper: c.Breaks[k+1]})
	}
	c.intercepts(segments)
	return segments
}

// intercepts sets the intercepts from zero outwards in both directions, adding
// up costs as Cost does.
func (c Curve) intercepts(segments []Segment) {
	first := sort.Search(len(segments), func(i int) bool { return segments[i].Upper > 0 })
	cost := c.Fixed
	for i := first; i < len(segments); i++ {
		s := &segments[i]
		at := max(0, s.Lower)
		s.Intercept = cost - s.Slope*at
		cost += s.Slope * (s.Upper - at)
	}
	cost = c.Fixed
	if first < len(segments) && segments[first].Lower < 0 {
		cost = segments[first].Intercept + segments[first].Slope*segments[first].Lower
	}
	for i := first - 1; i >= 0; i-- {
		s := &segments[i]
		s.Intercept = cost - s.Slope*s.Upper
		cost += s.Slope * (s.Lower - s.Upper)
	}
}

// Points returns the ends of the segments and the costs there, for programs
// that use points. Infinite limits stay infinite; reduce the curve to the
// possible trade with [Curve.Within] first. A curve without trade has no
// points.
func (c Curve) Points() (quantities, costs []float64) {
	for i, s := range c.Segments() {
		if i == 0 {
			quantities, costs = append(quantities, s.Lower), append(costs, s.Intercept+s.Slope*s.Lower)
		}
		quantities, costs = append(quantities, s.Upper), append(costs, s.Intercept+s.Slope*s.Upper)
	}
	return quantities, costs
}

// Blocks returns the quantities for purchase and for sale, block by block away
// from zero. If the curve is convex, a program that minimises cost fills the
// blocks in this order without further rows, and does not buy and sell at once
// unless the two prices are equal.
func (c Curve) Blocks() (buy, sell []Block) {
	segments := c.Segments()
	for _, s := range segments {
		if s.Upper > 0 {
			buy = append(buy, Block{Price: s.Slope, Quantity: s.Upper - max(0, s.Lower)})
		}
	}
	for i := len(segments) - 1; i >= 0; i-- {
		if s := segments[i]; s.Lower < 0 {
			sell = append(sell, Block{Price: s.Slope, Quantity: min(0, s.Upper) - s.Lower})
		}
	}
	return buy, sell
}

// Convex reports whether slopes never decrease from left to right.
func (c Curve) Convex() bool { return slices.IsSorted(c.Slopes) }

// Plus returns the curve whose cost is the sum of both costs, on the quantities
// that both allow.
func (c Curve) Plus(d Curve) Curve {
	sum := Curve{Fixed: c.Fixed + d.Fixed}
	i, j := 0, 0
	for i < len(c.Slopes) && j < len(d.Slopes) {
		sum.extend(max(c.Breaks[i], d.Breaks[j]), c.Slopes[i]+d.Slopes[j], min(c.Breaks[i+1], d.Breaks[j+1]))
		if c.Breaks[i+1] <= d.Breaks[j+1] {
			i++
		} else {
			j++
		}
	}
	return sum
}

// Within returns the curve limited to lower ≤ q ≤ upper, with lower ≤ 0 ≤
// upper.
func (c Curve) Within(lower, upper float64) Curve {
	narrow := Curve{Fixed: c.Fixed}
	for k, slope := range c.Slopes {
		narrow.extend(max(lower, c.Breaks[k]), slope, min(upper, c.Breaks[k+1]))
	}
	return narrow
}

// Validate returns an error that lists every violation: lengths that do not
// match, breaks out of order, a zero outside the limits, and numbers that are
// not finite.
func (c Curve) Validate() error {
	var bad faults.List
	if !finite(c.Fixed) {
		bad.Addf("curve: fixed cost is %v, want a finite number", c.Fixed)
	}
	if len(c.Breaks) == 0 && len(c.Slopes) == 0 {
		return bad.Err()
	}
	if len(c.Slopes) == 0 || len(c.Breaks) != len(c.Slopes)+1 {
		bad.Addf("curve: %d breaks and %d slopes, want one break more than slopes",
			len(c.Breaks), len(c.Slopes))
		return bad.Err()
	}
	for k, slope := range c.Slopes {
		if !finite(slope) {
			bad.Addf("curve: slope %d is %v, want a finite number", k, slope)
		}
		if !(c.Breaks[k] < c.Breaks[k+1]) {
			bad.Addf("curve: break %d (%v) is not below break %d (%v), want ascending breaks",
				k, c.Breaks[k], k+1, c.Breaks[k+1])
		}
	}
	if lower, upper := c.Limits(); !(lower <= 0 && upper >= 0) {
		bad.Addf(
			"curve: limits [%v, %v] do not contain 0; zero trade must be possible", lower, upper)
	}
	return bad.Err()
}
