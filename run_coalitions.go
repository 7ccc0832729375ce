package trigrid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// planner plans coalitions of a region, each once and several at a time. A program is solved
// independently of all others, so that its plan does not depend on the number of workers or on the
// order.
type planner struct {
	vpps    []*vpp.Coalitions // the cache of plans, one per VPP
	workers int
	observe func(done int) // programs solved so far; called from one goroutine at a time

	mu      sync.Mutex
	planned map[job]bool
	done    int
	spent   time.Duration // time with at least one program in work
}

// job is one program: the VPP with index vpp plans for the DERs in s.
type job struct {
	vpp int
	s   vpp.Coalition
}

func newPlanner(r Region, o Options, observe func(done int)) (*planner, error) {
	x := &planner{workers: o.Workers, observe: observe, planned: map[job]bool{}}
	for _, p := range r.VPPs {
		c, err := vpp.NewCoalitions(vpp.Problem{VPP: p, Members: r.DERs, Setting: r.Setting}, o.Solver)
		if err != nil {
			return nil, err
		}
		x.vpps = append(x.vpps, c)
	}
	return x, nil
}

// all returns the 2^n programs of every VPP with n DERs.
func (x *planner) all(n int) []job {
	var jobs []job
	for v := range x.vpps {
		for s := range vpp.Coalition(1) << n {
			jobs = append(jobs, job{v, s})
		}
	}
	return jobs
}

// plan solves those of the programs that are not solved yet. The first failure cancels the others.
// An error of an infeasible coalition wraps [milp.ErrInfeasible].
func (x *planner) plan(ctx context.Context, jobs ...job) error {
	jobs = x.unplanned(jobs)
	if len(jobs) == 0 {
		return context.Cause(ctx)
	}
	began := time.Now()
	// Large coalitions take longest. If they start first, no worker is left with one at the end.
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
				if err := x.solve(ctx, j); err != nil {
					stop(err)
					return
				}
			}
		})
	}
feed:
	for _, j := range jobs {
		select {
		case queue <- j:
		case <-ctx.Done(): // the workers may have returned
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

// solve solves one program and reports the progress.
func (x *planner) solve(ctx context.Context, j job) error {
	_, err := x.vpps[j.vpp].Plan(ctx, j.s)
	if errors.Is(err, milp.ErrInfeasible) {
		return fmt.Errorf("%w; every coalition must be feasible: "+
			"let loads be shed at a price, stores end at any energy, and VPPs import", err)
	}
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.planned[j] {
		x.planned[j] = true
		x.done++
		x.observe(x.done)
	}
	return nil
}

func (x *planner) unplanned(jobs []job) []job {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(jobs), func(j job) bool { return x.planned[j] })
}

// outcome returns the outcome of VPP v with coalition s, and plans it if necessary.
func (x *planner) outcome(ctx context.Context, v int, s vpp.Coalition) (*vpp.Outcome, error) {
	if err := x.plan(ctx, job{v, s}); err != nil {
		return nil, err
	}
	return x.vpps[v].Outcome(ctx, s)
}

// propose returns the preferred coalition of each VPP. Without a search it plans all coalitions and
// compares them. In a search each VPP selects its members by one program with membership binaries,
// see [vpp.Problem.Select].
func propose(ctx context.Context, r Region, x *planner, o Options) ([]vpp.Coalition, error) {
	if !o.Search {
		if err := x.plan(ctx, x.all(len(r.DERs))...); err != nil {
			return nil, err
		}
		return preferred(r, x.vpps), nil
	}
	began := time.Now()
	defer func() { x.spent += time.Since(began) }()
	return selected(ctx, r, o.Solver)
}

// preferred returns the coalition of the highest objective of each VPP.
func preferred(r Region, vpps []*vpp.Coalitions) []vpp.Coalition {
	all := make([]vpp.Coalition, 1<<len(r.DERs))
	for s := range all {
		all[s] = vpp.Coalition(s)
	}
	out := make([]vpp.Coalition, len(vpps))
	for v, p := range vpps {
		out[v] = vpp.Best(p.Outcomes(), all)
	}
	return out
}

// selected returns the coalition that the selection program of each VPP yields.
func selected(ctx context.Context, r Region, solver milp.Solver) ([]vpp.Coalition, error) {
	out := make([]vpp.Coalition, len(r.VPPs))
	for v, p := range r.VPPs {
		plan, err := vpp.Problem{VPP: p, Members: r.DERs, Setting: r.Setting}.Select(ctx, solver)
		if err != nil {
			return nil, err
		}
		for i := range plan.Members {
			// A plan orders its members by name, a coalition counts in the order of the region.
			no := slices.IndexFunc(r.DERs, func(d der.DER) bool { return d.Name() == plan.Members[i].DER.Name() })
			out[v] = out[v].With(no)
		}
	}
	return out, nil
}
