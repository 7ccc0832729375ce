package scenario

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// child returns a source of its own for one of several parallel jobs. Children are made one after the
// other before the jobs begin, so that the stream each job sees does not depend on the schedule.
func child(src rand.Source) rand.Source { return rand.NewPCG(src.Uint64(), src.Uint64()) }

// each runs job(0) … job(n-1) on the cores the program may use and returns the first error by index.
// Jobs must not depend on one another; they are not started once the context is done.
func each(ctx context.Context, n int, job func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if errs[i] = ctx.Err(); errs[i] == nil {
					errs[i] = job(i)
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
