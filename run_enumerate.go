package trigrid

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/trigrid/trigrid/evogame"
)

// enumerate plays the game with the payoffs of all (M+1)^n profiles in a table: the dynamic from
// its start and from random starts, all equilibria, and the profiles of highest welfare. All
// coalitions are planned before, so that the table needs no solver.
func (g *choice) enumerate(ctx context.Context, o Options) (*played, error) {
	fill := evogame.FillOptions{Workers: o.Workers}
	out, table, err := g.complete(ctx, o)
	if err != nil {
		return nil, err
	}
	var sets []evogame.EquilibriumSet
	for _, r := range out.rows {
		if r.strict() {
			sets = append(sets, r.set)
		}
	}
	out.basins, err = evogame.BasinShares(ctx, table, o.Dynamic, evogame.BasinOptions{
		Starts: o.Starts, Source: rand.NewPCG(o.Seed, 0), Fill: fill, Sets: sets,
	})
	return out, err
}

// complete is enumerate without the random starts.
func (g *choice) complete(ctx context.Context, o Options) (*played, *evogame.Table, error) {
	var err error
	if g.unavailable, err = g.floors(ctx); err != nil {
		return nil, nil, err
	}
	table, err := evogame.Tabulate(ctx, g, evogame.FillOptions{Workers: o.Workers})
	if err != nil {
		return nil, nil, err
	}
	out := &played{exhaustive: true, bound: math.Inf(-1)}
	if out.run, err = evogame.Run(ctx, table, o.Dynamic, o.Start, evogame.Options{}); err != nil {
		return nil, nil, err
	}
	nash, err := evogame.StrictNash(table)
	if err != nil {
		return nil, nil, err
	}
	if out.rows, err = g.rows(ctx, table, nash); err != nil {
		return nil, nil, err
	}
	// The measure is a function without an error. A failure becomes NaN there and is returned here.
	var failed error
	welfare, err := evogame.MeasureWelfare(table, func(profile []int) float64 {
		sum, gap, err := g.welfare(ctx, profile)
		if err != nil {
			failed = err
			return math.NaN()
		}
		out.bound = max(out.bound, sum+gap)
		return sum
	})
	if failed != nil {
		return nil, nil, failed
	}
	if err != nil {
		return nil, nil, err
	}
	out.best, out.optimum, out.known = welfare.Best, welfare.Optimum, welfare.Ranked
	return out, table, nil
}
