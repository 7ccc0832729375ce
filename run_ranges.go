package trigrid

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// maxRanged is the largest number of coalitions whose ranges a run computes. With more, all ranges
// are unknown. The number decides and never the clock.
const maxRanged = 1024

// addRanges computes the ranges of the values and payoffs at a profile: of the coalition of each
// VPP, and of the coalitions that payoffs compare with it. It has half of the time that is left
// until the deadline of ctx. If that does not suffice, or the caller has ended the run, the values
// stay, the other ranges are unknown and cut is true. A range on which the solver fails is unknown,
// too.
func (g *choice) addRanges(ctx context.Context, profile []int) (cut bool, err error) {
	g.ranged, g.payoffs = map[job]*vpp.Outcome{}, map[int]map[int]vpp.Range{}
	if g.planner.clock.caller.Err() != nil {
		return true, nil
	}
	if deadline, ok := ctx.Deadline(); ok {
		half, stop := context.WithDeadline(ctx, time.Now().Add(time.Until(deadline)/2))
		defer stop()
		ctx = half
	}
	jobs, err := g.toRange(ctx, profile)
	if err != nil && ctx.Err() != nil {
		return true, nil
	}
	if err != nil || len(jobs) > maxRanged {
		return false, err
	}
	var (
		queue = make(chan job)
		group sync.WaitGroup
		mu    sync.Mutex
		ended = 0
	)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	for range min(g.planner.workers, len(jobs)) {
		group.Go(func() {
			for j := range queue {
				_, end := g.planner.tracker.begin(j, nil)
				o, err := g.planner.vpps[j.vpp].Ranged(ctx, j.s)
				end()
				switch {
				case err == nil, errors.Is(err, milp.ErrFailed):
				case ctx.Err() != nil:
					return
				default:
					stop(err)
					return
				}
				mu.Lock()
				if ended++; err == nil {
					g.ranged[j] = o
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
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return false, err
	}
	for v := range g.planner.vpps {
		known := !slices.ContainsFunc(jobs, func(j job) bool { return j.vpp == v && g.ranged[j] == nil })
		if known && g.proposed[v].never == "" {
			g.payoffs[v] = g.payoffRanges(v, coalition(profile, v))
		}
	}
	return ended < len(jobs), nil
}

// toRange plans and returns the coalitions that can run and that the payoffs at a profile depend
// on, by VPP and number.
func (g *choice) toRange(ctx context.Context, profile []int) ([]job, error) {
	found := map[job]bool{}
	for v := range g.planner.vpps {
		if g.proposed[v].never != "" {
			continue
		}
		s := coalition(profile, v)
		for _, t := range vpp.Required(g.rule, s) {
			found[job{v, t}] = true
		}
		if g.region.Setting.CoversCosts() {
			for _, i := range s.Members() {
				found[job{v, vpp.Coalition(0).With(i)}] = true
			}
		}
	}
	var jobs []job
	for j := range found {
		jobs = append(jobs, j)
	}
	sortJobs(jobs)
	if err := g.planner.plan(ctx, jobs...); err != nil {
		return nil, err
	}
	var able []job
	for _, j := range jobs {
		if g.planner.runs(j.vpp, j.s) {
			able = append(able, j)
		}
	}
	return able, nil
}

// rangedOutcome returns the outcome of a coalition that can run with its ranges, which are infinite
// if they are not known.
func (g *choice) rangedOutcome(j job) *vpp.Outcome {
	if o := g.ranged[j]; o != nil {
		return o
	}
	return g.planner.vpps[j.vpp].Outcomes()(j.s).Unranged()
}

// payoffRanges returns the ranges of the payoffs of the members of s, a coalition of VPP v, scaled as
// the payoffs are. It is empty if a payoff has too many cases.
func (g *choice) payoffRanges(v int, s vpp.Coalition) map[int]vpp.Range {
	var (
		required = vpp.Required(g.rule, s)
		setting  = g.region.Setting
		ranged   = func(t vpp.Coalition) *vpp.Outcome { return g.rangedOutcome(job{v, t}) }
		alone    = func(i int) *vpp.Outcome {
			if single := vpp.Coalition(0).With(i); g.planner.runs(v, single) {
				return ranged(single)
			}
			return nil
		}
		outside = func(i int) float64 { return g.region.Outside[g.PlayerName(i)] }
		out     = make(map[int]vpp.Range, s.Size())
	)
	for _, reservations := range vpp.ReservationRanges(s, setting, ranged(s), alone, outside) {
		of := g.planner.substituted(v, required, vpp.ShareableRanges(ranged, setting, reservations))
		for i, r := range vpp.PayoffRanges(s, of, g.rule, g.region.VPPs[v].PassThrough) {
			if before, known := out[i]; known {
				r = r.Join(before)
			}
			out[i] = r
		}
	}
	return out
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
