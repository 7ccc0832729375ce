package operate_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// The bounds of the days are together at most the optimum of one program over
// all days, and no strategy is below that optimum either. A day planned from
// its real state would be no bound: the unit starts once in the season, and the
// days after it start with the unit on.
func TestNoStrategyIsBelowTheBound(t *testing.T) {
	source := &stated{
		start: monday, step: 6 * time.Hour, names: []string{"load", "buy", "sell"},
		unit: map[string]string{"load": "MW", "buy": "CNY/MWh", "sell": "CNY/MWh"},
		forecast: map[string][]float64{
			"load": {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}, "buy": {60, 60, 60, 90, 90, 90, 60, 60, 60, 90, 90, 90}, "sell": {30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
		},
		actual: map[string][]float64{
			"load": {2, 1, 3, 2, 2, 4, 1, 1, 2, 3, 3, 2}, "buy": {60, 60, 60, 90, 90, 90, 60, 60, 60, 90, 90, 90}, "sell": {30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
		},
	}
	members := []der.DER{
		&der.Thermal{ID: "gas", MinOutput: 1, MaxOutput: 3, MinUp: 12, Linear: 50, NoLoad: 20, StartUp: []der.StartCost{{Cost: 200}}},
		&der.Storage{ID: "battery", Charge: 1, Discharge: 1, Energy: 6, Initial: optional.Of(3.), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, End: der.EndDaily},
	}
	season := operate.Season{Name: "three days", Start: monday, Days: 3, Step: 6 * time.Hour, Source: source, Region: priced(members...)}

	// The optimum of one program over the season, in money.
	whole := season.Grid(0)
	whole.Steps *= 3
	set, err := source.Known(t.Context(), whole.Time(12), whole, 1)
	require.NoError(t, err)
	region, err := season.Region(set)
	require.NoError(t, err)
	region.Setting.Weights = weights.Vector{Economic: 0.5, Environment: 0.5}
	region.Setting.Modelling.ImbalanceAccounting = vpp.InEconomicToo
	plan, err := vpp.Problem{VPP: region.VPPs[0], Members: members, Setting: region.Setting}.Solve(t.Context(), testsolver.New(t))
	require.NoError(t, err)
	optimum := -2 * plan.Value.Objective

	c, err := operate.Compare(t.Context(), season, operate.Options{
		Choices: trigrid.Profile{"gas": "village", "battery": "village"}, Solver: testsolver.New(t), NoLedger: true,
	}, operate.Foresight(), operate.DayAheadOnly(), operate.Rolling(1), operate.Rules())
	require.NoError(t, err)
	for _, x := range c.Strategies {
		require.Empty(t, x.Reason)
		assert.LessOrEqual(t, *x.Bound, optimum+1e-6)
		assert.GreaterOrEqual(t, x.Cost, optimum-1e-6, x.Strategy.Name)
		for i, day := range x.Result.Days {
			assert.GreaterOrEqual(t, day.Cost, *day.Bound-1e-6, "%s, day %d", x.Strategy.Name, i)
			require.NoError(t, day.Plans[0].Verify(1e-6), "%s, day %d", x.Strategy.Name, i)
		}
	}
	assert.Less(t, *c.Strategies[0].Bound, optimum-1, "the start of 200 is free in the bounds")
}

// A reservoir and a building begin the first day as stated, so that its bound
// is the cost of perfect foresight. They begin the second one anywhere in their
// range. A deliberately dumb twin plans that day from each state of a grid over
// the range, and pays for the value of that state. The best of them is the
// bound, because the corners of the cost lie at the ends of the range and at
// the volume for the end of the day: 0 to 0.2 hm³ in steps of 0.01 hm³, with
// 0.1 hm³ for the end.
func TestBoundsOfWaterAndHeatAreThoseOfTheBestBeginning(t *testing.T) {
	series := map[string][]float64{
		"load": eight(2), "buy": {60, 90, 60, 90, 95, 55, 60, 90}, "sell": {50, 80, 50, 80, 85, 45, 50, 80}, "inflow": {2, 1, 3, 2, 1, 2, 2, 3},
		"outside": {3, 8, 9, 4, 2, 7, 9, 5}, "tap": {1, 0.5, 0.2, 1, 0.5, 1, 0.2, 0.5},
	}
	source := &stated{
		start: monday, step: 6 * time.Hour, names: []string{"load", "buy", "sell", "inflow", "outside", "tap"},
		unit:     map[string]string{"load": "MW", "buy": "CNY/MWh", "sell": "CNY/MWh", "inflow": "m³/s", "outside": "°C", "tap": "MW"},
		forecast: series, actual: series,
	}
	dam := func(volume float64) *der.Reservoir {
		return &der.Reservoir{
			ID: "dam", Inflow: "inflow", Turbine: []der.HydroPoint{{Discharge: 4, Power: 3}}, MaxVolume: 0.2, Initial: volume, MinRelease: 1,
			EndVolume: optional.Of(0.1), UnmetCost: 20000, EndValue: 9000,
		}
	}
	pump := func(celsius, tank float64) *der.HeatPump {
		return &der.HeatPump{
			ID: "pump", MaxPower: 2, Outside: "outside", COP: []der.COPPoint{{Outside: 0, COP: 3}}, Loss: 0.2, Capacity: 3, Initial: celsius, MinTemperature: 19,
			MaxTemperature: 22, DiscomfortCost: 9, EndValue: 40,
			Water: der.HotWater{Draw: "tap", Energy: 4, Initial: tank, UnmetCost: 300, EndValue: 20},
		}
	}
	for _, x := range []struct {
		name   string
		member der.DER
		twins  func(yield func(der.DER))
	}{
		{"dam", dam(0.15), func(yield func(der.DER)) {
			for k := range 21 {
				yield(dam(0.01 * float64(k)))
			}
		}},
		// After a day between 3 and 9 °C the building has at least 20
		// e^(-0.2·24/3) K above that, and at most its temperature with full
		// power. Both ends follow from six-hour steps.
		{"pump", pump(20, 2), func(yield func(der.DER)) {
			low, high, kept := 20., 20., math.Exp(-0.2*6/3)
			for _, outside := range series["outside"][:4] {
				low = min(low, kept*low+(1-kept)*outside)
				high = max(high, kept*high+(1-kept)*(outside+3*2/0.2))
			}
			for k := range 11 {
				for tank := range 5 {
					yield(pump(low+(high-low)*float64(k)/10, float64(tank)))
				}
			}
		}},
		{"site", &der.Site{ID: "site", Parts: []der.DER{dam(0.15)}}, func(yield func(der.DER)) {
			for k := range 21 {
				yield(&der.Site{ID: "site", Parts: []der.DER{dam(0.01 * float64(k))}})
			}
		}},
		{"fleet", &der.Fleet{Unit: dam(0.15), Count: 2}, func(yield func(der.DER)) {
			for k := range 21 {
				yield(&der.Fleet{Unit: dam(0.01 * float64(k)), Count: 2, OneSchedule: true})
			}
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			season := operate.Season{Name: "two days", Start: monday, Days: 2, Step: 6 * time.Hour, Source: source, Region: priced(x.member)}
			c, err := operate.Compare(t.Context(), season, operate.Options{
				Choices: trigrid.Profile{x.member.Name(): "village"}, Solver: testsolver.New(t), NoLedger: true,
			}, operate.Foresight(), operate.Rolling(1), operate.Rules())
			require.NoError(t, err)
			for _, s := range c.Strategies {
				require.Empty(t, s.Reason)
				for i, day := range s.Result.Days {
					require.NotNil(t, day.Bound)
					assert.GreaterOrEqual(t, day.Cost, *day.Bound-1e-6, "%s, day %d", s.Strategy.Name, i)
					assert.InDelta(t, *c.Strategies[0].Result.Days[i].Bound, *day.Bound, 1e-6)
				}
			}
			first := c.Strategies[0].Result.Days[0]
			assert.InDelta(t, first.Cost, *first.Bound, 1e-5)

			grid := season.Grid(1)
			set, err := source.Known(t.Context(), grid.Time(4), grid, 1)
			require.NoError(t, err)
			best := math.Inf(1)
			x.twins(func(member der.DER) {
				region, err := priced(member)(set)
				require.NoError(t, err)
				region.Setting.Weights = weights.Vector{Economic: 0.5, Environment: 0.5}
				region.Setting.Modelling.ImbalanceAccounting = vpp.InEconomicToo
				plan, err := vpp.Problem{VPP: region.VPPs[0], Members: region.DERs, Setting: region.Setting}.Solve(t.Context(), testsolver.New(t))
				require.NoError(t, err)
				best = min(best, -2*plan.Value.Objective)
			})
			bound := *c.Strategies[0].Result.Days[1].Bound
			assert.LessOrEqual(t, bound, best+1e-6)
			assert.InDelta(t, best, bound, 0.01*math.Abs(best))
		})
	}
}
