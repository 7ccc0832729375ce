package market

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Tariff charges one price for what is bought and pays another for what is sold, each fixed in
// advance for every settlement period:
//
//	C_p(q) = Buy_p max(q, 0) − Sell_p max(−q, 0),   −MaxSell_p ≤ q ≤ MaxBuy_p
//
// It serves time-of-use electricity ([TimeOfUse]), a flat carbon or certificate price ([Flat]) and
// gas. Source: Energies 2025 18(13) 3443, section 3.5, with the volume coefficient at zero; [Linear]
// adds the volume.
//
// A period in which Sell exceeds Buy is not convex (see [Warnings]).
type Tariff struct {
	Calendar
	Good    Good
	Buy     Series // currency per unit bought
	Sell    Series // currency per unit sold; nil: the buying price
	MaxBuy  Series // largest purchase per settlement period, units; nil: no limit
	MaxSell Series // largest sale per settlement period, units; nil: no limit
}

var _ Market = (*Tariff)(nil)

// Flat returns a market that buys and sells any quantity at one price, in currency per unit.
func Flat(good Good, calendar Calendar, price float64) *Tariff {
	return &Tariff{Calendar: calendar, Good: good, Buy: Series{price}}
}

// Trades implements [Market].
func (m *Tariff) Trades() Good { return m.Good }

// Curve implements [Market].
func (m *Tariff) Curve(period int) Curve {
	buy := m.Buy.At(period)
	return TwoPrices(buy, m.Sell.or(buy, period),
		m.MaxBuy.or(math.Inf(1), period), m.MaxSell.or(math.Inf(1), period))
}

// Validate reports all violations at once.
func (m *Tariff) Validate() error {
	var bad faults.List
	owner := m.Good.String() + " tariff"
	if err := m.Calendar.Validate(); err != nil {
		bad.Addf("%s: %w", owner, err)
		return bad.Err() // without periods no length can be judged
	}
	n := m.Periods()
	m.Buy.check(&bad, owner, "Buy", n, finite, "finite")
	if m.Sell != nil {
		m.Sell.check(&bad, owner, "Sell", n, finite, "finite")
	}
	if m.MaxBuy != nil {
		m.MaxBuy.check(&bad, owner, "MaxBuy", n, limit, "at least 0")
	}
	if m.MaxSell != nil {
		m.MaxSell.check(&bad, owner, "MaxSell", n, limit, "at least 0")
	}
	return bad.Err()
}
