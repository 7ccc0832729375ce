package trigrid

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// farmed is the session of a run on a farm, see [Options.Farm].
type farmed struct {
	session farm.Session
	digest  farm.Digest
	solver  milp.Solver // of the plans that the run computes again

	mu   sync.Mutex
	kept map[job]farm.Variant // of the answer whose plan stays, by program
}

// openFarm opens the session of the farm, if the options have one. solver is
// that of the options without a store, which has the identity of the study. A
// farm of this process uses the store.
func (x *planner) openFarm(o Options, solver milp.Solver) error {
	if o.Farm == nil {
		return nil
	}
	study := farm.Study{Name: x.region.Name, VPPs: x.region.VPPs, DERs: x.region.DERs, Setting: x.region.Setting, Solver: solver, Solving: x.solver}
	digest, err := study.Digest()
	if err != nil {
		return fmt.Errorf("options: %w", err)
	}
	session, err := open(x.clock.planning, o.Farm, study)
	if ended := context.Cause(x.clock.planning); err != nil && ended != nil {
		// A run that its budget or its caller ends is no error, also if the
		// farm was not open yet.
		session, err = absent{ended}, nil
	}
	if err != nil {
		return fmt.Errorf("options: %w", err)
	}
	x.farm = &farmed{session: session, digest: digest, solver: x.solver, kept: map[job]farm.Variant{}}
	return nil
}

// open is [farm.Farm.Open], but returns when ctx ends even if the farm does
// not. A session that the farm opens later is closed.
func open(ctx context.Context, f farm.Farm, s farm.Study) (farm.Session, error) {
	type result struct {
		session farm.Session
		err     error
	}
	done := make(chan result)
	go func() {
		session, err := f.Open(ctx, s)
		select {
		case done <- result{session, err}:
		case <-ctx.Done():
			if err == nil {
				_ = session.Close() // the run has gone on without it
			}
		}
	}()
	select {
	case r := <-done:
		return r.session, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// absent is the session of a run that ended before its farm was open.
type absent struct{ reason error }

// Evaluate implements [farm.Session].
func (a absent) Evaluate(context.Context, farm.Job) (*farm.Answer, error) { return nil, a.reason }

// Width implements [farm.Session].
func (absent) Width() int { return 1 }

// Close implements [farm.Session].
func (absent) Close() error { return nil }

// closeFarm ends the session of the farm. Its error concerns no answer that the
// run has used. A farm that takes longer than [grace] ends on its own, because
// the result does not depend on it.
func (x *planner) closeFarm() {
	if x.farm == nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = x.farm.session.Close()
	}()
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
	}
}

// improved is [planner.improved] on the farm.
func (f *farmed) improved(ctx context.Context, x *planner, j job, limits milp.Limits) (*found, bool, error) {
	_, end := x.tracker.begin(j, nil)
	defer end()
	ask := farm.Job{
		Study: f.digest, VPP: j.vpp, Coalition: j.s, Time: limits.Time,
		Variant: farm.Variant{Gap: limits.Gap, Nodes: limits.Nodes, Iterations: limits.Iterations},
	}
	answer, err := f.evaluate(ctx, ask)
	if err != nil {
		return nil, false, err
	}
	// A plan is computed again without the limit of time, because only its work
	// decides.
	again := ask
	again.Time = 0
	learned, err := x.vpps[j.vpp].Learn(j.s, answer.Solved, answer.Err(), again.Solver(f.solver))
	if err != nil {
		return nil, false, err
	}
	if learned.Kept {
		f.mu.Lock()
		f.kept[j] = ask.Variant
		f.mu.Unlock()
	}
	out := &found{objective: learned.Outcome.Value.Objective, gap: learned.Outcome.AbsoluteGap, stopped: learned.Stopped}
	return out, learned.Proven, nil
}

// evaluate returns the answer of a job, or an error if it is not that of the
// job. It returns when ctx ends even if the farm breaks its contract and does
// not: a budget and an interrupt have to end a run whose machines hang. A later
// answer is dropped.
func (f *farmed) evaluate(ctx context.Context, j farm.Job) (*farm.Answer, error) {
	type result struct {
		answer *farm.Answer
		err    error
	}
	done := make(chan result, 1) // the call that is left behind does not wait for a reader
	go func() {
		answer, err := f.session.Evaluate(ctx, j)
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		if r.err == nil {
			r.err = r.answer.Validate(j)
		}
		if r.err != nil {
			return nil, r.err
		}
		return r.answer, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// rangedOf returns the outcome of a planned coalition with its ranges.
func (x *planner) rangedOf(ctx context.Context, j job) (*vpp.Outcome, error) {
	f := x.farm
	if f == nil {
		return x.vpps[j.vpp].Ranged(ctx, j.s)
	}
	known, err := x.vpps[j.vpp].Outcome(ctx, j.s)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	variant := f.kept[j]
	f.mu.Unlock()
	variant.Ranges, variant.Within = true, known.AbsoluteGap
	answer, err := f.evaluate(ctx, farm.Job{Study: f.digest, VPP: j.vpp, Coalition: j.s, Variant: variant})
	if err != nil {
		return nil, err
	}
	if err := answer.Err(); err != nil {
		return nil, err
	}
	return answer.Solved.Outcome, nil
}
