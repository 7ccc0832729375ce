package evogame

import (
	"context"
	"math"
	"sync"
)

// Cached is a [Game] that stores the payoffs of another game. It computes each
// payoff once; concurrent callers of the same payoff wait for the first. Use it
// if only a part of the profiles is visited, as in [BetterReplies], and
// [Tabulate] if all are. Entries are never evicted; each takes about 100 bytes.
//
// Cached is safe for concurrent use and forwards names and tolerances of the
// game.
type Cached struct {
	game  Game
	mu    sync.Mutex
	cells map[string]*cell // by cacheKey
	err   error            // first error of Payoff or Tolerance, which cannot return one
}

// cell is one stored payoff. Its fields are valid after ready is closed.
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

// NewCached returns a cache of g without entries.
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

// Len returns the number of payoffs that are stored or being computed.
func (c *Cached) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.cells)
}

// Err returns the first error of [Cached.Payoff] or [Cached.Tolerance], which
// return NaN in that case.
func (c *Cached) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Payoff implements [Game]. It returns NaN if the payoff cannot be computed;
// see [Cached.Err].
func (c *Cached) Payoff(player int, profile []int) float64 {
	payoff, _ := c.lookUp(player, profile)
	return payoff
}

// Tolerance implements [Tolerant].
func (c *Cached) Tolerance(player int, profile []int) float64 {
	_, tolerance := c.lookUp(player, profile)
	return tolerance
}

// lookUp is Compute without cancellation. It stores the first error and returns
// NaN.
func (c *Cached) lookUp(player int, profile []int) (payoff, tolerance float64) {
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

// Compute implements [Computed]. An error is stored like a payoff, except if
// ctx ended: the next call then computes the payoff again.
func (c *Cached) Compute(
	ctx context.Context, player int, profile []int,
) (payoff, tolerance float64, err error) {
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
		case <-found.ready: // a stored payoff is returned even if ctx has ended
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
		// The computing caller was cancelled and removed the cell. This caller
		// was not: try again.
	}
}

// fill computes a cell. If its context ended or the game panicked, fill removes
// the cell, so that waiting callers compute the payoff themselves.
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
	complete = true // not reached if the game panics
}

// Prefill computes every payoff in parallel. It returns the first error in the
// order of profiles.
func (c *Cached) Prefill(ctx context.Context, o FillOptions) error {
	sp, err := newSpace(c, MaxPayoffs/max(1, c.Players()))
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

// cacheKey encodes player and profile as unsigned varints: one byte per
// strategy below 128. For example, player 1 at profile [0 200] is the string
// "\x01\x00\xc8\x01".
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
