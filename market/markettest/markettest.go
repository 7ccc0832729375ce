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
	"reflect"
	"slices"
	"sync"
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

func (s Suite) calendar(m market.Market) error {
	if m.Periods() < 1 {
		return errors.New("no settlement period")
	}
	next := 0
	for p := range m.Periods() {
		from, to := m.Span(p)
		if from != next || to <= from {
			return fmt.Errorf("period %d spans steps [%d, %d) where [%d, …) must follow", p, from, to, next)
		}
		next = to
	}
	if s.Steps != 0 && next != s.Steps {
		return fmt.Errorf("the periods cover %d steps of %d", next, s.Steps)
	}
	if n := market.Steps(m); n != next {
		return fmt.Errorf("the last period ends at step %d at one time and at %d at another", next, n)
	}
	return nil
}

func (s Suite) deterministic(m market.Market) error {
	for p := range m.Periods() {
		if first, second := m.Curve(p), m.Curve(p); !reflect.DeepEqual(first, second) {
			return fmt.Errorf("period %d: the curve was %v and then %v", p, first, second)
		}
	}
	return nil
}

func (s Suite) owned(m market.Market) error {
	for p := range m.Periods() {
		c := m.Curve(p)
		before := market.Curve{Breaks: slices.Clone(c.Breaks), Slopes: slices.Clone(c.Slopes), Fixed: c.Fixed}
		for i := range c.Breaks {
			c.Breaks[i] = math.NaN()
		}
		for i := range c.Slopes {
			c.Slopes[i] = math.NaN()
		}
		// A copy goes back whatever happens, so that a market that fails here is whole for the next rule.
		after := m.Curve(p)
		after = market.Curve{Breaks: slices.Clone(after.Breaks), Slopes: slices.Clone(after.Slopes), Fixed: after.Fixed}
		copy(c.Breaks, before.Breaks)
		copy(c.Slopes, before.Slopes)
		if !reflect.DeepEqual(before, after) {
			return fmt.Errorf("period %d: writing to a returned curve changed the market; return a copy", p)
		}
	}
	return nil
}

