package evogame

import (
	"context"
	"fmt"
	"math"
)

// maxDivisions bounds the divisions that [Classes.Equilibria] enumerates.
const maxDivisions = 20_000_000

// Division is a pure Nash equilibrium of the game of all single players of a
// [Classes], up to the identity of players within a class. It counts the
// players of each class per strategy.
//
// For example, Counts {{2, 1}} means that two players of the only class play
// strategy 0 and one plays strategy 1. In the game of single players this is
// three profiles.
type Division struct {
	Counts    [][]int // [class][choice], number of players
	Kind      Kind    // Strict, or Weak if a deviation of some player changes nothing
	Margin    float64 // loss of the cheapest deviation of one player; +Inf without alternatives
	Class     int     // of the player that deviates; -1 without alternatives
	From, To  int     // its choices before and after
	Tolerance float64 // of Margin: rounding
}

// Equilibria returns all pure Nash equilibria of the game of single players, as
// divisions. They are sorted by class, with more players on the first choices
// first. Payoffs are taken as exact.
//
// Equilibria examines every division. A class of m players and V choices has
// (m+V−1)! / (m! (V−1)!) of them. Games with more than 20 million divisions are
// rejected.
//
// In the dynamics of the classes, a division that splits a class corresponds at
// best to a mixed rest point nearby: all players of a class then play the same
// mixed strategy, and the numbers of players are random.
func (t *Classes) Equilibria(ctx context.Context) ([]Division, error) {
	choices := make([][][]int, len(t.counts)) // divisions of each class by itself
	total := 1
	for c, m := range t.counts {
		n := divisions(m, t.choices)
		if n > maxDivisions/total {
			return nil, fmt.Errorf("evogame: the classes have more than %d divisions, "+
				"too many to enumerate; use BetterReplies on Game", maxDivisions)
		}
		total *= n
		choices[c] = divide(nil, nil, m, t.choices)
	}
	var (
		all    []Division
		at     = make([]int, len(t.counts)) // an odometer over choices
		counts = make([][]int, len(t.counts))
	)
	for k := range total {
		if k%4096 == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		for c := range counts {
			counts[c] = choices[c][at[c]]
		}
		if d, ok := t.examine(counts); ok {
			all = append(all, d)
		}
		for c := len(at) - 1; c >= 0; c-- {
			if at[c]++; at[c] < len(choices[c]) {
				break
			}
			at[c] = 0
		}
	}
	return all, nil
}

// examine returns the cheapest deviation of a single player. ok is false if
// some deviation gains.
func (t *Classes) examine(counts [][]int) (d Division, ok bool) {
	d = Division{Margin: math.Inf(1), Class: -1}
	buffer := make([]int, len(counts))
	// members returns the members vector of a choice, plus one player of class
	// joining (-1: none).
	members := func(choice, joining int) []int {
		for c := range counts {
			buffer[c] = counts[c][choice]
		}
		if joining >= 0 {
			buffer[joining]++
		}
		return buffer
	}
	for c := range counts {
		for v, n := range counts[c] {
			if n == 0 {
				continue
			}
			here := t.payoffs[c][v][t.index(c, members(v, -1))]
			for u := range t.choices {
				if u == v {
					continue
				}
				there := t.payoffs[c][u][t.index(c, members(u, c))]
				margin, tolerance := here-there, roundingOf(here, there)
				if margin < -tolerance {
					return Division{}, false
				}
				if d.Class < 0 || margin-tolerance < d.Margin-d.Tolerance {
					d.Margin, d.Tolerance, d.Class, d.From, d.To = margin, tolerance, c, v, u
				}
			}
		}
	}
	if d.Margin <= d.Tolerance {
		d.Kind = Weak
	}
	for _, row := range counts {
		d.Counts = append(d.Counts, append([]int(nil), row...))
	}
	return d, true
}

// divisions returns the number of ways to divide m players among k choices, the
// binomial coefficient (m+k−1 over k−1), or maxDivisions + 1 if it is larger
// than maxDivisions.
func divisions(m, k int) int {
	n := 1.0
	for i := 1; i < k; i++ {
		if n *= float64(m+i) / float64(i); n > maxDivisions {
			return maxDivisions + 1
		}
	}
	return int(math.Round(n))
}

// divide appends to all every division of m players among k choices, each after
// the prefix before. For m = 2 and k = 2 these are [2 0], [1 1] and [0 2].
func divide(all [][]int, before []int, m, k int) [][]int {
	if k == 1 {
		return append(all, append(append([]int(nil), before...), m))
	}
	for n := m; n >= 0; n-- {
		all = divide(all, append(before, n), m-n, k-1)
	}
	return all
}
