package milp

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plain is the dumb twin of Expr: a map from column to coefficient.
type plain struct {
	constant float64
	coef     map[int]float64
}

func (p plain) plus(k float64, q plain) plain {
	out := plain{p.constant + k*q.constant, map[int]float64{}}
	for c, v := range p.coef {
		out.coef[c] += v
	}
	for c, v := range q.coef {
		out.coef[c] += k * v
	}
	return out
}

func flatten(e Expr) plain {
	out := plain{e.Constant(), map[int]float64{}}
	for v, k := range e.Terms {
		out.coef[v.Index()] += k
	}
	return out
}

func sameExpr(t *testing.T, want plain, got Expr) {
	t.Helper()
	flat := flatten(got)
	require.Equal(t, want.constant, flat.constant)
	for c := range want.coef {
		require.Equal(t, want.coef[c], flat.coef[c], "column %d", c)
	}
	for c, v := range flat.coef {
		require.Equal(t, want.coef[c], v, "column %d", c)
	}
}

// Random programs of expression operations agree with the map twin, and an
// operation never changes an earlier expression: all of them are compared again
// at the end. Coefficients are small integers, so that sums are exact in any
// order.
func TestExpressionsFollowTheirPlainTwin(t *testing.T) {
	run := func(seed uint64) bool {
		random := rand.New(rand.NewPCG(seed, 1))
		m := New()
		var exprs []Expr
		var twins []plain
		for range 6 {
			v := m.Var(Named("v"), 0, 1)
			exprs = append(exprs, v.Expr())
			twins = append(twins, plain{0, map[int]float64{v.Index(): 1}})
		}
		exprs = append(exprs, Const(3), Expr{})
		twins = append(twins, plain{3, nil}, plain{})
		for range 200 {
			i, j, k := random.IntN(len(exprs)), random.IntN(len(exprs)), random.IntN(len(exprs))
			if twins[i].size()+twins[j].size()+twins[k].size() > 1<<20 {
				continue
			}
			factor := float64(random.IntN(7) - 3)
			switch random.IntN(6) {
			case 0:
				exprs, twins = append(exprs, Sum(exprs[i], exprs[j], exprs[k])), append(twins, twins[i].plus(1, twins[j]).plus(1, twins[k]))
			case 1:
				exprs, twins = append(exprs, exprs[i].Plus(exprs[j])), append(twins, twins[i].plus(1, twins[j]))
			case 2:
				exprs, twins = append(exprs, exprs[i].Minus(exprs[j])), append(twins, twins[i].plus(-1, twins[j]))
			case 3:
				exprs, twins = append(exprs, exprs[i].Times(factor)), append(twins, plain{}.plus(factor, twins[i]))
			case 4: // grow a copy in place; the original must not notice
				grown := exprs[i]
				grown.Add(exprs[j], exprs[k])
				exprs, twins = append(exprs, grown), append(twins, twins[i].plus(1, twins[j]).plus(1, twins[k]))
			case 5: // grow the expression itself
				exprs[i].Add(exprs[j])
				twins[i] = twins[i].plus(1, twins[j])
			}
		}
		for i := range exprs {
			sameExpr(t, twins[i], exprs[i])
		}
		return true
	}
	require.NoError(t, quick.Check(run, &quick.Config{MaxCount: 200}))
}

// size bounds the coefficients, so that sums of integers stay exact.
func (p plain) size() float64 {
	size := math.Abs(p.constant)
	for _, v := range p.coef {
		size = max(size, math.Abs(v))
	}
	return size
}

func TestCopiesOfAnExpressionGrowApart(t *testing.T) {
	m := New()
	v := make([]Var, 5)
	for i := range v {
		v[i] = m.Var(Named("v"), 0, 1)
	}
	var a Expr
	a.Add(v[0].Expr(), v[1].Expr(), v[2].Expr()) // has spare room behind its terms
	b := a
	a.Add(v[3].Expr())
	b.Add(v[4].Expr())
	sameExpr(t, plain{0, map[int]float64{0: 1, 1: 1, 2: 1, 3: 1}}, a)
	sameExpr(t, plain{0, map[int]float64{0: 1, 1: 1, 2: 1, 4: 1}}, b)
}

