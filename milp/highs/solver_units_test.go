package highs

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/milptest"
)

// moneyUnits are the factors between today's unit of money and another one.
func moneyUnits() []float64 {
	var units []float64
	for exponent := -9; exponent <= 9; exponent++ {
		units = append(units, math.Pow(10, float64(exponent)))
	}
	return units
}

// sources returns the program of two sources for a demand of 10: cheap at 10
// for up to 6, dear at 90, and a start of the dear one at 5 if integers is
// true.
//
// By hand: the cheap source gives 6, the dear one 4, which costs 60 + 360 =
// 420, or 425 with the start. One more unit of demand costs 90, one more unit
// of the cheap source saves 80.
func sources(unit float64, integers bool) *milp.Model {
	m := milp.New()
	cheap := m.Var(milp.Named("cheap"), 0, 6)
	dear := m.Var(milp.Named("dear"), 0, 20)
	m.Equal(milp.Named("demand"), milp.Sum(cheap.Expr(), dear.Expr()), milp.Const(10))
	cost := milp.Sum(cheap.Times(10*unit), dear.Times(90*unit))
	if integers {
		on := m.Bin(milp.Named("on"))
		m.AtMost(milp.Named("max"), dear.Expr(), on.Times(20))
		cost.Add(on.Times(5 * unit))
	}
	m.Minimize(cost)
	return m
}

func TestTwoSourcesInAnyUnitOfMoney(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		for _, unit := range moneyUnits() {
			got, err := s.Solve(t.Context(), sources(unit, false))
			require.NoError(t, err)
			require.Equal(t, milp.Optimal, got.Status)
			assert.InDeltaSlice(t, []float64{6, 4}, got.Values, 1e-9, "unit %g", unit)
			assert.InEpsilon(t, 420*unit, got.Objective, 1e-9)
			assert.InEpsilon(t, 90*unit, got.Duals[0], 1e-9)
			assert.InEpsilon(t, -80*unit, got.ReducedCosts[0], 1e-9)

			got, err = s.Solve(t.Context(), sources(unit, true))
			require.NoError(t, err)
			require.Equal(t, milp.Optimal, got.Status)
			assert.InDeltaSlice(t, []float64{6, 4, 1}, got.Values, 1e-6, "unit %g", unit)
			assert.InEpsilon(t, 425*unit, got.Objective, 1e-9)
			assert.InEpsilon(t, 425*unit, got.Bound, 1e-4)
			assert.LessOrEqual(t, got.Bound, got.Objective*(1+1e-9), "a bound is at most the optimum")
		}
	})
}

// priced returns a copy of a model with its objective in another unit of money.
func priced(m *milp.Model, unit float64) *milp.Model {
	out := m.Copy()
	d := m.Data()
	var cost milp.Expr
	for j, c := range d.Cost {
		cost.Add(out.VarAt(j).Times(c * unit))
	}
	cost = milp.Sum(cost, milp.Const(d.Constant*unit))
	if d.Maximize {
		out.Maximize(cost)
	} else {
		out.Minimize(cost)
	}
	return out
}

func TestDayAheadPlanInAnyUnitOfMoney(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		s.Gap, s.AbsoluteGap = 1e-6, Exact
		for units := range 2 {
			m := dayAhead(2, units, 4)
			want, err := s.Solve(t.Context(), m)
			require.NoError(t, err)
			canonical, err := milp.Canonical(t.Context(), s, m, want)
			require.NoError(t, err)
			for _, unit := range []float64{1e-9, 1e-8, 1e-5, 1e-3, 1e4, 1e7, 1e9} {
				in := priced(m, unit)
				got, err := s.Solve(t.Context(), in)
				require.NoError(t, err)
				require.Equal(t, milp.Optimal, got.Status)
				// The plans may differ by the gap, so each is priced in the
				// other's unit.
				assert.InEpsilon(t, want.Objective, objective(m.Data(), got.Values), 2e-6, "unit %g", unit)
				if units > 0 {
					continue // integers may differ within the gap
				}
				plan, err := milp.Canonical(t.Context(), s, in, got)
				require.NoError(t, err)
				assert.InDeltaSlice(t, canonical.Values, plan.Values, 1e-5, "unit %g", unit)
			}
		}
	})
}

