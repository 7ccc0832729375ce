package home

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// evening is a request with a battery that covers 500 Wh of load with 500 Wh of
// sun.
func evening() Request {
	return days(wh(0, 500), wh(500, 0), Battery{Max: 1000, MaxCharge: 1000, MaxDischarge: 1000})
}

// fixed is a solver with one answer.
type fixed struct {
	solution *milp.Solution
	err      error
}

func (f fixed) Solve(context.Context, *milp.Model) (*milp.Solution, error) { return f.solution, f.err }

func TestACancelledPlanIsAnError(t *testing.T) {
	testsolver.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Plan(ctx, evening(), Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestAnErrorOfTheSolverIsReturned(t *testing.T) {
	broken := errors.New("broken")
	_, err := Plan(t.Context(), evening(), Options{Solver: fixed{nil, broken}})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "home: ")
	_, err = Plan(t.Context(), evening(), Options{Solver: fixed{&milp.Solution{Status: milp.Infeasible}, nil}})
	require.ErrorIs(t, err, milp.ErrFailed)
}

// A solver that stops without a solution leaves the idle plan: 500 Wh exported,
// 500 Wh imported.
func TestALimitLeavesAPlan(t *testing.T) {
	a, err := Plan(t.Context(), evening(), Options{Solver: fixed{&milp.Solution{Status: milp.NoSolution}, nil}})
	require.NoError(t, err)
	assert.InDelta(t, 500*0.0001-500*0.0003, a.Money, 1e-12)
	assert.Equal(t, wh(0, 500), a.Import)
	assert.True(t, math.IsInf(a.Bound, 1))
	assert.False(t, a.Proven || a.Preferred)

	testsolver.New(t)
	for _, o := range []Options{{TimeLimit: time.Nanosecond}, {MaxNodes: 1}, {TimeLimit: time.Minute, MaxNodes: 1000}} {
		a, err := Plan(t.Context(), evening(), o)
		require.NoError(t, err)
		assert.LessOrEqual(t, a.Money-a.Penalty, 1e-7, "the best plan earns nothing")
		assert.GreaterOrEqual(t, a.Money, -0.1-1e-7, "the idle plan")
		if a.Proven {
			assert.InDelta(t, 0, a.Money, 1e-7)
		}
	}
}

// lasting delegates a number of calls to HiGHS and then finds nothing.
type lasting struct {
	milp.Solver
	left *int
	then error // instead of a solution without values
}

func (l lasting) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	if *l.left--; *l.left < 0 {
		return &milp.Solution{Status: milp.NoSolution}, l.then
	}
	return l.Solver.Solve(ctx, m)
}

// A limit during the preferences leaves the plan of most money. The first two
// solves are those of money.
func TestALimitDuringPreferencesKeepsTheMoney(t *testing.T) {
	r := evening()
	r.Preferences = Preferences{LateExport: true, LowImportPeak: true}
	plan := func(calls int) (a *Answer, left int) {
		a, err := Plan(t.Context(), r, Options{Solver: lasting{testsolver.New(t), &calls, nil}})
		require.NoError(t, err)
		return a, calls
	}
	const many = 100
	a, left := plan(many)
	require.True(t, a.Preferred)
	needed := many - left
	require.Greater(t, needed, 4)
	for calls := range needed {
		left := calls
		_, err := Plan(t.Context(), r, Options{Solver: lasting{testsolver.New(t), &left, milp.ErrFailed}})
		assert.Equal(t, calls < 2, errors.Is(err, milp.ErrFailed), "a failure during preferences is no error")

		a, _ = plan(calls)
		assert.Equal(t, calls >= 2, a.Proven)
		assert.False(t, a.Preferred)
		if a.Proven {
			assert.InDelta(t, 0, a.Money, 1e-6)
		}
	}
	a, _ = plan(needed)
	assert.True(t, a.Preferred)
}

