package milptest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// open opens a session. It skips the test if the solver has no sessions.
func (s *suite) open(t *testing.T, m *milp.Model) milp.Session {
	t.Helper()
	opener, ok := s.exact().(milp.Opener)
	if !ok {
		t.Skip("the solver does not implement milp.Opener")
	}
	session, err := opener.Open(m)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, session.Close()) })
	return session
}

// resolve solves a session's model in the session and from scratch, and expects
// equal status and objective. Values may differ if several optima exist.
func (s *suite) resolve(t *testing.T, session milp.Session, m *milp.Model, when string) *milp.Solution {
	t.Helper()
	warm, err := session.Solve(t.Context())
	require.NoError(t, err, when)
	require.NoError(t, Verify(m, warm), when)
	assert.NotEmpty(t, warm.Update, "%s: Update reports the changes of the program", when)
	cold := solve(t, s.exact(), m)
	require.Equal(t, cold.Status, warm.Status, when)
	if cold.Status == milp.Optimal {
		assert.True(t, near(cold.Objective, warm.Objective),
			"%s: from scratch %.9g, in the session %.9g (%s)", when, cold.Objective, warm.Objective, warm.Update)
	}
	return warm
}

// inPlace changes one thing at a time in a program with known optima. The
// objectives below are 2x + 5y for the cheapest x and y that satisfy the
// current row and bounds.
func (s *suite) inPlace(t *testing.T) {
	m := milp.New()
	x, y := v(m, "x", 0, 4), v(m, "y", 0, inf)
	row := atLeast(m, 10, x.Expr(), y.Expr())
	minimize(m, x.Times(2), y.Times(5))
	session := s.open(t, m)

	step := func(when string, status milp.Status, objective float64) {
		t.Helper()
		got := s.resolve(t, session, m, when)
		require.Equal(t, status, got.Status, when)
		if status == milp.Optimal {
			assert.InDelta(t, objective, got.Objective, tolerance, when)
		}
	}
	step("first", milp.Optimal, 2*4+5*6)     // x at its bound of 4, y = 6
	step("unchanged", milp.Optimal, 2*4+5*6) // no change is a valid change
	m.SetCost(y, 1)
	step("cheaper y", milp.Optimal, 10) // y at cost 1 covers all 10
	m.SetLimits(row, 12, inf)
	step("more demand", milp.Optimal, 12) // y = 12
	m.SetBounds(y, 0, 3)
	step("y bounded", milp.Infeasible, 0) // 4 + 3 < 12
	m.SetBounds(x, 0, 20)
	step("x wider", milp.Optimal, 3+2*9) // y = 3, x = 9
	m.Minimize(milp.Sum(x.Times(2), y.Expr(), milp.Const(100)))
	step("constant", milp.Optimal, 121) // the same plus 100
	m.Maximize(milp.Sum(x.Times(2), y.Expr()))
	step("maximise", milp.Optimal, 43) // x = 20, y = 3, constant 0 again
	m.SetBounds(x, 0, inf)
	step("unbounded", milp.Unbounded, 0) // x grows
	m.SetLimits(row, 1, 8)
	step("upper limit", milp.Optimal, 16) // x + y ≤ 8: x = 8, y = 0
}

// randomChanges makes a sequence of random changes of costs, bounds, limits and
// sense. After each change the session and a new solve must agree. Programs may
// become infeasible on the way.
func (s *suite) randomChanges(t *testing.T) {
	for name, model := range map[string]func(*rand.Rand) *milp.Model{
		"linear":  randomLinear,
		"integer": randomInteger,
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(5) {
				rng := rand.New(rand.NewPCG(seed, 5))
				m := model(rng)
				session := s.open(t, m)
				for k := range 12 {
					s.resolve(t, session, m, fmt.Sprintf("seed %d, step %d", seed, k))
					change(rng, m)
				}
			}
		})
	}
}

