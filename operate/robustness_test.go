package operate_test

import (
	"bytes"
	"encoding/json"
	"slices"
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

// noisy returns a season with a load, one price for purchase and sale, and two
// prices of imbalance that are known late, from the days around a date.
func noisy(t *testing.T, start time.Time, days int, step time.Duration, low, high float64, ders ...der.DER) operate.Season {
	t.Helper()
	s := operate.Season{Name: "noisy", Start: start, Days: days, Step: step}
	source, err := operate.Generated(5, s, 6,
		operate.GeneratedSeries{Name: "load", Unit: "MW", Capacity: optional.Of(9.), Shape: []float64{1, 2, 3, 2}, Weather: 0.1, Sigma: 0.3, Persistence: 0.8},
		operate.GeneratedSeries{Name: "wind", Unit: "MW", Capacity: optional.Of(6.), Shape: []float64{2, 1}, Weather: 0.3, Sigma: 0.5, Persistence: 0.9},
		operate.GeneratedSeries{Name: "price", Unit: "CNY/MWh", Shape: []float64{low, high, low, high}},
		operate.GeneratedSeries{Name: "real", Unit: "CNY/MWh", Capacity: optional.Of(200.), Shape: []float64{40, 60}, Sigma: 0.4},
	)
	require.NoError(t, err)
	source.Series[3].Late = true
	s.Source = source
	members := append([]der.DER{&der.Wind{ID: "W", Available: "wind", Maintenance: 3}}, ders...)
	s.Region = func(set *scenario.Set) (trigrid.Region, error) {
		price, real := set.Mean("price"), set.Mean("real")
		calendar := market.Calendar{Steps: set.Steps(), StepHours: set.HoursAt(0)}
		// A missing MWh costs the higher one of both prices, a surplus earns
		// the lower one.
		short, long := make(market.Series, len(price)), make(market.Series, len(price))
		for k := range price {
			short[k], long[k] = max(0, real[k]-price[k])+1, max(0, price[k]-real[k])+1
		}
		return trigrid.Region{
			Name: "noisy", VPPs: []vpp.VPP{{Name: "village", Demand: "load", Tariff: der.Tariff{Injection: price}}}, DERs: members,
			Setting: vpp.Setting{
				Set: set, Weights: weights.Vector{Economic: 0.6, Risk: 0.2, Environment: 0.2}, Risk: vpp.CVaR{Confidence: 0.5},
				Markets: vpp.Markets{
					Electricity: &market.Tariff{Calendar: calendar, Buy: price, Sell: price},
					Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: short, Long: long},
				},
			},
		}, nil
	}
	return s
}

// settlesWhole checks that money sums to zero in each step, that the metered
// plans keep their rules, and that no day is below its bound.
func settlesWhole(t *testing.T, season operate.Season, res *operate.Result) {
	t.Helper()
	require.Len(t, res.Days, season.Days)
	for i, day := range res.Days {
		require.Len(t, day.Settled, season.Grid(i).Steps)
		paid := make([]int64, len(res.Parties))
		for step, units := range day.Settled {
			total := int64(0)
			for k, u := range units {
				total += u
				paid[k] += u
			}
			require.Zero(t, total, "day %d, step %d", i, step)
		}
		for k, line := range day.Payments {
			require.Equal(t, paid[k], line.Minor)
		}
		require.NotNil(t, day.Bound)
		require.GreaterOrEqual(t, day.Cost, *day.Bound-1e-5*(1+max(*day.Bound, -*day.Bound)), "day %d", i)
		require.NoError(t, day.Plans[0].Verify(1e-5))
	}
}

func plainMembers() []der.DER {
	return []der.DER{
		&der.Storage{ID: "B", Charge: 1, Discharge: 1, Energy: 4, Initial: optional.Of(1.), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 1},
		&der.Thermal{ID: "T", MinOutput: 1, MaxOutput: 2, MinUp: 6, MinDown: 4, Linear: 30, NoLoad: 4, StartUp: []der.StartCost{{Cost: 20}}},
	}
}

// Prices are negative for half of each day, and the price of imbalance lies on
// both sides of them.
func TestSeasonOfNegativePrices(t *testing.T) {
	season := noisy(t, monday, 2, 3*time.Hour, -40, 50, plainMembers()...)
	c, err := operate.Compare(t.Context(), season, operate.Options{
		Choices: trigrid.Profile{"W": "village", "B": "village", "T": "village"}, Solver: testsolver.New(t),
	}, strategies()...)
	require.NoError(t, err)
	for _, x := range c.Strategies {
		require.Empty(t, x.Reason, x.Strategy.Name)
		settlesWhole(t, season, x.Result)
	}
}

// Steps of 15 minutes over the days on which clocks in Berlin change: 92 and
// 100 steps, the latter with the hour from 2:00 twice.
func TestSeasonOfQuarterHoursWhileClocksChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, at := range []time.Time{time.Date(2031, 3, 30, 0, 0, 0, 0, berlin), time.Date(2031, 10, 26, 0, 0, 0, 0, berlin)} {
		season := noisy(t, at, 1, 15*time.Minute, 30, 60, plainMembers()...)
		for _, s := range []operate.Strategy{operate.Rolling(24), operate.Rules()} {
			res, err := operate.Run(t.Context(), season, operate.Options{
				Strategy: s, Choices: trigrid.Profile{"W": "village", "B": "village", "T": "village"}, Solver: testsolver.New(t), Bounds: true,
			})
			require.NoError(t, err, s.Name)
			settlesWhole(t, season, res)
			energy := res.Days[0].Plans[0].Members[0].Schedule.Realised[0].Trace("energy")
			require.InDelta(t, 1, energy[len(energy)-1], 1e-6, s.Name)
		}
	}
}

