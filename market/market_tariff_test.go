package market_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/market/published"
)

func TestTariffChargesOnePriceAndPaysAnother(t *testing.T) {
	m := &market.Tariff{
		Calendar: market.Calendar{Steps: 2},
		Buy:      market.Series{100, 200}, Sell: market.Series{35, 70},
		MaxBuy: market.Series{5}, MaxSell: market.Series{8},
	}
	require.NoError(t, m.Validate())
	assert.InDelta(t, 600, m.Curve(1).Cost(3), 1e-9)   // 3·200
	assert.InDelta(t, -210, m.Curve(1).Cost(-3), 1e-9) // 3·70
	assert.Equal(t, math.Inf(1), m.Curve(0).Cost(6))
	assert.Equal(t, math.Inf(1), m.Curve(0).Cost(-9))
	assert.Equal(t, 2, market.Steps(m))
}

func TestTariffReportsAllViolationsAtOnce(t *testing.T) {
	err := (&market.Tariff{
		Calendar: market.Calendar{Steps: 24},
		Buy:      make(market.Series, 23),
		Sell:     market.Series{math.NaN()},
		MaxBuy:   market.Series{-1},
	}).Validate()
	for _, want := range []string{"Buy has 23 values", "Sell[0] is NaN", "MaxBuy[0] is -1"} {
		assert.ErrorContains(t, err, want)
	}
	assert.ErrorContains(t, (&market.Tariff{Calendar: market.Calendar{Steps: 1}}).Validate(), "Buy has 0 values")
	assert.ErrorContains(t, market.Validate(nil), "no market")
}

func TestTimeOfUseFollowsTheClock(t *testing.T) {
	day := published.TimeOfUseCheng().SellingAt(published.CalibratedSellFraction)
	m, err := day.Tariff(market.Calendar{Steps: 4 * 48, StepHours: 0.25})
	require.NoError(t, err)
	require.NoError(t, market.Validate(m))
	buy := func(hour float64) float64 { _, hi := m.Curve(int(hour * 4)).Marginal(0); return hi }
	sell := func(hour float64) float64 { lo, _ := m.Curve(int(hour * 4)).Marginal(0); return lo }
	assert.InDelta(t, 470, buy(5.75), 1e-9)
	assert.InDelta(t, 1243, buy(6), 1e-9)
	assert.InDelta(t, 893.4, buy(24+12), 1e-9, "the second day")
	assert.InDelta(t, 435.05, sell(6), 1e-9) // 0.35 · 1243
	assert.Empty(t, market.Warnings(m))

	_, err = day.Tariff(market.Calendar{Steps: 24, Period: market.Day})
	assert.ErrorContains(t, err, "across a change of price")
	_, err = published.TimeOfUseCheng().Tariff(market.Calendar{Steps: 24})
	assert.ErrorContains(t, err, "set them with SellingAt")
}

func TestGasIsBoughtByVolumeAndPricedByEnergy(t *testing.T) {
	// 2.55 CNY/m³ at 9.88 kWh/m³ (Wei 2022): 2.55/9.88 = 0.25810 CNY/kWh.
	assert.InDelta(t, 258.097, market.GasPrice(2.55, 9.88), 1e-3)
}

func TestPostedCurvesStayTheMarkets(t *testing.T) {
	m := &market.Posted{Calendar: market.Calendar{Steps: 1}, Good: market.Gas, Curves: []market.Curve{steps()}}
	require.NoError(t, m.Validate())
	m.Curve(0).Slopes[0] = 99
	assert.Equal(t, steps(), m.Curve(0))

	m.Curves = append(m.Curves, market.Curve{Breaks: []float64{1, 2}, Slopes: []float64{1}})
	assert.ErrorContains(t, m.Validate(), "2 curves for 1 settlement periods")
	assert.ErrorContains(t, m.Validate(), "curve 1: curve: limits [1, 2] do not contain 0")
}