// A session in which all costs change by a factor keeps its results, because
// the scale changes with them.
func TestSessionChangesItsUnitOfMoney(t *testing.T) {
	for _, integers := range []bool{false, true} {
		t.Run(fmt.Sprintf("integers %v", integers), func(t *testing.T) {
			onBackends(t, func(t *testing.T, s Solver) {
				m := sources(1, integers)
				session, err := s.Open(m)
				require.NoError(t, err)
				defer session.Close()
				d := sources(1, integers).Data()
				for _, unit := range append(moneyUnits(), 1) {
					for j, c := range d.Cost {
						m.SetCost(m.VarAt(j), c*unit)
					}
					m.AddObjective(milp.Const(unit)) // the constant changes as well
					got, err := session.Solve(t.Context())
					require.NoError(t, err)
					require.Equal(t, milp.Optimal, got.Status)
					assert.InDeltaSlice(t, []float64{6, 4}, got.Values[:2], 1e-6, "unit %g", unit)
					cold, err := s.Solve(t.Context(), m)
					require.NoError(t, err)
					assert.InEpsilon(t, cold.Objective, got.Objective, 1e-9)
					if !integers {
						assert.InEpsilon(t, 90*unit, got.Duals[0], 1e-9)
					}
				}
			})
		})
	}
}

// The absolute gap is in units of the objective: 5 % of the knapsack's value
// stops the search in every unit, and the bound still holds.
func TestAbsoluteGapIsInUnitsOfTheObjective(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m, _ := split()
		for _, unit := range []float64{1e-8, 1, 1e8} {
			in := priced(m, unit)
			s.Gap, s.AbsoluteGap, s.MaxNodes = Exact, 400*unit, 1000
			got, err := s.Solve(t.Context(), in)
			require.NoError(t, err)
			require.Equal(t, milp.Optimal, got.Status, "unit %g: %s", unit, got.Stopped)
			assert.LessOrEqual(t, got.Objective-got.Bound, 400*unit*(1+1e-9))
			assert.Positive(t, got.Objective, "an incumbent far from the optimum of 0 is enough")
		}
	})
}

// Options by name that are amounts of money have the unit of the objective as
// well: the first solution below the target ends the search.
func TestObjectiveTargetIsInUnitsOfTheObjective(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m, _ := split()
		for _, unit := range []float64{1e-8, 1, 1e8} {
			s.Options = map[string]string{"objective_target": float(500 * unit)}
			s.MaxNodes = 1000
			got, err := s.Solve(t.Context(), priced(m, unit))
			require.NoError(t, err)
			if got.Stopped == objectiveTarget.String() {
				assert.LessOrEqual(t, got.Objective, 500*unit*(1+1e-9))
				assert.Equal(t, milp.Feasible, got.Status)
				continue
			}
			t.Fatalf("unit %g: stopped by %s", unit, got.Stopped)
		}
	})
}

func TestProgressIsInUnitsOfTheObjective(t *testing.T) {
	const unit = 1e-8
	onBackends(t, func(t *testing.T, s Solver) {
		var last Progress
		s.Progress = func(p Progress) { last = p }
		s.MaxNodes = 200
		m, _ := split()
		got, err := s.Solve(t.Context(), priced(m, unit))
		require.NoError(t, err)
		assert.InEpsilon(t, got.Objective, last.Incumbent, 1e-6)
	})
}

