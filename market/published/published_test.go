package published_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/market/published"
	"github.com/trigrid/trigrid/optional"
)

// The hours are those of the sources, counted here from 0.
func TestPublishedTariffsHaveTheirHours(t *testing.T) {
	for name, tc := range map[string]struct {
		day       market.TimeOfUse
		buy, sell map[int]float64 // CNY/MWh by hour; a sample on both sides of every change
	}{
		"Wei 2022": {
			published.TimeOfUseWei2022(),
			map[int]float64{0: 350, 6: 350, 7: 680, 8: 680, 9: 1090, 11: 1090, 12: 680, 18: 680, 19: 1090, 21: 1090, 22: 680, 23: 680},
			map[int]float64{0: 500, 12: 500, 23: 500},
		},
		"Xue 2019": {
			published.TimeOfUseXue2019(),
			map[int]float64{0: 250, 6: 250, 7: 530, 9: 530, 10: 820, 14: 820, 15: 530, 17: 530, 18: 820, 20: 820, 21: 530, 23: 530},
			map[int]float64{0: 220, 6: 220, 7: 420, 10: 650, 14: 650, 15: 420, 18: 650, 20: 650, 21: 420},
		},
		"Cheng": {
			published.TimeOfUseCheng(),
			map[int]float64{0: 470, 5: 470, 6: 1243, 11: 1243, 12: 893.4, 17: 893.4, 18: 1243, 21: 1243, 22: 470, 23: 470},
			nil,
		},
		"Li 2022": {
			published.TimeOfUseLi2022(),
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
	d, err := published.TimeOfUseThesis(9, 10, 20)
	require.NoError(t, err)
	assert.InDelta(t, 385, d.Buy[4], 1e-9)
	assert.InDelta(t, 754, d.Buy[5], 1e-9)
	assert.InDelta(t, 1020, d.Buy[8], 1e-9)
	assert.InDelta(t, 385, d.Buy[23], 1e-9)
	_, err = published.TimeOfUseThesis(3, 24)
	assert.ErrorContains(t, err, "hour 3 cannot be a peak hour")
	assert.ErrorContains(t, err, "hour 24 cannot be a peak hour")
}

func TestGasTariffHasItsHours(t *testing.T) {
	day := published.GasTimeOfDay()
	for h, want := range map[int]float64{0: 2.3, 6: 2.3, 7: 3.5, 11: 3.5, 12: 3, 15: 3, 16: 3.5, 17: 3.5, 18: 3, 20: 3, 21: 2.3, 23: 2.3} {
		assert.InDelta(t, want, day[h], 1e-12, "hour %d", h)
	}
}

func TestPublishedLaddersCanBeUsed(t *testing.T) {
	for _, l := range published.Ladders() {
		m := &market.Ladder{
			Calendar: market.Calendar{Steps: 1}, Price: market.Series{l.Price}, Band: market.Series{l.Band}, Growth: l.Growth, Bands: 5,
		}
		require.NoError(t, market.Validate(m), l.Source)
	}
}

func TestPublishedQuotaAboveEmissionsIsWarnedOf(t *testing.T) {
	var sources market.FreeAllocation
	for _, s := range published.Sources() {
		sources.Sources = append(sources.Sources, s.Source)
	}
	require.NoError(t, sources.Validate(1))
	var names []string
	for _, w := range sources.Warnings() {
		names = append(names, w.Subject)
	}
	assert.Equal(t, []string{"wind"}, names, "Xue 2019 allow wind 78 g/kWh for 43")
}

func TestHeatEquivalentQuota(t *testing.T) {
	// The identity the thesis rests on: 0.102 t/GJ · 3.6 GJ/MWh = 0.3672 t/MWh,
	// 6 MJ/kWh / 3.6 = 1.667.
	h := published.HeatEquivalentThesis()
	assert.InDelta(t, 0.3672, h.Kappa, 1e-12)
	assert.InDelta(t, 1.667, h.Phi, 5e-4)
	assert.InDelta(t, 0.3672*(30+10*6/3.6), h.Allowance(30, 10), 1e-12)
	heat, power := h.Rates()
	assert.InDelta(t, h.Allowance(30, 10), 30*heat+10*power, 1e-12)

	// Wei 2022: 0.57 allowed of 0.6101 emitted leaves 6.57 % to pay, whatever
	// the conversion of power.
	for _, phi := range []float64{0, 1, 1.667} {
		allowed, emitted := published.HeatEquivalentWei2022(phi)
		assert.InDelta(t, 0.0657, 1-allowed.Allowance(40, 25)/emitted.Allowance(40, 25), 5e-5)
	}
}

func TestOfficialAllowance(t *testing.T) {
	coal := published.Benchmarks2019()[0]
	// 100 MWh · 0.877 + 20 MWh · 3.6 GJ/MWh · 0.126 = 87.7 + 9.072.
	assert.InDelta(t, 96.772, coal.Allowance(100, 20), 1e-9)
	coal.Correction = optional.Of(1.05) // air cooling, say
	assert.InDelta(t, 87.7*1.05+9.072, coal.Allowance(100, 20), 1e-9, "heat is not corrected")
	power, heat := coal.Rates()
	assert.InDelta(t, coal.Allowance(100, 20), 100*power+20*heat, 1e-9)
}
