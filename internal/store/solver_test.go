package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/store"
	"github.com/trigrid/trigrid/milp"
)

// scripted is a solver that returns solutions in order and counts its calls.
type scripted struct {
	identity string
	answers  []any // *milp.Solution or error
	calls    int
}

func (s *scripted) Identity() (string, error) {
	if s.identity == "" {
		return "", errors.New("no file")
	}
	return s.identity, nil
}

func (s *scripted) Solve(context.Context, *milp.Model) (*milp.Solution, error) {
	answer := s.answers[s.calls%len(s.answers)]
	s.calls++
	if err, ok := answer.(error); ok {
		return nil, err
	}
	return answer.(*milp.Solution), nil
}

func model(limit float64) *milp.Model {
	m := milp.New()
	m.Maximize(m.Var(milp.Named("x"), 0, limit).Expr())
	return m
}

func digest(limit float64) [32]byte { return model(limit).Digest() }

func optimum() *milp.Solution {
	return &milp.Solution{Status: milp.Optimal, Stopped: "optimal", Objective: 2, Bound: 2, Values: []float64{2}, Duals: []float64{}, ReducedCosts: []float64{1}, Backend: "script"}
}

// ended returns a solution with a status and a reason for stopping.
func ended(status milp.Status, why string) *milp.Solution {
	s := &milp.Solution{Status: status, Stopped: why, Backend: "script"}
	if s.Err() == nil {
		s.Values = []float64{1}
	}
	return s
}

// once is a program of one solve.
func once(m *milp.Model) func(milp.Solver) (*milp.Solution, error) { return steps(m, 1) }

