package evogame

import (
	"context"
	"fmt"
)

// Path is a sequence of improvements from a pure profile.
type Path struct {
	Verdict     Verdict // strict, or a rest point where a deviation is a tie or undecided, a cycle, or the limit
	Reason      string
	Profiles    [][]int     // visited, the start first
	Equilibrium Equilibrium // at the last profile, where the verdict is that the path settled
}

// BetterReplies lets the players move in turn, each to its best strategy when that gains more than the
// tolerance, until nobody moves for a whole round. Only the payoffs along the way are evaluated, one per
// strategy and turn, so that it works where [Tabulate] does not: put a [Cached] game in, and share it
// between paths. In a game with an exact potential every path settles; elsewhere it may cycle, which is
// found and reported. maxMoves bounds the moves, 0: 10,000.
func BetterReplies(ctx context.Context, g Game, start []int, maxMoves int) (*Path, error) {
	if err := validProfile(g, start); err != nil {
		return nil, err
	}
	if maxMoves < 0 {
		return nil, fmt.Errorf("evogame: at most %d moves, want at least 1, or 0 for 10,000", maxMoves)
	}
	if maxMoves == 0 {
		maxMoves = 10_000
	}
	profile := append([]int(nil), start...)
	path := &Path{Profiles: [][]int{append([]int(nil), start...)}}
	// The future depends on the profile and on whose turn it is only: the same pair again is a cycle.
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
		if len(path.Profiles) > maxMoves {
			path.Reason = fmt.Sprintf("still improving after %d moves", maxMoves)
			return path, nil
		}
		quiet = 0
		profile[turn] = better
		path.Profiles = append(path.Profiles, append([]int(nil), profile...))
		key := cacheKey(turn, profile)
		if before, ok := seen[key]; ok {
			path.Verdict = Cycle
			path.Reason = fmt.Sprintf("the moves repeat every %d", len(path.Profiles)-1-before)
			return path, nil
		}
		seen[key] = len(path.Profiles) - 1
	}
	e, err := examine(ctx, g, profile)
	if err != nil {
		return nil, err
	}
	path.Equilibrium = e
	path.Verdict = ConvergedToRestPoint
	if e.Kind == Strict {
		path.Verdict = ConvergedToStrictNash
	}
	path.Reason = fmt.Sprintf("nobody gains at %s, %s by a margin of %.6g", profileName(g, profile), e.Kind, e.Margin)
	return path, nil
}

// bestReply returns the player's strategy of highest payoff, or the present one where none gains more than
// the tolerance.
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
