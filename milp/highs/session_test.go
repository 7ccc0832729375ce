package highs

import (
	"context"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/milptest"
)

func TestSessionSaysWhatItDid(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m := small()
		x, y, row := m.VarAt(0), m.VarAt(1), m.RowAt(0)
		session, err := s.Open(m)
		require.NoError(t, err)
		defer session.Close()
		step := func(objective float64, update string) {
			t.Helper()
			got, err := session.Solve(t.Context())
			require.NoError(t, err)
			assert.InDelta(t, objective, got.Objective, 1e-6)
			assert.Equal(t, update, got.Update)
		}
		step(18, "built: 2 columns, 1 rows")
		step(18, "updated: no changes; started from the last solution")
		m.SetCost(x, 2)      // now x alone is cheaper
		m.SetBounds(y, 0, 2) // y was 3
		step(14, "updated: 1 costs, 1 bounds; the relaxation has integers")
		m.SetLimits(row, 5, milp.Inf)
		step(10, "updated: 1 limits; the relaxation has integers")
		m.Minimize(milp.Sum(x.Times(2), y.Times(5), milp.Const(3)))
		step(13, "updated: constant; the relaxation has integers")
		m.SetLimits(row, 0, 6)
		m.Maximize(milp.Sum(x.Times(2), y.Times(5), milp.Const(3)))
		step(2*2+5*2+3, "updated: 1 limits, sense; the relaxation has integers")
		m.Propose(y, 1)
		step(17, "updated: no changes")
		m.ClearProposals()
		m.AtMost(milp.Named("new"), y.Expr(), milp.Const(1))
		step(2*4+5+3, "rebuilt: columns, rows or coefficients changed")
	})
}

func TestSessionOfALinearProgramStartsFromItsBasis(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		s.Presolve = PresolveOff
		m := dayAhead(3, 0, 1)
		session, err := s.Open(m)
		require.NoError(t, err)
		defer session.Close()
		first, err := session.Solve(t.Context())
		require.NoError(t, err)
		m.SetCost(m.VarAt(0), m.Data().Cost[0]*1.01)
		warm, err := session.Solve(t.Context())
		require.NoError(t, err)
		cold, err := s.Solve(t.Context(), m)
		require.NoError(t, err)
		assert.InEpsilon(t, cold.Objective, warm.Objective, 1e-9)
		assert.Less(t, warm.Iterations, first.Iterations/4)
	})
}

// recorder notes the time limits that a HiGHS object is given.
type recorder struct {
	port
	limits []float64
}

func (r *recorder) call(ctx context.Context, function string, args ...any) (int32, error) {
	if function == "Highs_setStringOptionValue" && args[0] == "time_limit" {
		seconds, err := strconv.ParseFloat(args[1].(string), 64)
		if err != nil {
			return -1, err
		}
		r.limits = append(r.limits, seconds)
	}
	return r.port.call(ctx, function, args...)
}

func TestSessionSharesItsTimeLimitWithTheShortcut(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		s.TimeLimit = time.Hour
		opened, err := s.Open(small())
		require.NoError(t, err)
		defer opened.Close()
		r := &recorder{port: opened.(*session).program.object.port}
		opened.(*session).program.object = object{r}
		for range 2 {
			_, err = opened.Solve(t.Context())
			require.NoError(t, err)
		}
		require.Len(t, r.limits, 2)
		assert.LessOrEqual(t, r.limits[0], 3600.0)
		assert.Less(t, r.limits[1], r.limits[0], "two linear programs went before")
		assert.Greater(t, r.limits[1], 3000.0)
	})
}

func TestSessionSurvivesCancellation(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m, planted := split()
		session, err := s.Open(m)
		require.NoError(t, err)
		defer session.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err = session.Solve(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		for j, x := range planted {
			m.SetBounds(m.VarAt(j), x, x)
		}
		got, err := session.Solve(context.Background()) // without a context that ends, without a listener
		require.NoError(t, err)
		assert.Equal(t, milp.Optimal, got.Status)
		assert.InDelta(t, 0, got.Objective, 1e-6)
	})
}

func TestSessionSurvivesARefusedChange(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m := small()
		session, err := s.Open(m)
		require.NoError(t, err)
		defer session.Close()
		_, err = session.Solve(t.Context())
		require.NoError(t, err)
		m.AtMost(milp.Named("huge"), m.VarAt(0).Times(1e16), milp.Const(1))
		_, err = session.Solve(t.Context())
		require.Error(t, err)
		again, err := session.Solve(t.Context())
		require.Error(t, err, "still refused")
		assert.Nil(t, again)
	})
}

func TestSessionClosed(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		session, err := s.Open(small())
		require.NoError(t, err)
		require.NoError(t, session.Close())
		require.NoError(t, session.Close())
		_, err = session.Solve(t.Context())
		assert.ErrorContains(t, err, "closed")
	})
}

func TestShortcutKeepsToTheGap(t *testing.T) {
	const gap = 1e-3
	onBackends(t, func(t *testing.T, s Solver) {
		s.Gap, s.Presolve = gap, PresolveOff
		exact := s
		exact.Gap = Exact
		m := dayAhead(5, 1, 3)
		session, err := s.Open(m)
		require.NoError(t, err)
		defer session.Close()
		taken := 0
		for round := range 6 {
			changeCosts(m, round)
			got, err := session.Solve(t.Context())
			require.NoError(t, err)
			require.NoError(t, milptest.Verify(m, got))
			require.Equal(t, milp.Optimal, got.Status)
			assert.LessOrEqual(t, got.Gap, gap)
			cold, err := exact.Solve(t.Context(), m)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, got.Objective, cold.Objective-1e-6, "the optimum is a minimum")
			assert.LessOrEqual(t, got.Objective, cold.Objective+gap*math.Abs(cold.Objective))
			assert.LessOrEqual(t, got.Bound, cold.Objective+1e-6)
			if strings.Contains(got.Update, "within the gap of the relaxation") {
				assert.Zero(t, got.Nodes)
				taken++
			}
		}
		assert.Positive(t, taken, "prices that move by a thousandth leave the commitment alone")
	})
}

func TestShortcutProvesInfeasibility(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m := small()
		session, err := s.Open(m)
		require.NoError(t, err)
		defer session.Close()
		_, err = session.Solve(t.Context())
		require.NoError(t, err)
		m.SetBounds(m.VarAt(0), 0, 1)
		m.SetBounds(m.VarAt(1), 0, 2) // x + 2y is at most 5, and 7 are required
		got, err := session.Solve(t.Context())
		require.NoError(t, err)
		require.NoError(t, milptest.Verify(m, got))
		assert.Equal(t, milp.Infeasible, got.Status)
		assert.Equal(t, "updated: 2 bounds; the relaxation is infeasible", got.Update)
	})
}

func TestShortcutGivesUpOnLooseRelaxations(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m := small() // relaxation 17.5, optimum 18
		opened, err := s.Open(m)
		require.NoError(t, err)
		defer opened.Close()
		session := opened.(*session)
		for range patience + 3 {
			got, err := session.Solve(t.Context())
			require.NoError(t, err)
			assert.InDelta(t, 18, got.Objective, 1e-6)
		}
		assert.Equal(t, patience, session.shortcut.missed)
		assert.False(t, session.shortcut.relaxed.open, "its HiGHS object is given back")
	})
}
