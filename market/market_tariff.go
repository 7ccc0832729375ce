package market

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Tariff has one price for purchases and one for sales, fixed in advance for
// every settlement period p:
//
//	C_p(q) = Buy_p max(q, 0) − Sell_p max(−q, 0),   −MaxSell_p ≤ q ≤ MaxBuy_p
//
// It represents time-of-use electricity ([TimeOfUse]), a flat carbon or
// certificate price ([Flat]) and gas. A period with Sell above Buy is not
// convex, see [Warnings].
//
// Source: Energies 2025 18(13) 3443, section 3.5, with a volume coefficient of
// zero; [Linear] adds the volume.
type Tariff struct {
	Calendar
	Good    Good
	Buy     Series // currency per unit bought
	Sell    Series // currency per unit sold; nil: Buy
	MaxBuy  Series // largest purchase per settlement period, units; nil: no limit
	MaxSell Series // largest sale per settlement period, units; nil: no limit
}

var _ Market = (*Tariff)(nil)

// Flat returns a market that buys and sells any quantity at one price, in
// currency per unit.
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

// Validate returns an error that lists every violation.
func (m *Tariff) Validate() error {
	bad := faults.List{Prefix: m.Good.String() + " tariff: "}
	if err := m.Calendar.Validate(); err != nil {
		bad.Addf("%w", err)
		return bad.Err() // lengths of series depend on valid periods
	}
	n := m.Periods()
	m.Buy.check(&bad, "Buy", n, finite, "a finite number")
	if m.Sell != nil {
		m.Sell.check(&bad, "Sell", n, finite, "a finite number")
	}
	if m.MaxBuy != nil {
		m.MaxBuy.check(&bad, "MaxBuy", n, limit, "a number of at least 0")
	}
	if m.MaxSell != nil {
		m.MaxSell.check(&bad, "MaxSell", n, limit, "a number of at least 0")
	}
	return bad.Err()
}
