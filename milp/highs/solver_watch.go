package highs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrAbandoned is wrapped by the error of a solve whose context ended and whose
// call of HiGHS did not end with it. The call is left behind: it may use a core
// and memory until it returns by itself. A solve that ignores
// [Solver.TimeLimit] or [Solver.MemoryLimit] is a result with
// [milp.Solution.Abandoned] instead.
//
// After two such calls of the native library in a process, [Auto] prefers the
// WebAssembly build.
var ErrAbandoned = errors.New("HiGHS did not stop and was left behind")

// errMemory is wrapped by the error of a call that reached
// [Solver.MemoryLimit].
var errMemory = errors.New("memory limit")

const (
	// gracePeriod is the time that HiGHS has to stop after a limit. It is a
	// little less than half a second, which includes the way back to the
	// caller.
	gracePeriod = 450 * time.Millisecond
	// watchPeriod is the time between two readings of the process's memory.
	watchPeriod = 50 * time.Millisecond
)

// watch ends the calls of one solve at the solver's limits. At a limit it first
// interrupts HiGHS through the callbacks and the clock of the WebAssembly
// build. After the grace period it leaves the call behind.
type watch struct {
	ctx      context.Context
	deadline time.Time     // of the time limit; zero for none
	grace    time.Duration // after the deadline

	// Memory of a backend that does not limit its own.
	builds *builds // nil for no limit
	before int64   // builds.memory at the start
	memory int64   // bytes by which it may grow per running call

	mu   sync.Mutex  // held while the caller's Progress and Log run
	left bool        // the call was left behind
	stop modelStatus // reason of an interrupt; 0 for none
}

// watch returns the watch of one solve, which began at begin.
func (s Solver) watch(ctx context.Context, h object, begin time.Time) *watch {
	w := &watch{ctx: ctx}
	if s.TimeLimit > 0 {
		w.deadline = begin.Add(s.TimeLimit)
		// A tenth of a long limit may pass before an incumbent is given up.
		w.grace = max(gracePeriod, s.TimeLimit/10)
	}
	if _, own := h.port.(memoryLimiter); !own && s.memoryLimit() > 0 {
		w.builds, w.memory = s.process(), s.memoryLimit()
		w.before = w.builds.memory()
	}
	return w
}

// interrupts reports whether HiGHS must poll for an interrupt.
func (w *watch) interrupts() bool { return w.ctx.Done() != nil || w.builds != nil }

// end interrupts HiGHS at its next poll; the first reason counts.
func (w *watch) end(why modelStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop == 0 {
		w.stop = why
	}
}

// stopped returns the reason of an interrupt by end, or 0.
func (w *watch) stopped() modelStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stop
}

// report calls f, which passes an event to the caller, and reports whether
// HiGHS must stop. A call that was left behind reports nothing.
func (w *watch) report(f func()) (stop bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.left && f != nil {
		f()
	}
	return w.left || w.stop != 0 || w.ctx.Err() != nil
}

// run calls Highs_run on another goroutine and waits until it returns or must
// be left behind. Without a limit it calls directly.
func (w *watch) run(h object) error {
	call := func() error {
		_, err := h.call(w.ctx, "Highs_run")
		return err
	}
	if w.deadline.IsZero() && !w.interrupts() {
		return call()
	}
	var (
		result   = make(chan error, 1)
		returned = make(chan struct{})
	)
	go func() {
		defer close(returned)
		result <- call()
	}()

	var (
		ended = w.ctx.Done()
		limit = new(alarm) // the end of the grace period
		tick  <-chan time.Time
	)
	defer limit.stop()
	if !w.deadline.IsZero() {
		limit.set(w.deadline.Add(w.grace))
	}
	if w.builds != nil {
		w.builds.running.Add(1)
		defer w.builds.running.Add(-1)
		ticker := time.NewTicker(watchPeriod)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case err := <-result:
			return err
		case <-ended:
			ended = nil
			limit.set(time.Now().Add(gracePeriod))
		case <-tick:
			if w.builds.memory()-w.before > w.memory*w.builds.running.Load() {
				tick = nil
				w.end(memoryLimit)
				limit.set(time.Now().Add(gracePeriod))
			}
		case <-limit.c():
			return w.leave(h, result, returned)
		}
	}
}

// leave leaves a call behind, unless it has returned in the meantime.
func (w *watch) leave(h object, result <-chan error, returned <-chan struct{}) error {
	w.mu.Lock() // waits for Progress and Log, which must not run after the solve
	defer w.mu.Unlock()
	select {
	case err := <-result:
		return err
	default:
	}
	w.left = true
	h.leave(returned)
	if w.stop == memoryLimit {
		return fmt.Errorf("%w at its %w", ErrAbandoned, errMemory)
	}
	return ErrAbandoned
}

// alarm is a timer that only moves to earlier times.
type alarm struct {
	timer *time.Timer
	at    time.Time
}

// c returns the timer's channel, nil before the first set.
func (a *alarm) c() <-chan time.Time {
	if a.timer == nil {
		return nil
	}
	return a.timer.C
}

// set moves the alarm to a time, if that is earlier.
func (a *alarm) set(at time.Time) {
	if a.timer != nil && !at.Before(a.at) {
		return
	}
	a.stop()
	a.at, a.timer = at, time.NewTimer(time.Until(at))
}

// stop releases the timer.
func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}
