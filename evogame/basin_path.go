package evogame

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
)

// Trajectory returns the path as a trajectory between pure states, in which time counts moves. Payoffs of
// strategies and evaluations are not recorded.
func (p *Path) Trajectory(s Shape) *Result {
	last := len(p.Profiles) - 1
	r := &Result{
		Verdict: p.Verdict, Reason: p.Reason,
		Time: float64(last), Final: Vertex(s, p.Profiles[last]), Steps: last,
	}
	if p.Verdict.Converged() {
		r.Profile = append([]int(nil), p.Profiles[last]...)
		r.Margin = p.Equilibrium.Margin
	}
	if p.Verdict == ConvergedToStrictNash {
		r.Stability = Stable
	}
	for k, profile := range p.Profiles {
		r.Times = append(r.Times, float64(k))
		r.States = append(r.States, Vertex(s, profile))
	}
	return r
}

// PathBasins follows [BetterReplies] from random pure profiles, all equally likely, and counts where the
// paths end: what [BasinShares] is for a dynamic, where payoffs are too expensive for all profiles. Give
// it a [Cached] game, since paths meet. starts 0: 100.
func PathBasins(ctx context.Context, g Game, starts int, source rand.Source) (*Basins, error) {
	if source == nil {
		return nil, errors.New("evogame: PathBasins needs a source, for example rand.NewPCG(1, 2)")
	}
	if starts < 0 {
		return nil, fmt.Errorf("evogame: %d starts, want at least 0", starts)
	}
	if starts == 0 {
		starts = 100
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
		path, err := BetterReplies(ctx, g, profile, 0)
		if err != nil {
			return nil, err
		}
		results[k] = path.Trajectory(g)
	}
	b.sort(results)
	return b, nil
}
