package milp

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stored returns row i as a map from column to coefficient.
func stored(m *Model, i int) map[int]float64 {
	out := map[int]float64{}
	for v, k := range m.RowAt(i).Terms {
		out[v.Index()] = k
	}
	return out
}

func limits(m *Model, i int) [2]float64 {
	lo, hi := m.Limits(m.RowAt(i))
	return [2]float64{lo, hi}
}

func TestRowsMergeVariablesAndMoveConstants(t *testing.T) {
	m := New()
	x, y, z := m.Var(Named("x"), 0, 1), m.Var(Named("y"), 0, 1), m.Var(Named("z"), 0, 1)

	// x + 2y + 3 ≤ y + x + z + 10 is y - z ≤ 7.
	m.AtMost(Named("a"), Sum(x.Expr(), y.Times(2), Const(3)), Sum(y.Expr(), x.Expr(), z.Expr(), Const(10)))
	assert.Equal(t, map[int]float64{1: 1, 2: -1}, stored(m, 0))
	assert.Equal(t, [2]float64{-Inf, 7}, limits(m, 0))

	m.Equal(Named("b"), x.Times(2), Const(5))
	assert.Equal(t, [2]float64{5, 5}, limits(m, 1))

	m.AtLeast(Named("c"), Const(5), x.Times(2)) // -2x ≥ -5
	assert.Equal(t, map[int]float64{0: -2}, stored(m, 2))
	assert.Equal(t, [2]float64{-5, Inf}, limits(m, 2))

	m.Equal(Named("d"), x.Times(0), Const(0))
	assert.Empty(t, stored(m, 3), "zeros are dropped and the row stays")

	require.NoError(t, m.Err())
	assert.Equal(t, 4, m.Rows())
	assert.Equal(t, 4, m.Nonzeros())
}

// Rows of more than a dozen terms are merged by another method than short ones.
func TestLongRowsMergeLikeShortOnes(t *testing.T) {
	for _, n := range []int{2, 5, 6, 7, 40} {
		m := New()
		var sum Expr
		for j := range n {
			m.Var(At("", "x", j), 0, 1)
			sum.Add(m.VarAt(j).Times(float64(j + 1)))
		}
		for j := range n {
			sum.Add(m.VarAt(j).Times(-1)) // leaves j: the first cancels out
		}
		m.Equal(Named("twice"), sum, Const(0))
		m.Equal(Named("again"), sum, Const(0)) // the notes of the first row are gone
		want := map[int]float64{}
		for j := 1; j < n; j++ {
			want[j] = float64(j)
		}
		assert.Equal(t, want, stored(m, 0), "n = %d", n)
		assert.Equal(t, want, stored(m, 1), "n = %d", n)
	}
}

func TestBetween(t *testing.T) {
	m := New()
	x, on := m.Var(Named("x"), 0, 9), m.Bin(Named("on"))

	m.Between(Named("numbers"), Const(1), x.Times(2).Plus(Const(1)), Const(4))
	require.Equal(t, 1, m.Rows())
	assert.Equal(t, [2]float64{0, 3}, limits(m, 0))

	m.Between(Named("window"), on.Times(2), x.Expr(), on.Times(8))
	require.Equal(t, 3, m.Rows())
	assert.Equal(t, "window_min", m.RowAt(1).Name().String())
	assert.Equal(t, "window_max", m.RowAt(2).Name().String())
	assert.Equal(t, map[int]float64{0: 1, 1: -2}, stored(m, 1))
	assert.Equal(t, [2]float64{0, Inf}, limits(m, 1))
	assert.Equal(t, [2]float64{-Inf, 0}, limits(m, 2))

	m.Between(Named("open"), Const(-Inf), x.Expr(), on.Times(8))
	assert.Equal(t, 4, m.Rows(), "an infinite limit is none")
	require.NoError(t, m.Err())
}

func TestObjective(t *testing.T) {
	m := New()
	x, y := m.Var(Named("x"), 0, 1), m.Var(Named("y"), 0, 1)
	m.Maximize(Sum(x.Times(2), y.Expr(), x.Expr(), Const(4)))
	assert.Equal(t, []float64{3, 1}, m.Data().Cost)
	assert.Equal(t, 4.0, m.Data().Constant)
	assert.True(t, m.Data().Maximize)

	m.AddObjective(Sum(y.Times(2), Const(1)))
	assert.Equal(t, []float64{3, 3}, m.Data().Cost)
	assert.Equal(t, 5.0, m.Data().Constant)

	m.Minimize(y.Expr())
	assert.Equal(t, []float64{0, 1}, m.Data().Cost)
	assert.Zero(t, m.Data().Constant)
	assert.False(t, m.Data().Maximize)

	m.SetCost(x, 7)
	assert.Equal(t, 7.0, m.Cost(x))
}

