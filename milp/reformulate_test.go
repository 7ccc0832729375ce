package milp_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// extremes returns the smallest and the largest value of an expression over a
// model.
func extremes(t *testing.T, s milp.Solver, m *milp.Model, e milp.Expr) (lo, hi float64) {
	t.Helper()
	require.NoError(t, m.Err())
	m.Minimize(e)
	lo = solve(t, s, m).Objective
	m.Maximize(e)
	return lo, solve(t, s, m).Objective
}

// pinned demands that an expression can take one value only.
func pinned(t *testing.T, s milp.Solver, m *milp.Model, want float64, e milp.Expr, text string, args ...any) {
	t.Helper()
	lo, hi := extremes(t, s, m, e)
	assert.InDeltaf(t, want, lo, 1e-7, text+": least", args...)
	assert.InDeltaf(t, want, hi, 1e-7, text+": most", args...)
}

func TestProductIsExactAtEveryPoint(t *testing.T) {
	s := exact(t)
	for _, box := range [][2]float64{{-3, 5}, {0, 4}, {2, 7}, {-6, -1}, {-4, 0}} {
		for _, on := range []float64{0, 1} {
			for _, share := range []float64{0, 0.3, 1} {
				m := milp.New()
				b := m.Bin(milp.Named("b"))
				x := m.Var(milp.Named("x"), box[0], box[1])
				at := box[0] + share*(box[1]-box[0])
				z := m.Product(milp.Named("z"), b.Expr(), x.Times(2).Plus(milp.Const(1)))
				other := m.Product(milp.Named("o"), milp.Const(1).Minus(b.Expr()), x.Expr())
				m.Fix(b, on)
				m.Fix(x, at)
				pinned(t, s, m, on*(2*at+1), z, "b·(2x+1) at %v", at)
				pinned(t, s, m, (1-on)*at, other, "(1-b)·x at %v", at)
			}
		}
	}
}

func TestProductWithNumbersAddsNothing(t *testing.T) {
	m := milp.New()
	b, x := m.Bin(milp.Named("b")), m.Var(milp.Named("x"), 0, milp.Inf)
	values := []float64{1, 5}
	assert.Equal(t, 15.0, m.Product(milp.Named("z"), milp.Const(3), x.Expr()).Value(values))
	assert.Equal(t, 4.0, m.Product(milp.Named("z"), b.Expr(), milp.Const(4)).Value(values))
	assert.Equal(t, 2, m.Vars())
	assert.Zero(t, m.Rows())
	require.NoError(t, m.Err())
}

// The rows of a product are the convex hull: over the relaxation, the largest z
// − x/2 for x in [-2, 4] is attained at a corner (b, x) of the box, (1, 4): 4 −
// 2 = 2.
func TestProductRelaxationIsTheHull(t *testing.T) {
	s := exact(t)
	m := milp.New()
	b, x := m.Bin(milp.Named("b")), m.Var(milp.Named("x"), -2, 4)
	z := m.Product(milp.Named("z"), b.Expr(), x.Expr())
	m.Maximize(z.Minus(x.Times(0.5)))
	assert.InDelta(t, 2, solve(t, s, m.Relaxed()).Objective, 1e-9)
	m.Minimize(z.Minus(x.Times(0.5))) // corners: 0+1, -2+1, 0-2, 4-2
	assert.InDelta(t, -2, solve(t, s, m.Relaxed()).Objective, 1e-9)
}

// x ≤ 10 has no lower bound, which a row x ≤ 4 does not need.
func TestConditionalRowsNeedOneBoundOnly(t *testing.T) {
	s := exact(t)
	m := milp.New()
	b, x := m.Bin(milp.Named("b")), m.Var(milp.Named("x"), -milp.Inf, 10)
	y := m.Var(milp.Named("y"), -10, milp.Inf)
	m.AtMostIf(milp.Named("r"), b.Expr(), x.Expr(), milp.Const(4))
	m.AtLeastIf(milp.Named("q"), b.Expr(), y.Expr(), milp.Const(-4))
	require.NoError(t, m.Err())
	for on, want := range []float64{10, 4} {
		m.Fix(b, float64(on))
		m.Maximize(x.Expr())
		assert.InDelta(t, want, solve(t, s, m).Objective, 1e-9)
		m.Minimize(y.Expr())
		assert.InDelta(t, -want, solve(t, s, m).Objective, 1e-9)
	}
}

