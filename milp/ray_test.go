package milp_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
)

// Rays by hand. The sum of absolute changes decides between several: of two
// ways to the same rate per unit of change, the one with fewer columns.
func TestRaysByHand(t *testing.T) {
	for name, c := range map[string]struct {
		build func(m *milp.Model)
		want  string // empty: bounded
	}{
		"one column without a limit": {
			func(m *milp.Model) {
				m.Maximize(m.Var(milp.Named("x"), 2, milp.Inf).Times(3))
			},
			"x +1 improves the objective by 3 per unit",
		},
		"a minimum falls": {
			func(m *milp.Model) {
				m.Minimize(m.Var(milp.Named("x"), -milp.Inf, 0).Times(3))
			},
			"x -1 improves the objective by 3 per unit",
		},
		// Buying at 60 and selling at 78, tied by a balance: 18 per MWh.
		"buying to sell": {
			func(m *milp.Model) {
				buy, sell := m.Var(milp.Named("buy"), 0, milp.Inf), m.Var(milp.Named("sell"), 0, milp.Inf)
				wind := m.Var(milp.Named("wind"), 0, 5)
				m.Equal(milp.Named("balance"), buy.Expr().Plus(wind.Expr()), sell.Expr().Plus(milp.Const(2)))
				m.Maximize(sell.Times(78).Minus(buy.Times(60)))
			},
			"buy +1, sell +1 improves the objective by 18 per unit",
		},
		// y = x / 4 at the least: 3 − 8/4 = 1 per unit of x.
		"a dear column must follow": {
			func(m *milp.Model) {
				x, y := m.Var(milp.Named("x"), 0, milp.Inf), m.Var(milp.Named("y"), -milp.Inf, milp.Inf)
				m.AtMost(milp.Named("limit"), x.Expr(), y.Times(4).Plus(milp.Const(7)))
				m.Maximize(x.Times(3).Minus(y.Times(8)))
			},
			"x +1, y +0.25 improves the objective by 1 per unit",
		},
		"a column in both directions": {
			func(m *milp.Model) {
				x, y := m.Var(milp.Named("x"), -milp.Inf, milp.Inf), m.Var(milp.Named("y"), 0, 9)
				m.AtMost(milp.Named("limit"), x.Expr().Plus(y.Expr()), milp.Const(1))
				m.Minimize(x.Expr())
			},
			"x -1 improves the objective by 1 per unit",
		},
		"an integer counts as continuous": {
			func(m *milp.Model) {
				x, on := m.Int(milp.Named("x"), 0, milp.Inf), m.Bin(milp.Named("on"))
				m.AtLeast(milp.Named("limit"), x.Expr(), on.Times(3))
				m.Maximize(x.Expr())
			},
			"x +1 improves the objective by 1 per unit",
		},
		"a solver's infinity is no limit": {
			func(m *milp.Model) {
				x := m.Var(milp.Named("x"), 0, 1e30)
				m.AtMost(milp.Named("limit"), x.Expr(), milp.Const(1e25))
				m.Maximize(x.Expr())
			},
			"x +1 improves the objective by 1 per unit",
		},
		"a limit ends it": {
			func(m *milp.Model) {
				x, y := m.Var(milp.Named("x"), 0, milp.Inf), m.Var(milp.Named("y"), 0, milp.Inf)
				m.AtMost(milp.Named("limit"), x.Expr().Minus(y.Expr()), milp.Const(4))
				m.Maximize(x.Times(2).Minus(y.Times(3)))
			},
			"",
		},
		// Equal prices: a direction without end that earns nothing.
		"no gain along the direction": {
			func(m *milp.Model) {
				buy, sell := m.Var(milp.Named("buy"), 0, milp.Inf), m.Var(milp.Named("sell"), 0, milp.Inf)
				m.Equal(milp.Named("balance"), buy.Expr(), sell.Expr())
				m.Maximize(sell.Times(60).Minus(buy.Times(60)))
			},
			"",
		},
		"no columns": {func(*milp.Model) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := milp.New()
			c.build(m)
			ray, err := milp.FindRay(t.Context(), testsolver.New(t), m)
			if c.want == "" {
				require.ErrorIs(t, err, milp.ErrBounded)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, ray.String())
		})
	}
}