// randomInteger returns a random program of weights and costs in which two of
// three variables are integer: three knapsack rows over groups of four
// variables.
func randomInteger(rng *rand.Rand) *milp.Model {
	m := milp.New()
	var cost, weight milp.Expr
	for j := range 12 {
		var x milp.Var
		// One of three variables is continuous, so that programs are mixed.
		if j%3 == 0 {
			x = v(m, fmt.Sprint("x", j), 0, 2)
		} else {
			x = n(m, fmt.Sprint("x", j), 0, float64(1+rng.IntN(3)))
		}
		cost.Add(x.Times(1 + 4*rng.Float64()))
		weight.Add(x.Times(1 + 4*rng.Float64()))
		if j%4 == 3 {
			m.AtMost(milp.At("", "weight", j), weight, milp.Const(4+4*rng.Float64()))
			weight = milp.Expr{}
		}
	}
	m.Maximize(cost)
	return m
}

// change makes a few random changes that keep columns, rows and coefficients.
func change(rng *rand.Rand, m *milp.Model) {
	d := m.Data()
	for range 1 + rng.IntN(4) {
		x := m.VarAt(rng.IntN(m.Vars()))
		switch rng.IntN(4) {
		case 0: // a cost
			m.SetCost(x, d.Cost[x.Index()]+rng.NormFloat64())
		case 1: // an upper bound, which stays above the lower one
			lo, hi := x.Bounds()
			m.SetBounds(x, lo, lo+(hi-lo)*(0.3+rng.Float64()))
		case 2: // both limits of a row
			row := m.RowAt(rng.IntN(m.Rows()))
			lo, hi := m.Limits(row)
			by := 0.3 * rng.NormFloat64()
			m.SetLimits(row, lo+by, hi+by)
		case 3: // the sense, and the constant of a minimum
			var cost milp.Expr
			for j := range m.Vars() {
				cost.Add(m.VarAt(j).Times(d.Cost[j]))
			}
			if rng.IntN(2) == 0 {
				m.Maximize(cost)
			} else {
				m.Minimize(milp.Sum(cost, milp.Const(1)))
			}
		}
	}
}

// structure adds a variable and a row to a model in a session. The session must
// notice that the structure changed and must not reuse a basis or solution of
// the old columns.
func (s *suite) structure(t *testing.T) {
	m := milp.New()
	x := v(m, "x", 0, inf)
	atLeast(m, 10, x.Expr())
	minimize(m, x.Times(2))
	session := s.open(t, m)
	assert.InDelta(t, 20, s.resolve(t, session, m, "first").Objective, tolerance)
	// x + 2y ≥ 12 holds at x = 10, y = 1, and y has no cost yet.
	y := n(m, "y", 0, 4)
	atLeast(m, 12, x.Expr(), y.Times(2))
	assert.InDelta(t, 20, s.resolve(t, session, m, "new row holds already at y = 1").Objective, tolerance)
	// 5 + 1 ≤ 6 holds as well. The cost of y is 3: 2·10 + 3·1 = 23.
	atMost(m, 6, x.Times(0.5), y.Expr())
	minimize(m, x.Times(2), y.Times(3))
	assert.InDelta(t, 23, s.resolve(t, session, m, "x = 10, y = 1").Objective, tolerance)
}

// afterCancellation solves again in a session after a cancelled solve. HiGHS,
// for example, may lose its object in the first solve; the session must build a
// new one.
func (s *suite) afterCancellation(t *testing.T) {
	m, planted := endless()
	session := s.open(t, m)
	ctx, cancel := context.WithCancel(t.Context())
	defer time.AfterFunc(200*time.Millisecond, cancel).Stop()
	_, err := session.Solve(ctx)
	require.ErrorIs(t, err, context.Canceled)

	// With all variables fixed at the planted solution the program is trivial,
	// so that only a session that survived the cancellation can fail.
	for j, x := range planted {
		m.SetBounds(m.VarAt(j), x, x)
	}
	got, err := session.Solve(t.Context())
	require.NoError(t, err)
	require.NoError(t, Verify(m, got))
	require.Equal(t, milp.Optimal, got.Status)
	assert.InDelta(t, 0, got.Objective, tolerance, "the planted solution")
}
