package milptest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// moneyUnits returns the units of money of the suite, 1e-9 to 1e9 of the usual
// one.
func moneyUnits() (units []float64) {
	for exponent := -9; exponent <= 9; exponent++ {
		units = append(units, math.Pow(10, float64(exponent)))
	}
	return units
}

// sources returns the program of two sources for a demand of 10: cheap costs 10
// per MWh and gives up to 6, dear costs 90. With integers, dear also has a
// start cost of 5.
//
//	cheap = 6, dear = 4: cost 60 + 360 = 420, or 425 with the start
//
// One more unit of demand costs 90, one more unit of the cheap source saves 80.
func sources(unit float64, integers bool) *milp.Model {
	m := milp.New()
	cheap, dear := v(m, "cheap", 0, 6), v(m, "dear", 0, 20)
	equal(m, 10, cheap.Expr(), dear.Expr())
	cost := milp.Sum(cheap.Times(10*unit), dear.Times(90*unit))
	if integers {
		on := m.Bin(milp.Named("on"))
		atMost(m, 0, dear.Expr(), on.Times(-20))
		cost.Add(on.Times(5 * unit))
	}
	m.Minimize(cost)
	return m
}

// factory returns a program that presolve does not solve, with earnings in a
// unit of money:
//
//	max 5x + 4y + 3z    2x + 3y + z ≤ 5,    4x + y + 2z ≤ 11,    3x + 4y + 2z ≤ 8
//
// The optimum is 13 at x = 2, y = 0, z = 1, with the duals 1, 0 and 1; the
// optimum is integral. With earnings below a solver's tolerance, x = y = z = 0
// is as good to it.
//
// Source: Chvátal, Linear Programming (1983), chapter 2.
func factory(unit float64, integers bool) *milp.Model {
	m := milp.New()
	var made [3]milp.Var
	for j, name := range []string{"x", "y", "z"} {
		if integers {
			made[j] = n(m, name, 0, inf)
		} else {
			made[j] = v(m, name, 0, inf)
		}
	}
	var earned milp.Expr
	for j, price := range []float64{5, 4, 3} {
		earned.Add(made[j].Times(price * unit))
	}
	for i, row := range [][]float64{{2, 3, 1}, {4, 1, 2}, {3, 4, 2}} {
		var used milp.Expr
		for j, c := range row {
			used.Add(made[j].Times(c))
		}
		atMost(m, []float64{5, 11, 8}[i], used)
	}
	m.Maximize(earned)
	return m
}

// equalInUnit compares an amount of money with its value in the usual unit.
func equalInUnit(t *testing.T, want, got, unit float64, what string) {
	t.Helper()
	assert.InEpsilon(t, want, got/unit, tolerance, "%s in units of %g", what, unit)
}

// money solves the two sources and the factory in every unit of money. A solver
// with absolute tolerances on reduced costs and objectives ignores small
// amounts, unless it scales.
func (s *suite) money(t *testing.T) {
	for _, unit := range moneyUnits() {
		for _, integers := range []bool{false, true} {
			if integers && s.linear {
				continue
			}
			got := solve(t, s.exact(), factory(unit, integers))
			require.Equal(t, milp.Optimal, got.Status, got.Stopped)
			assert.InDeltaSlice(t, []float64{2, 0, 1}, got.Values, tolerance, "unit %g", unit)
			equalInUnit(t, 13, got.Objective, unit, "earnings")
			equalInUnit(t, 13, got.Bound, unit, "bound of the earnings")
			if !integers {
				equalInUnit(t, 1, got.Duals[0], unit, "price of the first resource")
				equalInUnit(t, 1, got.Duals[2], unit, "price of the third resource")
			}
		}

		got := solve(t, s.exact(), sources(unit, false))
		require.Equal(t, milp.Optimal, got.Status, got.Stopped)
		assert.InDeltaSlice(t, []float64{6, 4}, got.Values, tolerance, "unit %g", unit)
		equalInUnit(t, 420, got.Objective, unit, "objective")
		equalInUnit(t, 90, got.Duals[0], unit, "price of the demand")
		equalInUnit(t, -80, got.ReducedCosts[0], unit, "reduced cost of the cheap source")

		if s.linear {
			continue
		}
		got = solve(t, s.exact(), sources(unit, true))
		require.Equal(t, milp.Optimal, got.Status, got.Stopped)
		assert.InDeltaSlice(t, []float64{6, 4, 1}, got.Values, tolerance, "unit %g", unit)
		equalInUnit(t, 425, got.Objective, unit, "objective with a start")
		equalInUnit(t, 425, got.Bound, unit, "bound with a start")
	}
}

