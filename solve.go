package trigrid

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// enumerate plans every coalition of every plant, several at a time. Each program is solved on its own,
// so that its result does not depend on the number of workers or on the order; the largest come first,
// which keeps all workers busy to the end.
func enumerate(ctx context.Context, r Region, solver milp.Solver, workers int, observe func(done, total int)) ([]*vpp.Coalitions, error) {
	type job struct {
		plant int
		s     vpp.Coalition
	}
	var (
		plants = make([]*vpp.Coalitions, len(r.Plants))
		jobs   []job
	)
	for v, p := range r.Plants {
		var err error
		if plants[v], err = vpp.NewCoalitions(p, r.Units, r.Setting, solver); err != nil {
			return nil, err
		}
		for s := range vpp.Coalition(1) << len(r.Units) {
			jobs = append(jobs, job{v, s})
		}
	}
	slices.SortStableFunc(jobs, func(a, b job) int { return cmp.Compare(b.s.Size(), a.s.Size()) })

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var (
		queue = make(chan job)
		group sync.WaitGroup
		mu    sync.Mutex
		done  int
	)
	for range min(workers, len(jobs)) {
		group.Go(func() {
			for j := range queue {
				if _, err := plants[j.plant].Plan(ctx, j.s); err != nil {
					stop(err)
					return
				}
				mu.Lock()
				done++
				if observe != nil {
					observe(done, len(jobs))
				}
				mu.Unlock()
			}
		})
	}
feed:
	for _, j := range jobs {
		select {
		case queue <- j:
		case <-ctx.Done():
			break feed
		}
	}
	close(queue)
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return plants, nil
}
