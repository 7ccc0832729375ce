package evogame

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
)

// maxPayoffs bounds the number of payoffs a [Table] holds: 2²⁶, half a gigabyte.
const maxPayoffs = 1 << 26

// Table is a game with all payoffs in memory: a [Game] by its entries and a [PopulationGame] by its
// expected payoffs. It is safe for concurrent use once it is filled.
type Table struct {
	space      space
	payoffs    [][]float64 // [player][profile]
	tolerances [][]float64 // [player][profile], nil where no payoff has one
	players    []string
	strategies [][]string
	scratch    sync.Pool // of *tableScratch, for expected payoffs
}

var (
	_ Game           = (*Table)(nil)
	_ PopulationGame = (*Table)(nil)
	_ Tolerant       = (*Table)(nil)
	_ Named          = (*Table)(nil)
)

// NewTable returns a table without payoffs for the given numbers of strategies, one per player. Every
// payoff must be set before use: what is missing is NaN, and [Table.Validate] refuses it.
func NewTable(strategies []int) (*Table, error) {
	sp, err := newSpace(shape(strategies), maxPayoffs/max(1, len(strategies)))
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

// Bimatrix returns the game of two players in which the first chooses the row and the second the column.
func Bimatrix(first, second [][]float64) (*Table, error) {
	if len(first) == 0 || len(second) != len(first) {
		return nil, fmt.Errorf("evogame: the matrices have %d and %d rows, want the same number, at least 1", len(first), len(second))
	}
	t, err := NewTable([]int{len(first), len(first[0])})
	if err != nil {
		return nil, err
	}
	var errs []error
	for r := range first {
		if len(first[r]) != len(first[0]) || len(second[r]) != len(first[0]) {
			errs = append(errs, fmt.Errorf("evogame: row %d has %d and %d columns, want %d", r, len(first[r]), len(second[r]), len(first[0])))
			continue
		}
		for c := range first[r] {
			t.Set(0, []int{r, c}, first[r][c])
			t.Set(1, []int{r, c}, second[r][c])
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return t, t.Validate()
}

// Tabulate evaluates every payoff of a game, in parallel over profiles: all payoffs of one profile are
// asked for by the same goroutine, in the order of the players. Names and tolerances are taken along. A
// [Table] is returned as it is. The first payoff that fails or is not finite ends the work.
func Tabulate(ctx context.Context, g Game, o FillOptions) (*Table, error) {
	if t, ok := g.(*Table); ok {
		return t, t.Validate()
	}
	t, err := NewTable(sizesOf(g))
	if err != nil {
		return nil, err
	}
	if n, ok := g.(Named); ok {
		t.players = make([]string, g.Players())
		t.strategies = make([][]string, g.Players())
		for i := range t.players {
			t.players[i] = n.PlayerName(i)
			for v := range g.Strategies(i) {
				t.strategies[i] = append(t.strategies[i], n.StrategyName(i, v))
			}
		}
	}
	tolerances := make([][]float64, g.Players())
	for i := range tolerances {
		tolerances[i] = make([]float64, t.space.count)
	}
	err = parallel(ctx, t.space.count, o, func(ctx context.Context, k int) error {
		profile := t.space.profile(k, make([]int, g.Players()))
		for i := range profile {
			var err error
			if t.payoffs[i][k], tolerances[i][k], err = compute(ctx, g, i, profile); err != nil {
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
				t.tolerances = tolerances
			}
		}
	}
	return t, nil
}

// SetNames names the players and the strategies of each. It refuses lists of the wrong length.
func (t *Table) SetNames(players []string, strategies [][]string) error {
	var errs []error
	if len(players) != t.Players() || len(strategies) != t.Players() {
		return fmt.Errorf("evogame: names for %d players and the strategies of %d, want %d of both", len(players), len(strategies), t.Players())
	}
	for i, names := range strategies {
		if len(names) != t.Strategies(i) {
			errs = append(errs, fmt.Errorf("evogame: %d names for the %d strategies of %s", len(names), t.Strategies(i), players[i]))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	t.players, t.strategies = players, strategies
	return nil
}

// Set stores the payoff of a player at a profile. It panics on a profile that does not exist.
func (t *Table) Set(player int, profile []int, payoff float64) {
	t.payoffs[player][t.space.index(profile)] = payoff
}

// SetTolerance states how far the payoff of a player at a profile may be from the truth, >= 0.
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

// PlayerName implements [Named].
func (t *Table) PlayerName(player int) string {
	if t.players == nil {
		return fmt.Sprintf("player %d", player)
	}
	return t.players[player]
}

// StrategyName implements [Named].
func (t *Table) StrategyName(player, strategy int) string {
	if t.strategies == nil {
		return fmt.Sprint(strategy)
	}
	return t.strategies[player][strategy]
}

// Validate reports payoffs that are missing or not finite and tolerances that are not numbers of at
// least zero: the first ten of them, and how many there are.
func (t *Table) Validate() error {
	const show = 10
	var (
		errs    []error
		bad     int
		profile = make([]int, t.Players())
	)
	note := func(what string, player, k int, value float64) {
		if bad++; bad <= show {
			errs = append(errs, fmt.Errorf("evogame: the %s of %s at %s is %v", what, t.PlayerName(player), profileName(t, t.space.profile(k, profile)), value))
		}
	}
	for i := range t.payoffs {
		for k, v := range t.payoffs[i] {
			if !finite(v) {
				note("payoff", i, k, v)
			}
		}
	}
	for i := range t.tolerances {
		for k, v := range t.tolerances[i] {
			if !finite(v) || v < 0 {
				note("tolerance", i, k, v)
			}
		}
	}
	if bad > show {
		errs = append(errs, fmt.Errorf("evogame: and %d more", bad-show))
	}
	return errors.Join(errs...)
}

// shape makes a list of strategy counts a [Shape].
type shape []int

func (s shape) Players() int              { return len(s) }
func (s shape) Strategies(player int) int { return s[player] }