func TestUnsuitableSwitchesAndRangesAreRefused(t *testing.T) {
	cases := map[string]func(m *milp.Model, b, i, free milp.Var){
		"variable free finite bounds": func(m *milp.Model, b, _, free milp.Var) {
			m.Product(milp.Named("z"), b.Expr(), free.Expr())
		},
		"a switch must be a number": func(m *milp.Model, b, i, _ milp.Var) {
			m.Product(milp.Named("z"), i.Expr(), b.Expr())
		},
		"want a switch b that is y or 1 − y": func(m *milp.Model, b, _, _ milp.Var) {
			m.AtMostIf(milp.Named("z"), b.Times(2), b.Expr(), milp.Const(0))
		},
		"r: want a bounded expression": func(m *milp.Model, b, _, free milp.Var) {
			m.AtMostIf(milp.Named("r"), b.Expr(), free.Expr(), milp.Const(0))
		},
		"r: want a bounded expression; give variable free finite bounds": func(m *milp.Model, b, i, free milp.Var) {
			half := m.Var(milp.Named("half"), -milp.Inf, 1)
			m.AtMostIf(milp.Named("r"), b.Expr(), milp.Sum(i.Expr(), half.Expr(), free.Expr()), milp.Const(0))
		},
		"r: want a bounded expression; a constant": func(m *milp.Model, b, i, _ milp.Var) {
			m.AtMostIf(milp.Named("r"), b.Expr(), i.Expr(), milp.Const(math.Inf(-1)))
		},
		"neither convex nor concave": func(m *milp.Model, b, i, _ milp.Var) {
			m.Epigraph(milp.Named("c"), milp.Curve{X: []float64{0, 1, 2, 3}, Y: []float64{0, 2, 3, 5}}, i.Expr(), milp.Const(1))
		},
		"x of point 1 is 0": func(m *milp.Model, b, i, _ milp.Var) {
			m.Segments(milp.Named("c"), milp.Curve{X: []float64{0, 0}, Y: []float64{0, 2}}, i.Expr(), milp.Const(1))
		},
		"want a switch on that is Const(1)": func(m *milp.Model, b, i, _ milp.Var) {
			m.Piecewise(milp.Named("c"), milp.Curve{X: []float64{0, 1}, Y: []float64{0, 2}}, i.Expr(), milp.Const(2))
		},
		"t: got no expressions, want at least one": func(m *milp.Model, _, _, _ milp.Var) { m.Max(milp.Named("t")) },
		"t: want a bounded": func(m *milp.Model, b, _, free milp.Var) {
			m.Max(milp.Named("t"), b.Expr(), free.Expr())
		},
		"p: want a bounded": func(m *milp.Model, _, _, free milp.Var) { m.Split(milp.Named("p"), free.Expr()) },
	}
	for want, wrong := range cases {
		m := milp.New()
		b, i, free := m.Bin(milp.Named("b")), m.Int(milp.Named("i"), 0, 3), m.Var(milp.Named("free"), -milp.Inf, milp.Inf)
		wrong(m, b, i, free)
		require.ErrorContains(t, m.Err(), want)
	}
}

