package trigrid

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/trigrid/trigrid/evogame"
)

// searchStarts is how many random profiles a search starts from unless it is told.
const searchStarts = 4

// search plays the game where it has too many profiles: units move in turn, each to the plant where it
// earns most, and only the coalitions on these paths are planned. The first path starts with everybody
// outside, the others at random. Equilibria are those found; the best profile is where moves that raise
// welfare lead from the best of them.
func (g *choice) search(ctx context.Context, o Options) (*played, error) {
	start := make([]int, g.Players())
	for i := range start {
		start[i] = len(g.region.Plants)
	}
	if o.Start != nil {
		start = likeliest(o.Start)
	}
	game := evogame.NewCached(g)
	path, err := evogame.BetterReplies(ctx, game, start, 0)
	if err != nil {
		return nil, err
	}
	out := &played{run: path.Trajectory(game)}
	out.basins, err = evogame.PathBasins(ctx, game, cmp.Or(o.Starts, searchStarts), rand.NewPCG(o.Seed, 0))
	if err != nil {
		return nil, err
	}

	ends := [][]int{likeliest(out.run.Final)}
	for _, a := range out.basins.Attractors {
		ends = append(ends, likeliest(a.Final))
	}
	slices.SortFunc(ends, slices.Compare)
	out.optimum = math.Inf(-1)
	for _, end := range slices.CompactFunc(ends, slices.Equal) {
		e, ok, err := evogame.Examine(ctx, game, end)
		if err != nil {
			return nil, err
		}
		if ok {
			out.nash = append(out.nash, e)
		}
		welfare, _, err := g.welfare(ctx, end)
		if err != nil {
			return nil, err
		}
		if welfare > out.optimum {
			out.best, out.optimum = [][]int{end}, welfare
		}
	}

	climb, err := evogame.BetterReplies(ctx, evogame.NewCached(common{g}), out.best[0], 0)
	if err != nil {
		return nil, err
	}
	top := climb.Profiles[len(climb.Profiles)-1]
	out.best = [][]int{top}
	out.optimum, _, err = g.welfare(ctx, top)
	return out, err
}

// common is the game in which everybody earns the welfare of all: its better replies climb welfare.
type common struct{ *choice }

// Payoff implements [evogame.Game].
func (g common) Payoff(unit int, profile []int) float64 {
	welfare, _, err := g.Compute(context.Background(), unit, profile)
	if err != nil {
		return math.NaN()
	}
	return welfare
}

// Compute implements [evogame.Computed].
func (g common) Compute(ctx context.Context, _ int, profile []int) (welfare, tolerance float64, err error) {
	welfare, open, err := g.welfare(ctx, profile)
	return welfare, open + 1e-6*(1+math.Abs(welfare)), err
}
