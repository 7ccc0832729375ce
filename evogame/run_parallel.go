package evogame

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Progress observes long work. Calls come one at a time, from any goroutine, with done increasing to
// total; they hold up the worker that makes them, so they return quickly.
type Progress interface {
	Progress(done, total int)
}

// ProgressFunc makes a function a [Progress].
type ProgressFunc func(done, total int)

// Progress implements [Progress].
func (f ProgressFunc) Progress(done, total int) { f(done, total) }

// FillOptions sets how many payoffs are computed at once. The zero value works.
type FillOptions struct {
	Workers  int      // goroutines; 0: one per core
	Progress Progress // nil: none
}

// parallel calls work(k) for k = 0..total-1 on several goroutines. The first error, by k and not by
// time, stops it and is returned, so that it does not depend on the number of cores.
func parallel(ctx context.Context, total int, o FillOptions, work func(ctx context.Context, k int) error) error {
	workers := o.Workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	var (
		next     atomic.Int64
		failed   atomic.Bool
		mu       sync.Mutex
		done     int
		firstBad = total
		first    error
		group    sync.WaitGroup
	)
	for range min(workers, total) {
		group.Go(func() {
			for ctx.Err() == nil && !failed.Load() {
				// Numbers are handed out in order: when k fails, everything below k is finished or
				// under way, so the lowest failure is always seen.
				k := int(next.Add(1)) - 1
				if k >= total {
					return
				}
				err := work(ctx, k)
				mu.Lock()
				if err != nil {
					failed.Store(true)
					if k < firstBad {
						firstBad, first = k, err
					}
				} else {
					done++
					if o.Progress != nil {
						o.Progress.Progress(done, total)
					}
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if first != nil {
		return first
	}
	return context.Cause(ctx)
}
