package evogame

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Kind says how certain a pure Nash profile is.
type Kind int

const (
	// Strict: every deviation loses more than the tolerance of the payoffs. With several populations
	// these are the asymptotically stable states of the replicator.
	Strict Kind = iota
	// Weak: no deviation gains, one changes nothing up to rounding, and the payoffs are exact.
	Weak
	// Undetermined: the payoffs are too inexact to say whether the profile is an equilibrium: a
	// deviation changes less than the tolerance.
	Undetermined
)

// String returns the kind in one word.
func (k Kind) String() string {
	switch k {
	case Strict:
		return "strict"
	case Weak:
		return "weak"
	case Undetermined:
		return "undetermined"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// Equilibrium is a pure profile from which no player gains, as far as the payoffs can tell.
type Equilibrium struct {
	Profile   []int
	Kind      Kind
	Margin    float64 // what the deviation least above its tolerance loses; +Inf where nobody has a choice
	Tolerance float64 // of that margin: stated tolerances and rounding
	Player    int     // whose deviation it is; -1 where nobody has a choice
	Strategy  int     // and to what
}

// StrictNash examines every pure profile and lists, in the order of profiles, those that are strict Nash
// equilibria and, marked as such, those that are weak or cannot be told from equilibria because the
// payoffs are inexact. A profile is left out only when some deviation gains more than its tolerance.
//
// The cost is one payoff per profile, player and strategy; [Tabulate] a game with slow payoffs first.
func StrictNash(g Game) ([]Equilibrium, error) {
	sp, err := newSpace(g, maxPayoffs)
	if err != nil {
		return nil, err
	}
	var (
		list    []Equilibrium
		profile = make([]int, len(sp.sizes))
	)
	for k := range sp.count {
		e, err := examine(context.Background(), g, sp.profile(k, profile))
		if err != nil {
			return nil, err
		}
		if e.holds() {
			e.Profile = append([]int(nil), profile...)
			list = append(list, e)
		}
	}
	return list, nil
}

// Examine returns the cheapest deviation from one profile and what it makes of it; ok is false where some
// deviation gains more than its tolerance, and then the margin is negative.
func Examine(ctx context.Context, g Game, profile []int) (e Equilibrium, ok bool, err error) {
	if err := validProfile(g, profile); err != nil {
		return Equilibrium{}, false, err
	}
	e, err = examine(ctx, g, append([]int(nil), profile...))
	return e, err == nil && e.holds(), err
}

// holds reports whether the profile may be an equilibrium.
func (e Equilibrium) holds() bool { return e.Margin >= -e.Tolerance }

// examine needs a profile it may write to; it leaves it as it was.
func examine(ctx context.Context, g Game, profile []int) (Equilibrium, error) {
	e := Equilibrium{Profile: profile, Margin: math.Inf(1), Player: -1}
	stated := 0.0
	for i, v := range profile {
		if g.Strategies(i) == 1 {
			continue
		}
		here, hereTolerance, err := compute(ctx, g, i, profile)
		if err != nil {
			return e, err
		}
		for u := range g.Strategies(i) {
			if u == v {
				continue
			}
			profile[i] = u
			there, thereTolerance, err := compute(ctx, g, i, profile)
			profile[i] = v
			if err != nil {
				return e, err
			}
			margin := here - there
			tolerance := hereTolerance + thereTolerance + roundingOf(here, there)
			if e.Player < 0 || margin-tolerance < e.Margin-e.Tolerance {
				e.Margin, e.Tolerance, e.Player, e.Strategy = margin, tolerance, i, u
				stated = hereTolerance + thereTolerance
			}
		}
	}
	switch {
	case e.Margin > e.Tolerance:
		e.Kind = Strict
	case stated == 0:
		e.Kind = Weak
	default:
		e.Kind = Undetermined
	}
	return e, nil
}

func validProfile(s Shape, profile []int) error {
	if len(profile) != s.Players() {
		return fmt.Errorf("evogame: the profile has %d strategies for %d players", len(profile), s.Players())
	}
	var errs []error
	for i, v := range profile {
		if v < 0 || v >= s.Strategies(i) {
			errs = append(errs, fmt.Errorf("evogame: %s has no strategy %d", playerName(s, i), v))
		}
	}
	return errors.Join(errs...)
}
