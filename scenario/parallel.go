package scenario

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// child returns a new source for one of several parallel jobs. All children are
// created in order before the jobs begin, so that the stream of a job does not
// depend on the schedule of the goroutines.
func child(src rand.Source) rand.Source { return rand.NewPCG(src.Uint64(), src.Uint64()) }

// each runs job(0) … job(n−1) on all cores and returns the error with the
// lowest index. Jobs must not depend on one another. After ctx is done no
// further job starts.
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
