package evogame

import (
	"context"
	"math"
	"slices"
)

// EquilibriumSet is a set of pure equilibria that the moves of indifferent
// players connect. For example, a battery that earns 0 in the VPP "north" and 0
// outside connects two equilibria that differ in its choice only.
//
// A set is Strict if each move of a player from one of its profiles either
// loses more than the tolerance of the payoffs or is a tie that leads to a
// profile of the set. Under the replicator with several populations these sets
// are asymptotically stable: a disturbed population returns to the set, but not
// always to the same profile. A set of one profile is strict if the profile is.
//
// Source: Balkenborg, Schlag (2007), On the evolutionary selection of sets of
// Nash equilibria, Journal of Economic Theory 133, 295, for strict equilibrium
// sets.
type EquilibriumSet struct {
	Profiles    [][]int // in the order of profiles
	Kind        Kind
	Margin      float64 // of the cheapest move that is not a tie; +Inf if there is none
	Tolerance   float64 // of Margin
	Indifferent []int   // players with several strategies in the set, ascending
}

// tieShare is the payoff difference that counts as a tie, as a fraction of the
// largest payoff, although the payoffs are not exact. It is the accuracy of a
// solver without a gap.
const tieShare = 1e-6

// maxTied bounds the profiles that EquilibriumSets examines in addition to
// those given.
const maxTied = 4096

// EquilibriumSets groups equilibria, such as those of [StrictNash], into sets
// in the order of their first profiles. If a tie leads from an equilibrium to a
// profile that is not given, that profile is examined and joins the set if it
// is an equilibrium too, so that the equilibria found by a search suffice.
//
// A difference of payoffs is a tie if it is within the tolerance of the payoffs
// and within 1e-6 of the largest payoff: a larger one may be a preference that
// the tolerance hides, so that it neither connects profiles nor leaves them
// strict. A set that is not strict has the kind of its least certain profile,
// Undetermined before Weak.
func EquilibriumSets(ctx context.Context, g Game, equilibria []Equilibrium) ([]EquilibriumSet, error) {
	c := connector{game: g, at: make(map[string]int, len(equilibria))}
	for _, e := range equilibria {
		if err := validateProfile(g, e.Profile); err != nil {
			return nil, err
		}
		c.add(e)
	}
	if err := c.measure(ctx); err != nil {
		return nil, err
	}
	limit := len(c.list) + maxTied
	for k := 0; k < len(c.list); k++ { // connect appends to the list
		if err := c.connect(ctx, k, limit); err != nil {
			return nil, err
		}
	}
	return c.sets(), nil
}

// connector joins equilibria by ties.
type connector struct {
	game     Game
	list     []Equilibrium
	at       map[string]int // index in list by profile; -1 for a profile that is no equilibrium
	parent   []int          // union-find forest over list
	open     []bool         // per equilibrium: a move is undecided, or a tie that leads elsewhere
	cheapest []deviation    // per equilibrium, among the moves that are no ties
	largest  float64        // absolute payoff of all given profiles
}

// add appends an equilibrium, alone in its set.
func (c *connector) add(e Equilibrium) int {
	k := len(c.list)
	c.at[cacheKey(0, e.Profile)] = k
	c.list = append(c.list, e)
	c.parent = append(c.parent, k)
	c.open = append(c.open, false)
	c.cheapest = append(c.cheapest, deviation{player: -1, margin: math.Inf(1)})
	return k
}

// find returns the index of a profile in the list. It examines a profile that
// is not listed, unless the list has reached the limit. listed is false if the
// profile is no equilibrium.
func (c *connector) find(ctx context.Context, profile []int, limit int) (k int, listed bool, err error) {
	key := cacheKey(0, profile)
	if k, ok := c.at[key]; ok || len(c.list) >= limit {
		return k, ok && k >= 0, nil
	}
	e, ok, err := Examine(ctx, c.game, profile)
	if err != nil {
		return 0, false, err
	}
	if !ok {
		c.at[key] = -1
		return 0, false, nil
	}
	return c.add(e), true, nil
}

