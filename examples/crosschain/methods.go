package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/trigrid/trigrid/market"
	marketdata "github.com/trigrid/trigrid/market/published"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// Forecast errors a day ahead, shares of the forecast, as a thesis on such systems takes them.
const (
	windError = 0.20
	sunError  = 0.15
	loadError = 0.05
)

const (
	samples   = 500 // the source says 500 in one place and 1000 in another
	kept      = 5
	fresh     = 40 // days of another sample on which every plan is tried
	budget    = 12 // deviations that the robust plan is held against, of 72: sun, wind and load by hour
	deviation = 1.96
)

// method is one way to treat uncertainty, and what it came to for the first plant at fixed prices.
type method struct {
	Name      string  `json:"name"`
	Planned   outcome `json:"planned"`       // on the futures that it planned with
	Fresh     outcome `json:"fresh"`         // with its position held, on days that it has not seen
	Interval  float64 `json:"interval_cny"`  // half width of the 95 % interval of the mean fresh cost
	Futures   int     `json:"futures"`       //
	MeanError float64 `json:"mean_error_mw"` // largest difference between the futures' weighted mean and the sample's
	Rounds    int     `json:"rounds"`        // of the adversary, for the robust plan
}

// futures returns a day's uncertain series, sampled by a design.
func futures(ctx context.Context, x site, design scenario.Design, n, keep int, seed uint64) (*scenario.Generated, error) {
	grid := scenario.Grid{Step: time.Hour, Steps: len(dayLoad)}
	spec := scenario.Spec{
		Grid: grid, Samples: n, Design: design, Scenarios: keep,
		Forecasts: []scenario.Known{
			{Name: x.series("heat"), Unit: "MW", Path: dayHeat},
			{Name: "gas price", Unit: "CNY/MWh", Path: gasDay()},
		},
	}
	for _, s := range []struct {
		what     string
		forecast []float64
		errors   scenario.NormalErrors
	}{
		{"wind", scaled(dayWind, x.growth), scenario.NormalErrors{Sigma: windError, High: 4}},
		{"sun", scaled(daySun, x.growth), scenario.NormalErrors{Sigma: sunError, High: 4}},
		{"load", dayLoad, scenario.NormalErrors{Sigma: loadError, High: 8}},
	} {
		series, err := scenario.Around(x.series(s.what), "MW", grid, s.forecast, s.errors)
		if err != nil {
			return nil, err
		}
		spec.Series = append(spec.Series, series)
	}
	return scenario.Generate(ctx, spec, rand.NewPCG(seed, 0))
}

