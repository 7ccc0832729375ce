package nats

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/sweep/sweeptest"
	"github.com/trigrid/trigrid/vpp"
)

// BenchmarkTinyJobs sends jobs without programs through the server and two
// workers of this process, and reports jobs and groups per second and the
// memory from the system. TRIGRID_JOBS is the number of jobs per iteration,
// 2,000 by default.
func BenchmarkTinyJobs(b *testing.B) {
	n := 2000
	if text := os.Getenv("TRIGRID_JOBS"); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	c, err := Start(b.Context(), Options{Width: 1024})
	require.NoError(b, err)
	ctx, stop := context.WithCancel(b.Context())
	defer func() {
		stop()
		require.NoError(b, c.Close())
	}()
	for range 2 {
		c.group.Go(func() { _ = Work(ctx, WorkOptions{Workers: 1, dial: c.dial, solve: plain}) })
	}
	study := sweeptest.Study()
	s, err := c.FarmOf().Open(b.Context(), study)
	require.NoError(b, err)
	defer s.Close()
	digest, err := study.Digest()
	require.NoError(b, err)
	for round := 0; b.Loop(); round++ {
		queue := make(chan farm.Job)
		var group sync.WaitGroup
		for range s.Width() {
			group.Go(func() {
				for j := range queue {
					if _, err := s.Evaluate(b.Context(), j); err != nil {
						b.Error(err)
					}
				}
			})
		}
		for i := range n {
			queue <- farm.Job{Study: digest, VPP: round, Coalition: vpp.Coalition(i)}
		}
		close(queue)
		group.Wait()
	}
	b.StopTimer()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys>>20), "MB-sys")
	b.ReportMetric(float64(c.Counts().Answers)/b.Elapsed().Seconds(), "jobs/s")
	b.ReportMetric(float64(c.Counts().Groups)/b.Elapsed().Seconds(), "groups/s")
}
