package trigrid

import (
	"context"
	"math"
	"sync"

	"github.com/trigrid/trigrid/vpp"
)

// addRanges computes the ranges of the values and payoffs at a profile: of the coalition of each
// VPP, and of the coalitions that the sharing rule compares with it.
func (g *choice) addRanges(ctx context.Context, profile []int) error {
	var jobs []job
	for v := range g.planner.vpps {
		if g.proposed[v].never != "" {
			continue
		}
		s := coalition(profile, v)
		for _, t := range vpp.Required(g.rule, s) {
			if err := g.planner.plan(ctx, job{v, t}); err != nil {
				return err
			}
			if g.planner.runs(v, t) {
				jobs = append(jobs, job{v, t})
			}
		}
	}
	var (
		queue = make(chan job)
		group sync.WaitGroup
		mu    sync.Mutex
	)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	g.ranged = make(map[job]*vpp.Outcome, len(jobs))
	for range min(g.planner.workers, len(jobs)) {
		group.Go(func() {
			for j := range queue {
				outcome := g.planner.vpps[j.vpp].RangedValue
				if j.s == coalition(profile, j.vpp) {
					outcome = g.planner.vpps[j.vpp].Ranged
				}
				o, err := outcome(ctx, j.s)
				if err != nil {
					stop(err)
					return
				}
				mu.Lock()
				g.ranged[j] = o
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
	return context.Cause(ctx)
}

// payoffRanges returns the ranges of the payoffs of the members of s, the coalition of VPP v at the
// profile of addRanges.
func (g *choice) payoffRanges(v int, s vpp.Coalition) map[int]vpp.Range {
	required := vpp.Required(g.rule, s)
	of := g.planner.replaced(v, required, func(t vpp.Coalition) *vpp.Outcome { return g.ranged[job{v, t}] })
	return vpp.PayoffRanges(s, of, g.rule, g.region.VPPs[v].PassThrough)
}

// ends returns the ends of a range for JSON, nil for an infinite one.
func ends(r vpp.Range) (low, high *float64) {
	if !math.IsInf(r.Low, 0) {
		low = &r.Low
	}
	if !math.IsInf(r.High, 0) {
		high = &r.High
	}
	return low, high
}
