package evogame

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Shape says how many players (populations) there are and how many strategies each has.
type Shape interface {
	Players() int
	Strategies(player int) int
}

// Game is a finite game in normal form. A profile holds one strategy per player.
//
// Payoff must depend on its arguments only and must allow concurrent calls. The profile belongs to the
// caller: it is neither kept nor changed. A payoff that cannot be computed is NaN and is refused where
// it is used; a game that can say why implements [Computed].
type Game interface {
	Shape
	Payoff(player int, profile []int) float64
}

// Tolerant is implemented by games whose payoffs are only as exact as the solver behind them: the true
// payoff lies within Tolerance (>= 0, in the payoff's unit) of the one returned. Margins smaller than
// the tolerances of the two payoffs compared are reported as undecided.
type Tolerant interface {
	Tolerance(player int, profile []int) float64
}

// Computed is implemented by games whose payoffs take time or may fail. It replaces Payoff and Tolerance
// in [Tabulate] and [Cached], with the same contract.
type Computed interface {
	Compute(ctx context.Context, player int, profile []int) (payoff, tolerance float64, err error)
}

// Named is implemented by games that know what their players and strategies are called; errors and
// reasons use the names.
type Named interface {
	PlayerName(player int) string
	StrategyName(player, strategy int) string
}

// compute returns one payoff by the best way the game offers and refuses what is not a number.
func compute(ctx context.Context, g Game, player int, profile []int) (payoff, tolerance float64, err error) {
	if c, ok := g.(Computed); ok {
		payoff, tolerance, err = c.Compute(ctx, player, profile)
		if _, told := g.(*Cached); err != nil && told {
			return 0, 0, err // names the payoff already
		}
		if err != nil {
			return 0, 0, fmt.Errorf("evogame: payoff of %s at %s: %w", playerName(g, player), profileName(g, profile), err)
		}
	} else {
		payoff = g.Payoff(player, profile)
		if t, ok := g.(Tolerant); ok {
			tolerance = t.Tolerance(player, profile)
		}
	}
	if !finite(payoff) {
		return 0, 0, fmt.Errorf("evogame: the payoff of %s at %s is %v, want a finite number", playerName(g, player), profileName(g, profile), payoff)
	}
	if !finite(tolerance) || tolerance < 0 {
		return 0, 0, fmt.Errorf("evogame: the tolerance of the payoff of %s at %s is %v, want a finite number of at least 0", playerName(g, player), profileName(g, profile), tolerance)
	}
	return payoff, tolerance, nil
}

// toleranceOf returns the stated tolerance of a payoff, zero for games that state none.
func toleranceOf(g any, player int, profile []int) float64 {
	if t, ok := g.(Tolerant); ok {
		return t.Tolerance(player, profile)
	}
	return 0
}

func playerName(g any, player int) string {
	if n, ok := g.(Named); ok {
		return n.PlayerName(player)
	}
	return fmt.Sprintf("player %d", player)
}

func strategyName(g any, player, strategy int) string {
	if n, ok := g.(Named); ok {
		return n.StrategyName(player, strategy)
	}
	return fmt.Sprint(strategy)
}

// profileName writes a profile as "(W1: north, W2: out)", or as "(0, 1)" for games without names.
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

// roundingOf is the part of a difference of two payoffs that may be rounding: sums of the same money in
// another order differ by this much and must not make a tie look strict.
func roundingOf(a, b float64) float64 { return 1e-12 * max(math.Abs(a), math.Abs(b)) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// space numbers the pure profiles of a game in mixed radix, the last player's strategy changing fastest.
type space struct {
	sizes   []int // strategies per player
	strides []int // distance between profiles that differ by one strategy of the player
	count   int   // profiles
}

// newSpace refuses games without players or strategies and games of more than limit profiles.
func newSpace(s Shape, limit int) (space, error) {
	n := s.Players()
	if n < 1 {
		return space{}, fmt.Errorf("evogame: the game has %d players, want at least 1", n)
	}
	sp := space{sizes: make([]int, n), strides: make([]int, n), count: 1}
	var errs []error
	for i := n - 1; i >= 0; i-- {
		m := s.Strategies(i)
		if m < 1 {
			errs = append(errs, fmt.Errorf("evogame: %s has %d strategies, want at least 1", playerName(s, i), m))
			continue
		}
		sp.sizes[i], sp.strides[i] = m, sp.count
		if sp.count > limit/m {
			return space{}, fmt.Errorf("evogame: the game has more than %d profiles, too many to enumerate; group equal players into Classes, or follow BetterReplies on a Cached game", limit)
		}
		sp.count *= m
	}
	return sp, errors.Join(errs...)
}

func (s space) index(profile []int) int {
	k := 0
	for i, v := range profile {
		if uint(v) >= uint(s.sizes[i]) {
			panic(fmt.Sprintf("evogame: strategy %d of player %d, who has %d", v, i, s.sizes[i]))
		}
		k += v * s.strides[i]
	}
	return k
}

// profile writes the profile of a given number into dst.
func (s space) profile(k int, dst []int) []int {
	for i, stride := range s.strides {
		dst[i] = k / stride % s.sizes[i]
	}
	return dst
}