// The status is optimal only if the recomputed gap is within the gap asked for.
func TestOptimumIsRechecked(t *testing.T) {
	m := small() // min 3x + 5y, optimum 18
	d := m.Data()
	for bound, want := range map[float64]milp.Status{18: milp.Optimal, 17.9999999: milp.Optimal, 17.9: milp.Feasible, 18.1: milp.Feasible} {
		out := &milp.Solution{Status: milp.Optimal, Stopped: "optimal", Values: []float64{1, 3}, Objective: 18, Bound: bound}
		out.Gap = gap(out.Objective, out.Bound)
		Solver{Gap: Exact}.recheck(d, unitsOf(d), out)
		assert.Equal(t, want, out.Status, "bound %g", bound)
		if want == milp.Feasible {
			assert.Contains(t, out.Stopped, "recomputed gap")
		}
	}
	out := &milp.Solution{Status: milp.Optimal, Values: []float64{1, 3}, Objective: 18, Bound: 17.9}
	Solver{Gap: 0.01}.recheck(d, unitsOf(d), out)
	assert.Equal(t, milp.Optimal, out.Status, "0.1 of 18 is within 1 %")
}

// A row of tiny numbers counts as much as one in other units: 3e-9 x ≥ 6e-9
// requires x = 2, and its dual is the cost of 1 per unit of the row, 1/3e-9.
func TestTinyRowsAreScaled(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		for _, size := range []float64{1e-15, 1e-12, 1e-9, 1e-7, 1} {
			m := milp.New()
			x, y := m.Var(milp.Named("x"), 0, 100), m.Var(milp.Named("y"), 0, 1)
			row := m.AtLeast(milp.Named("row"), milp.Sum(x.Times(3*size), y.Times(size)), milp.Const(6*size))
			m.Minimize(milp.Sum(x.Expr(), y.Times(10)))
			got, err := s.Solve(t.Context(), m)
			require.NoError(t, err)
			require.Equal(t, milp.Optimal, got.Status)
			assert.InDeltaSlice(t, []float64{2, 0}, got.Values, 1e-6, "size %g", size)
			assert.InEpsilon(t, 1/(3*size), got.Dual(row), 1e-9)
			require.NoError(t, milptest.Verify(m, got))

			session, err := s.Open(m)
			require.NoError(t, err)
			for _, demand := range []float64{6, 9} {
				m.SetLimits(row, demand*size, milp.Inf)
				got, err := session.Solve(t.Context())
				require.NoError(t, err)
				assert.InDeltaSlice(t, []float64{demand / 3, 0}, got.Values, 1e-6, "size %g", size)
			}
			require.NoError(t, session.Close())
		}
	})
}

// y = ratio · x with x in [0, 2] and a gain of 100 per unit of x: the optimum
// is x = 2 for every ratio. Presolve of HiGHS fixes y at 0 if its range is
// below the tolerance, and x with it.
func TestTinyCoefficientsBesideOrdinaryOnesCount(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		for _, integers := range []bool{false, true} {
			for _, ratio := range []float64{1, 1e-3, 1e-6, 1e-7, 1e-8, 1e-9, 1e-11} {
				m := milp.New()
				x, back := m.Var(milp.Named("x"), 0, 2), milp.Expr{}
				for k := range 3 {
					y := m.Var(milp.At("", "y", k), 0, 9)
					z := m.Var(milp.At("", "z", k), 0, 9)
					m.Equal(milp.At("", "balance", k), milp.Sum(z.Expr(), milp.Const(2)), milp.Sum(y.Expr(), milp.Const(2)))
					back.Add(y.Expr())
				}
				if integers {
					on := m.Bin(milp.Named("on"))
					m.AtMost(milp.Named("max"), x.Expr(), on.Times(2))
				}
				m.Equal(milp.Named("rebound"), back, x.Times(ratio))
				m.Maximize(milp.Sum(x.Times(100), back.Times(-15)))
				got, err := s.Solve(t.Context(), m)
				require.NoError(t, err)
				require.Equal(t, milp.Optimal, got.Status)
				assert.InDelta(t, 2, got.Value(x), 1e-6, "ratio %g", ratio)
				assert.InDelta(t, 200-30*ratio, got.Objective, 1e-4, "ratio %g", ratio)
			}
		}
	})
}