// methods plans the first plant in three ways and tries each plan on days of a sample of its own.
func methods(ctx context.Context, solver milp.Solver, seed uint64) ([]method, error) {
	x := sites()[0]
	unseen, err := futures(ctx, x, scenario.MonteCarlo{}, fresh, 0, seed+1000)
	if err != nil {
		return nil, err
	}
	var out []method
	for _, m := range []struct {
		name   string
		design scenario.Design
	}{{"Monte Carlo and K-means", scenario.MonteCarlo{}}, {"robust with a budget", nil}, {"Latin hypercube and K-means", scenario.LatinHypercube{}}} {
		var (
			result = method{Name: m.name}
			plan   *vpp.Plan
		)
		if m.design == nil {
			plan, result.Rounds, err = robust(ctx, solver, x)
		} else {
			var f *scenario.Generated
			if f, err = futures(ctx, x, m.design, samples, kept, seed); err == nil {
				result.MeanError = meanError(x, f)
				plan, err = planAlone(ctx, solver, x, f.Set, nil)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		result.Planned, result.Futures = read(plan), len(plan.Results)
		tried, err := planAlone(ctx, solver, x, unseen.Set, plan.Position)
		if err != nil {
			return nil, fmt.Errorf("%s, on fresh days: %w", m.name, err)
		}
		result.Fresh, result.Interval = read(tried), interval(tried)
		out = append(out, result)
	}
	return out, nil
}

// planAlone plans one plant at fixed prices, with its position held where one is given.
func planAlone(ctx context.Context, solver milp.Solver, x site, set *scenario.Set, position []float64) (*vpp.Plan, error) {
	r := base()
	r.prices = r.prices.fixed()
	c, err := r.setting(set)
	if err != nil {
		return nil, err
	}
	c.Markets.Imbalance = imbalance(set.Steps())
	c.Readings.Charging = vpp.InEconomicToo
	plant := x.plant()
	plant.Position = position
	plan, err := vpp.Solve(ctx, solver, plant, x.units(r.carbonQuota), c)
	if err != nil {
		return nil, err
	}
	return plan, plan.Check(1e-5)
}

// imbalance charges 30 % of the price on what is short and on what is long: the usual two-price form.
func imbalance(steps int) *market.Imbalance {
	day := marketdata.TimeOfUseCheng().Buy
	price := make(market.Series, steps)
	for t := range price {
		price[t] = day[t%24]
	}
	return &market.Imbalance{Calendar: market.Calendar{Steps: steps}, Price: price, Short: price.Times(0.3), Long: price.Times(0.3)}
}

// robust plans against the worst day of a budget set (Bertsimas and Sim 2004): every hour's wind, sun and
// load may be off by 1.96 standard deviations, but no more than `budget` of them at once. More wind or sun
// and less load never cost anything, so that the worst day is one of shortages; which ones, the adversary
// reads off the prices of the plan made against its last choice, until its choice repeats. That is the
// worst case as far as prices tell it; the exact adversary is a program over two levels.
func robust(ctx context.Context, solver milp.Solver, x site) (*vpp.Plan, int, error) {
	type place struct {
		series int
		hour   int
	}
	forecast := [3][]float64{scaled(dayWind, x.growth), scaled(daySun, x.growth), dayLoad}
	errors := [3]float64{-windError, -sunError, loadError}
	var (
		hit   []place
		worst *vpp.Plan
	)
	seen := map[string]bool{}
	for round := 1; ; round++ {
		day := [3][]float64{slices.Clone(forecast[0]), slices.Clone(forecast[1]), slices.Clone(forecast[2])}
		for _, p := range hit {
			day[p.series][p.hour] *= 1 + deviation*errors[p.series]
		}
		set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: len(dayLoad)})
		own := x
		own.growth = 1
		if err := own.add(set, day[1], day[0], day[2], dayHeat); err != nil {
			return nil, round, err
		}
		if err := set.AddForecast("gas price", "CNY/MWh", gasDay()); err != nil {
			return nil, round, err
		}
		plan, err := planAlone(ctx, solver, x, set, nil)
		if err != nil {
			return nil, round, err
		}
		if len(hit) > 0 && (worst == nil || read(plan).Cost > read(worst).Cost) {
			worst = plan
		}
		if key := fmt.Sprint(hit); seen[key] {
			return worst, round, nil
		} else {
			seen[key] = true
		}
		var all []place
		damage := func(p place) float64 {
			return plan.Prices[0][p.hour] * math.Abs(deviation*errors[p.series]*forecast[p.series][p.hour])
		}
		for series := range forecast {
			for hour := range dayLoad {
				all = append(all, place{series, hour})
			}
		}
		slices.SortStableFunc(all, func(a, b place) int {
			switch da, db := damage(a), damage(b); {
			case da > db:
				return -1
			case da < db:
				return 1
			}
			return 0
		})
		hit = slices.Clone(all[:budget])
		slices.SortFunc(hit, func(a, b place) int {
			if a.series != b.series {
				return a.series - b.series
			}
			return a.hour - b.hour
		})
	}
}

// interval returns 1.96 standard errors of the mean cost over a plan's scenarios, CNY.
func interval(p *vpp.Plan) float64 {
	mean, squares := read(p).Cost, 0.0
	for _, r := range p.Results {
		d := r.Cost - r.Trade + r.Carbon + r.Certificate + r.Imbalance - mean
		squares += d * d
	}
	n := float64(len(p.Results))
	return 1.96 * math.Sqrt(squares/(n-1)/n)
}

// meanError returns how far the weighted mean of the futures kept is from the mean of the sample, MW:
// nothing, for K-means, which is why a forecast that is the weighted sum of its scenarios owes nothing to
// the clustering.
func meanError(x site, f *scenario.Generated) float64 {
	largest := 0.0
	for _, what := range []string{"wind", "sun", "load"} {
		kept, all := f.Set.Mean(x.series(what)), f.Sample.Mean(x.series(what))
		for t := range kept {
			largest = max(largest, math.Abs(kept[t]-all[t]))
		}
	}
	return largest
}
