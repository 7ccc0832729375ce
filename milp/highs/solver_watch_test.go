package highs

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// stub is a HiGHS object whose run is a function of the test. It claims x = 0
// as its solution.
type stub struct {
	run      func(poll func(event) bool) modelStatus // poll is the listener of the solve
	listener func(event) bool
	why      modelStatus
	left     atomic.Bool
	released chan struct{} // closed if the object was released after a call left behind
	closed   atomic.Bool
}

func newStub(run func(poll func(event) bool) modelStatus) *stub {
	return &stub{run: run, released: make(chan struct{})}
}

func (s *stub) call(_ context.Context, function string, args ...any) (int32, error) {
	switch function {
	case "Highs_run":
		s.why = s.run(s.listener)
	case "Highs_getModelStatus":
		return int32(s.why), nil
	case "Highs_getIntInfoValue":
		*args[1].(*int32) = 2 // primal_solution_status: feasible
	}
	return 0, nil
}

func (s *stub) listen(f func(event) bool) error { s.listener = f; return nil }
func (s *stub) alive() bool                     { return !s.left.Load() }
func (s *stub) useThreads(n int) int            { return n }
func (s *stub) close()                          { s.closed.Store(!s.left.Load()) }
func (s *stub) name() string                    { return "stub" }
func (s *stub) checksum() (string, error)       { return "", errors.New("no file") }

func (s *stub) leave(returned <-chan struct{}) {
	s.left.Store(true)
	go func() {
		<-returned
		close(s.released)
	}()
}

// works is a run that finds the optimum at once.
func works(func(event) bool) modelStatus { return optimal }

// deaf returns a run that ends only when the test lets it, and the function
// that lets it.
func deaf() (run func(func(event) bool) modelStatus, end func()) {
	wait := make(chan struct{})
	return func(func(event) bool) modelStatus { <-wait; return optimal }, func() { close(wait) }
}

// stubbed returns a solver with a native build and a WebAssembly build that
// work as given. The memory of the process outside of Go is constant.
func stubbed(native, wasm func() (port, error)) Solver {
	return Solver{stub: &builds{native: native, wasm: wasm, foreign: func() int64 { return 1 << 20 }}}
}

// objects returns an opener of the given object.
func objects(s *stub) func() (port, error) { return func() (port, error) { return s, nil } }

func nowhere() (port, error) { return nil, errors.New("not here") }

func TestTimeLimitLeavesADeafCallBehind(t *testing.T) {
	for limit, latest := range map[time.Duration]time.Duration{
		2 * time.Second: 2500 * time.Millisecond, // half a second is more than a tenth
		time.Minute:     66 * time.Second,        // a tenth is more
	} {
		synctest.Test(t, func(t *testing.T) {
			run, end := deaf()
			object := newStub(run)
			s := stubbed(objects(object), nowhere)
			s.TimeLimit = limit
			begin := time.Now()
			got, err := s.Solve(t.Context(), small())
			require.NoError(t, err)
			assert.LessOrEqual(t, time.Since(begin), latest)
			assert.GreaterOrEqual(t, time.Since(begin), limit)
			assert.Equal(t, milp.NoSolution, got.Status)
			assert.True(t, got.Abandoned)
			assert.Equal(t, "time limit, which HiGHS ignored", got.Stopped)
			assert.Equal(t, math.Inf(-1), got.Bound, "a lost solve proves nothing")
			assert.ErrorIs(t, got.Err(), milp.ErrNoSolution)
			assert.False(t, object.closed.Load(), "the call still uses the object")
			end()
			<-object.released
		})
	}
}

func TestContextLeavesADeafCallBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run, end := deaf()
		object := newStub(run)
		s := stubbed(objects(object), nowhere)
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		got, err := s.Solve(ctx, small())
		require.ErrorIs(t, err, ErrAbandoned)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Nil(t, got)
		assert.LessOrEqual(t, time.Since(begin), 3500*time.Millisecond)
		end()
		<-object.released
	})
}

func TestCallsLeftBehindReportNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, stopped := 0, false
		wait := make(chan struct{})
		object := newStub(func(poll func(event) bool) modelStatus {
			e := event{
				kind: callbackMipLogging, message: func() string { return "" },
				float: func(string) float64 { return 1 }, integer: func(string) int64 { return 1 },
			}
			poll(e)
			<-wait
			stopped = poll(e)
			return interrupted
		})
		s := stubbed(objects(object), nowhere)
		s.TimeLimit = time.Second
		s.Progress = func(Progress) { reports++ }
		got, err := s.Solve(t.Context(), small())
		require.NoError(t, err)
		require.True(t, got.Abandoned)
		close(wait)
		<-object.released
		assert.Equal(t, 1, reports, "the second event came after Solve had returned")
		assert.True(t, stopped, "a call left behind is told to stop")
	})
}

