package trigrid

import (
	"cmp"
	"context"
	"math"
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
	region  Region
	solver  milp.Solver
	vpps    []*vpp.Coalitions // the cache of plans, one per VPP
	workers int
	observe func(done int) // programs solved so far; called from one goroutine at a time

	mu       sync.Mutex
	planned  map[job]bool
	excluded map[job]string // the planned coalitions that cannot run, with the reason
	done     int
	spent    time.Duration // time with at least one program in work
}

// job is one program: the VPP with index vpp plans for the DERs in s.
type job struct {
	vpp int
	s   vpp.Coalition
}

func newPlanner(r Region, o Options, observe func(done int)) (*planner, error) {
	x := &planner{
		region: r, solver: o.Solver, workers: o.Workers, observe: observe,
		planned: map[job]bool{}, excluded: map[job]string{},
	}
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

// plan solves those of the programs that are not solved yet. A coalition that cannot run is an
// outcome, see planner.runs. The first failure cancels the others.
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

// solve solves one program and reports the progress. It diagnoses a coalition that cannot run.
func (x *planner) solve(ctx context.Context, j job) error {
	_, err := x.vpps[j.vpp].Plan(ctx, j.s)
	reason, err := x.diagnose(ctx, j, err)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.planned[j] {
		x.planned[j] = true
		if reason != "" {
			x.excluded[j] = reason
		}
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

// outcome returns the outcome of VPP v with coalition s, which can run, and plans it if necessary.
func (x *planner) outcome(ctx context.Context, v int, s vpp.Coalition) (*vpp.Outcome, error) {
	if err := x.plan(ctx, job{v, s}); err != nil {
		return nil, err
	}
	return x.vpps[v].Outcome(ctx, s)
}

// proposal is the preferred coalition of one VPP.
type proposal struct {
	s     vpp.Coalition
	never string // the reason if the VPP can run with no coalition; s is then empty

	// bound is an upper bound of the objective of every coalition, 0 for a VPP that never runs.
	bound float64
}

// propose returns the proposal of each VPP. Without a search it plans all coalitions and compares
// them. In a search each VPP selects its members by one program with membership binaries, see
// [vpp.Problem.Select].
func propose(ctx context.Context, r Region, x *planner, o Options) ([]proposal, error) {
	if !o.Search || o.planAll {
		if err := x.plan(ctx, x.all(len(r.DERs))...); err != nil {
			return nil, err
		}
		return preferred(r, x), nil
	}
	began := time.Now()
	defer func() { x.spent += time.Since(began) }()
	return selected(ctx, r, x)
}

// preferred returns the coalition of the highest objective of each VPP, among those that can run.
func preferred(r Region, x *planner) []proposal {
	out := make([]proposal, len(r.VPPs))
	for v, p := range x.vpps {
		var able []vpp.Coalition
		for s := range vpp.Coalition(1) << len(r.DERs) {
			if x.runs(v, s) {
				able = append(able, s)
			}
		}
		if able == nil {
			out[v].never = x.reason(v, 0)
			continue
		}
		of := p.Outcomes()
		out[v] = proposal{s: vpp.Best(of, able), bound: math.Inf(-1)}
		for _, s := range able {
			out[v].bound = max(out[v].bound, of(s).Value.Objective+of(s).AbsoluteGap)
		}
	}
	return out
}

// selected returns the coalition that the selection program of each VPP yields. If the program has
// no solution, no coalition of the VPP can run.
func selected(ctx context.Context, r Region, x *planner) ([]proposal, error) {
	out := make([]proposal, len(r.VPPs))
	for v, p := range r.VPPs {
		plan, err := vpp.Problem{VPP: p, Members: r.DERs, Setting: r.Setting}.Select(ctx, x.solver)
		if impossible(err) {
			if err := x.plan(ctx, job{v, 0}); err != nil {
				return nil, err
			}
			out[v].never = x.reason(v, 0)
			continue
		}
		if err != nil {
			return nil, err
		}
		// The solver's feasibility tolerances can hide a relative 1e-6 of an objective.
		out[v].bound = plan.Value.Objective + plan.AbsoluteGap + 1e-6*(1+math.Abs(plan.Value.Objective))
		for i := range plan.Members {
			// A plan orders its members by name, a coalition counts in the order of the region.
			no := slices.IndexFunc(r.DERs, func(d der.DER) bool { return d.Name() == plan.Members[i].DER.Name() })
			out[v].s = out[v].s.With(no)
		}
	}
	return out, nil
}
