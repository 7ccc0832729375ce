package market_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

// The spread form of the synthetic day-ahead fixture: 16 per MWh long, 27 per
// MWh short, around a price that is negative in its hours 13 and 14.
func fixtureImbalance() *market.Imbalance {
	return &market.Imbalance{
		Calendar: market.Calendar{Steps: 3},
		Price:    market.Series{42.5, -6.5, -11.2},
		Short:    market.Series{27}, Long: market.Series{16},
	}
}

// The fixture pays λ n − 16 long − 27 short for a delivery n. A position e sold
// day-ahead and the rest settled here must come to the same: −λ e + C(e − n).
func TestPositionAndImbalanceTogetherPayTheDelivery(t *testing.T) {
	m := fixtureImbalance()
	require.NoError(t, market.Validate(m))
	for p, price := range m.Price {
		for _, tc := range []struct{ position, delivered, long, short float64 }{
			{10, 10, 0, 0},
			{10, 13, 3, 0},
			{10, 6, 0, 4},
			{-5, -2, 3, 0},
		} {
			cost := -price*tc.position + m.Curve(p).Cost(tc.position-tc.delivered)
			want := -(price*tc.delivered - 16*tc.long - 27*tc.short)
			assert.InDelta(t, want, cost, 1e-9, "price %v, %+v", price, tc)
			assert.InDelta(t, 16*tc.long+27*tc.short, m.Penalty(p).Cost(tc.position-tc.delivered), 1e-9)
		}
		assert.True(t, m.Curve(p).Convex(), "a spread is a penalty at every price")
	}
	assert.Empty(t, market.Warnings(m))
}

func TestSpreadsArePenaltiesAtNegativePricesToo(t *testing.T) {
	price := market.Series{50, -10}
	short, long := market.Spreads(price, 1.3, 0.6)
	m := &market.Imbalance{Calendar: market.Calendar{Steps: 2}, Price: price, Short: short, Long: long}
	require.NoError(t, market.Validate(m))
	// At 50: short 1.3·50 = 65, long 0.6·50 = 30, the two-price form as
	// written.
	assert.InDelta(t, 65, m.Curve(0).Cost(1), 1e-9)
	assert.InDelta(t, -30, m.Curve(0).Cost(-1), 1e-9)
	// At −10 the bare multiples would give −13 and −6: buying earns 13, selling
	// costs 6, and doing both earns 7 out of nothing. Around |λ|: −10 + 3 and
	// −10 − 4.
	assert.InDelta(t, -7, m.Curve(1).Cost(1), 1e-9)
	assert.InDelta(t, 14, m.Curve(1).Cost(-1), 1e-9)

	bare := &market.Imbalance{
		Calendar: market.Calendar{Steps: 1}, Price: market.Series{-10},
		Short: market.Series{-13 + 10}, Long: market.Series{-10 + 6},
	}
	assert.False(t, bare.Curve(0).Convex())
	kinds := map[market.WarningKind]bool{}
	for _, w := range market.Warnings(bare) {
		kinds[w.Kind] = true
	}
	assert.Equal(t, map[market.WarningKind]bool{market.Arbitrage: true, market.RewardedDeviation: true}, kinds)
}

func TestToleranceIsFreeOfPenalty(t *testing.T) {
	m := fixtureImbalance()
	m.Tolerance = market.Series{0.3} // 3 % of a schedule of 10 MWh
	m.MaxShort, m.MaxLong = market.Series{5}, market.Series{0.2}
	require.NoError(t, market.Validate(m))
	c := m.Penalty(0)
	assert.Zero(t, c.Cost(0.3))
	assert.InDelta(t, 27*0.2, c.Cost(0.5), 1e-12)
	assert.Zero(t, c.Cost(-0.2), "the largest surplus lies inside the tolerance")
	assert.Equal(t, math.Inf(1), c.Cost(-0.3))
	assert.Equal(t, math.Inf(1), c.Cost(5.5))
	assert.InDelta(t, 42.5*0.5+27*0.2, m.Curve(0).Cost(0.5), 1e-12)
}

func TestImbalanceReportsAllViolationsAtOnce(t *testing.T) {
	err := (&market.Imbalance{
		Calendar: market.Calendar{Steps: 2},
		Price:    market.Series{1, 2, 3}, Short: market.Series{math.Inf(1)},
		Tolerance: market.Series{math.Inf(1)},
	}).Validate()
	for _, want := range []string{"Price has 3 values", "Short[0] is +Inf", "Long has 0 values", "Tolerance[0] is +Inf"} {
		assert.ErrorContains(t, err, want)
	}
}
