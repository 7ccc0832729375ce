package trigrid

import (
	"cmp"
	"context"
	"iter"
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
	out := &played{run: path.Trajectory(game), optimum: math.Inf(-1)}
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
	ends = slices.CompactFunc(ends, slices.Equal)
	var nash []evogame.Equilibrium
	for _, end := range ends {
		e, ok, err := evogame.Examine(ctx, game, end)
		if err != nil {
			return nil, err
		}
		if ok {
			nash = append(nash, e)
		}
	}
	if out.rows, err = g.rows(ctx, game, nash); err != nil {
		return nil, err
	}
	if err := g.climb(ctx, out, path.Profiles, ends); err != nil {
		return nil, err
	}
	out.unknown = len(g.planner.unplannedOpen()) > 0
	return out, nil
}

// climb sets the best known profile of a search, the bound of the welfare of all others, and the
// known profiles: those of the first path, the ends, and the climb.
func (g *choice) climb(ctx context.Context, out *played, first, ends [][]int) error {
	top, optimum := ends[0], math.Inf(-1)
	candidates := slices.Clone(ends)
	for k := 0; k < len(candidates); k++ {
		welfare, _, err := g.welfare(ctx, candidates[k])
		if err != nil {
			return err
		}
		if welfare > optimum {
			top, optimum = candidates[k], welfare
		}
		// Each VPP can run with its proposal, which is a start if no end is feasible.
		if k == len(ends)-1 && math.IsInf(optimum, -1) {
			candidates = append(candidates, g.proposals())
		}
	}
	path, err := evogame.BetterReplies(ctx, evogame.NewCached(common{g}), top, 0)
	if err != nil {
		return err
	}
	if out.known, err = g.ranked(ctx, slices.Concat(first, ends, path.Profiles)); err != nil {
		return err
	}
	top = path.Profiles[len(path.Profiles)-1]
	var gap float64
	if out.optimum, gap, err = g.welfare(ctx, top); err != nil {
		return err
	}
	if !math.IsInf(out.optimum, -1) {
		out.best = [][]int{top}
	}
	// The best objective of each VPP and the best of the outside payoffs bound every sum of them.
	for _, p := range g.proposed {
		out.bound += p.bound
	}
	for _, d := range g.region.DERs {
		out.bound += g.region.Setting.Weights.Economic * max(0, g.region.Outside[d.Name()])
	}
	out.bound = max(out.bound, out.optimum+gap)
	return nil
}

// ranked returns the feasible ones of some profiles, each once, from the highest welfare to the
// lowest, equal ones in the order of profiles.
func (g *choice) ranked(ctx context.Context, profiles [][]int) (iter.Seq[[]int], error) {
	type entry struct {
		profile []int
		welfare float64
	}
	var list []entry
	for _, p := range profiles {
		welfare, _, err := g.welfare(ctx, p)
		if err != nil {
			return nil, err
		}
		if !math.IsInf(welfare, -1) {
			list = append(list, entry{p, welfare})
		}
	}
	slices.SortFunc(list, func(a, b entry) int {
		return cmp.Or(cmp.Compare(b.welfare, a.welfare), slices.Compare(a.profile, b.profile))
	})
	list = slices.CompactFunc(list, func(a, b entry) bool { return slices.Equal(a.profile, b.profile) })
	return func(yield func([]int) bool) {
		for _, e := range list {
			if !yield(e.profile) {
				return
			}
		}
	}, nil
}

// proposals returns the profile in which each DER is in the first VPP that proposes it, and outside
// if none does.
func (g *choice) proposals() []int {
	profile := make([]int, g.Players())
	for i := range profile {
		profile[i] = slices.IndexFunc(g.proposed, func(p proposal) bool { return p.s.Has(i) })
		if profile[i] < 0 {
			profile[i] = len(g.region.VPPs)
		}
	}
	return profile
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
// feasibility tolerance to the gap, so that moves between equal profiles end. Profiles that are not
// feasible have the payoff noRun.
func (g common) Compute(ctx context.Context, _ int, profile []int) (welfare, tolerance float64, err error) {
	welfare, gap, err := g.welfare(ctx, profile)
	if math.IsInf(welfare, -1) {
		return noRun, 0, err
	}
	return welfare, gap + 1e-6*(1+math.Abs(welfare)), err
}
