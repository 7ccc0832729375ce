package vpp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// sums returns the sum over the steps of each item.
func sums(items []der.ItemPath) map[string]float64 {
	out := map[string]float64{}
	for _, item := range items {
		for _, amount := range item.Amounts {
			out[item.What] += amount
		}
	}
	return out
}

// The farm offers 0 and 8 MW beside a demand of 4: the VPP buys 4 MWh at 60,
// then sells 4 at 40. It pays its member 30 per MWh. With one settlement period
// for both hours the trade is 0 · any price, at the first step.
func TestMoneyByStepByHand(t *testing.T) {
	set := hourly(t, 2, []float64{1}, map[string][][]float64{"wind": {{0, 8}}, "load": {{4, 4}}})
	for period, trade := range map[market.Period][]float64{market.EachStep: {-240, 160}, market.Horizon: {0, 0}} {
		setting := priced(set, 60, 40)
		setting.Markets.Electricity = &market.Tariff{
			Calendar: market.Calendar{Steps: 2, Period: period}, Buy: market.Series{60}, Sell: market.Series{40},
		}
		v := vpp.VPP{Name: "v", Demand: "load", Tariff: der.Tariff{Injection: []float64{30, 30}}}
		items := solve(t, v, []der.DER{&der.Wind{ID: "w", Available: "wind"}}, setting).MoneyByStep(0)
		assert.Equal(t, "energy trade", items[0].What)
		assert.InDeltaSlice(t, trade, items[0].Amounts, 1e-6)
		assert.Equal(t, "payments to members", items[1].What)
		assert.InDeltaSlice(t, []float64{0, -240}, items[1].Amounts, 1e-6)
	}
}

// The money of the steps sums to the results of each scenario, with every
// market and member.
func TestMoneyByStepSumsToTheResults(t *testing.T) {
	v, ders, setting := village(t)
	v.FreeAllocation = market.Series{0.5}
	setting.Markets.GridEmission = market.Series{0.3}
	plan := solve(t, v, ders, setting)
	for s, r := range plan.Results {
		got := sums(plan.MoneyByStep(s))
		assert.Len(t, got, 5)
		for what, want := range map[string]float64{
			"energy trade": r.Trade, "payments to members": -r.Payments, "imbalance": -r.Imbalance,
			"carbon": -r.Carbon, "certificates": -r.Certificate,
		} {
			assert.InDelta(t, want, got[what], 1e-6, what)
		}
		assert.NotZero(t, r.Imbalance)
	}
}
