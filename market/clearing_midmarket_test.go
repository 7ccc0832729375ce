package market_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

// Grid 100 and 40, so the middle is 70.
func TestMidMarketByHand(t *testing.T) {
	m := market.MidMarket{Buy: 100, Sell: 40}
	for name, tc := range map[string]struct {
		net       []float64
		buy, sell float64
		grid      float64
	}{
		"balanced":        {[]float64{4, 6, -10}, 70, 70, 0},
		"short by half":   {[]float64{12, 8, -10}, 85, 70, 1000},  // (70·10 + 100·10)/20
		"long by half":    {[]float64{10, -15, -5}, 70, 55, -400}, // (70·10 + 40·10)/20
		"nobody sells":    {[]float64{5, 5}, 100, 70, 1000},       // the grid's price
		"nobody buys":     {[]float64{-5, 0}, 70, 40, -200},
		"nobody trades":   {[]float64{0, 0}, 70, 70, 0},
		"nobody is there": {nil, 70, 70, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := m.Share(tc.net)
			require.NoError(t, err)
			assert.InDeltaSlice(t, []float64{tc.buy, tc.sell, tc.grid}, []float64{s.BuyPrice, s.SellPrice, s.Grid}, 1e-9)
		})
	}
}

func TestMidMarketIsGoodForEverybodyAndItsMoneyCloses(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 28))
	for range 1000 {
		m := market.MidMarket{Sell: 200 * (r.Float64() - 0.3)}
		m.Buy = m.Sell + 300*r.Float64()
		net := make([]float64, 1+r.IntN(10))
		for i := range net {
			net[i] = 10 * r.NormFloat64()
		}
		s, err := m.Share(net)
		require.NoError(t, err)
		alone := market.TwoPrices(m.Buy, m.Sell, math.Inf(1), math.Inf(1))
		for i, q := range net {
			require.LessOrEqual(t, s.Payments[i], alone.Cost(q)+1e-9, "nobody pays more than alone")
		}
		require.InDelta(t, s.Grid, sum(s.Payments), 1e-7)
		require.InDelta(t, alone.Cost(sum(net)), s.Grid, 1e-7, "the community pays the grid for its net purchase")

		members, grid, err := s.Settle(market.Fen)
		require.NoError(t, err)
		for _, units := range members {
			grid += units
		}
		require.Zero(t, grid)
	}
}

func TestMidMarketReportsAllViolationsAtOnce(t *testing.T) {
	_, err := market.MidMarket{Buy: 40, Sell: 100}.Share([]float64{math.NaN()})
	assert.ErrorContains(t, err, "the grid pays 100 and charges 40")
	assert.ErrorContains(t, err, "net purchase of member 0 is NaN")
	_, err = market.MidMarket{Buy: math.Inf(1)}.Share(nil)
	assert.ErrorContains(t, err, "must be finite")
}
