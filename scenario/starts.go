package scenario

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// orDefault returns v, or def where v is zero.
func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// counts checks options that count something and sets those left at zero to their defaults.
func counts(options ...*count) error {
	bad := faults{prefix: "scenario: "}
	for _, o := range options {
		if o.value < 0 {
			bad.addf("%s is %d, want at least 1, or 0 for %d", o.name, o.value, o.standard)
		}
		o.value = orDefault(o.value, o.standard)
	}
	return bad.err()
}

// count is an option that counts something.
type count struct {
	name            string
	value, standard int
}

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
