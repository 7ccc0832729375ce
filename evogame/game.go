package evogame

import (
	"context"
	"fmt"
	"math"
	"strings"
)

// Shape gives the number of players (populations) and the number of strategies
// of each player. Both are at least 1 and do not change.
type Shape interface {
	Players() int
	Strategies(player int) int
}

// Game is a finite game in normal form. A profile holds one strategy per
// player: in a game of two players, profile [1 0] means that player 0 plays
// strategy 1 and player 1 plays strategy 0.
//
// Payoff returns U_i(a), the payoff of player i at profile a. It depends on its
// arguments only and allows concurrent calls. The caller owns the profile:
// Payoff neither keeps nor changes it. Payoff returns NaN for a payoff that
// cannot be computed, and every function of this package reports NaN as an
// error. A game that can report the cause implements [Computed].
type Game interface {
	Shape
	Payoff(player int, profile []int) float64
}

// Tolerant is a [Game] with inexact payoffs, such as values of a solver with a
// gap. The true payoff is within Tolerance (≥ 0, in the unit of the payoffs) of
// the returned one. A margin smaller than the sum of the two tolerances
// involved is reported as undecided.
type Tolerant interface {
	Tolerance(player int, profile []int) float64
}

// Computed is a [Game] whose payoffs take time or may fail. [Tabulate] and
// [Cached] call Compute instead of Payoff and Tolerance. The contract of [Game]
// applies, and ctx cancels the computation.
type Computed interface {
	Compute(ctx context.Context, player int, profile []int) (payoff, tolerance float64, err error)
}

// Named is a game with names for players and strategies. Errors and reasons use
// them: "(W1: north)" instead of "(0)".
type Named interface {
	PlayerName(player int) string
	StrategyName(player, strategy int) string
}

// compute returns one payoff with its tolerance. It uses Computed if g
// implements it, and reports payoffs and tolerances that are not finite.
func compute(
	ctx context.Context, g Game, player int, profile []int,
) (payoff, tolerance float64, err error) {
	if c, ok := g.(Computed); ok {
		payoff, tolerance, err = c.Compute(ctx, player, profile)
		if _, cached := g.(*Cached); err != nil && cached {
			return 0, 0, err // a Cached game has wrapped the error with player and profile already
		}
		if err != nil {
			return 0, 0, fmt.Errorf("evogame: payoff of %s at %s: %w",
				playerName(g, player), profileName(g, profile), err)
		}
	} else {
		payoff = g.Payoff(player, profile)
		if t, ok := g.(Tolerant); ok {
			tolerance = t.Tolerance(player, profile)
		}
	}
	if !finite(payoff) {
		return 0, 0, fmt.Errorf("evogame: the payoff of %s at %s is %v, want a finite number",
			playerName(g, player), profileName(g, profile), payoff)
	}
	if !finite(tolerance) || tolerance < 0 {
		return 0, 0, fmt.Errorf(
			"evogame: the payoff of %s at %s has tolerance %v, want a finite number of at least 0",
			playerName(g, player), profileName(g, profile), tolerance)
	}
	return payoff, tolerance, nil
}

// toleranceOf returns the tolerance that a Tolerant game states for a payoff,
// and 0 for other games.
func toleranceOf(g any, player int, profile []int) float64 {
	if t, ok := g.(Tolerant); ok {
		return t.Tolerance(player, profile)
	}
	return 0
}

// playerName returns the name of a player, "player 0" if g has no names.
func playerName(g any, player int) string {
	if n, ok := g.(Named); ok {
		return n.PlayerName(player)
	}
	return fmt.Sprintf("player %d", player)
}

// strategyName returns the name of a strategy, its number if g has no names.
func strategyName(g any, player, strategy int) string {
	if n, ok := g.(Named); ok {
		return n.StrategyName(player, strategy)
	}
	return fmt.Sprint(strategy)
}

// profileName formats a profile as "(W1: north, W2: outside)", or as "(0, 1)"
// for games without names.
func profileName(g any, profile []int) string {
	parts := make([]string, len(profile))
	for i, v := range profile {
		parts[i] = strategyName(g, i, v)
		if name := playerName(g, i); name != playerName(nil, i) {
			parts[i] = name + ": " + parts[i]
		}
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// roundingOf bounds the rounding error in a − b. Two sums of the same amounts
// in another order differ by up to this much, and such a difference must not
// turn a tie into a strict preference.
func roundingOf(a, b float64) float64 { return 1e-12 * max(math.Abs(a), math.Abs(b)) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