// In a session a bound may grow until a tiny coefficient counts: 1e-8 y ≤ 1
// binds only beyond y = 1e8.
func TestTinyCoefficientsCountWithinOtherBounds(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m := milp.New()
		x, y := m.Var(milp.Named("x"), 0, 2), m.Var(milp.Named("y"), 0, 1)
		m.AtMost(milp.Named("cap"), milp.Sum(x.Expr(), y.Times(1e-8)), milp.Const(1))
		m.Maximize(milp.Sum(x.Expr(), y.Expr()))
		session, err := s.Open(m)
		require.NoError(t, err)
		defer session.Close()
		for _, bound := range []float64{1, 1e9, 3, 1e7} {
			m.SetBounds(y, 0, bound)
			got, err := session.Solve(t.Context())
			require.NoError(t, err)
			// y fills the row up to 1e8; x takes the rest.
			y := min(bound, 1e8)
			assert.InEpsilon(t, y+1-1e-8*y, got.Objective, 1e-7, "bound %g", bound)
			assert.InEpsilon(t, y, got.Values[1], 1e-6)
		}
	})
}

// z ≥ x/1e7 − 7e-14 u with x up to 1000 and u binary: the term of u is
// negligible, that of x is not. The cost is 1e7 z + 1000 u with x = 1000 u, and
// selling x earns 3 x, so that the optimum is 1000.
func TestNegligibleTermsBesideTinyOnes(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m := milp.New()
		x, z, u := m.Var(milp.Named("x"), 0, 1000), m.Var(milp.Named("z"), 0, 1), m.Bin(milp.Named("u"))
		m.AtMost(milp.Named("max"), x.Expr(), u.Times(1000))
		m.AtLeast(milp.Named("tangent"), z.Expr(), milp.Sum(x.Times(1e-7), u.Times(-7e-14)))
		m.Maximize(milp.Sum(x.Times(3), z.Times(-1e7), u.Times(-1000)))
		got, err := s.Solve(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, milp.Optimal, got.Status)
		assert.InEpsilon(t, 1000, got.Objective, 1e-6)
		assert.InEpsilon(t, 1000, got.Value(x), 1e-6)
	})
}

func TestIgnoredCoefficientsAreNamed(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m := milp.New()
		x, y := m.Var(milp.Named("x"), 0, 2), m.Int(milp.Named("unit.y"), 0, milp.Inf)
		m.AtMost(milp.Named("cap"), milp.Sum(x.Expr(), y.Times(-3e-13)), milp.Const(1))
		m.Maximize(x.Expr())
		_, err := s.Solve(t.Context(), m)
		require.ErrorContains(t, err, "the coefficient of cap × unit.y is -3e-13 beside one of 1")

		// A continuous variable is scaled: y = 1/3e-13 makes room for x = 2.
		free := milp.New()
		v := free.Var(milp.Named("x"), 0, 2)
		free.AtMost(milp.Named("cap"), milp.Sum(v.Expr(), free.Var(milp.Named("y"), 0, milp.Inf).Times(-3e-13)), milp.Const(1))
		free.Maximize(v.Expr())
		got, err := s.Solve(t.Context(), free)
		require.NoError(t, err)
		assert.InDelta(t, 2, got.Objective, 1e-6)

		// With a bound of 1 the term is at most 3e-13, far below every
		// tolerance.
		session, err := s.Open(m)
		require.NoError(t, err)
		defer session.Close()
		m.SetBounds(y, 0, 1)
		got, err = session.Solve(t.Context())
		require.NoError(t, err)
		assert.InDelta(t, 1, got.Objective, 1e-9)

		// 0.1 + 0.2 − 0.3 is a rounding error, whatever the bounds.
		noise := milp.New()
		z := noise.Var(milp.Named("z"), -milp.Inf, milp.Inf)
		w := noise.Var(milp.Named("w"), 0, 3)
		tenth, fifth := 0.1, 0.2
		noise.AtMost(milp.Named("cap"), milp.Sum(w.Expr(), z.Times(tenth+fifth-0.3)), milp.Const(1))
		noise.Maximize(w.Expr())
		got, err = s.Solve(t.Context(), noise)
		require.NoError(t, err)
		assert.InDelta(t, 1, got.Objective, 1e-9)
	})
}
