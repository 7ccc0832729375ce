package scenario

import (
	"context"
	"math/rand/v2"
	"sync"
)

// bestOf runs independent starts of a search in parallel and returns the result
// with the lowest value. Of equal results the one with the lowest index wins,
// so that the outcome does not depend on the schedule. Inferior results are
// released at once, because a start on a large sample can hold much memory.
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
