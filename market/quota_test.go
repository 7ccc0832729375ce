package market_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

// A site with the five emission terms and four allowance terms of the source text. Factors: coal
// 0.94/0.877 (Cui 2020), the rest round numbers for counting by hand.
func site() market.Baseline {
	return market.Baseline{Sources: []market.Source{
		{Name: "CHP power", Emission: 0.50, Allowance: 0.40},
		{Name: "CHP heat", Emission: 0.20, Allowance: 0.15},
		{Name: "capture plant", Emission: 0.94, Allowance: 0.877},
		{Name: "gas boiler", Emission: 0.22, Allowance: 0.18},
		{Name: "grid purchase", Emission: 0.5306},
	}}
}

func TestBaselineCountsEmissionsAndAllowances(t *testing.T) {
	b := site()
	require.NoError(t, b.Validate(1))
	activity := []float64{10, 20, 100, 5, 50}
	// 5 + 4 + 94 + 1.1 + 26.53 − 30 captured = 100.63;  4 + 3 + 87.7 + 0.9 = 95.6.
	assert.InDelta(t, 100.63, b.Emissions(activity, 30), 1e-9)
	assert.InDelta(t, 95.6, b.Allowances(0, activity), 1e-9)
	assert.InDelta(t, 5.03, b.Net(0, activity, 30), 1e-9)
	assert.InDelta(t, 0.063, b.Sources[2].Rate(), 1e-12)
	assert.Panics(t, func() { b.Net(0, activity[:2], 0) })
}

// The same allowances as a lump sum cost the same at the reference and differ for every MWh beyond it:
// output-based allowances are a subsidy of λ d per MWh.
func TestLumpSumGivesTheSameAllowancesWithoutTheSubsidy(t *testing.T) {
	b := site()
	reference := [][]float64{{10, 20, 100, 5, 50}, {0, 0, 60, 0, 80}}
	lump := b.AsLumpSum(reference)
	require.NoError(t, lump.Validate(2))
	price := market.Flat(market.Carbon, market.Calendar{Steps: 2}, 70)
	for p, activity := range reference {
		assert.InDelta(t, b.Net(p, activity, 0), lump.Net(p, activity, 0), 1e-9, "at the reference")

		more := append([]float64(nil), activity...)
		more[2]++
		byOutput := price.Curve(p).Cost(b.Net(p, more, 0)) - price.Curve(p).Cost(b.Net(p, activity, 0))
		bySum := price.Curve(p).Cost(lump.Net(p, more, 0)) - price.Curve(p).Cost(lump.Net(p, activity, 0))
		assert.InDelta(t, 70*(0.94-0.877), byOutput, 1e-9, "e − d")
		assert.InDelta(t, 70*0.94, bySum, 1e-9, "e alone")
	}
}

func TestQuotaAboveEmissionsIsWarnedOf(t *testing.T) {
	b := site()
	assert.Empty(t, b.Warnings())
	b.Sources[1].Allowance = 0.3
	warnings := b.Warnings()
	require.Len(t, warnings, 1)
	assert.Equal(t, market.GenerousQuota, warnings[0].Kind)
	assert.Equal(t, "CHP heat: generous quota: its free allowance of 0.3 t/MWh exceeds its emission of 0.2 t/MWh: every MWh burnt earns allowances", warnings[0].String())

	var published market.Baseline
	for _, s := range market.PublishedSources() {
		published.Sources = append(published.Sources, s.Source)
	}
	require.NoError(t, published.Validate(1))
	var names []string
	for _, w := range published.Warnings() {
		names = append(names, w.Subject)
	}
	assert.Equal(t, []string{"wind"}, names, "Xue 2019 allow wind 78 g/kWh for 43")
}

func TestBaselineReportsAllViolationsAtOnce(t *testing.T) {
	err := market.Baseline{
		Sources: []market.Source{{Name: "a", Emission: -1}, {Name: "a"}, {Emission: 536.6, Allowance: math.NaN()}},
		LumpSum: market.Series{1, 2},
	}.Validate(24)
	for _, want := range []string{
		"a emits -1 t/MWh", `two sources are named "a"`, "source 2 has no name", "allowed NaN",
		"they are t CO2 per MWh, not kg", "LumpSum has 2 values",
	} {
		assert.ErrorContains(t, err, want)
	}
}

func TestHeatEquivalentQuota(t *testing.T) {
	// The identity the thesis rests on: 0.102 t/GJ · 3.6 GJ/MWh = 0.3672 t/MWh, 6 MJ/kWh / 3.6 = 1.667.
	h := market.HeatEquivalentThesis()
	assert.InDelta(t, 0.3672, h.Kappa, 1e-12)
	assert.InDelta(t, 1.667, h.Phi, 5e-4)
	assert.InDelta(t, 0.3672*(30+10*6/3.6), h.Allowance(30, 10), 1e-12)
	heat, power := h.Rates()
	assert.InDelta(t, h.Allowance(30, 10), 30*heat+10*power, 1e-12)

	// Wei 2022: 0.57 allowed of 0.6101 emitted leaves 6.57 % to pay, whatever the conversion of power.
	for _, phi := range []float64{0, 1, 1.667} {
		allowed, emitted := market.HeatEquivalentWei2022(phi)
		assert.InDelta(t, 0.0657, 1-allowed.Allowance(40, 25)/emitted.Allowance(40, 25), 5e-5)
	}
}

func TestOfficialAllowance(t *testing.T) {
	coal := market.Benchmarks2019()[0]
	// 100 MWh · 0.877 + 20 MWh · 3.6 GJ/MWh · 0.126 = 87.7 + 9.072.
	assert.InDelta(t, 96.772, coal.Allowance(100, 20), 1e-9)
	coal.Correction = 1.05 // air cooling, say
	assert.InDelta(t, 87.7*1.05+9.072, coal.Allowance(100, 20), 1e-9, "heat is not corrected")
	power, heat := coal.Rates()
	assert.InDelta(t, coal.Allowance(100, 20), 100*power+20*heat, 1e-9)
}
