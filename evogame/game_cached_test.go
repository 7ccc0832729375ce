package evogame_test

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

// counted counts how often each payoff is computed, and takes an hour of the
// test's clock for it.
type counted struct {
	slowGame
	mu    *sync.Mutex
	calls map[string]int
	total *atomic.Int64
}

func newCounted(failAt string) counted {
	return counted{slowGame: slowGame{shape: []int{3, 3}, failAt: failAt}, mu: new(sync.Mutex), calls: map[string]int{}, total: new(atomic.Int64)}
}

func (g counted) Compute(ctx context.Context, i int, p []int) (float64, float64, error) {
	g.mu.Lock()
	g.calls[key(append([]int{i}, p...))]++
	g.mu.Unlock()
	g.total.Add(1)
	select {
	case <-time.After(time.Hour):
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
	return g.slowGame.Compute(ctx, i, p)
}

func TestCachedComputesEachPayoffOnceForAnyNumberOfCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		game := newCounted("")
		cached := evogame.NewCached(game)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				eachProfile([]int{3, 3}, func(p []int) {
					for i := range p {
						assert.Equal(t, game.Payoff(i, p), cached.Payoff(i, p))
						assert.Equal(t, 0.5, cached.Tolerance(i, p))
					}
				})
			})
		}
		group.Wait()
		assert.Equal(t, 18, cached.Len())
		for k, n := range game.calls {
			assert.Equal(t, 1, n, k)
		}
		assert.NoError(t, cached.Err())
		assert.Equal(t, "der1", cached.PlayerName(1))
		assert.Equal(t, "vpp2", cached.StrategyName(0, 2))
	})
}

func TestCachedPrefillReportsProgressAndTheFirstFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		game := newCounted("")
		cached := evogame.NewCached(game)
		steps := 0
		require.NoError(t, cached.Prefill(context.Background(), evogame.FillOptions{
			Workers: 4, Progress: evogame.ProgressFunc(func(done, total int) { steps++; assert.Equal(t, steps, done); assert.Equal(t, 9, total) }),
		}))
		assert.Equal(t, 9, steps)
		table, err := evogame.Tabulate(context.Background(), cached, evogame.FillOptions{})
		require.NoError(t, err)
		assert.Equal(t, int64(18), game.total.Load(), "nothing is computed twice")
		assert.Equal(t, 21.0, table.Payoff(0, []int{2, 1}))

		failing := evogame.NewCached(newCounted("12"))
		err = failing.Prefill(context.Background(), evogame.FillOptions{Workers: 5})
		require.ErrorIs(t, err, errInfeasible)
		assert.ErrorContains(t, err, "(der0: vpp1, der1: vpp2)")

		assert.True(t, math.IsNaN(failing.Payoff(0, []int{2, 2})))
		assert.ErrorIs(t, failing.Err(), errInfeasible)
		_, err = evogame.StrictNash(failing)
		assert.ErrorIs(t, err, errInfeasible)
	})
}

func TestCachedForgetsWhatACancelledCallerBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		game := newCounted("")
		cached := evogame.NewCached(game)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		first := make(chan error)
		go func() {
			_, _, err := cached.Compute(ctx, 0, []int{1, 1})
			first <- err
		}()
		synctest.Wait()
		// The second caller waits for the first, is not cancelled with it, and
		// computes for itself.
		payoff, _, err := cached.Compute(context.Background(), 0, []int{1, 1})
		require.NoError(t, err)
		assert.Equal(t, 11.0, payoff)
		assert.ErrorIs(t, <-first, context.DeadlineExceeded)
		assert.Equal(t, 2, game.calls["011"])
	})
}

// panicking fails in the way a mistake in code does.
type panicking struct{ slowGame }

func (panicking) Compute(context.Context, int, []int) (float64, float64, error) { panic("a mistake") }

func TestCallersOfCachedDoNotWaitAfterAPanic(t *testing.T) {
	cached := evogame.NewCached(panicking{slowGame{shape: []int{2, 2}}})
	for range 2 {
		assert.Panics(t, func() { cached.Payoff(0, []int{0, 0}) })
	}
	assert.Zero(t, cached.Len())
}