func (s Suite) concurrent(m market.Market) error {
	n := m.Periods()
	want := make([]market.Curve, n)
	for p := range want {
		want[p] = m.Curve(p)
	}
	const workers = 4
	wrong := make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := range n {
				p := (i + w*n/workers) % n
				if c := m.Curve(p); !reflect.DeepEqual(c, want[p]) {
					wrong[w] = fmt.Errorf("period %d: the curve was %v and, asked for concurrently, %v", p, want[p], c)
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(wrong...)
}

func (s Suite) zero(p int, c market.Curve) error {
	want := 0.0
	if s.Fixed != nil {
		want = s.Fixed(p)
	}
	if got := c.Cost(0); got != want {
		return fmt.Errorf("trading nothing costs %v, not %v; state a fixed part in Suite.Fixed if it is meant", got, want)
	}
	return nil
}

// continuous compares the cost on both sides of every break.
func (s Suite) continuous(_ int, c market.Curve) error {
	lower, upper := c.Limits()
	steepest := 0.0
	for _, slope := range c.Slopes {
		steepest = max(steepest, math.Abs(slope))
	}
	for _, b := range c.Breaks {
		if math.IsInf(b, 0) {
			continue
		}
		h := 1e-7 * max(1, math.Abs(b))
		left, right := c.Cost(max(b-h, lower)), c.Cost(min(b+h, upper))
		if allowed := 2*h*steepest + near(left, right); math.Abs(right-left) > allowed*(1+1e-9) {
			return fmt.Errorf("the cost jumps from %v to %v at %v", left, right, b)
		}
	}
	return nil
}

// derivative compares the marginal prices with difference quotients on both sides of every sample.
func (s Suite) derivative(_ int, c market.Curve) error {
	lower, upper := c.Limits()
	for _, q := range s.samples(c) {
		lo, hi := c.Marginal(q)
		if left := s.towards(c, q, lower); left != 0 {
			if quotient := (c.Cost(q) - c.Cost(q-left)) / left; !closeSlope(quotient, lo, c.Cost(q), left) {
				return fmt.Errorf("left of %v the marginal price is %v and the cost rises by %v per unit", q, lo, quotient)
			}
		}
		if right := s.towards(c, q, upper); right != 0 {
			if quotient := (c.Cost(q+right) - c.Cost(q)) / right; !closeSlope(quotient, hi, c.Cost(q), right) {
				return fmt.Errorf("right of %v the marginal price is %v and the cost rises by %v per unit", q, hi, quotient)
			}
		}
	}
	return nil
}

// towards returns half the way from q to the next break on the side of the limit.
func (s Suite) towards(c market.Curve, q, limit float64) float64 {
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

// convexity holds a curve that calls itself convex to it: the cost of a sample never lies above the
// line between its neighbours, and marginal prices never fall. The samples lie on both sides of every
// break, which is where a piecewise-linear function can bend.
func (s Suite) convexity(_ int, c market.Curve) error {
	if !c.Convex() {
		return nil
	}
	samples := s.samples(c)
	for i := range samples {
		if i > 0 {
			_, before := c.Marginal(samples[i-1])
			after, _ := c.Marginal(samples[i])
			if before > after {
				return fmt.Errorf("said to be convex, but the marginal price falls from %v to %v between %v and %v", before, after, samples[i-1], samples[i])
			}
		}
		if i > 1 {
			a, b, d := samples[i-2], samples[i-1], samples[i]
			line := c.Cost(a) + (c.Cost(d)-c.Cost(a))*(b-a)/(d-a)
			if cost := c.Cost(b); cost > line+near(cost, line) {
				return fmt.Errorf("said to be convex, but %v costs %v and the line between %v and %v passes at %v", b, cost, a, d, line)
			}
		}
	}
	return nil
}

func (s Suite) segments(_ int, c market.Curve) error {
	segments := c.Segments()
	for _, q := range s.samples(c) {
		highest, inside := math.Inf(-1), math.NaN()
		for _, g := range segments {
			line := g.Intercept + g.Slope*q
			highest = max(highest, line)
			if q >= g.Lower && q <= g.Upper {
				inside = line
			}
		}
		cost := c.Cost(q)
		if len(segments) == 0 {
			continue
		}
		slack := near(cost, highest) + 1e-9*steep(segments)*math.Abs(q)
		if !(math.Abs(inside-cost) <= slack) {
			return fmt.Errorf("at %v the cost is %v and its segment says %v", q, cost, inside)
		}
		if c.Convex() && math.Abs(highest-cost) > slack {
			return fmt.Errorf("at %v the cost is %v and the highest line %v; an epigraph would be wrong", q, cost, highest)
		}
		if filled := fill(c, q); math.Abs(filled-cost) > slack {
			return fmt.Errorf("at %v the cost is %v and its blocks add up to %v", q, cost, filled)
		}
	}
	return nil
}

func steep(segments []market.Segment) float64 {
	steepest := 0.0
	for _, g := range segments {
		steepest = max(steepest, math.Abs(g.Slope))
	}
	return steepest
}

// fill buys or sells q block by block.
func fill(c market.Curve, q float64) float64 {
	buy, sell := c.Blocks()
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

// response checks a market whose price moves with volume: no movement at volume 0, none downwards,
// and payments that add up.
func (s Suite) response(m market.Market) error {
	r, ok := m.(market.Responsive)
	if !ok {
		return nil
	}
	for p := range r.Periods() {
		response := r.Response(p)
		if err := response.Validate(); err != nil {
			return fmt.Errorf("period %d: %w", p, err)
		}
		if err := r.Base(p).Validate(); err != nil {
			return fmt.Errorf("period %d: base: %w", p, err)
		}
		if at0 := response.Price(0); at0 != 0 {
			return fmt.Errorf("period %d: the response is %v at volume 0; that part belongs into the base curve", p, at0)
		}
		last := math.Inf(-1)
		for _, q := range s.samples(r.Base(p)) {
			price := response.Price(q)
			if price < last {
				return fmt.Errorf("period %d: the price falls to %v as the volume rises to %v", p, price, q)
			}
			last = price
		}
	}
	return nil
}

func (s Suite) rule(p int, c market.Curve) error {
	for _, q := range s.samples(c) {
		got, want := c.Cost(q), s.Cost(p, q)
		if !(math.Abs(got-want) <= s.Tolerance+near(got, want)) {
			return fmt.Errorf("a net purchase of %v costs %v by the curve and %v by the rule", q, got, want)
		}
	}
	return nil
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

// closeSlope compares a difference quotient over a width with a slope, given the cost it was taken at.
func closeSlope(quotient, slope, cost, width float64) bool {
	return math.Abs(quotient-slope) <= 1e-9*max(1, math.Abs(slope))+1e-12*max(1, math.Abs(cost))/width
}