// risk solves a program with costs in its rows, as with a conditional value at
// risk, in every unit of money: a demand of 10 is bought at 50 or, after one of
// two equally likely scenarios, at 10 or 80.
//
//	min λ worst + (1−λ) mean,    worst ≥ 50 x + price_s (10 − x) for both s,    0 ≤ x ≤ 10
//
// x = 10 costs 500 in both scenarios; x = 0 costs 800 at worst and 450 in the
// mean. The second is better up to λ = 1/7: with λ = 0.1 it costs 80 + 405 =
// 485.
func (s *suite) risk(t *testing.T) {
	for _, unit := range moneyUnits() {
		for lambda, want := range map[float64]struct{ x, objective float64 }{0.1: {0, 485}, 0.2: {10, 500}} {
			m := milp.New()
			x, worst := v(m, "x", 0, 10), v(m, "worst", -inf, inf)
			var mean milp.Expr
			for _, price := range []float64{10, 80} {
				loss := milp.Sum(x.Times((50-price)*unit), milp.Const(10*price*unit))
				m.AtLeast(milp.Named("loss"), worst.Expr(), loss)
				mean.Add(loss.Times(0.5))
			}
			m.Minimize(milp.Sum(worst.Times(lambda), mean.Times(1-lambda)))
			got := solve(t, s.exact(), m)
			require.Equal(t, milp.Optimal, got.Status, got.Stopped)
			assert.InDelta(t, want.x, got.Value(x), 1e-5, "unit %g", unit)
			equalInUnit(t, want.objective, got.Objective, unit, "objective")
		}
	}
}

// moneyInSession changes all costs of a session by factors of ten.
func (s *suite) moneyInSession(t *testing.T) {
	for _, integers := range []bool{false, true} {
		m := sources(1, integers)
		session := s.open(t, m)
		usual := sources(1, integers).Data().Cost
		for _, unit := range append(moneyUnits(), 1) {
			for j, c := range usual {
				m.SetCost(m.VarAt(j), c*unit)
			}
			got, err := session.Solve(t.Context())
			require.NoError(t, err)
			require.NoError(t, Verify(m, got))
			require.Equal(t, milp.Optimal, got.Status, got.Stopped)
			assert.InDeltaSlice(t, []float64{6, 4}, got.Values[:2], tolerance, "unit %g", unit)
		}
	}
}

// refusedOrOptimal solves a program with tiny coefficients. It returns nil if
// the solver refused it with the name of the row, and otherwise the optimum.
func (s *suite) refusedOrOptimal(t *testing.T, m *milp.Model, row string) *milp.Solution {
	t.Helper()
	got, err := s.exact().Solve(t.Context(), m)
	if err != nil {
		assert.ErrorContains(t, err, row)
		return nil
	}
	require.NoError(t, Verify(m, got))
	require.Equal(t, milp.Optimal, got.Status, got.Stopped)
	return got
}

// tinyRows states 3x + y ≥ 6 in units in which all its numbers are tiny. The
// optimum of min x + 10y is x = 2 in each. x = 0 would satisfy a solver's
// absolute tolerance.
func (s *suite) tinyRows(t *testing.T) {
	for _, size := range []float64{1, 1e-7, 1e-8, 1e-10, 1e-13} {
		m := milp.New()
		x, y := v(m, "x", 0, 100), v(m, "y", 0, 1)
		atLeast(m, 6*size, x.Times(3*size), y.Times(size))
		minimize(m, x.Expr(), y.Times(10))
		if got := s.refusedOrOptimal(t, m, "row"); got != nil {
			assert.InDeltaSlice(t, []float64{2, 0}, got.Values, tolerance, "size %g", size)
		}
	}
}

// tinyRatios couples a variable with a tiny multiple of another, y = ratio · x,
// where x earns 100 and, unless integers are excluded, has a switch. y stays
// near 0, and x must be 2 all the same.
func (s *suite) tinyRatios(t *testing.T) {
	for _, ratio := range []float64{1, 1e-6, 1e-7, 1e-8, 1e-9} {
		m := milp.New()
		x, y := v(m, "x", 0, 2), v(m, "y", 0, 9)
		equal(m, 0, y.Expr(), x.Times(-ratio))
		if !s.linear {
			on := m.Bin(milp.Named("on"))
			atMost(m, 0, x.Expr(), on.Times(-2))
		}
		m.Maximize(milp.Sum(x.Times(100), y.Times(-15)))
		if got := s.refusedOrOptimal(t, m, "row"); got != nil {
			assert.InDelta(t, 2, got.Value(x), 1e-5, "ratio %g", ratio)
		}
	}
}
