package market

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Imbalance settles what a participant delivers beyond or short of its schedule. With the price λ of
// the scheduled energy and q = short − long (a shortfall is bought, a surplus is sold)
//
//	C(q) = λ q + Short · max(q − Tolerance, 0) + Long · max(−q − Tolerance, 0)
//
// A shortfall costs λ + Short and a surplus earns λ − Long. Short = Long = 0 is settlement at the
// day-ahead price; Long = −Short a single imbalance price. A Tolerance is the band some rules leave
// free of penalty, for instance 3 % of the schedule in the Fujian medium- and long-term rules.
//
// Source: the two-price form of Conejo, Carrión and Morales, Decision Making Under Uncertainty in
// Electricity Markets (2010); [Spreads] makes the spreads from the usual multiples of the price.
type Imbalance struct {
	Calendar
	Price     Series // λ, currency per MWh; may be negative
	Short     Series // what a missing MWh costs above λ, currency per MWh
	Long      Series // what a surplus MWh earns below λ, currency per MWh
	Tolerance Series // MWh per settlement period without penalty; nil: none
	MaxShort  Series // MWh per settlement period; nil: no limit
	MaxLong   Series // MWh per settlement period; nil: no limit
}

var _ Market = (*Imbalance)(nil)

// Spreads turns multiples of the price into spreads around it: a shortfall costs shortMultiple times
// the price (usually 1.2 to 1.5), a surplus earns longMultiple times the price (usually 0.3 to 0.7).
//
//	Short = (shortMultiple − 1)|λ|,   Long = (1 − longMultiple)|λ|
//
// At a negative price the bare multiples would reward the very deviation they are meant to punish (a
// shortfall at 1.2 · (−10) earns more than the schedule did), so the spread is taken of |λ|: it is
// then a penalty at every price, and the bare multiple wherever λ ≥ 0.
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

// Curve implements [Market]: the price of the energy and the penalty together.
func (m *Imbalance) Curve(period int) Curve {
	return m.curve(period, m.Price.At(period))
}

// Penalty returns the second and third terms alone: the cost of deviating, apart from the energy. It
// is the loss of which a risk measure of imbalance is taken.
func (m *Imbalance) Penalty(period int) Curve {
	return m.curve(period, 0)
}

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

// Validate reports all violations at once.
func (m *Imbalance) Validate() error {
	var bad faults.List
	const owner = "imbalance settlement"
	if err := m.Calendar.Validate(); err != nil {
		bad.Addf("%s: %w", owner, err)
		return bad.Err()
	}
	n := m.Periods()
	m.Price.check(&bad, owner, "Price", n, finite, "finite")
	m.Short.check(&bad, owner, "Short", n, finite, "finite")
	m.Long.check(&bad, owner, "Long", n, finite, "finite")
	for _, s := range []struct {
		field  string
		values Series
		accept func(float64) bool
		want   string
	}{
		{"Tolerance", m.Tolerance, notNegative, "finite and at least 0"},
		{"MaxShort", m.MaxShort, limit, "at least 0"},
		{"MaxLong", m.MaxLong, limit, "at least 0"},
	} {
		if s.values != nil {
			s.values.check(&bad, owner, s.field, n, s.accept, s.want)
		}
	}
	return bad.Err()
}
