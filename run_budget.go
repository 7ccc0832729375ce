package trigrid

import (
	"context"
	"time"
)

// Parts of a budget.
const (
	// reserved is the fraction of the budget that is kept for choice and settlement.
	reserved = 0.1
	// minReserve is the least time that is kept, for budgets of more than twice of it.
	minReserve = 300 * time.Millisecond
	// grace is the time for the choice after the caller has ended the run, and lastGrace that for
	// everything after it, such as the ledger.
	grace, lastGrace = time.Second, 5 * time.Second
)

// clock ends the stages of one run in time. Its contexts end one after the other:
//
//	planning  with the caller's context, or when only the reserve is left
//	choosing  when the budget ends, or a second after the caller's context
//	closing   some seconds after the caller's context
//
// so that a run that is ended still states the best result so far.
type clock struct {
	began                       time.Time
	end                         time.Time // of the budget or of the caller's deadline; zero: none
	until                       time.Time // end of the planning; zero: none
	planning, choosing, closing context.Context
	caller                      context.Context
	stops                       []func()
}

// newClock starts the clock of a run. A budget below 0 is none.
func newClock(ctx context.Context, budget time.Duration) *clock {
	c := &clock{began: time.Now(), caller: ctx}
	if budget >= 0 {
		c.end = c.began.Add(budget)
	}
	if d, ok := ctx.Deadline(); ok && (c.end.IsZero() || d.Before(c.end)) {
		c.end = d
	}
	detached := context.WithoutCancel(ctx)
	choosing, stopChoosing := context.WithCancel(detached)
	closing, stopClosing := context.WithCancel(detached)
	c.stops = append(c.stops, stopChoosing, stopClosing)
	// After the end of the caller's context, the later stages have a little time left.
	halt := context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, stopChoosing)
		time.AfterFunc(lastGrace, stopClosing)
	})
	c.stops = append(c.stops, func() { halt() })
	c.planning, c.choosing, c.closing = ctx, choosing, closing
	if c.end.IsZero() {
		return c
	}
	left := c.end.Sub(c.began)
	reserve := min(left/2, max(time.Duration(reserved*float64(left)), minReserve))
	c.until = c.end.Add(-reserve)
	var stop func()
	// A program that ends at its own time limit has a plan, one whose context ends has none. The
	// limit therefore comes first.
	c.planning, stop = context.WithDeadline(ctx, c.until.Add(min(reserve/4, 50*time.Millisecond)))
	c.stops = append(c.stops, stop)
	c.choosing, stop = context.WithDeadline(choosing, c.end.Add(-min(reserve/4, time.Second)))
	c.stops = append(c.stops, stop)
	return c
}

// stop releases the timers.
func (c *clock) stop() {
	for _, stop := range c.stops {
		stop()
	}
}
