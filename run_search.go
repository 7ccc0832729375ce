package trigrid

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/trigrid/trigrid/evogame"
)

// searchStarts is the number of random profiles from which a search starts by default.
const searchStarts = 4

// search plays the game without a table of all profiles. DERs move in turn, each to the strategy of
// its highest payoff, and only the coalitions on these paths are planned. The first path starts
// with all DERs outside, or at the most probable profile of o.Start, the others at random profiles.
//
// The equilibria are the ends of the paths that are proven to be equilibria. The best profile is
// the end of a path of moves that raise welfare, from the end with the highest welfare: a local
// optimum.
func (g *choice) search(ctx context.Context, o Options) (*played, error) {
	start := make([]int, g.Players())
	for i := range start {
		start[i] = len(g.region.VPPs)
	}
	if o.Start != nil {
		start = mostProbable(o.Start)
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

	// Several paths can have the same end. Sorting makes the order independent of the starts.
	ends := [][]int{mostProbable(out.run.Final)}
	for _, a := range out.basins.Attractors {
		ends = append(ends, mostProbable(a.Final))
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

// common is the game in which the payoff of every DER is the welfare of the profile. Its better
// replies raise welfare with each move.
type common struct{ *choice }

// Payoff implements [evogame.Game].
func (g common) Payoff(i int, profile []int) float64 {
	welfare, _, err := g.Compute(context.Background(), i, profile)
	if err != nil {
		return math.NaN()
	}
	return welfare
}

// Compute implements [evogame.Computed]. The tolerance adds a relative 1e-6 for the solver's
// feasibility tolerance to the gap, so that moves between equal profiles end.
func (g common) Compute(ctx context.Context, _ int, profile []int) (welfare, tolerance float64, err error) {
	welfare, gap, err := g.welfare(ctx, profile)
	return welfare, gap + 1e-6*(1+math.Abs(welfare)), err
}
