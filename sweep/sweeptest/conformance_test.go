package sweeptest_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/sweep/sweeptest"
)

// folderOf is the variable that makes this binary a writer of a journal, see
// TestConformanceOfAKilledWriter.
const folderOf = "TRIGRID_TEST_JOURNAL"

func TestMain(m *testing.M) {
	if folder := os.Getenv(folderOf); folder != "" {
		write(folder)
		return
	}
	testsolver.Main(m, "")
}

// slowed delays each answer.
type slowed struct {
	farm.Farm
	delay time.Duration
}

func (s slowed) Open(ctx context.Context, study farm.Study) (farm.Session, error) {
	inner, err := s.Farm.Open(ctx, study)
	return slowSession{inner, s.delay}, err
}

type slowSession struct {
	farm.Session
	delay time.Duration
}

func (s slowSession) Evaluate(ctx context.Context, j farm.Job) (*farm.Answer, error) {
	select {
	case <-time.After(s.delay):
		return s.Session.Evaluate(ctx, j)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func TestConformanceOfGoroutines(t *testing.T) {
	sweeptest.Run(t, func(_ *testing.T, f sweeptest.Faults) farm.Farm {
		return slowed{farm.Goroutines{Workers: 3}, f.Delay}
	})
}

func TestConformanceOfTheJournal(t *testing.T) {
	sweeptest.Run(t, func(t *testing.T, f sweeptest.Faults) farm.Farm {
		log, err := farm.OpenLog(t.TempDir())
		require.NoError(t, err)
		t.Cleanup(func() { log.Close() })
		return &farm.Journal{Log: log, Farm: slowed{farm.Goroutines{}, f.Delay}}
	})
}

// full is a disk that becomes full after some bytes, in the middle of a line,
// and has room again later.
type full struct {
	io.WriteCloser
	room *atomic.Int64
}

func (f full) Write(p []byte) (int, error) {
	n := min(int64(len(p)), max(0, f.room.Add(-int64(len(p)))+int64(len(p))))
	k, err := f.WriteCloser.Write(p[:n])
	if err == nil && k < len(p) {
		err = syscall.ENOSPC
	}
	return k, err
}

// A full disk costs no answer: the run goes on, the journal states the failure,
// and what was written before and after it is whole.
func TestConformanceOnAFullDisk(t *testing.T) {
	folder, room := t.TempDir(), new(atomic.Int64)
	room.Store(5000)
	log, err := farm.OpenLogWith(folder, func(name string) (io.WriteCloser, error) {
		file, err := os.Create(name)
		return full{file, room}, err
	})
	require.NoError(t, err)
	study := sweeptest.Study()
	session, err := (&farm.Journal{Log: log}).Open(t.Context(), study)
	require.NoError(t, err)
	jobs := sweeptest.Jobs(study, 32)
	got, err := sweeptest.Evaluate(t.Context(), session, jobs)
	require.NoError(t, err)
	require.ErrorIs(t, log.Err(), syscall.ENOSPC)
	kept := log.Len()
	require.Positive(t, kept)
	require.Less(t, kept, len(jobs))

	room.Store(1 << 30)
	_, err = sweeptest.Evaluate(t.Context(), session, jobs)
	require.NoError(t, err)
	require.NoError(t, log.Close())
	again, err := farm.OpenLog(folder)
	require.NoError(t, err)
	assert.Equal(t, len(jobs), again.Len(), "all answers are there after the disk has room")
	assert.Equal(t, 1, again.Damaged(), "the line that the full disk broke")
	reader := &farm.Journal{Log: again}
	session, err = reader.Open(t.Context(), study)
	require.NoError(t, err)
	read, err := sweeptest.Evaluate(t.Context(), session, jobs)
	require.NoError(t, err)
	for i := range got {
		assert.Equal(t, sweeptest.Plain(got[i]), sweeptest.Plain(read[i]))
	}
	assert.Equal(t, len(jobs), reader.Read())
}

// write solves the jobs of the suite into a journal until it is killed.
func write(folder string) {
	log, err := farm.OpenLog(folder)
	if err != nil {
		panic(err)
	}
	study := sweeptest.Study()
	session, err := (&farm.Journal{Log: log, Farm: farm.Goroutines{Workers: 1}}).Open(context.Background(), study)
	if err != nil {
		panic(err)
	}
	if _, err := sweeptest.Evaluate(context.Background(), session, sweeptest.Jobs(study, 64)); err != nil {
		panic(err)
	}
}

// Two processes write one journal and are killed again and again. Each answer
// that was written stays, no line is damaged but the last one of a killed
// process, and the processes end after as many programs as there are.
func TestConformanceOfAKilledWriter(t *testing.T) {
	folder := t.TempDir()
	var group sync.WaitGroup
	for w := range 2 {
		group.Go(func() {
			for try := 0; ; try++ {
				// Each try has more time, so that the last one ends on any
				// machine.
				life := time.Duration(300+200*w) * time.Millisecond << try
				ctx, stop := context.WithTimeout(t.Context(), life)
				c := exec.CommandContext(ctx, os.Args[0])
				c.Env = append(os.Environ(), folderOf+"="+folder)
				err := c.Run() // the end of the context kills it
				stop()
				if err == nil {
					return
				}
				if errors.Is(err, context.DeadlineExceeded) {
					continue // its time ended before it began, or together with it
				}
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.ExitCode() >= 0 {
					t.Errorf("a writer failed: %v", err)
					return
				}
			}
		})
	}
	group.Wait()
	files, err := filepath.Glob(filepath.Join(folder, "*.journal"))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(files), 1)
	log, err := farm.OpenLog(folder)
	require.NoError(t, err)
	assert.Equal(t, 64, log.Len())
	assert.Zero(t, log.Damaged(), "a line without its end is left out and not counted as damaged")
	journal := &farm.Journal{Log: log}
	study := sweeptest.Study()
	session, err := journal.Open(t.Context(), study)
	require.NoError(t, err)
	_, err = sweeptest.Evaluate(t.Context(), session, sweeptest.Jobs(study, 64))
	require.NoError(t, err)
	assert.Equal(t, 64, journal.Read())
	assert.Zero(t, journal.Computed())
}
