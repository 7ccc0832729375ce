package market

import (
	"math"
	"slices"
	"sort"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Curve is the cost of a net purchase q in one settlement period, piecewise linear and continuous:
//
//	C(0) = Fixed,   C'(q) = Slopes[k]  for  Breaks[k] < q < Breaks[k+1]
//
// Buying lies right of zero, selling left of it. The first and the last break are the limits of
// trade; they may be infinite. The zero Curve trades nothing and costs nothing.
//
// Where the slopes do not fall the curve is convex, and a program needs one row per segment and no
// binary. A market that pays more for a sale than it charges for a purchase, or that rewards in
// steeper and steeper bands, is not convex; such a curve is valid and [Curve.Convex] says so.
type Curve struct {
	Breaks []float64 // quantities, strictly ascending, one more than Slopes, 0 among or between them
	Slopes []float64 // marginal prices, currency per unit
	Fixed  float64   // currency paid whatever is traded
}

// A Segment is a stretch of a curve with one marginal price: C(q) = Intercept + Slope q for
// Lower ≤ q ≤ Upper. The cost of a convex curve is the largest of the lines of its segments.
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

// TwoPrices returns the curve of a market that sells to the participant at buy and pays sell for what
// it gets, up to the quantities maxBuy and maxSell (both at least 0, possibly infinite). Prices are
// currency per unit.
func TwoPrices(buy, sell, maxBuy, maxSell float64) Curve {
	var c Curve
	c.extend(-maxSell, sell, 0)
	c.extend(0, buy, maxBuy)
	return c
}

// extend appends the piece from lower to upper unless it is empty. Pieces must follow each other.
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

// Cost returns the currency paid for a net purchase q, negative if it is earned. It is +Inf beyond
// the limits, however little: a value that comes from a solver is brought inside them first.
func (c Curve) Cost(q float64) float64 {
	if math.IsNaN(q) {
		return q
	}
	if lower, upper := c.Limits(); q < lower || q > upper {
		return math.Inf(1)
	}
	// The pieces between zero and q, whichever comes first, counted from zero outwards so that a
	// cost near zero carries no error from far away.
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

// Marginal returns the slopes of the cost left and right of q, currency per unit: what the last unit
// cost and what the next one will. They differ at a break. At a limit the outer one is -Inf or +Inf,
// so that for a convex curve [lo, hi] is the subdifferential; where a curve is not convex lo may
// exceed hi. Beyond the limits both are NaN.
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

// before returns the piece just left of q, -1 if there is none.
func (c Curve) before(q float64) int { return sort.SearchFloat64s(c.Breaks, q) - 1 }

// after returns the piece just right of q, len(c.Slopes) if there is none.
func (c Curve) after(q float64) int {
	k := sort.Search(len(c.Breaks), func(i int) bool { return c.Breaks[i] > q }) - 1
	return min(max(k, 0), len(c.Slopes))
}

// Segments returns the linear stretches from left to right, neighbours of equal slope joined. A
// curve that trades nothing has none.
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

// intercepts walks from zero outwards in both directions, adding up costs as Cost does.
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

// Points returns the ends of the segments and the cost there, for programs that take a curve as points.
// Limits that are infinite stay infinite; narrow the curve first ([Curve.Within]) to the trade that is
// possible at all. A curve that trades nothing has no points.
func (c Curve) Points() (quantities, costs []float64) {
	for i, s := range c.Segments() {
		if i == 0 {
			quantities, costs = append(quantities, s.Lower), append(costs, s.Intercept+s.Slope*s.Lower)
		}
		quantities, costs = append(quantities, s.Upper), append(costs, s.Intercept+s.Slope*s.Upper)
	}
	return quantities, costs
}

// Blocks returns what can be bought and what can be sold, block by block away from zero. Under a
// convex curve a program that minimises cost fills them in this order by itself, and never buys and
// sells at once unless the two prices are equal.
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

// Convex reports whether no slope is lower than the one before it.
func (c Curve) Convex() bool { return slices.IsSorted(c.Slopes) }

// Plus returns the curve whose cost is the sum of both, on the quantities both allow.
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

// Within returns the curve with its limits narrowed to lower ≤ q ≤ upper, where lower ≤ 0 ≤ upper.
func (c Curve) Within(lower, upper float64) Curve {
	narrow := Curve{Fixed: c.Fixed}
	for k, slope := range c.Slopes {
		narrow.extend(max(lower, c.Breaks[k]), slope, min(upper, c.Breaks[k+1]))
	}
	return narrow
}

// Validate reports every way in which the curve is not one: lengths that do not fit, breaks out of
// order, a zero outside the limits, numbers that are not finite where they must be.
func (c Curve) Validate() error {
	var bad faults.List
	if !finite(c.Fixed) {
		bad.Addf("curve: fixed cost %v is not finite", c.Fixed)
	}
	if len(c.Breaks) == 0 && len(c.Slopes) == 0 {
		return bad.Err()
	}
	if len(c.Slopes) == 0 || len(c.Breaks) != len(c.Slopes)+1 {
		bad.Addf("curve: %d breaks and %d slopes; there must be one break more than slopes", len(c.Breaks), len(c.Slopes))
		return bad.Err()
	}
	for k, slope := range c.Slopes {
		if !finite(slope) {
			bad.Addf("curve: slope %d is %v; it must be finite", k, slope)
		}
		if !(c.Breaks[k] < c.Breaks[k+1]) {
			bad.Addf("curve: break %d (%v) is not below break %d (%v)", k, c.Breaks[k], k+1, c.Breaks[k+1])
		}
	}
	if lower, upper := c.Limits(); !(lower <= 0 && upper >= 0) {
		bad.Addf("curve: limits [%v, %v] do not contain 0; trading nothing must be possible", lower, upper)
	}
	return bad.Err()
}
