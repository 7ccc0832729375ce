package operate_test

import (
	"context"
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
	"github.com/trigrid/trigrid/weights"
)

var monday = time.Date(2031, 3, 10, 0, 0, 0, 0, time.UTC)

// stated is a source of stated forecasts and actual values, one per step of the
// season.
type stated struct {
	start            time.Time
	step             time.Duration
	unit             map[string]string
	forecast, actual map[string][]float64
	names            []string
}

func (x *stated) Known(_ context.Context, at time.Time, grid scenario.Grid, _ int) (*scenario.Set, error) {
	set := scenario.Single(grid)
	for _, name := range x.names {
		path := make([]float64, grid.Steps)
		for t := range path {
			k := int(grid.Time(t).Sub(x.start) / x.step)
			path[t] = x.forecast[name][k]
			if !grid.Time(t).After(at) {
				path[t] = x.actual[name][k]
			}
		}
		if err := set.AddForecast(name, x.unit[name], path); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// priced returns a template of one VPP whose market buys and sells at the
// series "buy" and "sell", and charges 20 per MWh of shortage and 10 per MWh of
// surplus.
func priced(ders ...der.DER) operate.Template {
	return func(set *scenario.Set) (trigrid.Region, error) {
		calendar := market.Calendar{Steps: set.Steps(), StepHours: set.HoursAt(0)}
		return trigrid.Region{
			Name: "by hand",
			VPPs: []vpp.VPP{{Name: "village", Demand: "load", Tariff: der.Tariff{Injection: set.Mean("sell")}}},
			DERs: ders,
			Setting: vpp.Setting{
				Set: set, Weights: weights.Vector{Economic: 0.6, Risk: 0.2, Environment: 0.2},
				Markets: vpp.Markets{
					Electricity: &market.Tariff{Calendar: calendar, Buy: set.Mean("buy"), Sell: set.Mean("sell")},
					Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: market.Series{20}, Long: market.Series{10}},
				},
			},
		}, nil
	}
}

// A wind farm of a village over two days of four steps of six hours. Without a
// store there is no choice to make, so that all money follows by hand:
//
//	day 1   e = wind − load as forecast   −1  0  1 −2
//	        n = wind − load as delivered   0 −1 −1 −2      deviation  1 −1 −2  0
//	day 2   e                             −1 −1 −1 −1
//	        n                              1 −1  0 −3      deviation  2  0  1 −2
//
// Surplus costs 10 and shortage 20 per MWh: (1·10 + 3·20)·6 = 420 and (3·10 +
// 2·20)·6 = 420. Purchases cost 100 and sales earn 50: 4·6·100 = 2400, and
// 4·6·100 − 1·6·50 = 2100. The farm pays 5 per MWh of maintenance: 5·6·5 = 150
// and 4·6·5 = 120.
func TestTheMoneyOfASeasonFollowsByHand(t *testing.T) {
	constant := func(v float64) []float64 { return []float64{v, v, v, v, v, v, v, v} }
	source := &stated{
		start: monday, step: 6 * time.Hour, names: []string{"wind", "load", "buy", "sell"},
		unit: map[string]string{"wind": "MW", "load": "MW", "buy": "CNY/MWh", "sell": "CNY/MWh"},
		forecast: map[string][]float64{
			"wind": {1, 2, 3, 0, 1, 1, 1, 1}, "load": constant(2), "buy": constant(100), "sell": constant(50),
		},
		actual: map[string][]float64{
			"wind": {2, 2, 1, 0, 2, 1, 1, 0}, "load": {2, 3, 2, 2, 1, 2, 1, 3}, "buy": constant(100), "sell": constant(50),
		},
	}
	season := operate.Season{
		Name: "two days", Start: monday, Days: 2, Step: 6 * time.Hour, Source: source,
		Region: priced(&der.Wind{ID: "W", Available: "wind", Maintenance: 5}),
	}
	for _, s := range []operate.Strategy{operate.DayAheadOnly(), operate.Rolling(1), operate.Rolling(2), operate.Rules()} {
		t.Run(s.Name, func(t *testing.T) {
			res, err := operate.Run(t.Context(), season, operate.Options{
				Strategy: s, Choices: trigrid.Profile{"W": "village"}, Solver: testsolver.New(t), Bounds: true,
			})
			require.NoError(t, err)
			require.Len(t, res.Days, 2)
			for i, want := range []operate.Totals{
				{Cost: 2970, OwnCost: 150, Trade: -2400, Imbalance: 420, ImbalanceMWh: 24, RenewableMWh: 30, AvailableMWh: 30, BoughtMWh: 24},
				{Cost: 2640, OwnCost: 120, Trade: -2100, Imbalance: 420, ImbalanceMWh: 30, RenewableMWh: 24, AvailableMWh: 24, SoldMWh: 6, BoughtMWh: 24},
			} {
				got := res.Days[i].Totals
				for _, x := range [][2]float64{
					{want.Cost, got.Cost},
					{want.OwnCost, got.OwnCost},
					{want.Trade, got.Trade},
					{want.Imbalance, got.Imbalance},
					{want.ImbalanceMWh, got.ImbalanceMWh},
					{want.RenewableMWh, got.RenewableMWh},
					{want.AvailableMWh, got.AvailableMWh},
					{want.SoldMWh, got.SoldMWh},
					{want.BoughtMWh, got.BoughtMWh},
					{want.Cost - want.Imbalance, *res.Days[i].Bound},
				} {
					assert.InDelta(t, x[0], x[1], 1e-6, "day %d: %+v", i, got)
				}
				require.NoError(t, res.Days[i].Plans[0].Verify(0))
			}
			// The farm receives the selling price, 50 per MWh: 1500 and 1200.
			// The village pays that, its trade and its imbalance, and the grid
			// has the rest.
			assert.Equal(t, []trigrid.Line{{Party: "grid", Minor: 282000}, {Party: "village", Minor: -432000}, {Party: "W", Minor: 150000}}, res.Days[0].Payments)
			assert.Equal(t, []trigrid.Line{{Party: "grid", Minor: 252000}, {Party: "village", Minor: -372000}, {Party: "W", Minor: 120000}}, res.Days[1].Payments)
			assert.Equal(t, []trigrid.Line{{Party: "grid", Minor: 534000}, {Party: "village", Minor: -804000}, {Party: "W", Minor: 270000}}, res.Payments)
			assert.Equal(t, [][]int64{{6000, -66000, 60000}, {72000, -132000, 60000}, {84000, -114000, 30000}, {120000, -120000, 0}}, res.Days[0].Settled)
		})
	}
	// Perfect foresight has no deviation.
	res, err := operate.Run(t.Context(), season, operate.Options{
		Strategy: operate.Foresight(), Choices: trigrid.Profile{"W": "village"}, Solver: testsolver.New(t), NoLedger: true,
	})
	require.NoError(t, err)
	assert.InDelta(t, 2550+2220, res.Totals.Cost, 1e-6)
	assert.InDelta(t, 0, res.Totals.ImbalanceMWh, 1e-9)
}

// A battery of 1 MW and 6 MWh serves a demand of 1 MW. The forecast has the
// high price in the third step and the day has it in the fourth. Purchases cost
// 20 or 100, sales earn nothing.
//
//	demand alone   6·(20 + 20 + 20 + 100) = 960
//	foresight      charges 6 MWh at 20 and discharges at 100: 960 + 120 − 600 = 480
//	day ahead      discharges in the third step, at 20 as it turns out: 960
//
// Rolling operation sees the price of a step when the step begins: in the third
// step it is 20, and the forecast of the fourth is 20 as well, so that it
// cannot gain either. Wear is 0.01 for 12 MWh.
func TestABatteryGainsByForesightOnly(t *testing.T) {
	source := &stated{
		start: monday, step: 6 * time.Hour, names: []string{"load", "buy", "sell"},
		unit:     map[string]string{"load": "MW", "buy": "CNY/MWh", "sell": "CNY/MWh"},
		forecast: map[string][]float64{"load": {1, 1, 1, 1}, "buy": {20, 20, 100, 20}, "sell": {0, 0, 0, 0}},
		actual:   map[string][]float64{"load": {1, 1, 1, 1}, "buy": {20, 20, 20, 100}, "sell": {0, 0, 0, 0}},
	}
	season := operate.Season{
		Name: "one day", Start: monday, Days: 1, Step: 6 * time.Hour, Source: source,
		Region: priced(&der.Storage{
			ID: "B", Charge: 1, Discharge: 1, Energy: 6, ChargeEfficiency: 1, DischargeEfficiency: 1, Wear: 0.01, Initial: optional.Of(0.),
		}),
	}
	cost := map[string]float64{}
	for _, s := range []operate.Strategy{operate.Foresight(), operate.DayAheadOnly(), operate.Rolling(1)} {
		res, err := operate.Run(t.Context(), season, operate.Options{
			Strategy: s, Choices: trigrid.Profile{"B": "village"}, Solver: testsolver.New(t), NoLedger: true, Bounds: true,
		})
		require.NoError(t, err)
		require.NoError(t, res.Days[0].Plans[0].Verify(0), s.Name)
		cost[s.Name] = res.Totals.Cost
		assert.InDelta(t, 480.12, *res.Days[0].Bound, 1e-4)
	}
	assert.InDelta(t, 480.12, cost["perfect foresight"], 1e-4)
	assert.InDelta(t, 960.12, cost["day ahead only"], 1e-4)
	assert.InDelta(t, 960.12, cost["rolling, point forecast"], 1e-4)
}

// A farm feeds in 6 MWh per step at 0.0005, which is 0.3 minor units. After two
// steps 0.6 units are due, and after four 1.2: one unit in the day, paid in the
// second step. Each step alone would be rounded to 0.
func TestAmountsBelowAUnitArePaid(t *testing.T) {
	constant := func(v float64) []float64 { return []float64{v, v, v, v} }
	series := map[string][]float64{"wind": constant(1), "load": constant(0), "buy": constant(0.0005), "sell": constant(0.0005)}
	season := operate.Season{
		Name: "small", Start: monday, Days: 1, Step: 6 * time.Hour, Region: priced(&der.Wind{ID: "W", Available: "wind"}),
		Source: &stated{
			start: monday, step: 6 * time.Hour, names: []string{"wind", "load", "buy", "sell"},
			unit:     map[string]string{"wind": "MW", "load": "MW", "buy": "CNY/MWh", "sell": "CNY/MWh"},
			forecast: series, actual: series,
		},
	}
	res, err := operate.Run(t.Context(), season, operate.Options{Choices: trigrid.Profile{"W": "village"}, Solver: testsolver.New(t)})
	require.NoError(t, err)
	assert.Equal(t, [][]int64{{0, 0, 0}, {-1, 0, 1}, {0, 0, 0}, {0, 0, 0}}, res.Days[0].Settled)
	assert.Equal(t, []trigrid.Line{{Party: "grid", Minor: -1}, {Party: "village", Minor: 0}, {Party: "W", Minor: 1}}, res.Days[0].Payments)
}
