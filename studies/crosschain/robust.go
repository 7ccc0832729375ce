package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

const (
	budget    = 12   // hours that may deviate, of 3 · 24: wind, sun and load
	deviation = 1.96 // size of a deviation, standard deviations
)

// place is one uncertain quantity: hour of series 0 (wind), 1 (sun) or 2
// (load).
type place struct {
	series int
	hour   int
}

// adversary chooses the worst day of a budget set (Bertsimas and Sim,
// Operations Research 52(1), 2004):
//
//	y_kt = f_kt (1 + 1.96 e_k z_kt),   z_kt ∈ {0, 1},   Σ_kt z_kt ≤ 12
//
// f is the forecast, e_k the signed standard deviation of series k. Only
// shortages are considered: more wind, more sun and less load never raise the
// cost, because output can be curtailed.
type adversary struct {
	forecast [3][]float64
	errors   [3]float64
}

func newAdversary(x site) adversary {
	return adversary{
		forecast: [3][]float64{scaled(dayWind, x.growth), scaled(daySun, x.growth), dayLoad},
		errors:   [3]float64{-windError, -sunError, loadError},
	}
}

// day returns the set with one scenario in which the places of hit deviate.
func (a adversary) day(x site, hit []place) (*scenario.Set, error) {
	var day [3][]float64
	for series := range day {
		day[series] = slices.Clone(a.forecast[series])
	}
	for _, p := range hit {
		day[p.series][p.hour] *= 1 + deviation*a.errors[p.series]
	}
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: len(dayLoad)})
	x.growth = 1 // the forecast includes it already
	if err := x.add(set, day[1], day[0], day[2], dayHeat); err != nil {
		return nil, err
	}
	return set, set.AddForecast("gas price", "CNY/MWh", gasDay())
}

// choose returns the budget's most damaging places, ordered by series and hour.
// The damage of a place is the size of its deviation, MW, times the price of
// electricity in the last plan.
func (a adversary) choose(plan *vpp.Plan) []place {
	damage := func(p place) float64 {
		return plan.Prices[0][p.hour] * math.Abs(deviation*a.errors[p.series]*a.forecast[p.series][p.hour])
	}
	var all []place
	for series := range a.forecast {
		for hour := range dayLoad {
			all = append(all, place{series, hour})
		}
	}
	// A stable sort keeps ties in the order of series and hour, so that equal
	// prices give equal days.
	slices.SortStableFunc(all, func(a, b place) int {
		switch da, db := damage(a), damage(b); {
		case da > db:
			return -1
		case da < db:
			return 1
		}
		return 0
	})
	hit := slices.Clone(all[:budget])
	slices.SortFunc(hit, func(a, b place) int {
		if a.series != b.series {
			return a.series - b.series
		}
		return a.hour - b.hour
	})
	return hit
}

// robust plans against the adversary and returns the dearest plan and the
// number of rounds. Each round plans for the adversary's last day and lets it
// choose again by the new prices, until a choice repeats. The first round plans
// for the forecast and does not count as a worst day.
//
// The result is the worst case as far as prices show it. The exact adversary is
// a bilevel program.
func robust(ctx context.Context, solver milp.Solver, x site) (*vpp.Plan, int, error) {
	var (
		a     = newAdversary(x)
		hit   []place
		worst *vpp.Plan
		seen  = map[string]bool{}
	)
	for round := 1; ; round++ {
		set, err := a.day(x, hit)
		if err != nil {
			return nil, round, err
		}
		plan, err := planAlone(ctx, solver, x, set, nil)
		if err != nil {
			return nil, round, err
		}
		if len(hit) > 0 && (worst == nil || read(plan).Cost > read(worst).Cost) {
			worst = plan
		}
		key := fmt.Sprint(hit)
		if seen[key] {
			return worst, round, nil
		}
		seen[key] = true
		hit = a.choose(plan)
	}
}
