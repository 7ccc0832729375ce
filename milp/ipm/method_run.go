package ipm

import (
	"context"
	"fmt"
	"io"
	"math"
	"sync/atomic"
	"time"
)

// run holds the limits of one solve. Several goroutines poll it. A solve that
// ended stays ended, so that all of them stop at the same instant.
type run struct {
	ctx        context.Context
	deadline   time.Time // zero for none
	threads    int
	memory     int64
	iterations int64 // left
	used       int64
	log        io.Writer
	over       atomic.Bool

	excluded func(x, y []float64) bool // whether y proves that no point is of use; nil: not asked
}

// ended reports whether the context or the time limit ended the solve.
func (r *run) ended() bool {
	if r.over.Load() {
		return true
	}
	if r.ctx.Err() != nil || !r.deadline.IsZero() && !time.Now().Before(r.deadline) {
		r.over.Store(true)
		return true
	}
	return false
}

// verdict is the result of the method on one program.
type verdict int

const (
	reached    verdict = iota // the tolerance
	stalled                   // no further progress
	certified                 // a certificate of infeasibility, in price
	endless                   // a ray, in ray
	outOfSteps                // the iteration limit
	interrupted
	tooLarge // for the memory limit
	beyond   // the cutoff
)

// state is the best point of a run of the method.
type state struct {
	verdict           verdict
	x, y              []float64
	primal, dual, gap float64
	needed            int64 // bytes, if tooLarge
	ray, price        []float64
	accepted          bool
}

// Assumed limits of a run.
const (
	extraSteps = 3   // steps beyond the tolerance that may bring little
	maxSteps   = 300 // end a run that neither converges nor stalls
)

// iterate runs the method until accept returns true for a point within the
// tolerance, or until it makes no progress. If polish is true, it goes on while
// the measures shrink at least fivefold in each step, so that small programs
// are solved nearly exactly.
func iterate(p *program, tolerance float64, polish bool, r *run, accept func(x, y []float64) bool) state {
	analysed, needed := analyse(p, r)
	if analysed == nil {
		if r.ended() {
			return state{verdict: interrupted}
		}
		return state{verdict: tooLarge, needed: needed}
	}
	first := attempt(p, tolerance, polish, false, r, analysed, accept)
	if first.verdict != stalled {
		return first
	}
	second := attempt(p, tolerance, polish, true, r, analysed, accept)
	if second.verdict == reached || second.verdict == certified || second.verdict == endless ||
		max(second.primal, second.dual, second.gap) < max(first.primal, first.dual, first.gap) {
		return second
	}
	first.verdict = second.verdict
	return first
}

// attempt runs one variant of the method, see cautious. Its state has the point
// with the smallest of the largest measures, which need not be the last one.
func attempt(p *program, tolerance float64, polish, cautious bool, r *run, analysed *plan, accept func(x, y []float64) bool) state {
	q := newMethod(p, analysed, r)
	q.cautious, q.enough = cautious, refined(tolerance)
	best := state{verdict: interrupted, primal: math.Inf(1), dual: math.Inf(1), gap: math.Inf(1)}
	merit := math.Inf(1)
	// finish returns the best point; an accepted one counts, however the run
	// ended.
	finish := func(v verdict) state {
		best.verdict = v
		if best.accepted {
			best.verdict = reached
		}
		return best
	}
	if !q.begin() {
		return finish(interrupted)
	}
	idle, last := 0, extraSteps
	for step := 0; ; step++ {
		q.residuals()
		now := max(q.primal, q.dual, q.gap)
		if r.log != nil {
			fmt.Fprintf(r.log, "%3d  rows %.1e  prices %.1e  gap %.1e  pivots %d\n", step, q.primal, q.dual, q.gap, q.kkt.changed.Load())
		}
		// Ten per cent per step is progress. Less, 20 times in a row, is a
		// stall.
		previous := merit
		switch {
		case now < 0.9*merit:
			idle = 0
		default:
			idle++
		}
		if now < merit {
			merit = now
			best.x, best.y = append(best.x[:0], q.x[:q.n]...), append(best.y[:0], q.y...)
			best.primal, best.dual, best.gap = q.primal, q.dual, q.gap
		}
		// Beyond the tolerance, a step must bring much.
		if best.accepted && !(now < previous/5) {
			if last--; last < 0 {
				return finish(reached)
			}
		}
		if now <= tolerance && !best.accepted && accept(q.x[:q.n], q.y) {
			best.accepted = true
			if !polish {
				return finish(reached)
			}
		}
		if best.accepted && now < 1e-14 {
			return finish(reached)
		}
		if math.IsNaN(now) {
			return finish(stalled)
		}
		// Iterates of a program without a solution grow along a ray, which is
		// then a certificate.
		if q.primal > tolerance && step > 2 && p.provesInfeasible(q.y) {
			best.price = q.y
			return finish(certified)
		}
		if q.dual > tolerance && step > 2 && p.provesUnbounded(q.x[:q.n]) {
			best.ray = q.x[:q.n]
			return finish(endless)
		}
		const nearlyPriced = 1e-5 // residual of prices from which on a bound can be close
		if r.excluded != nil && q.dual < nearlyPriced && r.excluded(q.x[:q.n], q.y) {
			best.x, best.y = q.x[:q.n], q.y
			return finish(beyond)
		}
		if idle > 20 || step >= maxSteps {
			return finish(stalled)
		}
		if r.iterations <= 0 {
			return finish(outOfSteps)
		}
		if !q.step() {
			return finish(interrupted)
		}
		r.iterations--
		r.used++
	}
}

// analyse finds an elimination order and the plan of the factor. It returns nil
// if the run ended or if the factor needs more than the memory limit.
func analyse(p *program, r *run) (*plan, int64) {
	g := p.pattern()
	order := p.order
	if order == nil {
		order = minimumDegree(g, r.ended)
	}
	if order == nil {
		return nil, 0
	}
	limit := int64(math.MaxInt64)
	// Vectors, matrix, positions and graph, beside the factor.
	other := int64(g.nodes())*200 + int64(len(p.value))*60
	if r.memory > 0 {
		limit = max(0, (r.memory-other)/8)
	}
	analysed, needed := newPlan(g, order, limit, r.ended)
	if analysed == nil {
		return nil, other + 8*needed
	}
	if total := other + analysed.bytes(); r.memory > 0 && total > r.memory {
		return nil, total
	}
	return analysed, 0
}
