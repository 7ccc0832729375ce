package market

import (
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
)

// A Responsive market has prices that move with the net purchase of all
// participants. The marginal price of a participant is that of its Base curve
// plus the price of the Response at the volume of the market. The price of the
// response is 0 at volume 0.
//
// A program for all participants minimises the sum of their costs and base
// curves plus the potential of the response ([Response.Common],
// [Response.Private]). A program for one participant uses Curve, which fixes
// the volume of the others.
type Responsive interface {
	Market
	Base(period int) Curve
	Response(period int) Response
}

// Linear makes the prices of another market a linear function of the volume Q
// traded there:
//
//	λ_p(Q) = λ_p + b_p Q, limited to [Floor, Cap],   Q = Σ_l q_l over participants l
//
// λ_p is the buying or the selling price of the wrapped market and b_p the
// Slope. Wrap a [Tariff] or a [Flat] price for the prices of Energies 2025
// 18(13) 3443, sections 3.3 to 3.5:
//
//	electricity   TOU_t + b_t (Σ buy − Σ sell)
//	carbon        a + b Σ (E − E^q)
//	certificates  a + b (Σ N_buy − Σ N_sell)
//
// Buying and selling prices move by the same amount. This keeps the difference
// between them and ensures that the equilibria of [Response] exist; a selling
// price that is a fixed fraction of a moving buying price has no potential.
//
// Two interpretations of the carbon price differ in the volume that moves it.
// In the market-wide one (C1, recommended) all volumes count and the price
// follows from an equilibrium. In the other one (C2) each seller has the price
// a − b · (own sales), which is the Curve of a Linear without Others.
type Linear struct {
	Market        // the market whose prices are moved
	Slope  Series // b, currency per unit per unit of volume, at least 0
	Floor  Series // lowest price, currency per unit, not above any price of the market; nil: none
	Cap    Series // highest price, currency per unit, not below any price of the market; nil: none

	// The following fields apply to Curve only.

	// Others and the limits apply to Curve only.
	Others  Series // net purchase of all other participants; nil: 0
	MaxBuy  Series // largest own purchase; nil: the market's limit, which must be finite
	MaxSell Series // largest own sale; nil: the market's limit, which must be finite

	// MaxError is the largest amount by which Curve may lie below the true
	// cost, currency per settlement period. Default 0: a thousandth of the
	// quadratic term at the farther limit, about 32 tangents. A VPP that trades
	// in this market alone pays the true cost by default, and the cost of Curve
	// if MaxError is above 0 or the floor or the cap binds within the limits:
	// see Split.
	MaxError float64
}

var (
	_ Responsive = (*Linear)(nil)
	_ Smooth     = (*Linear)(nil)
)

// A Smooth market has a convex quadratic part in its cost. Curve has it as
// tangents of a fixed error. A program that uses Split adds tangents at its
// optimum instead, and a participant pays the cost itself.
type Smooth interface {
	Market
	// Split returns the cost of a net purchase in a period as a sum of a
	// piecewise-linear part, with the limits of the purchase, and of a
	// quadratic part. ok is false if Curve is the cost.
	Split(period int) (linear Curve, quadratic Quadratic, ok bool)
}

// Split implements [Smooth]. The quadratic part is b (Others + q) q.
func (m *Linear) Split(period int) (linear Curve, quadratic Quadratic, ok bool) {
	linear = m.own(period)
	lower, upper := linear.Limits()
	r, others := m.Response(period), m.Others.or(0, period)
	from, to := r.Range()
	if m.MaxError > 0 || r.Slope == 0 || !finite(upper-lower) || lower == upper || lower+others < from || upper+others > to {
		return m.Curve(period), Quadratic{}, false
	}
	return linear, Quadratic{r.Intercept + r.Slope*others, 2 * r.Slope}, true
}

// Fits is [Calendar.Fits] of the wrapped market.
func (m *Linear) Fits(hours float64) error {
	if x, ok := m.Market.(interface{ Fits(hours float64) error }); ok {
		return x.Fits(hours)
	}
	return nil
}

// FitsSteps is [Calendar.FitsSteps] of the wrapped market.
func (m *Linear) FitsSteps(hours []float64) error {
	if x, ok := m.Market.(interface{ FitsSteps(hours []float64) error }); ok {
		return x.FitsSteps(hours)
	}
	if _, ok := m.Market.(interface{ Fits(hours float64) error }); ok {
		return errors.New("market: the wrapped market fits steps of one length only; give it FitsSteps or equal steps")
	}
	return nil
}

// Base implements [Responsive]. It is the curve of the wrapped market.
func (m *Linear) Base(period int) Curve {
	return m.Market.Curve(period)
}

