package evogame

import (
	"context"
	"math"
	"sync"
)

// Cached remembers the payoffs of a game, so that each is computed once however many goroutines ask for
// it: the others wait for the first. Use it where only a part of the profiles is ever visited
// ([BetterReplies]); [Tabulate] where all are. Nothing is ever forgotten: a payoff takes some hundred bytes.
type Cached struct {
	game  Game
	mu    sync.Mutex
	cells map[string]*cell
	err   error // the first failure met by Payoff, which has no other way to say so
}

// cell is one remembered payoff; its fields are valid once ready is closed.
type cell struct {
	ready             chan struct{}
	payoff, tolerance float64
	err               error
}

var (
	_ Game     = (*Cached)(nil)
	_ Tolerant = (*Cached)(nil)
	_ Computed = (*Cached)(nil)
	_ Named    = (*Cached)(nil)
)

// NewCached returns an empty memory in front of a game.
func NewCached(g Game) *Cached { return &Cached{game: g, cells: map[string]*cell{}} }

// Players implements [Shape].
func (c *Cached) Players() int { return c.game.Players() }

// Strategies implements [Shape].
func (c *Cached) Strategies(player int) int { return c.game.Strategies(player) }

// PlayerName implements [Named].
func (c *Cached) PlayerName(player int) string { return playerName(c.game, player) }

// StrategyName implements [Named].
func (c *Cached) StrategyName(player, strategy int) string {
	return strategyName(c.game, player, strategy)
}

// Len returns how many payoffs are remembered or under way.
func (c *Cached) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.cells)
}

// Err returns the first error met by [Cached.Payoff] or [Cached.Tolerance], which return NaN instead.
func (c *Cached) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Payoff implements [Game]. It returns NaN where the payoff cannot be computed; see [Cached.Err].
func (c *Cached) Payoff(player int, profile []int) float64 {
	payoff, _ := c.recall(player, profile)
	return payoff
}

// Tolerance implements [Tolerant].
func (c *Cached) Tolerance(player int, profile []int) float64 {
	_, tolerance := c.recall(player, profile)
	return tolerance
}

func (c *Cached) recall(player int, profile []int) (payoff, tolerance float64) {
	payoff, tolerance, err := c.Compute(context.Background(), player, profile)
	if err != nil {
		c.mu.Lock()
		if c.err == nil {
			c.err = err
		}
		c.mu.Unlock()
		return math.NaN(), math.NaN()
	}
	return payoff, tolerance
}

// Compute implements [Computed]. A failure is remembered like a payoff, except that of a cancelled
// context: then the next call tries again.
func (c *Cached) Compute(ctx context.Context, player int, profile []int) (payoff, tolerance float64, err error) {
	key := cacheKey(player, profile)
	for {
		c.mu.Lock()
		found, ok := c.cells[key]
		if !ok {
			found = &cell{ready: make(chan struct{})}
			c.cells[key] = found
		}
		c.mu.Unlock()

		if !ok {
			c.fill(ctx, key, found, player, profile)
			return found.payoff, found.tolerance, found.err
		}
		select {
		case <-found.ready: // what is known is returned even to a cancelled caller
		default:
			select {
			case <-found.ready:
			case <-ctx.Done():
				return 0, 0, context.Cause(ctx)
			}
		}
		c.mu.Lock()
		kept := c.cells[key] == found
		c.mu.Unlock()
		if kept {
			return found.payoff, found.tolerance, found.err
		}
		// The one we waited for was cancelled; we were not.
	}
}

// fill computes a cell, and forgets it when its context ended, so that waiting callers try themselves.
func (c *Cached) fill(ctx context.Context, key string, into *cell, player int, profile []int) {
	complete := false
	defer func() {
		if !complete || (into.err != nil && ctx.Err() != nil) {
			c.mu.Lock()
			delete(c.cells, key)
			c.mu.Unlock()
		}
		close(into.ready)
	}()
	into.payoff, into.tolerance, into.err = compute(ctx, c.game, player, profile)
	complete = true // not reached when the game panics: then nobody may wait for ever
}

// Prefill computes every payoff in parallel. It returns the first failure in the order of profiles.
func (c *Cached) Prefill(ctx context.Context, o FillOptions) error {
	sp, err := newSpace(c, maxPayoffs/max(1, c.Players()))
	if err != nil {
		return err
	}
	return parallel(ctx, sp.count, o, func(ctx context.Context, k int) error {
		profile := sp.profile(k, make([]int, len(sp.sizes)))
		for i := range profile {
			if _, _, err := c.Compute(ctx, i, profile); err != nil {
				return err
			}
		}
		return nil
	})
}

// cacheKey writes player and profile in seven-bit groups, one byte per strategy in all usual games.
func cacheKey(player int, profile []int) string {
	key := make([]byte, 0, len(profile)+2)
	put := func(v int) {
		for ; v >= 0x80; v >>= 7 {
			key = append(key, byte(v)|0x80)
		}
		key = append(key, byte(v))
	}
	put(player)
	for _, v := range profile {
		put(v)
	}
	return string(key)
}
