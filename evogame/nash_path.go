package evogame

import (
	"context"
	"fmt"
)

// Path is a sequence of profiles from [BetterReplies], in which consecutive
// profiles differ by one move of one player.
type Path struct {
	// Verdict is ConvergedToStrictNash; ConvergedToRestPoint if the cheapest
	// deviation at the end is a tie or undecided; Cycle; or NotConverged at the
	// limit of moves.
	Verdict     Verdict
	Reason      string
	Profiles    [][]int     // the start and the profile after each move
	Equilibrium Equilibrium // of the last profile, if the path converged
}

// BetterReplies lets the players move in turn. Each moves to its best reply if
// that gains more than the tolerance of the payoffs. The path ends after a
// round without a move, after a repetition (a cycle), or after maxMoves moves
// (0: 10,000).
//
// BetterReplies evaluates only the payoffs along the path, one per strategy and
// turn, so that it also works for games that are too large for [Tabulate]. Use
// a [Cached] game and share it between paths. In a game with an exact potential
// every path converges (Monderer, Shapley 1996, lemma 2.3).
//
// For example, in the stag hunt from (stag, hare) with payoffs 4, 3 and 0,
// player 0 moves first, to hare. The path ends at (hare, hare).
func BetterReplies(ctx context.Context, g Game, start []int, maxMoves int) (*Path, error) {
	if err := validateProfile(g, start); err != nil {
		return nil, err
	}
	if maxMoves < 0 {
		return nil, fmt.Errorf("evogame: at most %d moves, want at least 1, or 0 for 10,000",
			maxMoves)
	}
	if maxMoves == 0 {
		maxMoves = 10_000
	}
	profile := append([]int(nil), start...)
	p := &Path{Profiles: [][]int{append([]int(nil), start...)}}
	// The rest of a path depends only on the profile and the turn. A repeated
	// pair is therefore a cycle.
	seen := map[string]int{}
	for quiet, turn := 0, 0; quiet < len(profile); turn = (turn + 1) % len(profile) {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		better, err := bestReply(ctx, g, turn, profile)
		if err != nil {
			return nil, err
		}
		if better == profile[turn] {
			quiet++
			continue
		}
		if len(p.Profiles) > maxMoves {
			p.Reason = fmt.Sprintf("still improving after %d moves", maxMoves)
			return p, nil
		}
		quiet = 0
		profile[turn] = better
		p.Profiles = append(p.Profiles, append([]int(nil), profile...))
		key := cacheKey(turn, profile)
		if before, ok := seen[key]; ok {
			p.Verdict = Cycle
			p.Reason = fmt.Sprintf("the moves repeat every %d", len(p.Profiles)-1-before)
			return p, nil
		}
		seen[key] = len(p.Profiles) - 1
	}
	e, err := examine(ctx, g, profile)
	if err != nil {
		return nil, err
	}
	p.Equilibrium = e
	p.Verdict = ConvergedToRestPoint
	if e.Kind == Strict {
		p.Verdict = ConvergedToStrictNash
	}
	p.Reason = fmt.Sprintf("no player gains at %s, %s by a margin of %.6g",
		profileName(g, profile), e.Kind, e.Margin)
	return p, nil
}

// bestReply returns the player's strategy with the highest payoff among those
// that gain more than the tolerance, or its present strategy if there is none.
func bestReply(ctx context.Context, g Game, player int, profile []int) (int, error) {
	present := profile[player]
	defer func() { profile[player] = present }()
	here, hereTolerance, err := compute(ctx, g, player, profile)
	if err != nil {
		return 0, err
	}
	best, gain := present, 0.0
	for v := range g.Strategies(player) {
		if v == present {
			continue
		}
		profile[player] = v
		there, tolerance, err := compute(ctx, g, player, profile)
		if err != nil {
			return 0, err
		}
		if d := there - here; d > hereTolerance+tolerance+roundingOf(here, there) && d > gain {
			best, gain = v, d
		}
	}
	return best, nil
}

// Trajectory converts the path to a [Result] with pure states, for reports that
// show both. Time counts moves. Payoffs and Evaluations are not recorded.
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
