package evogame

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/trigrid/trigrid/internal/faults"
)

// MaxPayoffs is the largest number of payoffs in a [Table]: 2²⁶ float64, 512
// MiB.
const MaxPayoffs = 1 << 26

// Table is a finite game with all payoffs in memory. It is a [Game] by its
// entries and a [PopulationGame] by its expected payoffs (see [Table.Payoffs]).
// A table is safe for concurrent use after its last Set, SetTolerance or
// SetNames.
//
// The payoffs of player i form a tensor with one axis per player, in row-major
// order: entry [r][c] of a game of two players is the payoff of player i at
// profile [r c].
type Table struct {
	space      space
	payoffs    [][]float64 // [player][index of the profile]
	tolerances [][]float64 // [player][index of the profile]; nil: all payoffs are exact
	players    []string    // names; nil: numbers
	strategies [][]string  // names, [player][strategy]; nil: numbers
	scratch    sync.Pool   // of *tableScratch, for expected payoffs
}

var (
	_ Game           = (*Table)(nil)
	_ PopulationGame = (*Table)(nil)
	_ Tolerant       = (*Table)(nil)
	_ Named          = (*Table)(nil)
)

// NewTable returns a table without payoffs. strategies holds the number of
// strategies of each player. Every payoff starts as NaN, so that
// [Table.Validate] reports those that the caller did not set. NewTable rejects
// tables with more than 2²⁶ payoffs.
func NewTable(strategies []int) (*Table, error) {
	sp, err := newSpace(shape(strategies), MaxPayoffs/max(1, len(strategies)))
	if err != nil {
		return nil, err
	}
	t := &Table{space: sp, payoffs: make([][]float64, len(strategies))}
	for i := range t.payoffs {
		t.payoffs[i] = make([]float64, sp.count)
		for k := range t.payoffs[i] {
			t.payoffs[i][k] = math.NaN()
		}
	}
	return t, nil
}

