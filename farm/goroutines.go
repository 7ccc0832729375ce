package farm

import (
	"context"
	"errors"
	"runtime"
)

// Goroutines is the farm of this process. It solves Workers programs at a time;
// default 0: one per core. Calls beyond them wait.
type Goroutines struct{ Workers int }

// Open implements [Farm].
func (g Goroutines) Open(ctx context.Context, s Study) (Session, error) {
	w, err := NewWorker(s)
	if err != nil {
		return nil, err
	}
	n := g.Workers
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	// ctx bounds the opening only: the session outlives it and ends by Close.
	inner, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	return &goroutines{worker: w, slots: make(chan struct{}, n), ctx: inner, stop: stop}, nil
}

// ErrClosed is the error of a session after its end.
var ErrClosed = errors.New("farm: the session is closed")

// goroutines is a session of [Goroutines].
type goroutines struct {
	worker *Worker
	slots  chan struct{} // holds one entry per program in work
	ctx    context.Context
	stop   context.CancelCauseFunc
}

// Evaluate implements [Session].
func (g *goroutines) Evaluate(ctx context.Context, j Job) (*Answer, error) {
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-g.ctx.Done():
		return nil, ErrClosed
	}
	// select chooses at random if a slot is free and the session has ended, and
	// the function of AfterFunc below runs only some time later.
	if g.ctx.Err() != nil {
		return nil, ErrClosed
	}
	// Close ends a program in work, not only those that wait.
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(g.ctx, func() { stop(ErrClosed) })()
	// The context of the caller can have ended as well.
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return g.worker.Evaluate(ctx, j)
}

// Width implements [Session].
func (g *goroutines) Width() int { return cap(g.slots) }

// Close implements [Session].
func (g *goroutines) Close() error {
	g.stop(ErrClosed)
	return nil
}