// Response implements [Responsive]. Floor and Cap limit the final prices: the
// response may move neither the lowest price below the floor nor the highest
// above the cap.
func (m *Linear) Response(period int) Response {
	r := Response{Slope: m.Slope.At(period)}
	if slopes := m.Base(period).Slopes; len(slopes) > 0 {
		lowest, highest := slopes[0], slopes[0]
		for _, s := range slopes {
			lowest, highest = min(lowest, s), max(highest, s)
		}
		r.Floor = optional.Of(m.Floor.or(math.Inf(-1), period) - lowest)
		r.Cap = optional.Of(m.Cap.or(math.Inf(1), period) - highest)
	}
	if floor, ceiling := r.limits(); floor == 0 && ceiling == 0 {
		r.Slope = 0 // the price cannot move
	}
	return r
}

// Curve implements [Market]: the cost of one participant's net purchase for a
// fixed volume of the Others, with the participant's own effect on the price.
// It panics if the market is invalid.
func (m *Linear) Curve(period int) Curve {
	c, err := m.curve(period)
	if err != nil {
		panic(fmt.Sprintf("market: Curve of a market that is not valid: %v", err))
	}
	return c
}

// curve returns the base curve plus tangents of the quadratic cost of the
// moving price.
func (m *Linear) curve(period int) (Curve, error) {
	base := m.own(period)
	lower, upper := base.Limits()
	r := m.Response(period)
	if r.Slope == 0 || lower == upper {
		return base, nil // the price does not depend on the own quantity
	}
	maxError := m.MaxError
	if maxError == 0 {
		far := max(-lower, upper)
		maxError = 1e-3 * r.Slope * far * far
	}
	own, err := r.Own(m.Others.or(0, period), lower, upper, maxError)
	if err != nil {
		return Curve{}, err
	}
	return base.Plus(own), nil
}

// own returns the base curve within the limits of the participant.
func (m *Linear) own(period int) Curve {
	return m.Base(period).Within(-m.MaxSell.or(math.Inf(1), period), m.MaxBuy.or(math.Inf(1), period))
}

// Payments returns the payment of every participant for its net purchase if all
// purchases are made together, in currency, and the volume-dependent part of
// the price. The sum of the payments is the sum of the base costs plus price ·
// volume; the counterparty (grid or registry) receives it.
func (m *Linear) Payments(period int, net []float64) (payments []float64, price float64) {
	volume := 0.0
	for _, q := range net {
		volume += q
	}
	base := m.Base(period)
	price = m.Response(period).Price(volume)
	payments = make([]float64, len(net))
	for l, q := range net {
		payments[l] = base.Cost(q) + price*q
	}
	return payments, price
}

// Validate returns an error that lists every violation, including periods that
// Curve cannot represent within MaxError.
func (m *Linear) Validate() error {
	if m.Market == nil {
		return errors.New(
			"linear price: no market to wrap; set Market, such as Flat(Carbon, calendar, 70)")
	}
	if err := Validate(m.Market); err != nil {
		return fmt.Errorf("linear price: %w", err)
	}
	bad, n := faults.List{Prefix: "linear " + m.Trades().String() + " price: "}, m.Periods()
	m.Slope.check(&bad, "Slope", n, notNegative, "a finite number of at least 0")
	for _, s := range []struct {
		field  string
		values Series
		accept func(float64) bool
		want   string
	}{
		{"Floor", m.Floor, number, "a number"},
		{"Cap", m.Cap, number, "a number"},
		{"Others", m.Others, finite, "a finite number"},
		{"MaxBuy", m.MaxBuy, limit, "a number of at least 0"},
		{"MaxSell", m.MaxSell, limit, "a number of at least 0"},
	} {
		if s.values != nil {
			s.values.check(&bad, s.field, n, s.accept, s.want)
		}
	}
	if !(m.MaxError >= 0) {
		bad.Addf("MaxError %v, want at least 0", m.MaxError)
	}
	if bad.Len() > 0 {
		return bad.Err()
	}
	for p := range n {
		if floor, ceiling := m.Response(p).limits(); floor > 0 || ceiling < 0 {
			bad.Addf("period %d: a price of the market lies outside [Floor, Cap] at volume 0; "+
				"widen them", p)
			continue
		}
		if lower, upper := m.own(p).Limits(); m.Slope.At(p) > 0 && (!finite(lower) || !finite(upper)) {
			bad.Addf("period %d: own trade in [%v, %v]; a quadratic cost needs finite limits, "+
				"set MaxBuy and MaxSell", p, lower, upper)
			continue
		}
		if _, err := m.curve(p); err != nil {
			bad.Addf("period %d: %w", p, err)
		}
	}
	return bad.Err()
}
