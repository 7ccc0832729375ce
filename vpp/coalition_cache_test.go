package vpp_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// slow solves nothing: its first call lasts as long as it may, later ones say
// that they were made.
type slow struct{ calls int }

var errAgain = errors.New("called again")

func (x *slow) Solve(ctx context.Context, _ *milp.Model) (*milp.Solution, error) {
	x.calls++
	if x.calls > 1 {
		return nil, errAgain
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// One caller has a minute, another all the time there is. The second waits for
// the first one's solve, and starts its own when the first gives up, whether it
// was cancelled or ran out of time.
func TestACancelledCallerLeavesTheCoalitionToOthers(t *testing.T) {
	for name, impatient := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Minute)
		},
		"cancelled": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Minute, cancel)
			return ctx, cancel
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, ders, setting := village(t)
				x, err := vpp.NewCoalitions(vpp.Problem{VPP: v, Members: ders, Setting: setting}, &slow{})
				require.NoError(t, err)
				ctx, cancel := impatient(t.Context())
				defer cancel()
				first, second := make(chan error, 1), make(chan error, 1)
				go func() {
					_, err := x.Plan(ctx, 1)
					first <- err
				}()
				synctest.Wait()
				go func() {
					_, err := x.Plan(t.Context(), 1)
					second <- err
				}()
				synctest.Wait()
				assert.ErrorIs(t, <-first, ctx.Err())
				assert.ErrorIs(t, <-second, errAgain)
			})
		})
	}
}

// loose passes programs on and spoils the bound of the search by an amount.
type loose struct {
	milp.Solver
	by     float64
	status milp.Status
}

func (x loose) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	solution, err := x.Solver.Solve(ctx, m)
	if err == nil && m.Integers() > 0 && solution.Values != nil {
		solution.Bound += x.by
		solution.Status = x.status
		if x.status == milp.NoSolution {
			solution.Values = nil
		}
	}
	return solution, err
}

func TestImproveKeepsTheBetterPlan(t *testing.T) {
	v, ders, setting := village(t)
	solver := testsolver.New(t)
	x, err := vpp.NewCoalitions(vpp.Problem{VPP: v, Members: ders, Setting: setting}, solver)
	require.NoError(t, err)
	all := vpp.Coalition(1)<<len(ders) - 1
	exact, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), solver)
	require.NoError(t, err)

	// Without a plan the coalition has an error, which a later plan replaces.
	_, proven, err := x.Improve(t.Context(), all, loose{solver, 0, milp.NoSolution})
	require.ErrorIs(t, err, milp.ErrNoSolution)
	assert.False(t, proven)
	_, err = x.Plan(t.Context(), all)
	require.ErrorIs(t, err, milp.ErrNoSolution)

	rough, proven, err := x.Improve(t.Context(), all, loose{solver, 50, milp.Feasible})
	require.NoError(t, err)
	assert.False(t, proven)
	assert.InDelta(t, 50, rough.AbsoluteGap, 0.5) // and the error of the tangents of convex costs
	// A worse bound, a limit without a plan and a cancelled solve change
	// nothing.
	worse, _, err := x.Improve(t.Context(), all, loose{solver, 70, milp.Feasible})
	require.NoError(t, err)
	assert.InDelta(t, 50, worse.AbsoluteGap, 0.5) // and the error of the tangents of convex costs
	same, _, err := x.Improve(t.Context(), all, loose{solver, 0, milp.NoSolution})
	require.NoError(t, err)
	assert.Same(t, worse, same)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	same, proven, err = x.Improve(ctx, all, solver)
	require.NoError(t, err)
	assert.False(t, proven)
	assert.Same(t, worse, same)
	// A better bound tightens the gap, and a proof replaces the plan.
	better, _, err := x.Improve(t.Context(), all, loose{solver, 20, milp.Feasible})
	require.NoError(t, err)
	assert.InDelta(t, 20, better.AbsoluteGap, 0.5) // and the error of the tangents of convex costs
	best, proven, err := x.Improve(t.Context(), all, solver)
	require.NoError(t, err)
	assert.True(t, proven)
	assert.Equal(t, exact.Value, best.Value)
	stored, err := x.Outcome(t.Context(), all)
	require.NoError(t, err)
	assert.Equal(t, best.AbsoluteGap, stored.AbsoluteGap)
}
