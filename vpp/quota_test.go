package vpp_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Ten farms of 1 MW, whose upkeep is 3, 7, 11, … dearer than the fuel of an
// engine, and the engine serve 10 MW without a grid. A farm runs where the
// certificate price λ covers the difference, whatever the quota γ: for γ of all
// generation a renewable MWh earns (1 − γ) λ and another one pays γ λ.
//
// At a fixed λ of 10 two farms run (3 and 7, not 11) for every quota. Where the
// price follows the net purchase, λ = 10 + 2 (10 γ − r) with r farms running, a
// quota of 0.1 lets two run at λ = 8, one of 0.6 lets three and a half run at λ
// = 15, the fourth farm's price.
func TestAQuotaRaisesRenewableUseOnlyThroughThePrice(t *testing.T) {
	set := hourly(t, 1, []float64{1}, map[string][][]float64{"load": {{10}}, "wind": {{1}}})
	ders := []der.DER{&der.Thermal{ID: "engine", MaxOutput: 10, Linear: 30}}
	for k := range 10 {
		ders = append(ders, &der.Wind{ID: fmt.Sprint("farm ", k), Available: "wind", Maintenance: 30 + 3 + 4*float64(k)})
	}
	v := vpp.VPP{Name: "island", Demand: "load", ImportLimit: optional.Of(1e-9), ExportLimit: optional.Of(1e-9)}
	fixed := market.Flat(market.Certificate, market.Calendar{Steps: 1}, 10)
	for _, c := range []struct {
		slope, quota, running, price float64
	}{{0, 0.1, 2, 10}, {0, 0.6, 2, 10}, {2, 0.1, 2, 8}, {2, 0.6, 3.5, 15}} {
		setting := priced(set, 1000, 0)
		setting.Weights = weights.Vector{Economic: 0.5, Environment: 0.5}
		setting.Markets.Obligation = market.Obligation{Quota: c.quota}
		setting.Markets.Certificate = &market.Linear{Market: fixed, Slope: market.Series{c.slope}}
		found, err := vpp.FindEquilibrium(t.Context(), testsolver.New(t), []vpp.Participant{{VPP: v, Members: ders}}, setting, vpp.EquilibriumOptions{})
		require.NoError(t, err)
		require.NoError(t, found.Plans[0].Verify(0))
		assert.InDelta(t, c.running, found.Plans[0].Results[0].Renewable, 0.01, "slope %v, quota %v", c.slope, c.quota)
		buy, _ := found.Market(market.Certificate).MarketPrices(0, 0)
		assert.InDelta(t, c.price, buy, 0.02, "slope %v, quota %v", c.slope, c.quota)
	}
}