func TestMistakesAreKept(t *testing.T) {
	nan := math.NaN()
	cases := map[string]func(m *Model, x Var){
		`variable b: bounds [2, 1]`:       func(m *Model, _ Var) { m.Var(Named("b"), 2, 1) },
		`variable b: bounds [NaN, 1]`:     func(m *Model, _ Var) { m.Var(Named("b"), nan, 1) },
		`variable b: bounds [+Inf, +Inf]`: func(m *Model, _ Var) { m.Var(Named("b"), Inf, Inf) },
		`variable u.x(3): bounds [1, 0]`:  func(m *Model, x Var) { m.SetBounds(x, 1, 0) },
		`constraint r: limits [3, 2]`:     func(m *Model, x Var) { m.Between(Named("r"), Const(3), x.Expr(), Const(2)) },
		`constraint r: limits [+Inf, +Inf]`: func(m *Model, x Var) {
			m.Between(Named("r"), Const(Inf), x.Expr(), Const(Inf))
		},
		`constraint r: a coefficient`: func(m *Model, x Var) { m.AtMost(Named("r"), x.Times(nan), Const(2)) },
		`constraint r: a coefficient or constant`: func(m *Model, x Var) {
			m.AtMost(Named("r"), x.Expr(), Const(Inf))
		},
		`constraint q: limits [1, NaN]`: func(m *Model, x Var) {
			m.SetLimits(m.AtMost(Named("q"), x.Expr(), Const(2)), 1, nan)
		},
		`constraint r: contains a variable of another model`: func(m *Model, _ Var) {
			m.AtMost(Named("r"), New().Var(Named("y"), 0, 1).Expr(), Const(2))
		},
		`objective: contains a variable of another`:        func(m *Model, _ Var) { m.Minimize(New().Var(Named("y"), 0, 1).Expr()) },
		`objective: a coefficient`:                         func(m *Model, x Var) { m.Maximize(x.Times(Inf)) },
		`SetCost(NaN)`:                                     func(m *Model, x Var) { m.SetCost(x, nan) },
		`SetBounds: the variable belongs to another model`: func(m *Model, _ Var) { m.SetBounds(New().Var(Named("y"), 0, 1), 0, 1) },
		`SetLimits: the constraint belongs to another`: func(m *Model, _ Var) {
			m.SetLimits(New().Equal(Named("r"), Expr{}, Expr{}), 0, 1)
		},
		`Propose(+Inf)`: func(m *Model, x Var) { m.Propose(x, Inf) },
	}
	for want, mistake := range cases {
		m := New()
		x := m.Var(At("u", "x", 3), 0, 1)
		require.NoError(t, m.Err())
		mistake(m, x)
		require.ErrorContains(t, m.Err(), want)
		first := m.Err()
		m.Var(Named("later"), 5, 4)
		assert.Equal(t, first, m.Err(), "the first mistake is the one reported")
	}
}

func TestProposalsCoverLaterColumns(t *testing.T) {
	m := New()
	x := m.Var(Named("x"), 0, 9)
	y := m.Var(Named("y"), 0, 9)
	assert.Nil(t, m.Data().Start)
	m.Propose(y, 4)
	m.Var(Named("z"), 0, 9)
	start := m.Data().Start
	require.Len(t, start, 3)
	assert.True(t, math.IsNaN(start[x.Index()]))
	assert.Equal(t, 4.0, start[y.Index()])
	assert.True(t, math.IsNaN(start[2]))
	m.ClearProposals()
	assert.Nil(t, m.Data().Start)
}

func TestStructureChangesWithShapeOnly(t *testing.T) {
	m := New()
	x := m.Var(Named("x"), 0, 9)
	r := m.AtMost(Named("r"), x.Expr(), Const(2))
	before := m.Data().Structure
	m.SetBounds(x, 1, 2)
	m.SetLimits(r, 0, 1)
	m.SetCost(x, 3)
	m.Minimize(x.Expr())
	assert.Equal(t, before, m.Data().Structure)
	m.Bin(Named("b"))
	assert.NotEqual(t, before, m.Data().Structure)
	before = m.Data().Structure
	m.AtMost(Named("r"), x.Expr(), Const(2))
	assert.NotEqual(t, before, m.Data().Structure)
}

func TestEmptyModel(t *testing.T) {
	var m Model // the zero value works
	d := m.Data()
	assert.Equal(t, []int32{0}, d.RowStart)
	assert.Zero(t, m.Vars()+m.Rows()+m.Nonzeros()+m.Integers())
	require.NoError(t, m.Err())
	m.AtMost(Named("r"), m.Bin(Named("b")).Expr(), Const(1))
	assert.Equal(t, []int32{0, 1}, m.Data().RowStart)
	assert.Equal(t, 1, m.Integers())
	assert.True(t, m.IsInteger(m.VarAt(0)))
}
