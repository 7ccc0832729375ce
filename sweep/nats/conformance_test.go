package nats

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/sweep/sweeptest"
)

// suite makes the study of package sweeptest on a worker.
func suite(_ context.Context, s Study) (farm.Study, error) {
	out := sweeptest.Study()
	out.Setting.Weights = s.Weights
	return out, nil
}

// startSuite starts a coordinator with three workers that have faults, and one
// with another study if the faults say so. A worker that dies is started again.
func startSuite(t *testing.T, f sweeptest.Faults) *Coordinator {
	t.Helper()
	const wait = 400 * time.Millisecond
	// Groups are small, so that there are many of them.
	c, err := Start(t.Context(), Options{AckWait: wait, Width: 24, Work: 20 * time.Millisecond})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	var groups atomic.Int64
	each := func(n int64, every int) bool { return every > 0 && n%int64(every) == 0 }
	act := func(_ int, m *answersMessage) fault {
		n := groups.Add(int64(max(1, len(m.Answers))))
		out := fault{die: each(n, f.Kill), duplicate: each(n, f.Duplicate), delay: f.Delay}
		if each(n, f.Late) {
			out.delay = 2 * wait
		}
		return out
	}
	for range 3 {
		c.group.Go(func() {
			for ctx.Err() == nil {
				err := Work(ctx, WorkOptions{Workers: 1, Study: suite, dial: c.dial, act: act})
				if ctx.Err() == nil && !errors.Is(err, errDied) {
					t.Errorf("a worker ended: %v", err)
					return
				}
			}
		})
	}
	if f.Other {
		c.group.Go(func() {
			_ = Work(ctx, WorkOptions{Workers: 1, Study: another, dial: c.dial})
		})
	}
	t.Cleanup(func() {
		stop()
		require.NoError(t, c.Close())
	})
	return c
}

// another makes a study whose data differ in one number.
func another(ctx context.Context, s Study) (farm.Study, error) {
	out, err := suite(ctx, s)
	out.VPPs[0].RiskAversion = 0.7
	return out, err
}

func TestConformance(t *testing.T) {
	sweeptest.Run(t, func(t *testing.T, f sweeptest.Faults) farm.Farm { return startSuite(t, f).FarmOf() })
}

// The coordinator counts duplicates, late answers and refusals.
func TestConformanceIsCounted(t *testing.T) {
	c := startSuite(t, sweeptest.Faults{Duplicate: 2, Other: true})
	study := sweeptest.Study()
	s, err := c.FarmOf().Open(t.Context(), study)
	require.NoError(t, err)
	defer s.Close()
	jobs := sweeptest.Jobs(study, 64)
	_, err = sweeptest.Evaluate(t.Context(), s, jobs)
	require.NoError(t, err)
	assert.Eventually(t, func() bool { return c.Counts().Duplicates > 0 }, time.Minute, 10*time.Millisecond)
	assert.Equal(t, len(jobs), c.Counts().Answers)
	assert.Zero(t, c.Counts().Wrong)
}

// If every worker has another study, the session ends with the reason.
func TestConformanceOfRefusals(t *testing.T) {
	c, err := Start(t.Context(), Options{AckWait: time.Second})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	c.group.Go(func() { _ = Work(ctx, WorkOptions{Workers: 2, Study: another, dial: c.dial}) })
	defer func() {
		stop()
		require.NoError(t, c.Close())
	}()
	study := sweeptest.Study()
	s, err := c.FarmOf().Open(t.Context(), study)
	require.NoError(t, err)
	defer s.Close()
	_, err = s.Evaluate(t.Context(), sweeptest.Jobs(study, 1)[0])
	require.ErrorIs(t, err, farm.ErrOtherStudy)
	assert.ErrorContains(t, err, "this worker computes")
	assert.GreaterOrEqual(t, c.Counts().Refused, maxRefusals)
}