// steps is a program of n solves, whose result is that of the last one.
func steps(m *milp.Model, n int) func(milp.Solver) (*milp.Solution, error) {
	return func(s milp.Solver) (out *milp.Solution, err error) {
		for range n {
			if out, err = s.Solve(context.Background(), m); err != nil {
				continue // as [milp.Canonical], which tries another way after an error
			}
		}
		if err == nil {
			err = out.Err()
		}
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

func solver(t *testing.T, f *store.Folder, inner milp.Solver) *store.Solver {
	t.Helper()
	s, err := store.New(f, inner)
	require.NoError(t, err)
	return s
}

func TestAProgramIsSolvedOnce(t *testing.T) {
	f := open(t)
	inner := &scripted{identity: "script 1", answers: []any{optimum()}}
	first := solver(t, f, inner)
	want, err := first.Stored(model(2), digest(2), once(model(2)))
	require.NoError(t, err)
	assert.Equal(t, []int{0, 1, 1}, []int{first.Read(), first.Solved(), inner.calls})

	second := solver(t, f, inner)
	got, err := second.Stored(model(2), digest(2), func(milp.Solver) (*milp.Solution, error) { panic("solved again") })
	require.NoError(t, err)
	assert.Equal(t, want, got)
	assert.Equal(t, []int{1, 0, 1}, []int{second.Read(), second.Solved(), inner.calls})
	require.NoError(t, second.Err())
}

func TestAnotherModelOrSolverIsSolvedAgain(t *testing.T) {
	f := open(t)
	first := solver(t, f, &scripted{identity: "script 1", answers: []any{optimum()}})
	_, err := first.Stored(model(2), digest(2), once(model(2)))
	require.NoError(t, err)

	again := func(limit float64, identity string) int {
		inner := &scripted{identity: identity, answers: []any{optimum()}}
		_, err := solver(t, f, inner).Stored(model(limit), digest(limit), once(model(limit)))
		require.NoError(t, err)
		return inner.calls
	}
	assert.Equal(t, 0, again(2, "script 1"))
	assert.Equal(t, 1, again(3, "script 1"))
	assert.Equal(t, 1, again(2, "script 1; mip_rel_gap=0"))
}

func TestAProofThatAProgramHasNoSolutionIsStored(t *testing.T) {
	for _, status := range []milp.Status{milp.Infeasible, milp.Unbounded} {
		f := open(t)
		inner := &scripted{identity: "script 1", answers: []any{ended(status, "proven")}}
		for range 2 {
			s, err := solver(t, f, inner).Stored(model(2), digest(2), once(model(2)))
			assert.Nil(t, s)
			assert.Equal(t, ended(status, "").Err(), err)
		}
		assert.Equal(t, 1, inner.calls)
	}
}

// Only results that the same solver finds again are stored.
func TestOnlyReproducibleResultsAreStored(t *testing.T) {
	other := optimum()
	other.Backend = "another build"
	abandoned := ended(milp.NoSolution, "time limit, which HiGHS ignored")
	abandoned.Abandoned = true
	for name, c := range map[string]struct {
		answers []any
		stored  bool
	}{
		"an optimum":                          {[]any{optimum()}, true},
		"three optima":                        {[]any{optimum(), optimum(), optimum()}, true},
		"a node limit":                        {[]any{ended(milp.Feasible, "node limit")}, true},
		"an iteration limit without solution": {[]any{ended(milp.NoSolution, "iteration limit")}, true},
		"an optimum with a larger gap":        {[]any{ended(milp.Feasible, "optimal by HiGHS's numbers, with a recomputed gap of 0.1")}, true},
		"a time limit":                        {[]any{ended(milp.Feasible, "time limit")}, false},
		"a time limit without presolve":       {[]any{ended(milp.Feasible, "time limit (without presolve, with which HiGHS failed)")}, false},
		"a time limit without solution":       {[]any{ended(milp.NoSolution, "time limit")}, false},
		"a memory limit":                      {[]any{ended(milp.Feasible, "memory limit")}, false},
		"an interrupt":                        {[]any{ended(milp.Feasible, "interrupted")}, false},
		"an abandoned call":                   {[]any{abandoned}, false},
		"an undecided program":                {[]any{ended(milp.Undecided, "primal infeasible or unbounded")}, false},
		"another backend":                     {[]any{other}, false},
		"an error":                            {[]any{errors.New("no solver")}, false},
		"a cancelled context":                 {[]any{fmt.Errorf("stopped: %w", context.Canceled)}, false},
		"a time limit at the first step":      {[]any{ended(milp.Feasible, "time limit"), optimum(), optimum()}, false},
		"a time limit at the last step":       {[]any{optimum(), optimum(), ended(milp.Feasible, "time limit")}, false},
		"an error at the second step":         {[]any{optimum(), errors.New("failed"), optimum()}, false},
		"an infeasible last step":             {[]any{optimum(), ended(milp.Infeasible, "infeasible")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t)
			first := solver(t, f, &scripted{identity: "script 1", answers: c.answers})
			want, wantErr := first.Stored(model(2), digest(2), steps(model(2), len(c.answers)))

			inner := &scripted{identity: "script 1", answers: c.answers}
			got, err := solver(t, f, inner).Stored(model(2), digest(2), steps(model(2), len(c.answers)))
			assert.Equal(t, wantErr, err)
			if c.stored {
				assert.Zero(t, inner.calls)
				assert.Equal(t, want, got)
			} else {
				assert.Len(t, c.answers, inner.calls)
				assert.Empty(t, files(t, f))
			}
		})
	}
}

// A failure that wraps the error of a step is no proof.
func TestAFailureOfALaterStepIsNotStored(t *testing.T) {
	f := open(t)
	inner := &scripted{identity: "script 1", answers: []any{ended(milp.Infeasible, "infeasible")}}
	s := solver(t, f, inner)
	for range 2 {
		_, err := s.Stored(model(2), digest(2), func(s milp.Solver) (*milp.Solution, error) {
			_, err := steps(model(2), 1)(s)
			return nil, fmt.Errorf("canonical solution: %w", err)
		})
		require.ErrorIs(t, err, milp.ErrInfeasible)
	}
	assert.Equal(t, 2, inner.calls)
	assert.Zero(t, s.Solved(), "neither a solution nor a proof was found")
	assert.Empty(t, files(t, f))
}

func TestASolutionThatDoesNotFitTheModelIsSolvedAgain(t *testing.T) {
	f := open(t)
	long := optimum()
	long.Values = []float64{1, 2}
	_, err := solver(t, f, &scripted{identity: "script 1", answers: []any{long}}).Stored(model(2), digest(2), once(model(2)))
	require.NoError(t, err)
	inner := &scripted{identity: "script 1", answers: []any{optimum()}}
	_, err = solver(t, f, inner).Stored(model(2), digest(2), once(model(2)))
	require.NoError(t, err)
	assert.Equal(t, 1, inner.calls)
}

func TestAFailureToStoreIsReportedOnceAndChangesNoSolution(t *testing.T) {
	f := open(t)
	s := solver(t, f, &scripted{identity: "script 1", answers: []any{optimum()}})
	require.NoError(t, os.RemoveAll(f.Path()))
	require.NoError(t, os.WriteFile(f.Path(), nil, 0o600)) // no folder can be created any more
	for limit := range 3 {
		got, err := s.Stored(model(2), digest(float64(limit)), once(model(2)))
		require.NoError(t, err)
		assert.Equal(t, optimum(), got)
	}
	require.ErrorContains(t, s.Err(), "cannot be written")
	assert.Equal(t, []int{0, 3}, []int{s.Read(), s.Solved()})
}

func TestASolverWithoutIdentityIsRefused(t *testing.T) {
	f := open(t)
	_, err := store.New(f, struct{ milp.Solver }{&scripted{}})
	require.ErrorContains(t, err, "milp.Identified")
	_, err = store.New(f, &scripted{})
	require.ErrorContains(t, err, "no file")
}

func TestDerivedSolversCountTogether(t *testing.T) {
	f := open(t)
	s := solver(t, f, &scripted{identity: "script 1", answers: []any{optimum()}})
	limited, err := s.With(&scripted{identity: "script 1; nodes=1", answers: []any{optimum()}})
	require.NoError(t, err)
	for _, x := range []*store.Solver{s, limited, limited} {
		_, err := x.Stored(model(2), digest(2), once(model(2)))
		require.NoError(t, err)
	}
	assert.Equal(t, []int{1, 2}, []int{s.Read(), s.Solved()})
	assert.Len(t, files(t, f), 2, "one for each identity")
}