func TestTwoAbandonedCallsHandOverToWebAssembly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run, end := deaf()
		var opened []*stub
		native := func() (port, error) {
			opened = append(opened, newStub(run))
			return opened[len(opened)-1], nil
		}
		wasm := newStub(works)
		s := stubbed(native, objects(wasm))
		s.TimeLimit = time.Second
		for k := range 4 {
			got, err := s.Solve(t.Context(), small())
			require.NoError(t, err)
			assert.Equal(t, k < 2, got.Abandoned, "solve %d", k)
		}
		assert.Len(t, opened, 2)

		s.stub.wasm = nowhere // without the other build, the native library stays in use
		got, err := s.Solve(t.Context(), small())
		require.NoError(t, err)
		assert.True(t, got.Abandoned)
		assert.Len(t, opened, 3)
		end()
		for _, object := range opened {
			<-object.released
		}
	})
}

func TestSessionReplacesAnAbandonedObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run, end := deaf()
		first, second := newStub(run), newStub(works)
		next := []*stub{first, second}
		s := stubbed(func() (port, error) {
			object := next[0]
			next = next[1:]
			return object, nil
		}, nowhere)
		s.TimeLimit = time.Second
		session, err := s.Open(small())
		require.NoError(t, err)
		got, err := session.Solve(t.Context())
		require.NoError(t, err)
		assert.True(t, got.Abandoned)
		got, err = session.Solve(t.Context())
		require.NoError(t, err)
		assert.False(t, got.Abandoned)
		assert.Contains(t, got.Update, "rebuilt: the last solve failed")
		require.NoError(t, session.Close())
		assert.True(t, second.closed.Load())
		end()
		<-first.released
	})
}

func TestMemoryLimitEndsACallThatGrows(t *testing.T) {
	for name, c := range map[string]struct {
		deaf  bool
		limit int64
		want  string
	}{
		"it stops when asked":       {false, 0, "memory limit"},
		"it ignores its limit":      {true, 0, "memory limit, which HiGHS ignored"},
		"a limit of its own":        {false, 3 << 30, "memory limit"},
		"no limit stops it in time": {true, -1, "time limit, which HiGHS ignored"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				wait := make(chan struct{})
				object := newStub(func(poll func(event) bool) modelStatus {
					for !poll(event{kind: callbackSimplexInterrupt}) || c.deaf {
						select {
						case <-wait:
							return interrupted
						case <-time.After(time.Millisecond):
						}
					}
					return interrupted
				})
				s := stubbed(objects(object), nowhere)
				s.TimeLimit, s.MemoryLimit = time.Minute, c.limit
				// The stub allocates 1 GiB per second.
				s.stub.foreign = func() int64 { return int64(time.Since(begin).Seconds() * (1 << 30)) }
				got, err := s.Solve(t.Context(), small())
				require.NoError(t, err)
				assert.Equal(t, c.want, got.Stopped)
				assert.Equal(t, c.deaf, got.Abandoned)
				if c.limit >= 0 {
					assert.InDelta(t, float64(s.memoryLimit())/(1<<30), time.Since(begin).Seconds(), 0.6)
				}
				close(wait)
				if c.deaf {
					<-object.released
				}
			})
		})
	}
}

func TestLoadingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		object := newStub(works)
		wait := make(chan struct{})
		s := stubbed(func() (port, error) { <-wait; return object, nil }, nowhere)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Solve(ctx, small())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		close(wait)
		synctest.Wait()
		assert.True(t, object.closed.Load(), "the late object is given back")
	})
}

// chain returns a program of n binaries whose neighbours exclude each other. It
// needs about 1 kB of HiGHS's memory per row.
func chain(n int) *milp.Model {
	m := milp.New()
	var sum milp.Expr
	for j := range n {
		sum.Add(m.Bin(milp.At("", "x", j)).Times(float64(1 + j%3)))
	}
	for j := range n - 1 {
		m.AtMost(milp.At("", "row", j), milp.Sum(m.VarAt(j).Expr(), m.VarAt(j+1).Expr()), milp.Const(1))
	}
	m.Maximize(sum)
	return m
}

