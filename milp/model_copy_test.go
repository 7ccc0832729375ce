package milp

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func written(t *testing.T, m *Model) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, WriteLP(&out, m))
	return out.String()
}

func TestCopiesShareNothing(t *testing.T) {
	build := func() *Model {
		m := checked()
		m.Propose(m.VarAt(0), 3) // both columns, since no NaN equals another
		m.Propose(m.VarAt(1), 2)
		return m
	}
	m := build()
	c := m.Copy()
	assert.Equal(t, written(t, m), written(t, c))
	assert.Equal(t, m.Data(), c.Data())

	x, y := c.VarAt(0), c.VarAt(1)
	c.SetBounds(x, -1, 1)
	c.SetCost(y, 9)
	c.SetLimits(c.RowAt(0), -7, 7)
	c.Propose(x, 1)
	c.Bin(At("new", "b", 1))
	c.Equal(At("new", "r", 1), Sum(x.Expr(), y.Expr()), Const(1))
	c.Between(At("T1", "sum", 1, 1), x.Expr(), y.Expr(), x.Expr())
	require.NoError(t, c.Err())
	assert.Equal(t, written(t, build()), written(t, m))
	assert.Equal(t, build().Data(), m.Data())

	// And the other way round: changes of the original do not reach the copy.
	before := written(t, c)
	m.SetBounds(m.VarAt(0), -9, 9)
	m.Between(At("T1", "sum", 5, 5), m.VarAt(0).Expr(), m.VarAt(1).Expr(), m.VarAt(0).Expr())
	assert.Equal(t, before, written(t, c))

	m.Equal(Named("foreign"), x.Expr(), Const(1))
	require.ErrorContains(t, m.Err(), "another model")
	assert.Equal(t, m.Err(), m.Copy().Err(), "a copy of a broken model is broken")
}

func TestRelaxedHasNoIntegers(t *testing.T) {
	m := checked()
	r := m.Relaxed()
	assert.Zero(t, r.Integers())
	assert.Equal(t, 1, m.Integers())
	assert.NotEqual(t, m.Data().Structure, r.Data().Structure)
}

func TestFixing(t *testing.T) {
	m := checked()
	m.Fix(m.VarAt(0), 2.5)
	lo, hi := m.VarAt(0).Bounds()
	assert.Equal(t, [2]float64{2.5, 2.5}, [2]float64{lo, hi})

	assert.Equal(t, 1, m.FixIntegers([]float64{0.7, 1.99999}))
	lo, hi = m.VarAt(1).Bounds()
	assert.Equal(t, [2]float64{2, 2}, [2]float64{lo, hi})
	lo, hi = m.VarAt(0).Bounds()
	assert.Equal(t, [2]float64{2.5, 2.5}, [2]float64{lo, hi}, "continuous variables stay as they are")
	require.NoError(t, m.Err())

	broken := checked()
	broken.FixIntegers([]float64{0.7, 1.9})
	require.ErrorContains(t, broken.Err(), "y is 1.9, not an integer")
	broken = checked()
	broken.FixIntegers([]float64{0.7})
	require.ErrorContains(t, broken.Err(), "1 values for 2 variables")
}
