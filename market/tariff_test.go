package market_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
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

// The hours are those of the sources, counted here from 0.
func TestPublishedTariffsHaveTheirHours(t *testing.T) {
	for name, tc := range map[string]struct {
		day       market.TimeOfUse
		buy, sell map[int]float64 // CNY/MWh by hour; a sample on both sides of every change
	}{
		"Wei 2022": {
			market.TimeOfUseWei2022(),
			map[int]float64{0: 350, 6: 350, 7: 680, 8: 680, 9: 1090, 11: 1090, 12: 680, 18: 680, 19: 1090, 21: 1090, 22: 680, 23: 680},
			map[int]float64{0: 500, 12: 500, 23: 500},
		},
		"Xue 2019": {
			market.TimeOfUseXue2019(),
			map[int]float64{0: 250, 6: 250, 7: 530, 9: 530, 10: 820, 14: 820, 15: 530, 17: 530, 18: 820, 20: 820, 21: 530, 23: 530},
			map[int]float64{0: 220, 6: 220, 7: 420, 10: 650, 14: 650, 15: 420, 18: 650, 20: 650, 21: 420},
		},
		"Cheng": {
			market.TimeOfUseCheng(),
			map[int]float64{0: 470, 5: 470, 6: 1243, 11: 1243, 12: 893.4, 17: 893.4, 18: 1243, 21: 1243, 22: 470, 23: 470},
			nil,
		},
		"Li 2022": {
			market.TimeOfUseLi2022(),
			map[int]float64{0: 400, 5: 400, 6: 790, 8: 790, 9: 1200, 13: 1200, 14: 790, 16: 790, 17: 1200, 19: 1200, 20: 790, 21: 790, 22: 400, 23: 400},
			map[int]float64{0: 350, 5: 350, 6: 680, 8: 680, 9: 1120, 13: 1120, 14: 680, 17: 1120, 19: 1120, 20: 790, 21: 790, 22: 350},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for h, want := range tc.buy {
				assert.InDelta(t, want, tc.day.Buy[h], 1e-9, "buying in hour %d", h)
			}
			for h, want := range tc.sell {
				assert.InDelta(t, want, tc.day.Sell[h], 1e-9, "selling in hour %d", h)
			}
			if tc.sell == nil {
				assert.Nil(t, tc.day.Sell)
			}
		})
	}
}

func TestThesisTariffNeedsItsPeakHoursFromTheCaller(t *testing.T) {
	d, err := market.TimeOfUseThesis(9, 10, 20)
	require.NoError(t, err)
	assert.InDelta(t, 385, d.Buy[4], 1e-9)
	assert.InDelta(t, 754, d.Buy[5], 1e-9)
	assert.InDelta(t, 1020, d.Buy[8], 1e-9)
	assert.InDelta(t, 385, d.Buy[23], 1e-9)
	_, err = market.TimeOfUseThesis(3, 24)
	assert.ErrorContains(t, err, "hour 3 cannot be a peak hour")
	assert.ErrorContains(t, err, "hour 24 cannot be a peak hour")
}

func TestTimeOfUseFollowsTheClock(t *testing.T) {
	day := market.TimeOfUseCheng().SellingAt(market.CalibratedSellFraction)
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
	_, err = market.TimeOfUseCheng().Tariff(market.Calendar{Steps: 24})
	assert.ErrorContains(t, err, "set them with SellingAt")
}

func TestGasIsBoughtByVolumeAndPricedByEnergy(t *testing.T) {
	// 2.55 CNY/m³ at 9.88 kWh/m³ (Wei 2022): 2.55/9.88 = 0.25810 CNY/kWh.
	assert.InDelta(t, 258.097, market.GasPrice(2.55, 9.88), 1e-3)
	day := market.GasTimeOfDay()
	for h, want := range map[int]float64{0: 2.3, 6: 2.3, 7: 3.5, 11: 3.5, 12: 3, 15: 3, 16: 3.5, 17: 3.5, 18: 3, 20: 3, 21: 2.3, 23: 2.3} {
		assert.InDelta(t, want, day[h], 1e-12, "hour %d", h)
	}
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
