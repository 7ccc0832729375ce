package market

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Responsive market has prices that move with the net purchase of all its participants. The
// marginal price of a participant is that of its Base curve plus the price of the Response at the
// volume of the market; the response is 0 at volume 0.
//
// A program that joins all participants minimises the sum of their own costs and base curves plus
// the response's potential ([Response.Common], [Response.Private]). A program of one participant
// uses the Market's Curve, in which the others' volume is fixed.
type Responsive interface {
	Market
	Base(period int) Curve
	Response(period int) Response
}

// Linear lets the prices of another market move with the volume traded there:
//
//	λ_p(Q) = λ_p + b_p Q, held between Floor and Cap,   Q = Σ_l q_l
//
// where λ_p is the buying or the selling price of the market it wraps and b_p the Slope. It is the
// electricity price TOU_t + b_t (Σ buy − Σ sell), the carbon price a + b Σ (E − E^q) and the
// certificate price a + b (Σ N_buy − Σ N_sell) of Energies 2025 18(13) 3443, sections 3.3 to 3.5:
// wrap a [Tariff] or a [Flat] price. Buying and selling move by the same amount, which keeps the gap
// between them and makes the equilibria of [Response] exist; a selling price that stayed a fixed
// fraction of a moving buying price would leave no potential.
//
// Two readings of the carbon price differ in who sees what. In the market-wide one (C1, recommended)
// all volumes count and the price follows from an equilibrium. In the other (C2) each seller faces
// a price a − b · (own sales): that is the Curve of a Linear with no Others.
type Linear struct {
	Market         // the market whose prices are moved
	Slope   Series // b, currency per unit per unit of volume, at least 0
	Floor   Series // lowest price, currency per unit, not above any price of the market; nil: none
	Cap     Series // highest price, currency per unit, not below any price of the market; nil: none
	Others  Series // net purchase of all other participants, for Curve only; nil: 0
	MaxBuy  Series // largest own purchase, for Curve only; nil: the market's limit, which must be finite
	MaxSell Series // largest own sale, for Curve only; nil: the market's limit, which must be finite
	// MaxError is how far Curve may lie below the true cost, currency per settlement period. 0 means
	// a thousandth of the quadratic term at the farther limit, which takes about 32 tangents.
	MaxError float64
}

var _ Responsive = (*Linear)(nil)

// Base implements [Responsive]: the wrapped market's curve.
func (m *Linear) Base(period int) Curve {
	return m.Market.Curve(period)
}

// Response implements [Responsive]. Floor and cap limit the final prices, so that the response may
// not push the lowest of them below the floor nor the highest above the cap.
func (m *Linear) Response(period int) Response {
	r := Response{Slope: m.Slope.At(period), Floor: math.Inf(-1), Cap: math.Inf(1)}
	if slopes := m.Base(period).Slopes; len(slopes) > 0 {
		lowest, highest := slopes[0], slopes[0]
		for _, s := range slopes {
			lowest, highest = min(lowest, s), max(highest, s)
		}
		r.Floor = m.Floor.or(math.Inf(-1), period) - lowest
		r.Cap = m.Cap.or(math.Inf(1), period) - highest
	}
	if r.Floor == 0 && r.Cap == 0 {
		// No room to move at all, which the zero value would read as room without limits.
		r.Slope = 0
	}
	return r
}

// Curve implements [Market]: the cost of one participant's net purchase while the Others' is fixed,
// its own effect on the price included.
func (m *Linear) Curve(period int) Curve {
	c, err := m.curve(period)
	if err != nil {
		panic(fmt.Sprintf("market: Curve of a market that is not valid: %v", err))
	}
	return c
}

func (m *Linear) curve(period int) (Curve, error) {
	base := m.own(period)
	lower, upper := base.Limits()
	r := m.Response(period)
	if r.Slope == 0 || lower == upper {
		return base, nil // the price does not move, or nothing moves it
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

// own returns the base curve within the limits of the participant Curve speaks of.
func (m *Linear) own(period int) Curve {
	return m.Base(period).Within(-m.MaxSell.or(math.Inf(1), period), m.MaxBuy.or(math.Inf(1), period))
}

// Payments returns what every participant pays for its net purchase when all are made together,
// currency, and the volume-dependent part of the price. The payments add up to the base costs plus
// price · volume; whoever stands outside (the grid, the registry) receives that sum.
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

// Validate reports all violations at once.
func (m *Linear) Validate() error {
	if m.Market == nil {
		return fmt.Errorf("linear price: no market to wrap; set Market, for instance to Flat(Carbon, calendar, 70)")
	}
	if err := Validate(m.Market); err != nil {
		return fmt.Errorf("linear price: %w", err)
	}
	var bad faults.List
	owner, n := "linear "+m.Trades().String()+" price", m.Periods()
	m.Slope.check(&bad, owner, "Slope", n, notNegative, "finite and at least 0")
	for _, s := range []struct {
		field  string
		values Series
		accept func(float64) bool
		want   string
	}{
		{"Floor", m.Floor, number, "a number"},
		{"Cap", m.Cap, number, "a number"},
		{"Others", m.Others, finite, "finite"},
		{"MaxBuy", m.MaxBuy, limit, "at least 0"},
		{"MaxSell", m.MaxSell, limit, "at least 0"},
	} {
		if s.values != nil {
			s.values.check(&bad, owner, s.field, n, s.accept, s.want)
		}
	}
	if !(m.MaxError >= 0) {
		bad.Addf("%s: MaxError %v; it must be at least 0", owner, m.MaxError)
	}
	if bad.Len() > 0 {
		return bad.Err()
	}
	for p := range n {
		if r := m.Response(p); r.Floor > 0 || r.Cap < 0 {
			bad.Addf("%s: period %d: a price of the market lies outside [Floor, Cap] at volume 0; widen them", owner, p)
			continue
		}
		if lower, upper := m.own(p).Limits(); m.Slope.At(p) > 0 && (!finite(lower) || !finite(upper)) {
			bad.Addf("%s: period %d: own trade in [%v, %v]; a quadratic cost needs finite limits, set MaxBuy and MaxSell", owner, p, lower, upper)
			continue
		}
		if _, err := m.curve(p); err != nil {
			bad.Addf("%s: period %d: %w", owner, p, err)
		}
	}
	return bad.Err()
}