func TestPlansAreDeterministicAndLeaveTheRequest(t *testing.T) {
	testsolver.New(t)
	r := Request{
		Seconds: wh(3600, 3600), Load: wh(0, 500), Solar: wh(500, 0), ImportPrice: wh(3, 3), ExportPrice: wh(1, 1),
		Batteries: []Battery{{Max: 1000, MaxCharge: 1000, MaxDischarge: 1000}},
	}
	first, err := Plan(t.Context(), r, Options{})
	require.NoError(t, err)
	assert.Zero(t, r.ChargeEfficiency, "the default is not written into the request")
	second, err := Plan(t.Context(), r, Options{})
	require.NoError(t, err)
	first.Time, second.Time = Times{}, Times{}
	assert.Equal(t, first, second)
}

// Steps of a second make penalties of 1e7 of currency and more, whose digits
// end before the gap of money. The battery is full too late, and the plan is as
// good as the idle one or better.
func TestPenaltiesLargerThanTheDigitsOfMoney(t *testing.T) {
	r := Request{
		Seconds: []float64{3600, 1}, Load: []float64{100, -50}, Solar: []float64{-20, 500},
		ImportPrice: []float64{0.001, 0}, ExportPrice: []float64{0, -0.0002},
		MaxImport: optional.Of(5000), DemandRate: optional.Of(0.1),
		Preferences: Preferences{LowImportPeak: true, LateExport: true, LateImport: true},
		Batteries: []Battery{{
			Min: 7000, MinCharge: 1380, MaxCharge: 11000, Value: 0.0002, DischargeToGrid: true, Demands: []float64{0, 0},
		}},
	}
	a, err := Plan(t.Context(), r, Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
	idle, err := Audit(r, Idle(r), auditTolerance)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, a.Money-a.Penalty, (idle.Money-idle.Penalty)*(1+1e-9), "both are negative")
	assert.NotEmpty(t, a.Misses)
}

// Valid numbers can be beyond a solver: 2 kWh in a thousandth of a second with
// an import limit of a thousandth of a watt, and 1e9 Wh beside 1 Wh. The answer
// is a plan that the audit accepts.
func TestRequestsBeyondTheSolverHaveAnAnswer(t *testing.T) {
	for name, r := range map[string]Request{
		"tiny limit": {
			Seconds: []float64{0.001}, Load: []float64{2000}, Solar: []float64{1}, ImportPrice: []float64{1e-4}, ExportPrice: []float64{1.7e-4},
			MaxImport: optional.Of(0.001), Preferences: Preferences{LowImportPeak: true, LateImport: true},
		},
		"huge load": {
			Seconds: []float64{60, 3600}, Load: []float64{1e9, 0.001}, Solar: []float64{0.001, 0},
			ImportPrice: []float64{-10000, -10000}, ExportPrice: []float64{1e-4, 2e-4},
			MaxImport: optional.Of(1258.8128177332464), MaxExport: optional.Of(1), DemandRate: optional.Of(0),
			Preferences: Preferences{LowImportPeak: true, LowExportPeak: true},
		},
	} {
		a, err := Plan(t.Context(), r, Options{})
		testsolver.Skip(t, err)
		require.NoError(t, err, name)
		account, err := Audit(r, &a.Schedule, auditTolerance)
		require.NoError(t, err, name)
		assert.Equal(t, account.Money, a.Money, name)
		assert.False(t, a.Proven && a.Failure != "", name)
	}
}

// A wrong plan of a solver is not an answer.
func TestAPlanThatBreaksRulesIsReplaced(t *testing.T) {
	r := Request{Seconds: []float64{3600}, Load: []float64{100}, Solar: []float64{0}, ImportPrice: []float64{1e-3}, ExportPrice: []float64{0}}
	a, err := Plan(t.Context(), r, Options{Solver: liar{}})
	require.NoError(t, err)
	assert.Contains(t, a.Failure, "breaks rules")
	assert.Equal(t, *Idle(r), a.Schedule)
	assert.InDelta(t, -0.1, a.Money, 1e-12)
	assert.False(t, a.Proven || a.Preferred)
}

// liar returns zeros for every program.
type liar struct{}

func (liar) Solve(_ context.Context, m *milp.Model) (*milp.Solution, error) {
	return &milp.Solution{Status: milp.Optimal, Values: make([]float64, m.Vars())}, nil
}
