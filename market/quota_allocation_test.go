package market_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

// A site with the five emission terms and four allowance terms of the source
// text. Factors: coal 0.94/0.877 (Cui 2020), the rest round numbers for
// counting by hand.
func site() market.FreeAllocation {
	return market.FreeAllocation{Sources: []market.Source{
		{Name: "CHP power", Emission: 0.50, Allowance: 0.40},
		{Name: "CHP heat", Emission: 0.20, Allowance: 0.15},
		{Name: "capture plant", Emission: 0.94, Allowance: 0.877},
		{Name: "gas boiler", Emission: 0.22, Allowance: 0.18},
		{Name: "grid purchase", Emission: 0.5306},
	}}
}

func TestFreeAllocationCountsEmissionsAndAllowances(t *testing.T) {
	b := site()
	require.NoError(t, b.Validate(1))
	activity := []float64{10, 20, 100, 5, 50}
	// 5 + 4 + 94 + 1.1 + 26.53 − 30 captured = 100.63; 4 + 3 + 87.7 + 0.9 =
	// 95.6.
	assert.InDelta(t, 100.63, b.Emissions(activity, 30), 1e-9)
	assert.InDelta(t, 95.6, b.Allowances(0, activity), 1e-9)
	assert.InDelta(t, 5.03, b.Net(0, activity, 30), 1e-9)
	assert.InDelta(t, 0.063, b.Sources[2].Rate(), 1e-12)
	assert.Panics(t, func() { b.Net(0, activity[:2], 0) })
}

// The same allowances as a lump sum cost the same at the reference and differ
// for every MWh beyond it: output-based allowances are a subsidy of λ d per
// MWh.
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
}

func TestFreeAllocationReportsAllViolationsAtOnce(t *testing.T) {
	err := market.FreeAllocation{
		Sources: []market.Source{{Name: "a", Emission: -1}, {Name: "a"}, {Emission: 536.6, Allowance: math.NaN()}},
		LumpSum: market.Series{1, 2},
	}.Validate(24)
	for _, want := range []string{
		"a emits -1 t/MWh", `two sources are named "a"`, "source 2 has no name", "allowed NaN",
		"want t CO2 per MWh, not kg", "LumpSum has 2 values",
	} {
		assert.ErrorContains(t, err, want)
	}
}