// Random programs with a feasible point and a planted direction, which is a ray
// of them; half of the costs point against it, so that some programs are
// bounded. The verifier of solutions checks points far along the ray, and the
// solver's own status decides between bounded and unbounded.
func TestRaysOfRandomPrograms(t *testing.T) {
	solver := testsolver.New(t)
	random := rand.New(rand.NewPCG(11, 8))
	found := 0
	for n := range 80 {
		var (
			m       = milp.New()
			cols    = 2 + random.IntN(8)
			unit    = make([]float64, cols) // columns in units that differ by up to a million
			point   = make([]float64, cols)
			planted = make([]float64, cols)
		)
		var objective milp.Expr
		gain := 0.0
		for j := range cols {
			unit[j] = math.Pow(10, float64(random.IntN(7)-3))
			point[j] = unit[j] * random.Float64()
			low, high := 0.0, milp.Inf
			switch random.IntN(4) {
			case 0:
				high = 2 * unit[j]
			case 1:
				low = -milp.Inf
				planted[j] = unit[j] * random.NormFloat64()
			default:
				planted[j] = unit[j] * random.Float64()
			}
			v := m.Var(milp.At("", "x", j), low, high)
			cost := random.NormFloat64() / unit[j]
			objective.Add(v.Times(cost))
			gain += cost * planted[j]
		}
		if n%2 == 0 && gain < 0 {
			objective = objective.Times(-1)
		}
		if n%3 == 0 {
			m.Minimize(objective.Times(-1))
		} else {
			m.Maximize(objective)
		}
		for i := range 1 + random.IntN(6) {
			var sum milp.Expr
			at, along := 0.0, 0.0
			for j := range cols {
				if random.IntN(2) == 0 {
					continue
				}
				a := random.NormFloat64() / unit[j]
				sum.Add(m.VarAt(j).Times(a))
				at, along = at+a*point[j], along+a*planted[j]
			}
			if sum.Len() == 0 {
				continue
			}
			if along > 0 {
				sum, at = sum.Times(-1), -at
			}
			m.AtMost(milp.At("", "row", i), sum, milp.Const(at+random.Float64()))
		}
		require.NoError(t, m.Err())
		solution, err := solver.Solve(t.Context(), m)
		require.NoError(t, err)
		ray, err := milp.FindRay(t.Context(), solver, m)
		if solution.Status == milp.Optimal {
			require.ErrorIs(t, err, milp.ErrBounded, "program %d", n)
			continue
		}
		require.ErrorIs(t, solution.Err(), milp.ErrUnbounded, "program %d", n)
		require.NoError(t, err, "program %d", n)
		found++
		byName, largest := map[string]float64{}, 0.0
		for _, c := range ray.Changes {
			byName[c.Name.String()] = c.Value
			largest = max(largest, math.Abs(c.Value))
		}
		assert.Equal(t, 1.0, largest)
		for _, far := range []float64{1, 1e3, 1e6} {
			x, rate := make([]float64, cols), 0.0
			for j := range x {
				change := byName[fmt.Sprintf("x(%d)", j)]
				x[j] = point[j] + far*change
				rate += m.Cost(m.VarAt(j)) * change
			}
			require.Nil(t, milp.Verify(m, x, 1e-6), "program %d: %v", n, ray)
			if n%3 == 0 {
				rate = -rate
			}
			assert.InEpsilon(t, rate, ray.Rate, 1e-9)
			assert.Positive(t, rate)
		}
	}
	assert.Greater(t, found, 30)
}

// Equally good rays are decided by names, not by the order of columns.
func TestRaysDoNotDependOnTheOrderOfColumns(t *testing.T) {
	solver := testsolver.New(t)
	first := ""
	for turn := range 6 {
		m := milp.New()
		var objective milp.Expr
		for k := range 6 {
			objective.Add(m.Var(milp.At("d", "x", (k+turn)%6), 0, milp.Inf).Expr())
		}
		m.Maximize(objective)
		ray, err := milp.FindRay(t.Context(), solver, m)
		require.NoError(t, err)
		require.Len(t, ray.Changes, 1)
		if turn == 0 {
			first = ray.String()
		}
		assert.Equal(t, first, ray.String())
	}
}

func TestSearchForARayPassesErrorsOn(t *testing.T) {
	m := milp.New()
	m.Maximize(m.Var(milp.Named("x"), 0, milp.Inf).Expr())
	broken := errors.New("broken")
	_, err := milp.FindRay(t.Context(), unable{broken}, m)
	require.ErrorIs(t, err, broken)
	m.Var(milp.Named("y"), 2, 1)
	_, err = milp.FindRay(t.Context(), unable{broken}, m)
	require.ErrorContains(t, err, "bounds [2, 1]")
}

// unable is a solver that fails.
type unable struct{ err error }

func (x unable) Solve(context.Context, *milp.Model) (*milp.Solution, error) { return nil, x.err }
