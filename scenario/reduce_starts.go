package scenario

import (
	"context"
	"math/rand/v2"
	"sync"
)

// bestOf runs independent starts of a search and returns the cheapest result, the earliest of equals.
// Results that are beaten are let go at once: a start on a large sample can hold a lot of memory.
func bestOf[T interface{ value() float64 }](ctx context.Context, starts int, src rand.Source, start func(context.Context, rand.Source) (T, error)) (T, error) {
	sources := make([]rand.Source, starts)
	for i := range sources {
		sources[i] = child(src)
	}
	var (
		mu     sync.Mutex
		best   T
		winner = -1
	)
	err := each(ctx, starts, func(i int) error {
		result, err := start(ctx, sources[i])
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if winner < 0 || result.value() < best.value() || (result.value() == best.value() && i < winner) {
			best, winner = result, i
		}
		return nil
	})
	return best, err
}
