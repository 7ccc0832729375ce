package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/trigrid/trigrid/market"
	marketdata "github.com/trigrid/trigrid/market/published"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// Standard deviations of day-ahead forecast errors as fractions of the
// forecast, from a thesis on integrated energy systems.
const (
	windError = 0.20
	sunError  = 0.15
	loadError = 0.05
)

const (
	samples = 500 // the paper has 500 in one section and 1000 in another
	kept    = 5   // scenarios after reduction
	fresh   = 40  // days of an independent sample on which every plan is evaluated
)

// method is one treatment of uncertainty with its results for VPP1 at fixed
// prices.
type method struct {
	Name      string  `json:"name"`
	Planned   outcome `json:"planned"`       // over the scenarios of the plan
	Fresh     outcome `json:"fresh"`         // same day-ahead schedule, fresh days
	Interval  float64 `json:"interval_cny"`  // half width of the 95 % interval, mean fresh cost
	Scenarios int     `json:"scenarios"`     // number of scenarios of the plan
	MeanError float64 `json:"mean_error_mw"` // see meanError; 0 for the robust plan
	Rounds    int     `json:"rounds"`        // of the adversary of the robust plan; 0 otherwise
}

// generate samples n days of the site's wind, sun and load and reduces them to
// keep scenarios; keep = 0 keeps all. Heat and gas price are known. Equal seeds
// give equal days.
func generate(
	ctx context.Context, x site, design scenario.Design, n, keep int, seed uint64,
) (*scenario.Generated, error) {
	// Heat and gas price have no error here: the paper treats sun, wind and
	// load as uncertain. Outputs are cut off at High, in MW; normal errors have
	// no bound of their own.
	grid := scenario.Grid{Step: time.Hour, Steps: len(dayLoad)}
	spec := scenario.Spec{
		Grid: grid, Samples: n, Design: design, Scenarios: keep,
		Forecasts: []scenario.Known{
			{Name: x.series("heat"), Unit: "MW", Path: dayHeat},
			{Name: "gas price", Unit: "CNY/MWh", Path: gasDay()},
		},
	}
	for _, s := range []struct {
		kind     string
		forecast []float64
		errors   scenario.NormalErrors
	}{
		{"wind", scaled(dayWind, x.growth), scenario.NormalErrors{Sigma: windError, Low: optional.Of(0), High: optional.Of(4)}},
		{"sun", scaled(daySun, x.growth), scenario.NormalErrors{Sigma: sunError, Low: optional.Of(0), High: optional.Of(4)}},
		{"load", dayLoad, scenario.NormalErrors{Sigma: loadError, Low: optional.Of(0), High: optional.Of(8)}},
	} {
		series, err := scenario.Around(x.series(s.kind), "MW", grid, s.forecast, s.errors)
		if err != nil {
			return nil, err
		}
		spec.Series = append(spec.Series, series)
	}
	return scenario.Generate(ctx, spec, rand.NewPCG(seed, 0))
}

// methods plans VPP1 in three ways and evaluates each plan on the fresh days.
// The seeds of plans and of fresh days differ, so that no plan has seen its
// evaluation.
func methods(ctx context.Context, solver milp.Solver, seed uint64) ([]method, error) {
	x := sites()[0]
	unseen, err := generate(ctx, x, scenario.MonteCarlo{}, fresh, 0, seed+1000)
	if err != nil {
		return nil, err
	}
	var out []method
	for _, m := range []struct {
		name   string
		design scenario.Design // nil: robust
	}{
		{"Monte Carlo and K-means", scenario.MonteCarlo{}},
		{"robust with a budget", nil},
		{"Latin hypercube and K-means", scenario.LatinHypercube{}},
	} {
		var (
			result = method{Name: m.name}
			plan   *vpp.Plan
		)
		if m.design == nil {
			plan, result.Rounds, err = robust(ctx, solver, x)
		} else {
			var f *scenario.Generated
			if f, err = generate(ctx, x, m.design, samples, kept, seed); err == nil {
				result.MeanError = meanError(x, f)
				plan, err = planAlone(ctx, solver, x, f.Set, nil)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		result.Planned, result.Scenarios = read(plan), len(plan.Results)
		// Only the day-ahead schedule is kept. The dispatch of every fresh day
		// is planned again, as an operator would do it during the day.
		tried, err := planAlone(ctx, solver, x, unseen.Set, plan.DayAhead)
		if err != nil {
			return nil, fmt.Errorf("%s, on fresh days: %w", m.name, err)
		}
		result.Fresh, result.Interval = read(tried), interval(tried)
		out = append(out, result)
	}
	return out, nil
}

// planAlone plans one VPP at fixed prices. If schedule is not nil, it is the
// day-ahead schedule (MW per step) and only the recourse is planned.
func planAlone(
	ctx context.Context, solver milp.Solver, x site, set *scenario.Set, schedule []float64,
) (*vpp.Plan, error) {
	r := base()
	r.prices = r.prices.fixed()
	c, err := r.setting(set)
	if err != nil {
		return nil, err
	}
	c.Markets.Imbalance = imbalance(set.Steps())
	// The study has no weight on risk. Imbalance must count in the economic
	// value, or it would cost nothing.
	c.Modelling.ImbalanceAccounting = vpp.InEconomicToo
	alone := x.vpp()
	alone.DayAhead = schedule
	plan, err := vpp.Problem{VPP: alone, Members: x.units(r.carbonQuota), Setting: c}.Solve(ctx, solver)
	if err != nil {
		return nil, err
	}
	return plan, plan.Verify(1e-5)
}

// imbalance returns two-price imbalance pricing: 30 % of the tariff on shortage
// and on surplus.
func imbalance(steps int) *market.Imbalance {
	day := marketdata.TimeOfUseCheng().Buy
	price := make(market.Series, steps)
	for t := range price {
		price[t] = day[t%24]
	}
	return &market.Imbalance{
		Calendar: market.Calendar{Steps: steps},
		Price:    price, Short: price.Times(0.3), Long: price.Times(0.3),
	}
}

// interval returns 1.96 standard errors of the mean cost over the scenarios of
// a plan, CNY. Scenarios must have equal probabilities, as the fresh days have.
func interval(p *vpp.Plan) float64 {
	mean, squares := read(p).Cost, 0.0
	for _, r := range p.Results {
		d := r.Cost - r.Trade + r.Carbon + r.Certificate + r.Imbalance - mean
		squares += d * d
	}
	n := float64(len(p.Results))
	return 1.96 * math.Sqrt(squares/(n-1)/n)
}

// meanError returns the largest difference between the weighted mean of the
// kept scenarios and the mean of the sample, MW. K-means keeps the mean
// exactly: the mean of each cluster, weighted by its size, is the mean of the
// sample. A forecast that is the weighted sum of the scenarios therefore does
// not depend on the clustering (claim B12).
func meanError(x site, f *scenario.Generated) float64 {
	largest := 0.0
	for _, kind := range []string{"wind", "sun", "load"} {
		kept, all := f.Set.Mean(x.series(kind)), f.Sample.Mean(x.series(kind))
		for t := range kept {
			largest = max(largest, math.Abs(kept[t]-all[t]))
		}
	}
	return largest
}
