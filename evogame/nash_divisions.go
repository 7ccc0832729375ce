package evogame

import (
	"context"
	"fmt"
	"math"
)

// maxDivisions bounds what [Classes.Equilibria] enumerates.
const maxDivisions = 20_000_000

// Division is a pure Nash profile of the game of all units of a [Classes], up to which unit of a class is
// which: how the units of each class are divided among the choices.
type Division struct {
	Units     [][]int // [class][choice]
	Kind      Kind    // Strict, or Weak where a change of some unit changes nothing
	Margin    float64 // what the cheapest change of one unit loses; +Inf where nobody has a choice
	Class     int     // whose change it is; -1 where nobody has a choice
	From, To  int     // choices
	Tolerance float64 // of the margin, rounding
}

// Equilibria lists all pure Nash profiles of the game of all units, as divisions: in the order of the
// classes, those with more units in the first choices first. It examines every division, of which a class
// of m units among V choices has (m+V−1)! / (m! (V−1)!); more than 20 million in all are refused. Payoffs
// are taken as exact.
//
// A division that splits a class is, in the dynamics of the classes, at most near a mixed rest point:
// there every unit of the class mixes, and no number of units is certain.
func (t *Classes) Equilibria(ctx context.Context) ([]Division, error) {
	choices := make([][][]int, len(t.units)) // divisions of each class by itself
	total := 1
	for c, m := range t.units {
		n := divisions(m, t.choices)
		if n > maxDivisions/total {
			return nil, fmt.Errorf("evogame: the classes have more than %d divisions among the choices, too many to enumerate; follow BetterReplies on Game", maxDivisions)
		}
		total *= n
		choices[c] = divide(nil, nil, m, t.choices)
	}
	var (
		list  []Division
		at    = make([]int, len(t.units)) // an odometer over choices
		units = make([][]int, len(t.units))
	)
	for k := range total {
		if k%4096 == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		for c := range units {
			units[c] = choices[c][at[c]]
		}
		if d, ok := t.examine(units); ok {
			list = append(list, d)
		}
		for c := len(at) - 1; c >= 0; c-- {
			if at[c]++; at[c] < len(choices[c]) {
				break
			}
			at[c] = 0
		}
	}
	return list, nil
}

// examine finds the cheapest change of a single unit; ok is false where some change gains.
func (t *Classes) examine(units [][]int) (d Division, ok bool) {
	d = Division{Margin: math.Inf(1), Class: -1}
	members := make([]int, len(units))
	with := func(choice, extra int) []int { // who makes a choice, with one more of a class
		for c := range units {
			members[c] = units[c][choice]
		}
		if extra >= 0 {
			members[extra]++
		}
		return members
	}
	for c := range units {
		for v, n := range units[c] {
			if n == 0 {
				continue
			}
			here := t.payoffs[c][v][t.index(c, with(v, -1))]
			for u := range t.choices {
				if u == v {
					continue
				}
				there := t.payoffs[c][u][t.index(c, with(u, c))]
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
	for _, row := range units {
		d.Units = append(d.Units, append([]int(nil), row...))
	}
	return d, true
}

// divisions counts the ways to divide m units among k choices, or more than maxDivisions.
func divisions(m, k int) int {
	n := 1.0
	for i := 1; i < k; i++ {
		if n *= float64(m+i) / float64(i); n > maxDivisions {
			return maxDivisions + 1
		}
	}
	return int(math.Round(n))
}

// divide appends to list all ways to divide m units among k choices, after the given numbers.
func divide(list [][]int, before []int, m, k int) [][]int {
	if k == 1 {
		return append(list, append(append([]int(nil), before...), m))
	}
	for n := m; n >= 0; n-- {
		list = divide(list, append(before, n), m-n, k-1)
	}
	return list
}
