package trigrid_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// elsewhere is a farm whose workers solve with a solver of their own.
type elsewhere struct{}

func (elsewhere) Open(ctx context.Context, s farm.Study) (farm.Session, error) {
	s.Solving = trigrid.DefaultSolver()
	return farm.Goroutines{}.Open(ctx, s)
}

// recording is a solver that keeps the digests of its programs.
type recording struct {
	counting
	mu       *sync.Mutex
	programs map[[32]byte]bool
}

func (r recording) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	r.mu.Lock()
	r.programs[m.Digest()] = true
	r.mu.Unlock()
	return r.counting.Solve(ctx, m)
}

// A run on a farm solves again the programs of the chosen allocation and of the
// schemes that the VPPs submit, which have schedules, and no others.
func TestOnlyTheChosenPlansAreSolvedAgain(t *testing.T) {
	solver := recording{counts(true), new(sync.Mutex), map[[32]byte]bool{}}
	o := trigrid.Options{Farm: elsewhere{}, Budget: -1, Solver: solver}
	region := small(t)
	res := coordinate(t, region, o)
	assert.Len(t, res.Coalitions, 16, "two VPPs and three DERs")
	again := 0
	for v, p := range region.VPPs {
		plan := res.Plans[v]
		require.NotNil(t, plan)
		for s := range vpp.Coalition(1) << len(region.DERs) {
			var members []der.DER
			chosen, submitted := s.Size() == len(plan.Members), s.Size() == len(res.VPPs[v].Scheme)
			for _, i := range s.Members() {
				d := region.DERs[i]
				members = append(members, d)
				chosen = chosen && res.DERs[i].Choice == p.Name
				submitted = submitted && slices.Contains(res.VPPs[v].Scheme, d.Name())
			}
			program, err := vpp.Problem{VPP: p, Members: members, Setting: plan.Setting}.Formulate()
			require.NoError(t, err)
			assert.Equal(t, chosen || submitted, solver.programs[program.Model.Digest()], "%s with coalition %b", p.Name, s)
			if chosen || submitted {
				again++
			}
		}
	}
	assert.LessOrEqual(t, again, 4, "two of each VPP at most")
}

// waves is a farm of any number of workers that take an hour for a program.
type waves struct {
	inner farm.Farm
	asked *atomic.Int64
}

func (f waves) Open(ctx context.Context, s farm.Study) (farm.Session, error) {
	inner, err := f.inner.Open(ctx, s)
	return waveSession{inner, f}, err
}

type waveSession struct {
	farm.Session
	waves
}

func (waveSession) Width() int { return 64 }

func (s waveSession) Evaluate(ctx context.Context, j farm.Job) (*farm.Answer, error) {
	s.asked.Add(1)
	time.Sleep(time.Hour)
	return s.Session.Evaluate(ctx, j)
}

// In a bubble of package synctest time passes only if all goroutines wait. The
// hours of a search are therefore the programs that it asks for one after the
// other.
func TestASearchKeepsSeveralProgramsInFlight(t *testing.T) {
	coordinate(t, small(t), trigrid.Options{Search: true, Budget: -1}) // starts the solver outside
	synctest.Test(t, func(t *testing.T) {
		f := waves{farm.Goroutines{Workers: 64}, new(atomic.Int64)}
		began := time.Now()
		res := coordinate(t, small(t), trigrid.Options{Search: true, Budget: -1, Farm: f})
		hours := int64(time.Since(began) / time.Hour)
		t.Logf("%d programs in %d hours", f.asked.Load(), hours)
		assert.Equal(t, "searched", res.Planning)
		assert.Positive(t, hours)
		assert.Less(t, 4*hours, 3*f.asked.Load(), "more than four programs in three hours")
	})
}

// stuck is a farm that opens or closes only at the end of the test.
type stuck struct {
	end           chan struct{}
	open, close   bool // stuck there
	opened, ended *atomic.Int64
}

func (f stuck) Open(_ context.Context, s farm.Study) (farm.Session, error) {
	if f.open {
		<-f.end
	}
	inner, err := farm.Goroutines{}.Open(context.Background(), s)
	f.opened.Add(1)
	return stuckSession{inner, f}, err
}

type stuckSession struct {
	farm.Session
	stuck
}

func (s stuckSession) Close() error {
	if s.stuck.close {
		<-s.end
	}
	s.ended.Add(1)
	return s.Session.Close()
}

// A farm that hangs while it opens leaves the run its budget and its context,
// and one that hangs while it closes changes nothing. A session that opens too
// late is closed.
func TestAFarmThatDoesNotOpenOrCloseDoesNotHoldTheRun(t *testing.T) {
	farmOf := func(t *testing.T) stuck {
		f := stuck{end: make(chan struct{}), opened: new(atomic.Int64), ended: new(atomic.Int64)}
		t.Cleanup(func() {
			close(f.end)
			require.Eventually(t, func() bool { return f.opened.Load() == 1 && f.ended.Load() == 1 }, time.Minute, time.Millisecond)
		})
		return f
	}
	t.Run("the budget ends the run", func(t *testing.T) {
		f := farmOf(t)
		f.open = true
		res, err := trigrid.Run(t.Context(), small(t), trigrid.Options{Farm: f, Budget: 200 * time.Millisecond})
		require.NoError(t, err)
		assert.True(t, res.Cut)
		assert.Empty(t, res.Settlement)
	})
	t.Run("the context ends the run", func(t *testing.T) {
		f := farmOf(t)
		f.open = true
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(50*time.Millisecond, func() { stop(errors.New("enough")) })
		res, err := trigrid.Run(ctx, small(t), trigrid.Options{Farm: f, Budget: -1})
		require.NoError(t, err)
		assert.True(t, res.Cut)
	})
	t.Run("the close", func(t *testing.T) {
		want := encode(t, coordinate(t, small(t), trigrid.Options{Budget: -1}))
		f := farmOf(t)
		f.close = true
		assert.Equal(t, want, encode(t, coordinate(t, small(t), trigrid.Options{Farm: f, Budget: -1})))
	})
	t.Run("a farm that opens with an error", func(t *testing.T) {
		_, err := trigrid.Run(t.Context(), small(t), trigrid.Options{Farm: refusing{}, Budget: -1})
		require.ErrorIs(t, err, errEnded)
	})
}

// refusing is a farm that does not open.
type refusing struct{}

func (refusing) Open(context.Context, farm.Study) (farm.Session, error) { return nil, errEnded }

// One folder can be the store of solutions and the journal of answers.
func TestOneFolderIsStoreAndJournal(t *testing.T) {
	want := encode(t, coordinate(t, small(t), trigrid.Options{Budget: -1}))
	folder := t.TempDir()
	for round := range 2 {
		log, err := farm.OpenLog(folder)
		require.NoError(t, err)
		journal := &farm.Journal{Log: log}
		solver := counts(round == 0)
		got := coordinate(t, small(t), trigrid.Options{Budget: -1, Store: folder, Farm: journal, Solver: solver})
		assert.Equal(t, want, encode(t, got))
		require.NoError(t, log.Close())
		if round == 0 {
			assert.Positive(t, journal.Computed())
			continue
		}
		assert.Zero(t, journal.Computed(), "answers of the journal")
		assert.Zero(t, solver.calls.Load(), "plans of the store")
	}
}
