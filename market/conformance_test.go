package market_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/market/markettest"
	"github.com/trigrid/trigrid/market/published"
)

// Every market of this package satisfies the contract, and has the costs of its
// rule when the rule is written down a second time.
func TestMarketsKeepTheContract(t *testing.T) {
	day := market.Calendar{Steps: 24}

	t.Run("flat price", func(t *testing.T) {
		markettest.Suite{Steps: 24, Cost: func(_ int, q float64) float64 { return 70 * q }}.
			Run(t, market.Flat(market.Carbon, day, 70))
	})
	t.Run("time of use", func(t *testing.T) {
		tariff, err := published.TimeOfUseCheng().SellingAt(published.CalibratedSellFraction).Tariff(day)
		require.NoError(t, err)
		tariff.MaxBuy, tariff.MaxSell = market.Series{12}, market.Series{0}
		markettest.Suite{Steps: 24}.Run(t, tariff)
	})
	t.Run("time of use that pays for sales above its price", func(t *testing.T) {
		tariff, err := published.TimeOfUseWei2022().Tariff(day)
		require.NoError(t, err)
		markettest.Run(t, tariff)
	})
	t.Run("imbalance", func(t *testing.T) {
		m := fixtureImbalance()
		m.Tolerance = market.Series{0.5, 0, 1}
		markettest.Suite{Steps: 3, Cost: func(p int, q float64) float64 {
			return m.Price[p]*q + 27*max(q-m.Tolerance[p], 0) + 16*max(-q-m.Tolerance[p], 0)
		}}.Run(t, m)
	})
	t.Run("ladder by the hour", func(t *testing.T) {
		markettest.Suite{Steps: 24, Cost: func(_ int, q float64) float64 {
			if q < 0 {
				return 50 * q
			}
			return 50*min(q, 40) + 62.5*min(max(q-40, 0), 40) + 75*max(q-80, 0)
		}}.Run(t, cui(market.Hour))
	})
	t.Run("ladder with mirrored reward", func(t *testing.T) {
		m := cui(market.Day)
		m.Reward = market.SymmetricReward
		markettest.Suite{Steps: 24, Cost: func(_ int, q float64) float64 {
			a := math.Abs(q)
			return math.Copysign(50*min(a, 40)+62.5*min(max(a-40, 0), 40)+75*max(a-80, 0), q)
		}}.Run(t, m)
	})
	t.Run("linear carbon price", func(t *testing.T) {
		m := &market.Linear{
			Market: market.Flat(market.Carbon, day, 70), Slope: market.Series{0.2}, Others: market.Series{-15},
			MaxBuy: market.Series{80}, MaxSell: market.Series{60}, MaxError: 0.5,
		}
		markettest.Suite{Steps: 24, Tolerance: 0.5, Cost: func(_ int, q float64) float64 {
			return q * (70 + 0.2*(q-15))
		}}.Run(t, m)
	})
	t.Run("linear electricity price with limits", func(t *testing.T) {
		m := linearElectricity()
		m.Cap = market.Series{210}
		markettest.Suite{Steps: 2, Tolerance: 0.001 * 2 * 400, Cost: func(p int, q float64) float64 {
			payments, _ := m.Payments(p, []float64{q})
			return payments[0]
		}}.Run(t, m)
	})
	t.Run("posted curves", func(t *testing.T) {
		m := &market.Posted{
			Calendar: market.Calendar{Steps: 96, StepHours: 0.25, Period: market.Day}, Good: market.Gas,
			Curves: []market.Curve{{Breaks: []float64{-10, 0, 4, 10}, Slopes: []float64{20, 50, 80}, Fixed: 3}},
		}
		markettest.Suite{Steps: 96, Fixed: func(int) float64 { return 3 }}.Run(t, m)
	})
}
