package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

func TestPurchasesOfEachOther(t *testing.T) {
	assert.Equal(t, []float64{2, -1, -1}, between([]float64{3, -1, -1}))
	assert.InDeltaSlice(t, []float64{1, -0.75, -0.25}, between([]float64{1, -3, -1}), 1e-12)
	assert.Equal(t, []float64{0, 0, 0}, between([]float64{-1, -2, 0}))
}

// Three VPPs over three hours, by hand. The grid buys at 100 and sells at 400.
// A and B need 1 MW in each hour, and C has a unit that costs 200. With 3 MW it
// serves both, and hardly sells to the grid, which pays 100: the price is the
// cost of C, because C could sell more. With 1 MW, A and B buy the rest from
// the grid at 400.
func TestExchangeByHand(t *testing.T) {
	for _, c := range []struct {
		capacity, price, net float64 // net purchase of all from the grid, MWh per hour
	}{
		// 250 + 4000 Q = 200 at Q = −0.0125
		{3, 200, -0.0125},
		{1, 400, 1},
	} {
		set := scenario.Single(scenario.Grid{Step: 3600e9, Steps: 3})
		require.NoError(t, set.AddForecast("town", "MW", []float64{1, 1, 1}))
		m, err := exchangeMarket(market.Series{400, 400, 400}, market.Series{100, 100, 100})
		require.NoError(t, err)
		e, err := vpp.FindEquilibrium(t.Context(), solver(t), []vpp.Participant{
			{VPP: vpp.VPP{Name: "A", Demand: "town"}},
			{VPP: vpp.VPP{Name: "B", Demand: "town"}},
			{VPP: vpp.VPP{Name: "C"}, Members: []der.DER{&der.Thermal{ID: "unit", MaxOutput: c.capacity, Linear: 200}}},
		}, vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{Electricity: m}},
			vpp.EquilibriumOptions{Tolerance: 0.05})
		require.NoError(t, err)
		for _, h := range exchangeHours(e, market.Series{400, 400, 400}) {
			assert.InDelta(t, c.price, h.Price, 0.1)
			assert.InDelta(t, c.net, h.Net[0]+h.Net[1]+h.Net[2], 1e-3)
			served := min(c.capacity, 2.0)
			assert.InDeltaSlice(t, []float64{served / 2, served / 2, -served}, h.Between, 1e-3)
		}
		// A pays the price for 1 MWh in each hour, and all payments sum to zero
		// with the grid.
		paid := e.Market(market.Electricity)
		assert.InDelta(t, c.price, paid.Payments[0][0][0], 0.2)
		assert.InDelta(t, 0, paid.Payments[0][0][0]+paid.Payments[1][0][0]+paid.Payments[2][0][0]+paid.Outside[0][0], 1e-9)
		// The deals of a day are those of the hours.
		sum := 0.0
		for _, d := range match(e) {
			if d.Seller == "C" && d.Buyer != outside {
				sum += d.Amount
			}
		}
		assert.InDelta(t, 3*min(c.capacity, 2), sum, 1e-2)
	}
}

// At the loads of the profiles all VPPs sell in every hour, so that nothing
// changes hands. At each of the calibrated loads some does, passes the relays,
// and costs no VPP anything.
func TestExchangeOfTheDay(t *testing.T) {
	own, err := trade(t.Context(), solver(t), 1, 1)
	require.NoError(t, err)
	assert.Equal(t, 24, own.Seller)
	assert.Zero(t, own.Both)
	assert.Zero(t, own.Carried)
	assert.InDelta(t, 0, own.volume(true)+own.volume(false), 1e-6)

	for _, load := range loadFactors()[1:] {
		t.Run(fmt.Sprint(load), func(t *testing.T) {
			more, err := trade(t.Context(), solver(t), load, 1)
			require.NoError(t, err)
			assert.Positive(t, more.Carried)
			assert.Greater(t, more.volume(true)+more.volume(false), 0.1)
			deals := 0.0
			for _, d := range more.Deals {
				if d.Seller != outside && d.Buyer != outside {
					deals += d.Amount
				}
			}
			assert.InDelta(t, more.volume(true)+more.volume(false), deals, 1e-4)
			for l := range more.With {
				assert.LessOrEqual(t, more.With[l].Cost, more.Without[l].Cost+1, more.With[l].VPP)
			}
			for _, h := range more.Hours {
				assert.InDelta(t, 0, h.Between[0]+h.Between[1]+h.Between[2], 1e-9)
			}
		})
	}
}
