package market_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/market/published"
)

// Wei 2022 sell at 500 all day and buy at 350 in hours 1 to 7.
func TestSellingAboveBuyingIsWarnedOfWithItsPeriods(t *testing.T) {
	m, err := published.TimeOfUseWei2022().Tariff(market.Calendar{Steps: 24})
	require.NoError(t, err)
	warnings := market.Warnings(m)
	require.Len(t, warnings, 1)
	assert.Equal(t, market.Arbitrage, warnings[0].Kind)
	assert.Equal(t, []int{0, 1, 2, 3, 4, 5, 6}, warnings[0].Periods)
	assert.Contains(t, warnings[0].String(), "electricity market: arbitrage in periods 0-6: selling earns more")

	// Without anything to sell there is nothing to gain.
	m.MaxSell = market.Series{0}
	assert.Empty(t, market.Warnings(m))
}

func TestSoundTariffsAreNotWarnedOf(t *testing.T) {
	for _, day := range []market.TimeOfUse{
		published.TimeOfUseXue2019(), published.TimeOfUseLi2022(),
		published.TimeOfUseCheng().SellingAt(1), published.TimeOfUseWei2022().SellingAt(published.CalibratedSellFraction),
	} {
		m, err := day.Tariff(market.Calendar{Steps: 24})
		require.NoError(t, err)
		assert.Empty(t, market.Warnings(m), day.Source)
	}
}

func TestCurvesThatNeedBinariesOrCostSomethingAtZeroAreWarnedOf(t *testing.T) {
	posted := func(curves ...market.Curve) *market.Posted {
		return &market.Posted{Calendar: market.Calendar{Steps: len(curves)}, Good: market.Carbon, Curves: curves}
	}
	convex := market.Curve{Breaks: []float64{0, 1, 2}, Slopes: []float64{1, 2}}
	rebate := market.Curve{Breaks: []float64{0, 1, 2}, Slopes: []float64{2, 1}}
	m := posted(convex, rebate, convex, rebate, rebate, market.Curve{Fixed: 3})
	require.NoError(t, market.Validate(m))
	warnings := market.Warnings(m)
	require.Len(t, warnings, 2)
	assert.Equal(t, market.NotConvex, warnings[0].Kind)
	assert.Contains(t, warnings[0].String(), "carbon market: not convex in periods 1, 3-4: ")
	assert.Equal(t, market.FixedCost, warnings[1].Kind)
	assert.Equal(t, []int{5}, warnings[1].Periods)

	ladder := cui(market.Horizon)
	ladder.Reward = market.SymmetricReward
	require.Len(t, market.Warnings(ladder), 1)
	assert.Equal(t, market.NotConvex, market.Warnings(ladder)[0].Kind)

	unlimited := posted(market.TwoPrices(1, 2, math.Inf(1), math.Inf(1)))
	require.Len(t, market.Warnings(unlimited), 1)
	assert.Equal(t, market.Arbitrage, market.Warnings(unlimited)[0].Kind, "the kink at zero is arbitrage and nothing else")
}

func TestNamesOfEnumsAreWords(t *testing.T) {
	for want, got := range map[string]string{
		"electricity": market.Electricity.String(), "certificate": market.Certificate.String(), "Good(9)": market.Good(9).String(),
		"t CO2": market.Carbon.Unit(), "MWh": market.Gas.Unit(),
		"price-taking": market.PriceTaking.String(), "Conduct(9)": market.Conduct(9).String(),
		"G1 (on generation)": market.OnGeneration.String(), "Basis(9)": market.Basis(9).String(),
		"fixed cost": market.FixedCost.String(), "WarningKind(9)": market.WarningKind(9).String(),
	} {
		assert.Equal(t, want, got)
	}
}
