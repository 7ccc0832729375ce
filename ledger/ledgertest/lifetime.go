package ledgertest

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

// waitingEnds checks that every waiting call ends with its context.
//
// For example, a wait for a transaction that is never sent returns
// context.Canceled.
func waitingEnds(t *testing.T, factory Factory) {
	s := start(t, factory)
	ctx, cancel := context.WithCancel(s.ctx)
	blocks, err := s.engine.Subscribe(ctx, 1)
	require.NoError(t, err)
	// The calls below may start before or after the cancellation; both must
	// end.
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err = s.engine.WaitCommitted(ctx, ledger.TxID{1})
	require.ErrorIs(t, err, context.Canceled)
	// The chain never has this height.
	_, err = s.engine.Block(ctx, 1_000)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.engine.Certified(ctx, 1_000)
	require.ErrorIs(t, err, context.Canceled)
	_, open := next(t, blocks)
	require.False(t, open)
	// A submission with an ended context fails as well.
	_, err = s.client(t, 1).Submit(ctx, message("increase", "n", nil))
	require.ErrorIs(t, err, context.Canceled)
}

// closeEnds checks that Close ends waiting calls, subscriptions and goroutines,
// and may be repeated.
//
// A goroutine that does not end fails the test with the stacks of all
// goroutines.
func closeEnds(t *testing.T, factory Factory) {
	// Goroutines of earlier tests have ended, because each test closes its
	// engine.
	before := runtime.NumGoroutine()
	s := start(t, factory)
	c := s.client(t, 1)
	_, err := c.Send(s.ctx, message("increase", "n", nil))
	require.NoError(t, err)
	// The chain has one block, so that this subscription waits for the second
	// one.
	blocks, err := s.engine.Subscribe(s.ctx, 2)
	require.NoError(t, err)
	var waiting sync.WaitGroup
	// This call waits for a transaction that never comes, until Close ends it.
	waiting.Go(func() {
		if _, err := s.engine.WaitCommitted(s.ctx, ledger.TxID{1}); err == nil {
			t.Error("a receipt for nothing")
		}
	})
	require.NoError(t, s.engine.Close())
	waiting.Wait()
	// The end of the engine closes the channels of its subscribers.
	_, open := next(t, blocks)
	require.False(t, open)
	_, err = c.Submit(s.ctx, message("increase", "n", nil))
	require.ErrorIs(t, err, ledger.ErrClosed)
	require.NoError(t, s.engine.Close(), "a second Close")

	// Goroutines may end after Close returns.
	for deadline := time.Now().Add(patience()); time.Now().Before(deadline); {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	var stacks bytes.Buffer
	buf := make([]byte, 1<<16)
	_, _ = io.Copy(&stacks, bytes.NewReader(buf[:runtime.Stack(buf, true)]))
	t.Fatalf("%d goroutines before, %d after Close:\n%s", before, runtime.NumGoroutine(), stacks.String())
}
