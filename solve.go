package trigrid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// planner plans coalitions of a region's plants, several at a time and each once. Each program is solved
// on its own, so that its result does not depend on the number of workers or on the order.
type planner struct {
	plants  []*vpp.Coalitions
	workers int
	observe func(done int) // programs solved so far, called from one goroutine at a time

	mu    sync.Mutex
	known map[job]bool
	done  int
	spent time.Duration
}

// job is one program: a plant with some of the region's units.
type job struct {
	plant int
	s     vpp.Coalition
}

func newPlanner(r Region, o Options, observe func(done int)) (*planner, error) {
	x := &planner{workers: o.Workers, observe: observe, known: map[job]bool{}}
	for _, p := range r.Plants {
		plant, err := vpp.NewCoalitions(p, r.Units, r.Setting, o.Solver)
		if err != nil {
			return nil, err
		}
		x.plants = append(x.plants, plant)
	}
	return x, nil
}

// all returns the programs of every plant with every coalition of n units.
func (x *planner) all(n int) []job {
	var jobs []job
	for v := range x.plants {
		for s := range vpp.Coalition(1) << n {
			jobs = append(jobs, job{v, s})
		}
	}
	return jobs
}

// plan solves the programs that have not been solved yet. The largest come first, which keeps all workers
// busy to the end. The first failure ends the work.
func (x *planner) plan(ctx context.Context, jobs ...job) error {
	jobs = x.unknown(jobs)
	if len(jobs) == 0 {
		return context.Cause(ctx)
	}
	began := time.Now()
	slices.SortStableFunc(jobs, func(a, b job) int { return cmp.Compare(b.s.Size(), a.s.Size()) })
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var (
		queue = make(chan job)
		group sync.WaitGroup
	)
	for range min(x.workers, len(jobs)) {
		group.Go(func() {
			for j := range queue {
				if _, err := x.plants[j.plant].Plan(ctx, j.s); err != nil {
					if errors.Is(err, milp.ErrInfeasible) {
						err = fmt.Errorf("%w; every coalition must be able to run, so let loads go unserved at a price, stores end as they like, and plants import", err)
					}
					stop(err)
					return
				}
				x.finished(j)
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
	x.mu.Lock()
	x.spent += time.Since(began)
	x.mu.Unlock()
	return context.Cause(ctx)
}

func (x *planner) unknown(jobs []job) []job {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(jobs), func(j job) bool { return x.known[j] })
}

func (x *planner) finished(j job) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.known[j] {
		x.known[j] = true
		x.done++
		x.observe(x.done)
	}
}

// outcome returns what a plant achieves with a coalition, planning it where nobody has.
func (x *planner) outcome(ctx context.Context, v int, s vpp.Coalition) (*vpp.Outcome, error) {
	if err := x.plan(ctx, job{v, s}); err != nil {
		return nil, err
	}
	return x.plants[v].Outcome(ctx, s)
}