func TestConditionalRows(t *testing.T) {
	s := exact(t)
	build := func() (*milp.Model, milp.Expr, milp.Expr) {
		m := milp.New()
		return m, m.Bin(milp.Named("b")).Expr(), m.Var(milp.Named("x"), -2, 9).Expr()
	}
	check := func(lo, hi float64, m *milp.Model, b, e milp.Expr, on float64) {
		t.Helper()
		m.Equal(milp.Named("switch"), b, milp.Const(on))
		l, h := extremes(t, s, m, e)
		assert.InDelta(t, lo, l, 1e-7)
		assert.InDelta(t, hi, h, 1e-7)
	}
	for _, on := range []float64{0, 1} {
		pick := func(off, with float64) float64 { return off + on*(with-off) }

		m, b, x := build()
		m.AtMostIf(milp.Named("r"), b, x, milp.Const(4))
		check(-2, pick(9, 4), m, b, x, on)

		m, b, x = build()
		m.AtLeastIf(milp.Named("r"), b, x.Times(2), milp.Const(6))
		check(pick(-2, 3), 9, m, b, x, on)

		m, b, x = build()
		m.EqualIf(milp.Named("r"), b, x, milp.Const(5))
		check(pick(-2, 5), pick(9, 5), m, b, x, on)

		m, b, x = build()
		m.AtMostIf(milp.Named("r"), milp.Const(1).Minus(b), x, milp.Const(4)) // reversed switch
		check(-2, pick(4, 9), m, b, x, on)
	}

	m, b, x := build()
	m.AtMostIf(milp.Named("r"), b, x, milp.Const(9)) // the bounds imply it
	m.AtMostIf(milp.Named("r"), milp.Const(0), x, milp.Const(1))
	assert.Zero(t, m.Rows())
	m.AtMostIf(milp.Named("r"), milp.Const(1), x, milp.Const(1))
	assert.Equal(t, 1, m.Rows())
	require.NoError(t, m.Err())
}

var (
	convexCurve  = milp.Curve{X: []float64{2, 4, 7, 10}, Y: []float64{30, 40, 70, 130}} // slopes 5, 10, 20
	concaveCurve = milp.Curve{X: []float64{2, 4, 7, 10}, Y: []float64{-5, 15, 30, 36}}  // slopes 10, 5, 2
	wildCurve    = milp.Curve{X: []float64{-3, -1, 2, 4, 8}, Y: []float64{4, -2, 7, 7, 1}}
)

func TestCurve(t *testing.T) {
	assert.Equal(t, 35.0, convexCurve.At(3))
	assert.Equal(t, 130.0, convexCurve.At(10))
	assert.Equal(t, 30.0, convexCurve.At(2))
	assert.True(t, math.IsNaN(convexCurve.At(1.9)))
	assert.True(t, math.IsNaN(convexCurve.At(10.1)))
	assert.True(t, convexCurve.Convex())
	assert.False(t, convexCurve.Concave())
	assert.True(t, concaveCurve.Concave())
	assert.False(t, wildCurve.Convex() || wildCurve.Concave())
	line := milp.Curve{X: []float64{0, 0.1, 0.3}, Y: []float64{0, 0.3, 0.9}} // slopes 3 and 3.0000000000000004
	assert.True(t, line.Convex() && line.Concave())

	assert.ErrorContains(t, milp.Curve{X: []float64{1}, Y: []float64{1}}.Validate(), "at least 2")
	err := milp.Curve{X: []float64{1, 0, 2}, Y: []float64{1, 0, math.NaN()}}.Validate()
	assert.ErrorContains(t, err, "x of point 1 is 0")
	assert.ErrorContains(t, err, "point 2 is (2, NaN)")
}