func TestRangeIsTheBoxBoundOfAnExpression(t *testing.T) {
	m := New()
	x := m.Var(Named("x"), -2, 3)
	y := m.Var(Named("y"), 1, Inf)
	z := m.Bin(Named("z"))
	check := func(e Expr, lo, hi float64) {
		t.Helper()
		l, h := e.Range()
		assert.Equal(t, lo, l)
		assert.Equal(t, hi, h)
	}
	check(Const(4), 4, 4)
	check(x.Expr(), -2, 3)
	check(x.Times(-2), -6, 4)
	check(Sum(x.Times(-2), z.Times(5), Const(1)), -5, 10) // -6+0+1, 4+5+1
	check(y.Times(-1), -Inf, -1)
	check(Sum(x.Expr(), y.Expr()), -1, Inf)
	check(y.Times(0), 0, 0)                                     // not 0·∞
	check(x.Expr().Minus(x.Expr()), 0, 0)                       // each variable once
	check(Sum(x.Expr(), z.Expr(), x.Times(2)), -6, 10)          // 3x + z
	check(Sum(y.Expr(), x.Expr(), y.Times(-1)), -2, 3)          // the unbounded y cancels
	check(Sum(slices.Repeat([]Expr{x.Expr()}, 20)...), -40, 60) // long enough for merging by map
}

func TestValueOfAnExpression(t *testing.T) {
	m := New()
	x, y := m.Var(Named("x"), 0, 1), m.Var(Named("y"), 0, 1)
	values := []float64{2, 5}
	assert.Equal(t, 7.0, Const(7).Value(values))
	assert.Equal(t, 6.0, x.Times(3).Value(values))
	assert.Equal(t, 3.0+2*2-5, Sum(Const(3), x.Times(2), y.Times(-1)).Value(values))
}

func TestMixingModelsSpoilsBoth(t *testing.T) {
	a, b := New(), New()
	x, y := a.Var(Named("x"), 0, 1), b.Var(Named("y"), 0, 1)
	_ = Sum(x.Expr(), y.Expr())
	require.ErrorContains(t, a.Err(), "two models")
	require.ErrorContains(t, b.Err(), "two models")

	a, b = New(), New()
	x, y = a.Var(Named("x"), 0, 1), b.Var(Named("y"), 0, 1)
	e := x.Expr()
	e.Add(y.Expr())
	require.ErrorContains(t, a.Err(), "two models")
	require.ErrorContains(t, b.Err(), "two models")
}

// The hot paths of formulating allocate nothing per term: sums of a few terms
// draw on storage that is allocated once per 4096 terms.
func TestShortExpressionsAllocateNothing(t *testing.T) {
	m := New()
	m.Reserve(10, 20000, 80000)
	x, y, z := m.Var(Named("x"), 0, 1), m.Var(Named("y"), 0, 1), m.Var(Named("z"), 0, 1)
	name := At("unit", "row", 1, 2)
	m.AtLeast(name, x.Expr(), Const(0))

	assert.Zero(t, testing.AllocsPerRun(1000, func() { m.AtMost(name, x.Times(3), y.Times(2)) }), "single terms")
	assert.Zero(t, testing.AllocsPerRun(1000, func() { m.AtMost(At("unit", "row", 1, 3), x.Times(3), Const(1)) }), "naming")
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		m.Equal(name, Sum(x.Expr(), y.Times(2), z.Times(-1)), Const(4))
	}), "a sum of three")
	assert.Zero(t, testing.AllocsPerRun(1000, func() { m.Between(name, x.Expr(), y.Expr(), z.Expr()) }), "between")
	assert.Zero(t, testing.AllocsPerRun(1000, func() { m.AddObjective(Sum(x.Times(3), y.Expr())) }), "objective")
	require.NoError(t, m.Err())
}

// Ten thousand additions double the storage a dozen times or so; copying at
// each would be quadratic.
func TestAddGrowsByDoubling(t *testing.T) {
	m := New()
	x := m.Var(Named("x"), 0, 1)
	allocs := testing.AllocsPerRun(5, func() {
		var sum Expr
		for range 10000 {
			sum.Add(x.Expr())
		}
	})
	assert.Less(t, allocs, 60.0)
}
