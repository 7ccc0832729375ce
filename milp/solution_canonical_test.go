package milp_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// parallel minimises the sum of k q² − 2 k a q over some steps, q = x + y + z,
// with the parabola replaced by tangents at points around a. The optimum is −k
// a² at q = a, whatever shares x, y and z have in it; the tangents there are
// the nearer to parallel the smaller the width.
func parallel(rng *rand.Rand, width float64) (m *milp.Model, optimum float64) {
	m = milp.New()
	for t := range 1 + rng.IntN(4) {
		k, a := math.Pow(10, 4*rng.Float64()-1), 2+8*rng.Float64()
		cost := m.Var(milp.At("", "cost", t), -milp.Inf, milp.Inf)
		q := milp.Sum(
			m.Var(milp.At("x", "power", t), 0, 10).Expr(),
			m.Var(milp.At("y", "power", t), 0, 10).Expr(),
			m.Var(milp.At("z", "power", t), 0, 3).Expr())
		for i := range 2 + rng.IntN(5) {
			p := a + width*rng.NormFloat64()
			m.AtLeast(milp.At("", "tangent", t, i), cost.Expr(), q.Times(2*k*p).Minus(milp.Const(k*p*p)))
		}
		m.AddObjective(cost.Expr().Minus(q.Times(2 * k * a)))
		optimum -= k * a * a
	}
	return m, optimum
}

// Without a second attempt some of these programs have no canonical solution,
// and HiGHS fails on others.
func TestCanonicalSolutionWithNearlyParallelRows(t *testing.T) {
	s := exact(t)
	for _, width := range []float64{1e-3, 1e-7, 1e-8, 1e-9, 1e-10} {
		for seed := range uint64(60) {
			m, optimum := parallel(rand.New(rand.NewPCG(seed, 1)), width)
			solution := solve(t, s, m)
			canonical, err := milp.Canonical(t.Context(), s, m, solution)
			require.NoError(t, err, "width %g, seed %d", width, seed)
			require.NoError(t, canonical.Verify(m, 0))
			// Where all tangents lie on one side of a, the optimum moves to an
			// end of the range of q, 23 wide.
			assert.InEpsilon(t, optimum, canonical.Objective, 2*23*width+1e-6, "width %g, seed %d", width, seed)
		}
	}
}

// refusing is a solver that returns Infeasible for the calls with these
// numbers, counted from 1.
type refusing struct {
	milp.Solver
	refused []int
	calls   int
}

func (r *refusing) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	r.calls++
	if slices.Contains(r.refused, r.calls) {
		return &milp.Solution{Status: milp.Infeasible}, nil
	}
	return r.Solver.Solve(ctx, m)
}

func TestCanonicalSolutionByObjective(t *testing.T) {
	s := exact(t)
	for _, maximize := range []bool{false, true} {
		m := milp.New()
		var total milp.Expr
		for _, name := range []string{"a", "b", "c"} {
			total.Add(m.Var(milp.Named(name), 0, 1).Expr())
		}
		on := m.Bin(milp.Named("on"))
		m.AtMost(milp.Named("limit"), total, on.Times(2))
		if maximize {
			m.Maximize(milp.Sum(total.Times(5), on.Times(-1), milp.Const(3)))
		} else {
			m.Minimize(milp.Sum(total.Times(-5), on.Expr(), milp.Const(-3)))
		}
		solution := solve(t, s, m) // 2 units at 5, less 1, plus 3
		require.InDelta(t, 12, math.Abs(solution.Objective), 1e-9)
		want, err := milp.Canonical(t.Context(), s, m, solution)
		require.NoError(t, err)

		r := &refusing{Solver: s, refused: []int{2, 3}}
		got, err := milp.Canonical(t.Context(), r, m, solution)
		require.NoError(t, err)
		assert.Equal(t, 4, r.calls, "integers fixed, optima by prices, as found, by objective")
		assert.InDeltaSlice(t, want.Values, got.Values, 1e-6)
		assert.InDelta(t, solution.Objective, got.Objective, 1e-6)

		_, err = milp.Canonical(t.Context(), &refusing{Solver: s, refused: []int{2, 3, 4}}, m, solution)
		require.ErrorIs(t, err, milp.ErrInfeasible)
	}
}

func TestCanonicalRefusesTheSolutionOfAnotherModel(t *testing.T) {
	s := exact(t)
	m, _ := parallel(rand.New(rand.NewPCG(1, 1)), 1)
	other := milp.New()
	other.Var(milp.Named("x"), 0, 1)
	_, err := milp.Canonical(t.Context(), s, m, solve(t, s, other))
	require.ErrorContains(t, err, "the solution has 1 values, the model has 4 variables")
}

// All points of x + y + z = 3 with z ≤ 2 cost 3. The further expressions are
// minimised in their order.
func TestCanonicalSolutionMinimisesFurtherExpressions(t *testing.T) {
	s := exact(t)
	m := milp.New()
	x, y := m.Var(milp.Named("x"), 0, 10), m.Var(milp.Named("y"), 0, 10)
	z := m.Var(milp.Named("z"), 0, 2)
	total := milp.Sum(x.Expr(), y.Expr(), z.Expr())
	m.AtLeast(milp.Named("demand"), total, milp.Const(3))
	m.Minimize(total)
	solution := solve(t, s, m)
	for _, c := range []struct {
		then []milp.Expr
		want []float64
	}{
		{[]milp.Expr{x.Expr(), y.Expr()}, []float64{0, 1, 2}},
		{[]milp.Expr{y.Expr(), x.Expr()}, []float64{1, 0, 2}},
		{[]milp.Expr{z.Expr(), y.Expr()}, []float64{3, 0, 0}},
		{[]milp.Expr{x.Times(-1).Plus(z.Times(-2))}, []float64{1, 0, 2}},
	} {
		canonical, err := milp.Canonical(t.Context(), s, m, solution, c.then...)
		require.NoError(t, err)
		assert.InDeltaSlice(t, c.want, canonical.Values, 1e-9)
		assert.InDelta(t, 3, canonical.Objective, 1e-9)
	}
}

// The column free may have any size, so that −free has no minimum: it is left
// out, and the next expression decides.
func TestCanonicalSolutionLeavesOutExpressionsWithoutMinimum(t *testing.T) {
	s := exact(t)
	m := milp.New()
	x, y := m.Var(milp.Named("x"), 0, 10), m.Var(milp.Named("y"), 0, 10)
	free := m.Var(milp.Named("free"), 0, milp.Inf)
	total := milp.Sum(x.Expr(), y.Expr())
	m.AtLeast(milp.Named("demand"), total, milp.Const(3))
	m.Minimize(total)
	solution := solve(t, s, m)
	for _, c := range []struct {
		last milp.Var
		want []float64
	}{{x, []float64{0, 3, 0}}, {y, []float64{3, 0, 0}}} {
		canonical, err := milp.Canonical(t.Context(), s, m, solution, free.Times(-1), c.last.Expr())
		require.NoError(t, err)
		assert.InDeltaSlice(t, c.want, canonical.Values, 1e-9)
	}
}