// measure finds the largest absolute payoff at the equilibria.
func (c *connector) measure(ctx context.Context) error {
	for _, e := range c.list {
		for i := range e.Profile {
			payoff, _, err := compute(ctx, c.game, i, e.Profile)
			if err != nil {
				return err
			}
			c.largest = max(c.largest, math.Abs(payoff))
		}
	}
	return nil
}

// connect examines every move from equilibrium k.
func (c *connector) connect(ctx context.Context, k, limit int) error {
	profile := slices.Clone(c.list[k].Profile)
	for i, v := range profile {
		if c.game.Strategies(i) == 1 {
			continue
		}
		here, hereTolerance, err := compute(ctx, c.game, i, profile)
		if err != nil {
			return err
		}
		for u := range c.game.Strategies(i) {
			if u == v {
				continue
			}
			profile[i] = u
			there, thereTolerance, err := compute(ctx, c.game, i, profile)
			if err != nil {
				return err
			}
			rounding := roundingOf(here, there)
			d := deviation{player: i, strategy: u, margin: here - there}
			d.tolerance = hereTolerance + thereTolerance + rounding
			to, listed := 0, false
			if math.Abs(d.margin) <= min(d.tolerance, max(tieShare*c.largest, rounding)) {
				if to, listed, err = c.find(ctx, profile, limit); err != nil {
					return err
				}
			}
			profile[i] = v
			if listed {
				c.parent[c.root(k)] = c.root(to)
				continue
			}
			c.open[k] = c.open[k] || d.margin <= d.tolerance
			if c.cheapest[k].player < 0 || d.less(c.cheapest[k]) {
				c.cheapest[k] = d
			}
		}
	}
	return nil
}

// root returns the representative of an equilibrium's set.
func (c *connector) root(k int) int {
	for c.parent[k] != k {
		c.parent[k] = c.parent[c.parent[k]]
		k = c.parent[k]
	}
	return k
}

// sets collects the connected equilibria.
func (c *connector) sets() []EquilibriumSet {
	var (
		out   []EquilibriumSet
		place = make(map[int]int) // index in out by root
		worst []deviation         // per set, its cheapest move
		open  []bool
	)
	for k, e := range c.list {
		root := c.root(k)
		s, ok := place[root]
		if !ok {
			s = len(out)
			place[root] = s
			out = append(out, EquilibriumSet{Kind: Strict})
			worst = append(worst, c.cheapest[k])
			open = append(open, false)
		}
		out[s].Profiles = append(out[s].Profiles, e.Profile)
		open[s] = open[s] || c.open[k]
		if c.cheapest[k].less(worst[s]) {
			worst[s] = c.cheapest[k]
		}
		if e.Kind > out[s].Kind {
			out[s].Kind = e.Kind
		}
	}
	for s := range out {
		if !open[s] {
			out[s].Kind = Strict
		}
		out[s].Margin, out[s].Tolerance = worst[s].margin, worst[s].tolerance
		slices.SortFunc(out[s].Profiles, slices.Compare) // added profiles come last
		for i := range out[s].Profiles[0] {
			if slices.ContainsFunc(out[s].Profiles, func(p []int) bool { return p[i] != out[s].Profiles[0][i] }) {
				out[s].Indifferent = append(out[s].Indifferent, i)
			}
		}
	}
	return out
}

// Contains reports whether every profile that a state plays with positive
// probability, above 1e-6 per player, belongs to the set. For example, a state
// in which only an indifferent battery mixes "north" and "outside" is contained
// in the set of these two profiles.
func (s *EquilibriumSet) Contains(x State) bool {
	// The number of profiles in play bounds the search: a set cannot contain
	// more than it has.
	played, count := make([][]int, len(x)), 1
	for i, row := range x {
		for v, p := range row {
			if p >= supportCut {
				played[i] = append(played[i], v)
			}
		}
		count *= len(played[i])
		if count > len(s.Profiles) {
			return false
		}
	}
	within := 0
	for _, p := range s.Profiles {
		inside := true
		for i, v := range p {
			inside = inside && slices.Contains(played[i], v)
		}
		if inside {
			within++
		}
	}
	return count > 0 && within == count
}