// Each formulation reproduces the curve at points and between them, at 0 with
// the switch off, and refuses values outside the curve.
func TestCurvesAsCosts(t *testing.T) {
	s := exact(t)
	type formulation = func(*milp.Model, milp.Name, milp.Curve, milp.Expr, milp.Expr) milp.Expr
	cases := []struct {
		name     string
		form     formulation
		curve    milp.Curve
		min, max bool // the objectives under which it is exact
	}{
		{"epigraph", (*milp.Model).Epigraph, convexCurve, true, false},
		{"hypograph", (*milp.Model).Epigraph, concaveCurve, false, true},
		{"segments", (*milp.Model).Segments, convexCurve, true, false},
		{"segments concave", (*milp.Model).Segments, concaveCurve, false, true},
		{"piecewise", (*milp.Model).Piecewise, wildCurve, true, true},
		{"piecewise convex", (*milp.Model).Piecewise, convexCurve, true, true},
		{"straight", (*milp.Model).Epigraph, milp.Curve{X: []float64{1, 3}, Y: []float64{4, 8}}, true, true},
	}
	for _, c := range cases {
		first, last := c.curve.X[0], c.curve.X[len(c.curve.X)-1]
		for _, switched := range []bool{false, true} {
			for _, share := range []float64{-0.01, 0, 0.2, 0.37, 0.5, 0.9, 1, 1.01} {
				m := milp.New()
				x := m.Var(milp.Named("x"), -20, 20)
				on := milp.Const(1)
				if switched {
					on = m.Bin(milp.Named("on")).Expr()
					m.Equal(milp.Named("is_on"), on, milp.Const(1))
				}
				y := c.form(m, milp.At("T1", "cost", 0, 3), c.curve, x.Expr(), on)
				at := first + share*(last-first)
				m.Fix(x, at)
				require.NoError(t, m.Err())
				text := fmt.Sprintf("%s, switched %v, x = %g", c.name, switched, at)
				if share < 0 || share > 1 {
					m.Minimize(y)
					solution, err := s.Solve(context.Background(), m)
					require.NoError(t, err)
					assert.ErrorIs(t, solution.Err(), milp.ErrInfeasible, text)
					continue
				}
				if c.min {
					m.Minimize(y)
					assert.InDelta(t, c.curve.At(at), solve(t, s, m).Objective, 1e-7, text)
				}
				if c.max {
					m.Maximize(y)
					assert.InDelta(t, c.curve.At(at), solve(t, s, m).Objective, 1e-7, text)
				}
			}
		}
		m := milp.New()
		x, on := m.Var(milp.Named("x"), -20, 20), m.Bin(milp.Named("on"))
		y := c.form(m, milp.At("T1", "cost", 0, 3), c.curve, x.Expr(), on.Expr())
		m.Fix(on, 0)
		pinned(t, s, m, 0, x.Expr(), c.name+" off: x")
		if c.min {
			m.Minimize(y)
			assert.InDelta(t, 0, solve(t, s, m).Objective, 1e-7, c.name+" off")
		}
		if c.max {
			m.Maximize(y)
			assert.InDelta(t, 0, solve(t, s, m).Objective, 1e-7, c.name+" off")
		}
	}
}

func TestEnvelopes(t *testing.T) {
	s := exact(t)
	for _, at := range []float64{-3, -1, 0, 0.5, 2, 4} {
		m := milp.New()
		x := m.Var(milp.Named("x"), -3, 4)
		exprs := []milp.Expr{x.Expr(), x.Times(-2), milp.Const(1), x.Times(0.1).Minus(milp.Const(50))}
		ceiling := m.Ceiling(milp.Named("ceiling"), exprs...)
		floor := m.Floor(milp.Named("floor"), exprs[:3]...)
		largest := m.Max(milp.Named("largest"), exprs...)
		smallest := m.Min(milp.Named("smallest"), exprs[:3]...)
		positive, negative := m.Split(milp.Named("split"), x.Times(2).Minus(milp.Const(1)))
		m.Fix(x, at)
		require.NoError(t, m.Err())

		lo, hi := max(at, -2*at, 1), min(at, -2*at, 1)
		m.Minimize(ceiling)
		assert.InDelta(t, lo, solve(t, s, m).Objective, 1e-7)
		m.Maximize(floor)
		assert.InDelta(t, hi, solve(t, s, m).Objective, 1e-7)
		pinned(t, s, m, lo, largest, "largest at %v", at)
		pinned(t, s, m, hi, smallest, "smallest at %v", at)
		pinned(t, s, m, max(2*at-1, 0), positive, "positive part at %v", at)
		pinned(t, s, m, max(1-2*at, 0), negative, "negative part at %v", at)
	}
}

func TestEnvelopesThatBoundsSettleAddNothing(t *testing.T) {
	m := milp.New()
	x, y := m.Var(milp.Named("x"), 3, 9), m.Var(milp.Named("y"), -milp.Inf, 2)
	values := []float64{4, 1}
	assert.Equal(t, 4.0, m.Max(milp.Named("t"), x.Expr(), y.Expr(), milp.Const(3)).Value(values))
	assert.Equal(t, 1.0, m.Min(milp.Named("t"), x.Expr(), y.Expr()).Value(values))
	assert.Equal(t, 4.0, m.Ceiling(milp.Named("t"), x.Expr(), milp.Const(0)).Value(values))
	positive, negative := m.Split(milp.Named("s"), x.Expr())
	assert.Equal(t, 4.0, positive.Value(values))
	assert.Zero(t, negative.Value(values))
	assert.Equal(t, 2, m.Vars())
	require.NoError(t, m.Err())
}
