package evogame

import (
	"context"
	"errors"
	"math/rand/v2"
)

// PathBasins follows [BetterReplies] from random pure profiles, all with the
// same probability, and counts the ends. It replaces [BasinShares] if payoffs
// are too slow to evaluate all profiles. Paths share payoffs, so pass a
// [Cached] game. starts is the number of paths; 0: 100. The source is required.
func PathBasins(ctx context.Context, g Game, starts int, source rand.Source) (*Basins, error) {
	if source == nil {
		return nil, errors.New("evogame: PathBasins needs a source, for example rand.NewPCG(1, 2)")
	}
	starts, err := startsOrDefault(starts)
	if err != nil {
		return nil, err
	}
	var (
		random  = rand.New(source)
		b       = &Basins{Starts: make([]State, starts), Ends: make([]int, starts)}
		results = make([]*Result, starts)
	)
	for k := range starts {
		profile := make([]int, g.Players())
		for i := range profile {
			profile[i] = random.IntN(g.Strategies(i))
		}
		b.Starts[k] = Vertex(g, profile)
		p, err := BetterReplies(ctx, g, profile, 0)
		if err != nil {
			return nil, err
		}
		results[k] = p.Trajectory(g)
	}
	b.group(results, nil, nil)
	return b, nil
}
