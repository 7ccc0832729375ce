package market

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Ladder is a carbon price that rises in steps with the allowances bought in a
// settlement period. Band k, counted from 0, has the price
//
//	λ (1 + a k)   for d k < q ≤ d (k+1),   k = 0 … Bands−1,   the last band has no upper end
//
// so the cost at the end of the k-th band is λ d (k + a k(k−1)/2): λd, λd(2+a),
// λd(3+3a), λd(4+6a), … Purchases are convex and need no binaries. Reward is
// the rule for sales.
//
// The settlement period matters as much as the price. Cui et al., Electric
// Power Automation Equipment 40(11) 2020, state their ladder for daily totals:
// with 50 CNY/t, bands of 40 t, growth of 25 % and three bands, emissions of
// 9938.9 t against a quota of 7612.8 t cost 172 957 CNY a day. Settled hourly,
// the same amount costs at least 138 457 CNY (equal hours, by Jensen's
// inequality), and at the flat price 116 305 CNY. Their published cost of 143
// 800 CNY is consistent only with hourly bands.
type Ladder struct {
	Calendar
	Price   Series  // λ, currency per t CO2, at least 0
	Band    Series  // d, t CO2 per settlement period, above 0
	Growth  float64 // a, fraction of λ added per band, at least 0
	Bands   int     // number of prices, at least 1; 1 is a flat price
	Reward  Reward  // rule for sales; default BaseReward
	MaxBuy  Series  // t CO2 per settlement period; nil: no limit
	MaxSell Series  // t CO2 per settlement period; nil: no limit
}

// A Reward is the rule by which a ladder pays for allowances sold.
type Reward int

const (
	// BaseReward pays λ for every allowance (Cui et al. 2020).
	BaseReward Reward = iota
	// SymmetricReward mirrors the ladder: larger sales earn higher prices per
	// allowance. The curve is not convex, and a program needs one binary per
	// band.
	SymmetricReward
)

var _ Market = (*Ladder)(nil)

// Trades implements [Market].
func (m *Ladder) Trades() Good { return Carbon }

// Curve implements [Market].
func (m *Ladder) Curve(period int) Curve {
	var (
		c       Curve
		price   = m.Price.At(period)
		band    = m.Band.At(period)
		maxBuy  = m.MaxBuy.or(math.Inf(1), period)
		maxSell = m.MaxSell.or(math.Inf(1), period)
		rung    = func(k int) float64 { return price * (1 + float64(k)*m.Growth) }
		edge    = func(k int) float64 { // lower end of band k
			if k == m.Bands {
				return math.Inf(1)
			}
			return float64(k) * band
		}
	)
	if m.Reward == SymmetricReward {
		for k := m.Bands - 1; k >= 0; k-- {
			c.extend(max(-maxSell, -edge(k+1)), rung(k), -edge(k))
		}
	} else {
		c.extend(-maxSell, price, 0)
	}
	for k := range m.Bands {
		c.extend(edge(k), rung(k), min(edge(k+1), maxBuy))
	}
	return c
}

// Validate returns an error that lists every violation.
func (m *Ladder) Validate() error {
	bad := faults.List{Prefix: "carbon ladder: "}
	if m.Bands < 1 || m.Bands > maxPieces {
		bad.Addf("%d bands, want 1 to %d", m.Bands, maxPieces)
	}
	if !notNegative(m.Growth) {
		bad.Addf("Growth %v, want a finite fraction of at least 0; prices of bands must not fall",
			m.Growth)
	}
	if m.Reward != BaseReward && m.Reward != SymmetricReward {
		bad.Addf("unknown Reward %d, want BaseReward or SymmetricReward", int(m.Reward))
	}
	if err := m.Calendar.Validate(); err != nil {
		bad.Addf("%w", err)
		return bad.Err()
	}
	n := m.Periods()
	m.Price.check(&bad, "Price", n, notNegative, "a finite number of at least 0")
	positive := func(v float64) bool { return finite(v) && v > 0 }
	m.Band.check(&bad, "Band", n, positive, "a finite number above 0")
	if m.MaxBuy != nil {
		m.MaxBuy.check(&bad, "MaxBuy", n, limit, "a number of at least 0")
	}
	if m.MaxSell != nil {
		m.MaxSell.check(&bad, "MaxSell", n, limit, "a number of at least 0")
	}
	return bad.Err()
}
