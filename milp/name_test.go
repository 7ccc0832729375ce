package milp

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNamesReadOwnerQuantityScenarioStep(t *testing.T) {
	for want, name := range map[string]Name{
		"charge":               Named("charge"),
		"charge(3)":            At("", "charge", 3),
		"battery.charge":       At("battery", "charge"),
		"battery.charge(17)":   At("battery", "charge", 17),
		"battery.charge(3,17)": At("battery", "charge", 3, 17),
		"battery.charge(-1,0)": At("battery", "charge", -1, 0),
		"":                     {},
	} {
		assert.Equal(t, want, name.String())
	}
	assert.Equal(t, "battery.charge", At("battery", "charge", 3, 17).Family())
	assert.Equal(t, "charge", At("", "charge", 3).Family())
	assert.Equal(t, []int{3, 17}, At("battery", "charge", 3, 17).Indices())
	assert.Equal(t, []int{3}, At("battery", "charge", 3).Indices())
	assert.Empty(t, Named("charge").Indices())
	assert.Panics(t, func() { At("u", "w", 1, 2, 3) })
}

// Names survive storage, however many families share a slot of the cache of
// recent ones: the families below agree in length and outer letters.
func TestNamesComeBackFromTheModel(t *testing.T) {
	m := New()
	var want []string
	for round := range 3 {
		for i := range 300 {
			owner, quantity := fmt.Sprintf("u%03du", i), fmt.Sprintf("w%03dw", (i*7)%300)
			m.Var(At(owner, quantity, round, i), 0, 1)
			want = append(want, fmt.Sprintf("%s.%s(%d,%d)", owner, quantity, round, i))
			m.Var(At(owner, quantity, i), 0, 1) // the same family with another number of indices
			want = append(want, fmt.Sprintf("%s.%s(%d)", owner, quantity, i))
			m.Equal(Named(quantity), Const(0), Const(0))
			assert.Equal(t, quantity, m.RowAt(m.Rows()-1).Name().String())
		}
	}
	for j, name := range want {
		assert.Equal(t, name, m.VarAt(j).Name().String())
	}
}

// TestWithinNamesAuxiliaryColumnsOnce reads the columns that a curve of a part
// adds.
func TestWithinNamesAuxiliaryColumnsOnce(t *testing.T) {
	m := New()
	x := m.Var(At("battery", "power", 0), 0, 2)
	m.Within("home", func() {
		m.Segments(At("battery", "cost", 0), Curve{X: []float64{0, 1, 2}, Y: []float64{0, 1, 3}}, x.Expr(), Const(1))
	})
	assert.Equal(t, "home.battery.cost_1(0)", m.VarAt(1).Name().String())
	assert.Equal(t, "home.battery.cost_2(0)", m.VarAt(2).Name().String())
	assert.NoError(t, m.Err())
}

// The parts of a home name their columns and rows themselves. Names with a
// suffix and names after the call have their own owner.
func TestWithinNamesTheParts(t *testing.T) {
	m := New()
	outer := m.Var(At("grid", "power", 1, 2), 0, 1)
	var charge Var
	var row Row
	m.Within("home", func() {
		for range 2 {
			charge = m.Var(At("battery", "charge", 1, 2), 0, 1)
		}
		row = m.AtMost(Named("limit"), charge.Expr(), outer.Expr())
		m.Between(At("battery", "band", 3), Const(0), charge.Expr().Plus(outer.Expr()), Const(1))
	})
	after := m.Var(At("battery", "charge", 1, 2), 0, 1)
	assert.Equal(t, At("home", "battery.charge", 1, 2), charge.Name())
	assert.Equal(t, "home.battery.charge(1,2)", charge.Name().String())
	assert.Equal(t, At("home", "limit"), row.Name())
	for i := row.Index() + 1; i < m.Rows(); i++ {
		assert.Equal(t, "home", m.RowAt(i).Name().Owner)
	}
	assert.Equal(t, At("battery", "charge", 1, 2), after.Name())
	assert.Equal(t, At("grid", "power", 1, 2), outer.Name())
	assert.NoError(t, m.Err())
}
