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
	table, err := evogame.Tabulate(ctx, g, fill)
	if err != nil {
		return nil, err
	}
	out := &played{exhaustive: true}
	if out.run, err = evogame.Run(ctx, table, o.Dynamic, o.Start, evogame.Options{}); err != nil {
		return nil, err
	}
	out.basins, err = evogame.BasinShares(ctx, table, o.Dynamic, evogame.BasinOptions{
		Starts: o.Starts, Source: rand.NewPCG(o.Seed, 0), Fill: fill,
	})
	if err != nil {
		return nil, err
	}
	if out.nash, err = evogame.StrictNash(table); err != nil {
		return nil, err
	}
	// The measure is a function without an error. A failure becomes NaN there and is returned here.
	var failed error
	welfare, err := evogame.MeasureWelfare(table, func(profile []int) float64 {
		sum, _, err := g.welfare(ctx, profile)
		if err != nil {
			failed = err
			return math.NaN()
		}
		return sum
	})
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, err
	}
	out.best, out.optimum = welfare.Best, welfare.Optimum
	return out, nil
}
