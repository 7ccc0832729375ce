package market

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Imbalance prices the deviation of a participant's delivery from its schedule.
// With the price λ of the scheduled energy and q = short − long (a shortfall is
// bought, a surplus is sold)
//
//	C(q) = λ q + Short · max(q − Tolerance, 0) + Long · max(−q − Tolerance, 0)
//
// A shortfall costs λ + Short per MWh and a surplus earns λ − Long. With Short
// = Long = 0 deviations have the day-ahead price; Long = −Short is a single
// imbalance price. Tolerance is the deviation that some rules leave without
// penalty, such as 3 % of the schedule in the medium- and long-term rules of
// Fujian.
//
// Source: Conejo, Carrión and Morales, Decision Making Under Uncertainty in
// Electricity Markets (2010), two-price imbalance pricing. [Spreads] computes
// the spreads from the usual multiples of the price.
type Imbalance struct {
	Calendar
	Price     Series // λ, currency per MWh; may be negative
	Short     Series // penalty of a missing MWh on top of λ, currency per MWh
	Long      Series // reduction of the revenue λ of a surplus MWh, currency per MWh
	Tolerance Series // MWh per settlement period without penalty; nil: none
	MaxShort  Series // MWh per settlement period; nil: no limit
	MaxLong   Series // MWh per settlement period; nil: no limit
}

var _ Market = (*Imbalance)(nil)

// Spreads converts multiples of the price λ into spreads around it. A shortfall
// costs shortMultiple times the price (usually 1.2 to 1.5), and a surplus earns
// longMultiple times the price (usually 0.3 to 0.7):
//
//	Short = (shortMultiple − 1)|λ|,   Long = (1 − longMultiple)|λ|
//
// At a negative price the plain multiples would reward deviations: a shortfall
// at 1.2 · (−10) would earn more than the schedule. With |λ| the spread is a
// penalty at every price and equals the plain multiple for λ ≥ 0.
func Spreads(price Series, shortMultiple, longMultiple float64) (short, long Series) {
	short, long = make(Series, len(price)), make(Series, len(price))
	for i, p := range price {
		short[i] = (shortMultiple - 1) * math.Abs(p)
		long[i] = (1 - longMultiple) * math.Abs(p)
	}
	return short, long
}

// Trades implements [Market].
func (m *Imbalance) Trades() Good { return Electricity }

// Curve implements [Market]: the price of the energy plus the penalty.
func (m *Imbalance) Curve(period int) Curve {
	return m.curve(period, m.Price.At(period))
}

// Penalty returns the second and third term of the cost only: the cost of the
// deviation without its energy. It is the loss in a risk measure of imbalance.
func (m *Imbalance) Penalty(period int) Curve {
	return m.curve(period, 0)
}

// curve returns the cost for a given price of the energy. Every limit may cut
// the tolerance band.
func (m *Imbalance) curve(period int, price float64) Curve {
	var (
		c        Curve
		free     = m.Tolerance.or(0, period)
		maxLong  = m.MaxLong.or(math.Inf(1), period)
		maxShort = m.MaxShort.or(math.Inf(1), period)
	)
	c.extend(-maxLong, price-m.Long.At(period), -free)
	c.extend(max(-free, -maxLong), price, min(free, maxShort))
	c.extend(free, price+m.Short.At(period), maxShort)
	return c
}

// Validate returns an error that lists every violation.
func (m *Imbalance) Validate() error {
	bad := faults.List{Prefix: "imbalance pricing: "}
	if err := m.Calendar.Validate(); err != nil {
		bad.Addf("%w", err)
		return bad.Err()
	}
	n := m.Periods()
	m.Price.check(&bad, "Price", n, finite, "a finite number")
	m.Short.check(&bad, "Short", n, finite, "a finite number")
	m.Long.check(&bad, "Long", n, finite, "a finite number")
	for _, s := range []struct {
		field  string
		values Series
		accept func(float64) bool
		want   string
	}{
		{"Tolerance", m.Tolerance, notNegative, "a finite number of at least 0"},
		{"MaxShort", m.MaxShort, limit, "a number of at least 0"},
		{"MaxLong", m.MaxLong, limit, "a number of at least 0"},
	} {
		if s.values != nil {
			s.values.check(&bad, s.field, n, s.accept, s.want)
		}
	}
	return bad.Err()
}