// A comparison has the same bytes with one worker, with three, with a store,
// and from a store.
func TestSeasonDoesNotDependOnWorkersOrStore(t *testing.T) {
	season := noisy(t, monday, 2, 6*time.Hour, 30, 60, plainMembers()...)
	folder := t.TempDir()
	var want []byte
	for k, o := range []operate.Options{{Workers: 1}, {Workers: 3}, {Workers: 3, Store: folder}, {Workers: 1, Store: folder}} {
		o.Solver, o.ChooseEvery, o.Choice = testsolver.New(t), 2, trigrid.Options{Starts: 1}
		c, err := operate.Compare(t.Context(), season, o, strategies()...)
		require.NoError(t, err)
		got, err := json.Marshal(c)
		require.NoError(t, err)
		for _, x := range c.Strategies {
			require.Empty(t, x.Reason)
			one, err := json.Marshal(x.Result)
			require.NoError(t, err)
			var rows bytes.Buffer
			require.NoError(t, operate.WriteCSV(&rows, x.Result.Rows()))
			got = append(append(got, one...), rows.Bytes()...)
			if k == 3 && x.Strategy.Method != operate.RuleBased {
				assert.Positive(t, x.Result.Timing.Reused, x.Strategy.Name)
			}
		}
		if want == nil {
			want = got
		}
		require.Equal(t, string(want), string(got), "%+v", k)
	}
}

// The connection takes 2.6 MW, which the demand of 2 MW exceeds in some
// scenarios and on every worst day, and never in reality. Nothing can prepare
// for such a day, and each strategy operates.
func TestSeasonWithScenariosThatHaveNoSolution(t *testing.T) {
	grid := scenario.Grid{Start: monday.AddDate(0, 0, -4), Step: 6 * time.Hour, Steps: 24}
	var f, y, c []float64
	for k := range grid.Steps {
		f, y, c = append(f, 2), append(y, 2+0.5*float64(k%2)), append(c, 50)
	}
	table, err := scenario.NewTable(grid, scenario.Column{Name: "f", Unit: "MW", Values: f}, scenario.Column{Name: "y", Unit: "MW", Values: y},
		scenario.Column{Name: "c", Unit: "CNY/MWh", Values: c})
	require.NoError(t, err)
	source := &operate.Measured{Table: table, Series: []operate.Series{
		{MeasuredSeries: scenario.MeasuredSeries{Name: "load", Unit: "MW", Capacity: optional.Of(5.), ForecastColumn: "f", Sigma: 0.4}, Realised: "y"},
		{MeasuredSeries: scenario.MeasuredSeries{Name: "buy", Unit: "CNY/MWh", ForecastColumn: "c"}},
		{MeasuredSeries: scenario.MeasuredSeries{Name: "sell", Unit: "CNY/MWh", ForecastColumn: "c"}},
	}}
	one := priced(&der.Storage{ID: "B", Charge: 0.1, Discharge: 0.1, Energy: 1, Initial: optional.Of(0.5), ChargeEfficiency: 1, DischargeEfficiency: 1})
	season := operate.Season{Name: "narrow", Start: monday, Days: 2, Step: 6 * time.Hour, Source: source, Region: func(set *scenario.Set) (trigrid.Region, error) {
		r, err := one(set)
		r.VPPs[0].ImportLimit = optional.Of(2.6)
		return r, err
	}}
	set, err := source.Known(t.Context(), season.Gate(0), season.Grid(0), 4)
	require.NoError(t, err)
	most := 0.0
	for s := range set.Len() {
		most = max(most, slices.Max(set.Path("load", s)))
	}
	require.Greater(t, most, 2.7) // no scenario of this height has a solution
	for _, s := range []operate.Strategy{operate.DayAheadOnly(), operate.RollingScenarios(0, 4), operate.RollingScenarios(1, 4), operate.Robust(1, 4), operate.Rules()} {
		res, err := operate.Run(t.Context(), season, operate.Options{
			Strategy: s, Choices: trigrid.Profile{"B": "village"}, Solver: testsolver.New(t), Bounds: true, NoLedger: true,
		})
		require.NoError(t, err, s.Name)
		settlesWhole(t, season, res)
	}
}

// Perfect foresight has the values of a day at its gate and none of a later
// day: another second day leaves the first as it is. A day can also be one
// step.
func TestSeasonOfPerfectForesightEndsAtMidnight(t *testing.T) {
	season := noisy(t, monday, 2, 24*time.Hour, 30, 60)
	o := operate.Options{Strategy: operate.Foresight(), Choices: trigrid.Profile{"W": "village"}, Solver: testsolver.New(t), NoLedger: true, Bounds: true}
	plain, err := operate.Run(t.Context(), season, o)
	require.NoError(t, err)
	settlesWhole(t, season, plain)
	season.Source = perturbed(t, season.Source, season.Grid(0).Time(0))
	other, err := operate.Run(t.Context(), season, o)
	require.NoError(t, err)
	assert.Equal(t, plain.Days[0].Totals, other.Days[0].Totals)
	assert.Equal(t, plain.Days[0].Settled, other.Days[0].Settled)
	assert.NotEqual(t, plain.Days[1].Settled, other.Days[1].Settled)
}
