package operate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// month is a season of hourly days: a VPP with a demand, a wind farm, a battery
// and, if thermal, a unit with commitments.
func month(tb testing.TB, days int, thermal bool) (operate.Season, trigrid.Profile) {
	tb.Helper()
	season := operate.Season{Name: "month", Start: monday, Days: days, Step: time.Hour}
	source, err := operate.Generated(1, season, 10,
		operate.GeneratedSeries{Name: "wind", Unit: "MW", Capacity: optional.Of(10.), Shape: []float64{4, 3, 4, 5}, Weather: 0.5, Sigma: 0.4, Persistence: 0.9},
		operate.GeneratedSeries{Name: "load", Unit: "MW", Shape: []float64{4, 6, 7, 6}, Weather: 0.1, Sigma: 0.05, Persistence: 0.9},
		operate.GeneratedSeries{Name: "price", Unit: "CNY/MWh", Shape: []float64{300, 400, 500, 600}, Weather: 0.2},
	)
	require.NoError(tb, err)
	season.Source = source
	members := []der.DER{
		&der.Wind{ID: "wind", Available: "wind"},
		&der.Storage{ID: "battery", Charge: 2, Discharge: 2, Energy: 6, Initial: optional.Of(3.), ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, Wear: 10},
	}
	choices := trigrid.Profile{"wind": "town", "battery": "town"}
	if thermal {
		members = append(members, &der.Thermal{ID: "gas", MinOutput: 2, MaxOutput: 5, MinUp: 4, MinDown: 3, NoLoad: 200, Linear: 350, StartUp: []der.StartCost{{Cost: 500}}})
		choices["gas"] = "town"
	}
	season.Region = func(set *scenario.Set) (trigrid.Region, error) {
		calendar := market.Calendar{Steps: set.Steps()}
		buy := market.Series(set.Mean("price"))
		return trigrid.Region{
			Name: "month", VPPs: []vpp.VPP{{Name: "town", Demand: "load", RiskAversion: 1, Tariff: der.Tariff{Injection: buy}}}, DERs: members,
			Setting: vpp.Setting{Set: set, Weights: weights.Vector{Economic: 0.6, Risk: 0.4}, Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Buy: buy, Sell: buy.Times(0.5)},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: market.Series{100}, Long: market.Series{50}},
			}},
		}, nil
	}
	return season, choices
}

// BenchmarkSeason operates a week by the hour with the default solver. It
// reports re-plans per second and days per minute.
func BenchmarkSeason(b *testing.B) {
	for _, x := range []struct {
		name     string
		strategy operate.Strategy
		thermal  bool
	}{
		{"point", operate.Rolling(1), false},
		{"point with a thermal unit", operate.Rolling(1), true},
		{"5 scenarios", operate.RollingScenarios(1, 5), false},
		{"5 scenarios with a thermal unit", operate.RollingScenarios(1, 5), true},
	} {
		b.Run(x.name, func(b *testing.B) {
			season, choices := month(b, 7, x.thermal)
			replans := 0
			for b.Loop() {
				res, err := operate.Run(b.Context(), season, operate.Options{Strategy: x.strategy, Choices: choices, NoLedger: true})
				require.NoError(b, err)
				replans += res.Timing.Replans
			}
			b.ReportMetric(float64(replans)/b.Elapsed().Seconds(), "replans/s")
			b.ReportMetric(float64(7*b.N)/b.Elapsed().Minutes(), "days/min")
		})
	}
}

// BenchmarkMonth is a rolling month of a battery in one call: 30 days, a plan
// every hour. It reports re-plans per second and days per minute.
func BenchmarkMonth(b *testing.B) {
	season, choices := month(b, 30, false)
	replans := 0
	for b.Loop() {
		res, err := operate.Run(b.Context(), season, operate.Options{Strategy: operate.Rolling(1), Choices: choices, NoLedger: true})
		require.NoError(b, err)
		require.Len(b, res.Days, 30)
		replans += res.Timing.Replans
	}
	b.ReportMetric(float64(replans)/b.Elapsed().Seconds(), "replans/s")
	b.ReportMetric(float64(30*b.N)/b.Elapsed().Minutes(), "days/min")
}
