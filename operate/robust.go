package operate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// Sizes of the search for a worst day, which are assumed. More scenarios widen
// the ranges.
const (
	rangeScenarios = 20 // whose ends are the range of a value
	worstRounds    = 5  // at most
)

// place is one value of an uncertain series.
type place struct {
	series string
	step   int
	by     float64 // its deviation, MW
}

// worst returns the plan for a worst day of the budget set that [Robust]
// states. set is the point forecast over the window from step t on, as known at
// a time.
func (x *vppDay) worst(ctx context.Context, at time.Time, set *scenario.Set, t int) (*vpp.Plan, error) {
	point := set.Expected() // the point forecast, also if the strategy has several scenarios
	all, err := x.places(ctx, at, point)
	if err != nil {
		return nil, err
	}
	// Integer division rounds the rest of the budget up.
	budget := (x.r.o.Strategy.Budget*point.Steps() + x.grid.Steps - 1) / x.grid.Steps
	// The first plan gives prices; it is the plan of a budget of 0.
	plan, err := x.free(ctx, point, t)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for range worstRounds {
		// A choice that repeats would repeat its plan, too.
		hit := worstPlaces(all, plan, budget)
		key := fmt.Sprint(hit)
		if seen[key] {
			break
		}
		seen[key] = true
		day, err := deviated(point, hit)
		if err != nil {
			return nil, err
		}
		next, err := x.firm(ctx, day, t)
		if errors.Is(err, milp.ErrInfeasible) {
			break // no operation can prepare for this day; the plan so far stays
		}
		if err != nil {
			return nil, err
		}
		plan = next
	}
	return plan, nil
}

// places returns the values that can deviate against the VPP, with their
// deviations. For example, wind of 4 MW whose scenarios lie between 1 and 6 MW
// can deviate by −3 MW, and a demand of 4 MW with the same range by +2 MW.
func (x *vppDay) places(ctx context.Context, at time.Time, point *scenario.Set) ([]place, error) {
	known, err := x.r.season.Source.Known(ctx, at, point.Grid(), rangeScenarios)
	if err != nil {
		return nil, err
	}
	p, err := x.problem(point, x.grid.Steps-point.Steps(), x.state)
	if err != nil {
		return nil, err
	}
	// A series of demand hurts upwards, and one of available power downwards.
	consumed := map[string]bool{p.VPP.Demand: true}
	for _, d := range x.state {
		switch u := d.(type) {
		case *der.Load:
			consumed[u.Demand] = true
		case *der.DemandResponse:
			consumed[u.Load] = true
		case *der.TransferableLoad:
			consumed[u.Load] = true
		}
	}
	var out []place
	for _, name := range known.Names() {
		if !known.Varies(name) || known.Unit(name) != "MW" {
			continue
		}
		for step := range known.Steps() {
			forecast, end := point.At(name, 0, step), point.At(name, 0, step)
			for s := range known.Len() {
				if v := known.At(name, s, step); consumed[name] {
					end = max(end, v)
				} else {
					end = min(end, v)
				}
			}
			// A known value, and a night without sun, has no range.
			if end != forecast {
				out = append(out, place{name, step, end - forecast})
			}
		}
	}
	return out, nil
}

// worstPlaces returns the places with the largest deviation times price in a
// plan, in the order of series and steps. For example, 2 MW of wind at a price
// of 50 count 100, more than 1 MW of load at a price of 80.
func worstPlaces(all []place, plan *vpp.Plan, budget int) []place {
	damage := func(p place) float64 {
		price := 1.0 // without an economic weight
		if plan.Prices != nil {
			price = math.Abs(plan.Prices[0][p.step])
		}
		return price * math.Abs(p.by)
	}
	order := slices.Clone(all)
	// Ties keep the order of series and steps, so that equal prices give equal
	// days.
	slices.SortStableFunc(order, func(a, b place) int { return cmp.Compare(damage(b), damage(a)) })
	order = order[:min(budget, len(order))]
	slices.SortFunc(order, func(a, b place) int { return cmp.Or(cmp.Compare(a.series, b.series), cmp.Compare(a.step, b.step)) })
	return order
}

// deviated returns a set of one scenario in which some values deviate. It is
// the worst day y of [Robust].
func deviated(point *scenario.Set, hit []place) (*scenario.Set, error) {
	out := scenario.Single(point.Grid())
	for _, name := range point.Names() {
		path := slices.Clone(point.Path(name, 0))
		for _, p := range hit {
			if p.series == name {
				path[p.step] += p.by
			}
		}
		if err := out.AddForecast(name, point.Unit(name), path); err != nil {
			return nil, err
		}
	}
	return out, nil
}
