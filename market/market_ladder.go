package market

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Ladder is a carbon price that rises in steps with the allowances bought in a settlement period
// (reading C3):
//
//	λ(1 + k a) for the (k+1)-th band of width d,  k = 0 .. Bands−1, the last band open
//
// so that the cost at the end of band k is λ d (k + a k(k−1)/2): λd, λd(2+a), λd(3+3a), λd(4+6a), …
// Buying is convex and needs no binaries. Reward says what a surplus earns.
//
// The settlement period matters as much as the price. Cui et al., Electric Power Automation Equipment
// 40(11) 2020, write their ladder on daily totals: with 50 CNY/t, bands of 40 t, 25 % and three bands,
// emissions of 9938.9 t against a quota of 7612.8 t cost 172 957 CNY a day. Settled by the hour the
// same tonnes cost at least 138 457 CNY (even hours; Jensen's inequality forbids less), and at the
// flat price 116 305 CNY. Their published cost, 143 800 CNY, can only have come from hourly bands.
type Ladder struct {
	Calendar
	Price   Series  // λ, currency per t CO2, at least 0
	Band    Series  // d, t CO2 per settlement period, above 0
	Growth  float64 // a, fraction of λ added per band, at least 0
	Bands   int     // number of prices, at least 1; 1 is a flat price
	Reward  Reward  // for selling; the default pays the base price
	MaxBuy  Series  // t CO2 per settlement period; nil: no limit
	MaxSell Series  // t CO2 per settlement period; nil: no limit
}

// A Reward says what a ladder pays for allowances sold.
type Reward int

const (
	// BaseReward pays λ for every allowance (Cui et al. 2020).
	BaseReward Reward = iota
	// SymmetricReward mirrors the ladder: the more is sold, the more each allowance earns. Revenue
	// then bends the wrong way and the curve is not convex: a program needs one binary per band.
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
		edge    = func(k int) float64 { // where band k-1 ends
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

// Validate reports all violations at once.
func (m *Ladder) Validate() error {
	var bad faults.List
	const owner = "carbon ladder"
	if m.Bands < 1 || m.Bands > maxPieces {
		bad.Addf("%s: %d bands; give 1 to %d", owner, m.Bands, maxPieces)
	}
	if !notNegative(m.Growth) {
		bad.Addf("%s: Growth %v; the price of a further band must not fall, give a finite fraction of at least 0", owner, m.Growth)
	}
	if m.Reward != BaseReward && m.Reward != SymmetricReward {
		bad.Addf("%s: unknown Reward %d", owner, int(m.Reward))
	}
	if err := m.Calendar.Validate(); err != nil {
		bad.Addf("%s: %w", owner, err)
		return bad.Err()
	}
	n := m.Periods()
	m.Price.check(&bad, owner, "Price", n, notNegative, "finite and at least 0")
	m.Band.check(&bad, owner, "Band", n, func(v float64) bool { return finite(v) && v > 0 }, "finite and above 0")
	if m.MaxBuy != nil {
		m.MaxBuy.check(&bad, owner, "MaxBuy", n, limit, "at least 0")
	}
	if m.MaxSell != nil {
		m.MaxSell.check(&bad, owner, "MaxSell", n, limit, "at least 0")
	}
	return bad.Err()
}