// Bimatrix returns the game of two players with payoffs A (first) and B
// (second): at profile [r c], player 0 receives A[r][c] and player 1 receives
// B[r][c]. The matrices have equal shapes. Bimatrix reports rows of other
// lengths and entries that are not finite.
func Bimatrix(first, second [][]float64) (*Table, error) {
	if len(first) == 0 || len(second) != len(first) {
		return nil, fmt.Errorf("evogame: the matrices have %d and %d rows, "+
			"want the same number, at least 1", len(first), len(second))
	}
	t, err := NewTable([]int{len(first), len(first[0])})
	if err != nil {
		return nil, err
	}
	bad := faults.List{Prefix: "evogame: "}
	columns := len(first[0])
	for r := range first {
		if !bad.Require(len(first[r]) == columns && len(second[r]) == columns,
			"row %d has %d and %d columns, want %d", r, len(first[r]), len(second[r]), columns) {
			continue
		}
		for c := range first[r] {
			t.Set(0, []int{r, c}, first[r][c])
			t.Set(1, []int{r, c}, second[r][c])
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return t, t.Validate()
}

// Tabulate evaluates every payoff of a game. Profiles are distributed over
// goroutines; one goroutine evaluates all players of a profile, in the order of
// the players. Names and tolerances are copied. A [Table] is validated and
// returned without a copy.
//
// The first payoff, by profile, that fails or is not finite cancels the work
// and is returned.
func Tabulate(ctx context.Context, g Game, o FillOptions) (*Table, error) {
	if t, ok := g.(*Table); ok {
		return t, t.Validate()
	}
	t, err := NewTable(sizesOf(g))
	if err != nil {
		return nil, err
	}
	t.copyNames(g)
	tolerances := make([][]float64, g.Players())
	for i := range tolerances {
		tolerances[i] = make([]float64, t.space.count)
	}
	err = parallel(ctx, t.space.count, o, func(ctx context.Context, k int) error {
		profile := t.space.profile(k, make([]int, g.Players()))
		for i := range profile {
			var err error
			t.payoffs[i][k], tolerances[i][k], err = compute(ctx, g, i, profile)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range tolerances {
		for _, tolerance := range tolerances[i] {
			if tolerance > 0 {
				t.tolerances = tolerances // otherwise nil: all payoffs are exact
			}
		}
	}
	return t, nil
}

func (t *Table) copyNames(g Game) {
	n, ok := g.(Named)
	if !ok {
		return
	}
	t.players = make([]string, g.Players())
	t.strategies = make([][]string, g.Players())
	for i := range t.players {
		t.players[i] = n.PlayerName(i)
		for v := range g.Strategies(i) {
			t.strategies[i] = append(t.strategies[i], n.StrategyName(i, v))
		}
	}
}

// SetNames sets the names of the players and of the strategies of each player,
// [player][strategy]. It reports lists of the wrong length. The table keeps
// both slices.
func (t *Table) SetNames(players []string, strategies [][]string) error {
	if len(players) != t.Players() || len(strategies) != t.Players() {
		return fmt.Errorf("evogame: names for %d players and the strategies of %d, want %d of both",
			len(players), len(strategies), t.Players())
	}
	bad := faults.List{Prefix: "evogame: "}
	for i, names := range strategies {
		bad.Require(len(names) == t.Strategies(i),
			"%d names for the %d strategies of %s", len(names), t.Strategies(i), players[i])
	}
	if err := bad.Err(); err != nil {
		return err
	}
	t.players, t.strategies = players, strategies
	return nil
}

// Set stores U_i(a), the payoff of a player at a profile. It panics if the
// profile does not exist.
func (t *Table) Set(player int, profile []int, payoff float64) {
	t.payoffs[player][t.space.index(profile)] = payoff
}

// SetTolerance stores a bound, ≥ 0, on the error of the payoff of a player at a
// profile. Payoffs without a tolerance are exact. It panics if the profile does
// not exist.
func (t *Table) SetTolerance(player int, profile []int, tolerance float64) {
	if t.tolerances == nil {
		t.tolerances = make([][]float64, t.Players())
		for i := range t.tolerances {
			t.tolerances[i] = make([]float64, t.space.count)
		}
	}
	t.tolerances[player][t.space.index(profile)] = tolerance
}

// Players implements [Shape].
func (t *Table) Players() int { return len(t.space.sizes) }

// Strategies implements [Shape].
func (t *Table) Strategies(player int) int { return t.space.sizes[player] }

// Payoff implements [Game].
func (t *Table) Payoff(player int, profile []int) float64 {
	return t.payoffs[player][t.space.index(profile)]
}

// Tolerance implements [Tolerant].
func (t *Table) Tolerance(player int, profile []int) float64 {
	if t.tolerances == nil {
		return 0
	}
	return t.tolerances[player][t.space.index(profile)]
}

// PlayerName implements [Named]. Without [Table.SetNames] it returns "player 0"
// and so on.
func (t *Table) PlayerName(player int) string {
	if t.players == nil {
		return fmt.Sprintf("player %d", player)
	}
	return t.players[player]
}

// StrategyName implements [Named]. Without [Table.SetNames] it returns the
// number.
func (t *Table) StrategyName(player, strategy int) string {
	if t.strategies == nil {
		return fmt.Sprint(strategy)
	}
	return t.strategies[player][strategy]
}

// errUnlisted is counted, never printed.
var errUnlisted = errors.New("evogame: a payoff or a tolerance is not a number")

// Validate reports payoffs that are missing or not finite and tolerances that
// are negative or not finite. It spells out the first ten violations and counts
// the others.
func (t *Table) Validate() error {
	bad := faults.List{Prefix: "evogame: ", Max: 10}
	profile := make([]int, t.Players())
	report := func(quantity string, player, k int, value float64) {
		if bad.Len() >= bad.Max {
			bad.Add(errUnlisted) // count without formatting: a table may hold millions of them
			return
		}
		bad.Addf("the %s of %s at %s is %v", quantity, t.PlayerName(player),
			profileName(t, t.space.profile(k, profile)), value)
	}
	for i := range t.payoffs {
		for k, v := range t.payoffs[i] {
			if !finite(v) {
				report("payoff", i, k, v)
			}
		}
	}
	for i := range t.tolerances {
		for k, v := range t.tolerances[i] {
			if !finite(v) || v < 0 {
				report("tolerance", i, k, v)
			}
		}
	}
	return bad.Err()
}
