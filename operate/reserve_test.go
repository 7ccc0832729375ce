package operate_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// holding is a season of one day of four steps of six hours: a village of 2 MW
// with 1 MW of wind and a battery of 2 MW that begins with 12 MWh, and a market
// that pays 5 per MW h for at most 2 MW of reserve. A MWh costs 100, and in the
// third step it turns out to cost 300.
func holding(demand ...float64) operate.Season {
	battery := &der.Storage{
		ID: "B", Charge: 2, Discharge: 2, Energy: 24, Initial: optional.Of(12.), ChargeEfficiency: 1, DischargeEfficiency: 1, Reserve: 5,
	}
	four := func(v float64) []float64 { return []float64{v, v, v, v} }
	source := &stated{
		start: monday, step: 6 * time.Hour, names: []string{"wind", "load", "buy", "sell"},
		unit:     map[string]string{"wind": "MW", "load": "MW", "buy": "CNY/MWh", "sell": "CNY/MWh"},
		forecast: map[string][]float64{"wind": four(1), "load": four(2), "buy": four(100), "sell": four(50)},
		actual:   map[string][]float64{"wind": four(1), "load": four(2), "buy": {100, 100, 300, 100}, "sell": four(50)},
	}
	if demand != nil {
		source.actual["load"], source.actual["buy"] = demand, four(100)
	}
	one := priced(&der.Wind{ID: "W", Available: "wind"}, battery)
	return operate.Season{Name: "holding", Start: monday, Days: 1, Step: 6 * time.Hour, Source: source, Region: func(set *scenario.Set) (trigrid.Region, error) {
		r, err := one(set)
		r.VPPs[0].ImportLimit = optional.Of(3.)
		r.Setting.Markets.Reserve = &vpp.Reserve{Price: market.Series{5}, MaxOffer: optional.Of(2.)}
		return r, err
	}}
}

// By hand. The battery holds 2 MW for six hours from its 12 MWh, and earns 5 ·
// 2 · 24 = 240. It would save 300 − 100 − 10 of imbalance per MWh in the third
// step, and must not: the reserve is sold. The village buys 1 MW at 100, 100,
// 300 and 100, which is 3600.
//
// Under perfect information the battery offers 1 MW in the third step,
// discharges 1 MW there and charges it again at 100: 6 · (300 − 100) = 1200
// against 5 · 6 = 30 of reserve.
//
// The rules offer none. The battery discharges 1 MW in the first two steps,
// rests empty in the third and charges 2 MW in the last one, so that the
// village buys 0, 0, 1 and 3 MW: 6 · (300 + 3 · 100).
func TestASeasonHoldsTheReserveThatItSold(t *testing.T) {
	for _, x := range []struct {
		strategy      operate.Strategy
		cost, reserve float64
	}{
		{operate.DayAheadOnly(), 3600 - 240, 240},
		{operate.Rolling(1), 3600 - 240, 240},
		{operate.Robust(1, 2), 3600 - 240, 240},
		{operate.Foresight(), 3600 - 1200 - 210, 210},
		{operate.Rules(), 3600, 0},
	} {
		t.Run(x.strategy.Name, func(t *testing.T) {
			res, err := operate.Run(t.Context(), holding(), operate.Options{
				Strategy: x.strategy, Choices: trigrid.Profile{"W": "village", "B": "village"}, Solver: testsolver.New(t), Bounds: true,
			})
			require.NoError(t, err)
			sumsToZero(t, res)
			day := res.Days[0]
			assert.Nil(t, day.Misses)
			assert.InDelta(t, x.cost, day.Cost, 1e-3)
			assert.InDelta(t, x.reserve, day.Totals.Reserve, 1e-3)
			assert.InDelta(t, x.reserve, res.Totals.Reserve, 1e-3)
			require.NotNil(t, day.Bound)
			assert.InDelta(t, 3600-1200-210, *day.Bound, 1e-3)
			require.NoError(t, day.Plans[0].Verify(1e-5))
			// The grid pays the reserve to the VPP, in whole minor units on the
			// ledger.
			rows, income, paid := res.Rows(), 0.0, int64(0)
			for _, row := range rows {
				income += row.Reserve
				if row.Role == operate.RoleVPP {
					assert.InDelta(t, row.Trade+row.Imbalance+row.Reserve+row.Payment+row.Gain, float64(row.Minor)/100, 0.02)
				}
				if row.Role == operate.RoleGrid {
					paid += row.Minor
				}
			}
			assert.InDelta(t, x.reserve, income, 1e-3)
			assert.InDelta(t, x.cost, float64(paid)/100, 0.011) // no member has a cost of its own
			var out bytes.Buffer
			require.NoError(t, operate.WriteCSV(&out, rows))
			assert.Contains(t, out.String(), ",certificates,reserve,payment,")
		})
	}
}