func TestWasmMemoryLimitEndsTheSolveOnly(t *testing.T) {
	build(t)
	for name, c := range map[string]struct {
		limit int64
		size  int
	}{
		"no growth":   {1, 20_000}, // less than an instance has from the start
		"some growth": {36 << 20, 100_000},
	} {
		t.Run(name, func(t *testing.T) {
			s := Solver{Backend: Wasm, MemoryLimit: c.limit}
			got, err := s.Solve(t.Context(), chain(c.size))
			require.NoError(t, err)
			assert.Equal(t, milp.NoSolution, got.Status)
			assert.Equal(t, "memory limit", got.Stopped)
			assert.False(t, got.Abandoned)
			assert.Equal(t, math.Inf(1), got.Bound, "of a maximum")
			assert.Contains(t, got.Backend, "1.15.1")

			m := chain(c.size)
			session, err := s.Open(m)
			require.NoError(t, err)
			defer session.Close()
			got, err = session.Solve(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "memory limit", got.Stopped)
			got, err = Solver{Backend: Wasm}.Solve(t.Context(), small())
			require.NoError(t, err)
			assert.InDelta(t, 18, got.Objective, 1e-6)
		})
	}
}

// A call left behind ends when HiGHS next reads the clock or asks for memory.
func TestWasmInstanceLeftBehindEnds(t *testing.T) {
	w, err := build(t).instance()
	require.NoError(t, err)
	m, _ := split()
	h := object{w}
	require.NoError(t, h.pass(m.Data()))
	returned, result := make(chan struct{}), make(chan error, 1)
	running := make(chan struct{})
	require.NoError(t, h.listen(func(event) bool {
		select {
		case <-running:
		default:
			close(running)
		}
		return false
	}))
	require.NoError(t, h.do("Highs_startCallback", int32(callbackMipInterrupt)))
	go func() {
		defer close(returned)
		_, err := h.call(context.Background(), "Highs_run")
		result <- err
	}()
	<-running
	h.leave(returned)
	h.close()
	assert.False(t, h.alive())
	_, err = h.call(t.Context(), "Highs_getModelStatus")
	require.ErrorIs(t, err, ErrAbandoned)
	assert.ErrorContains(t, <-result, "left behind")
	<-returned
}

// Work limits count deterministic events, so that a second run has the same
// bits, also beside other solves.
func TestWorkLimitsAreDeterministic(t *testing.T) {
	m, _ := split()
	for name, c := range map[string]struct {
		limit func(s *Solver)
		want  string
	}{
		"nodes":      {func(s *Solver) { s.MaxNodes = 20 }, "node limit"},
		"iterations": {func(s *Solver) { s.MaxIterations = 1500 }, "iteration limit"},
	} {
		t.Run(name, func(t *testing.T) {
			onBackends(t, func(t *testing.T, s Solver) {
				c.limit(&s)
				first, err := s.Solve(t.Context(), m)
				require.NoError(t, err)
				require.Equal(t, c.want, first.Stopped)
				require.Equal(t, milp.Feasible, first.Status)
				require.NoError(t, first.Verify(m, 0))
				assert.LessOrEqual(t, first.Bound, first.Objective)
				assert.False(t, math.IsInf(first.Bound, 0), "the bound is kept")
				first.Time = 0
				results := make(chan *milp.Solution, 3)
				for range cap(results) {
					go func() {
						got, err := s.Solve(context.Background(), m)
						assert.NoError(t, err)
						results <- got
					}()
				}
				for range cap(results) {
					got := <-results
					got.Time = 0
					assert.Equal(t, first, got)
				}
			})
		})
	}
}

func TestIterationLimitHoldsForLinearPrograms(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		s.Presolve, s.MaxIterations = PresolveOff, 7
		got, err := s.Solve(t.Context(), dayAhead(3, 0, 1))
		require.NoError(t, err)
		assert.Equal(t, "iteration limit", got.Stopped)
		assert.NotEqual(t, milp.Optimal, got.Status)
		assert.LessOrEqual(t, got.Iterations, int64(7))
	})
}

// The error of a chosen backend names the other one if it works.
func TestAChosenBackendThatIsMissingNamesTheOther(t *testing.T) {
	works := objects(newStub(nil))
	native := stubbed(nowhere, works)
	native.Backend = Native
	_, err := native.Build()
	require.ErrorIs(t, err, ErrNotInstalled)
	assert.ErrorContains(t, err, "HiGHS is not installed as a native library, but there is stub. Leave out the backend (-backend auto) to use it; or install the library (Debian")
	wasm := stubbed(works, nowhere)
	wasm.Backend = Wasm
	_, err = wasm.Build()
	require.ErrorIs(t, err, ErrNotInstalled)
	assert.ErrorContains(t, err, "HiGHS is not installed as WebAssembly, but there is stub.")
	neither := stubbed(nowhere, nowhere)
	neither.Backend = Native
	_, err = neither.Build()
	require.ErrorIs(t, err, ErrNotInstalled)
	assert.ErrorContains(t, err, `HiGHS is not installed. Run "go run github.com/trigrid/trigrid/milp/highs/install"`)
}
