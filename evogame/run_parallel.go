package evogame

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Progress observes long work. Calls are made one at a time, from any
// goroutine, with done increasing from 1 to total. A call delays the goroutine
// that makes it, so it should return quickly.
type Progress interface {
	Progress(done, total int)
}

// ProgressFunc is a function that implements [Progress].
type ProgressFunc func(done, total int)

// Progress implements [Progress].
func (f ProgressFunc) Progress(done, total int) { f(done, total) }

// FillOptions sets the concurrency of work that consists of independent jobs:
// payoffs of a table, runs from several starts. The zero value works. Results
// do not depend on Workers.
type FillOptions struct {
	Workers  int      // number of goroutines; 0 or less: GOMAXPROCS
	Progress Progress // nil: none
}

func (o FillOptions) withDefaults() FillOptions {
	if o.Workers < 1 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return o
}

// parallel calls work(ctx, k) for k = 0, …, total−1 on several goroutines. An
// error stops the work. parallel returns the error with the lowest k, so that
// the result does not depend on the number of cores, or the cause of a
// cancelled context.
func parallel(
	ctx context.Context, total int, o FillOptions, work func(ctx context.Context, k int) error,
) error {
	o = o.withDefaults()
	var (
		next     atomic.Int64
		failed   atomic.Bool
		mu       sync.Mutex
		done     int
		firstBad = total
		first    error
		group    sync.WaitGroup
	)
	for range min(o.Workers, total) {
		group.Go(func() {
			for ctx.Err() == nil && !failed.Load() {
				// Jobs start in order of k. If k fails, all lower jobs have
				// ended or are running and will end, so the lowest failing k
				// always reports its error.
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
