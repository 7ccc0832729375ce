package trigrid

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/trigrid/trigrid/evogame"
)

// played is how the units' game went and what is known about it.
type played struct {
	run        *evogame.Result
	nash       []evogame.Equilibrium
	basins     *evogame.Basins
	best       [][]int // profiles of the highest welfare
	optimum    float64 // their welfare
	exhaustive bool    // all profiles were examined
}

// exhaust plays the game with all payoffs known: the dynamic from its start and from random starts, every
// equilibrium, the profile of highest welfare.
func (g *choice) exhaust(ctx context.Context, o Options) (*played, error) {
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
