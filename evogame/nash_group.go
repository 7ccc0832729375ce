package evogame

import (
	"context"
	"slices"
)

// GroupMove is a joint change of strategies by which each player of a group
// gains.
type GroupMove struct {
	Players []int   // the group, ascending
	Profile []int   // after the move; players outside the group keep their strategies
	Gain    float64 // of the player of the group that gains least, > 0
}

// FindGroupMove returns a move by which all players of a group gain more than
// the tolerance of their payoffs, or nil if no group of at most maxGroup
// players has one (0: any number). Without a move of any group the profile is a
// strong equilibrium; without a move of one player it is a Nash equilibrium. Of
// several moves it returns one of the smallest group, and among these the one
// with the largest Gain, then the first in the order of profiles.
//
// For example, mutual defection in the prisoner's dilemma is a Nash
// equilibrium, but both players gain by a joint move to cooperation.
//
// FindGroupMove evaluates up to all profiles, so pass a [Table] or a [Cached]
// game. A game without a strong equilibrium is common: three players that
// divide 1 by majority have none.
//
// Source: Aumann, Acceptable points in general cooperative n-person games, in
// Contributions to the Theory of Games IV (1959).
func FindGroupMove(ctx context.Context, g Game, profile []int, maxGroup int) (*GroupMove, error) {
	if err := validateProfile(g, profile); err != nil {
		return nil, err
	}
	n := len(profile)
	if maxGroup <= 0 || maxGroup > n {
		maxGroup = n
	}
	here, tolerance := make([]float64, n), make([]float64, n)
	for i := range here {
		var err error
		if here[i], tolerance[i], err = compute(ctx, g, i, profile); err != nil {
			return nil, err
		}
	}
	x := &groupSearch{ctx: ctx, game: g, here: here, tolerance: tolerance, start: profile, there: slices.Clone(profile)}
	for size := 1; size <= maxGroup && x.found == nil; size++ {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if err := x.choose(0, size, nil); err != nil {
			return nil, err
		}
	}
	return x.found, nil
}

// groupSearch visits the groups of one size and their joint moves.
type groupSearch struct {
	ctx             context.Context
	game            Game
	here, tolerance []float64 // payoffs at the start
	start, there    []int
	found           *GroupMove
}

// choose extends a group by size players from the given one on, each with
// another strategy than at the start, and examines the complete groups.
func (x *groupSearch) choose(from, size int, group []int) error {
	if size == 0 {
		return x.examine(group)
	}
	for i := from; i+size <= len(x.start); i++ {
		for v := range x.game.Strategies(i) {
			if v == x.start[i] {
				continue
			}
			x.there[i] = v
			if err := x.choose(i+1, size-1, append(group, i)); err != nil {
				return err
			}
		}
		x.there[i] = x.start[i]
	}
	return nil
}

// examine stores the move if each player of the group gains, and the least gain
// is the largest so far.
func (x *groupSearch) examine(group []int) error {
	least := 0.0
	for k, i := range group {
		there, tolerance, err := compute(x.ctx, x.game, i, x.there)
		if err != nil {
			return err
		}
		gain := there - x.here[i]
		if !(gain > tolerance+x.tolerance[i]+roundingOf(there, x.here[i])) {
			return nil
		}
		if k == 0 || gain < least {
			least = gain
		}
	}
	if x.found == nil || least > x.found.Gain {
		x.found = &GroupMove{Players: slices.Clone(group), Profile: slices.Clone(x.there), Gain: least}
	}
	return nil
}