// The third step needs 5 MW: 1 MW of wind, 3 MW of import, and 1 MW of the
// battery, which then holds 1 MW of the 2 MW that were sold. The other 1 MW · 6
// h is not paid. In the last step the battery charges 1 MW and holds 2 MW
// again.
func TestReserveThatIsNotHeldIsNotPaid(t *testing.T) {
	season := holding(2, 2, 5, 2)
	o := operate.Options{Choices: trigrid.Profile{"W": "village", "B": "village"}, Solver: testsolver.New(t), NoLedger: true}
	for _, s := range []operate.Strategy{operate.DayAheadOnly(), operate.Rolling(1)} {
		o.Strategy = s
		res, err := operate.Run(t.Context(), season, o)
		require.NoError(t, err)
		sumsToZero(t, res)
		day := res.Days[0]
		require.Len(t, day.Misses, 1, s.Name)
		miss := day.Misses[0]
		assert.Equal(t, []any{2, 0.0, 0.0, false}, []any{miss.Step, miss.MWh, miss.HeatMWh, miss.Still})
		assert.InDelta(t, 6, miss.ReserveMWh, 1e-3)
		assert.NotEmpty(t, miss.Reason)
		assert.Zero(t, day.UnservedMWh)
		assert.InDelta(t, 6, res.Totals.UnheldMWh, 1e-3)
		assert.InDeltaSlice(t, []float64{2, 2, 1, 2}, day.Plans[0].Offered, 1e-4)
		assert.InDelta(t, 5*6*(2+2+1+2), day.Totals.Reserve, 1e-2)
		require.NoError(t, day.Plans[0].Verify(1e-5))
	}
	c, err := operate.Compare(t.Context(), season, o, operate.Rolling(1))
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, c.WriteTable(&out))
	assert.Contains(t, out.String(), "reserve income")
	assert.Contains(t, out.String(), "rolling, point forecast did not hold 6 MW h of sold reserve on 1 day, which is not paid")
	assert.NotContains(t, out.String(), "did not serve")
}

// A VPP that stands still holds nothing: the second step of six hours loses 2
// MW.
func TestAVPPThatStandsStillHoldsNoReserve(t *testing.T) {
	season := missing(&shared{"S"}, &der.Storage{
		ID: "B", Charge: 2, Discharge: 2, Energy: 24, Initial: optional.Of(12.), ChargeEfficiency: 1, DischargeEfficiency: 1, Wear: 900, Reserve: 5,
	})
	template := season.Region
	season.Region = func(set *scenario.Set) (trigrid.Region, error) {
		r, err := template(set)
		r.Setting.Markets.Reserve = &vpp.Reserve{Price: market.Series{5}}
		return r, err
	}
	res, err := operate.Run(t.Context(), season, operate.Options{
		Choices: trigrid.Profile{"W": "village", "S": "village", "B": "village"}, Solver: testsolver.New(t), NoLedger: true,
	})
	require.NoError(t, err)
	sumsToZero(t, res)
	require.NotEmpty(t, res.Days[0].Misses)
	miss := res.Days[0].Misses[0]
	assert.True(t, miss.Still)
	assert.Equal(t, 1, miss.Step)
	assert.InDelta(t, 12, miss.ReserveMWh, 1e-3)
	assert.InDelta(t, 0, res.Days[0].Plans[0].Offered[1], 1e-4)
	assert.Positive(t, res.Days[0].Totals.Reserve)
}

// Prices of reserve follow the clock in a repeated region, as all prices do: 3
// in the first half of the day and 7 in the second one.
func TestARepeatedRegionHasThePricesOfReserve(t *testing.T) {
	region := village()
	prices := make(market.Series, 24)
	for t := range prices {
		prices[t] = 3 + 4*float64(t/12)
	}
	region.Setting.Markets.Reserve = &vpp.Reserve{Price: prices}
	template := operate.Repeat(region)
	got, err := template(scenario.Single(scenario.Grid{Start: monday.Add(10 * time.Hour), Step: time.Hour, Steps: 4}))
	require.NoError(t, err)
	assert.Equal(t, market.Series{3, 3, 7, 7}, got.Setting.Markets.Reserve.Price)
	assert.Len(t, region.Setting.Markets.Reserve.Price, 24, "the region keeps its own")
}
