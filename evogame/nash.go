package evogame

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Kind classifies a pure Nash equilibrium by the certainty of the inequality
//
//	U_i(a) ≥ U_i(v, a_-i)        for every player i and strategy v
type Kind int

const (
	// Strict: every deviation loses more than the tolerance of the payoffs.
	// Under the replicator with several populations, these profiles are exactly
	// the asymptotically stable states.
	Strict Kind = iota
	// Weak: no deviation gains, some deviation changes nothing up to rounding,
	// and payoffs are exact.
	Weak
	// Undetermined: some deviation changes less than the tolerance of the
	// payoffs, so that the profile may or may not be an equilibrium.
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

// Equilibrium is a pure profile together with its cheapest deviation, the one
// with the smallest difference of loss and tolerance. In the stag hunt with
// payoffs 4 (both stag), 3 (hare, in company or not) and 0 (stag alone), both
// pure equilibria are strict: (stag, stag) with Margin 1, (hare, hare) with
// Margin 3.
type Equilibrium struct {
	Profile   []int
	Kind      Kind
	Margin    float64 // U_i(a) − U_i(v, a_-i), the loss; +Inf if no player has two strategies
	Tolerance float64 // of Margin: stated tolerances plus rounding
	Player    int     // i, who deviates; -1 if no player has two strategies
	Strategy  int     // v, the strategy after the deviation
}

// StrictNash examines every pure profile and returns, in the order of profiles,
// all strict Nash equilibria. It also returns weak and undetermined ones,
// marked by their [Kind]. It omits a profile only if some deviation gains more
// than its tolerance.
//
// The cost is one payoff per profile, player and strategy. If payoffs are slow,
// use [Tabulate] first.
func StrictNash(g Game) ([]Equilibrium, error) {
	sp, err := newSpace(g, MaxPayoffs)
	if err != nil {
		return nil, err
	}
	var (
		all     []Equilibrium
		profile = make([]int, len(sp.sizes))
	)
	for k := range sp.count {
		e, err := examine(context.Background(), g, sp.profile(k, profile))
		if err != nil {
			return nil, err
		}
		if e.holds() {
			e.Profile = append([]int(nil), profile...)
			all = append(all, e)
		}
	}
	return all, nil
}

// Examine returns the cheapest deviation from one profile, and the [Kind] that
// follows from it. ok is false if some deviation gains more than its tolerance;
// Margin is then negative. Examine returns an error for an invalid profile or a
// payoff that cannot be computed.
func Examine(ctx context.Context, g Game, profile []int) (e Equilibrium, ok bool, err error) {
	if err := validateProfile(g, profile); err != nil {
		return Equilibrium{}, false, err
	}
	e, err = examine(ctx, g, append([]int(nil), profile...))
	return e, err == nil && e.holds(), err
}

// holds reports whether no deviation gains more than its tolerance.
func (e Equilibrium) holds() bool { return e.Margin >= -e.Tolerance }

// examine is Examine for a valid profile. It changes the profile during the
// call and restores it.
func examine(ctx context.Context, g Game, profile []int) (Equilibrium, error) {
	e := Equilibrium{Profile: profile, Margin: math.Inf(1), Player: -1}
	stated := 0.0 // tolerances of the two payoffs of the cheapest deviation, without rounding
	for i, v := range profile {
		if g.Strategies(i) == 1 {
			continue // no deviation, so the payoff is not needed
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

// validateProfile reports a profile of the wrong length and strategies that do
// not exist.
func validateProfile(s Shape, profile []int) error {
	if len(profile) != s.Players() {
		return fmt.Errorf("evogame: the profile has %d strategies for %d players",
			len(profile), s.Players())
	}
	bad := faults.List{Prefix: "evogame: "}
	for i, v := range profile {
		bad.Require(v >= 0 && v < s.Strategies(i), "%s has no strategy %d", playerName(s, i), v)
	}
	return bad.Err()
}
