package milp_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/milp"
)

// knapsack builds a small program with every kind of data and then applies a
// change.
func knapsack(change func(*milp.Model)) *milp.Model {
	m := milp.New()
	x := m.Var(milp.At("store", "level", 0), 0, 3)
	y := m.Int(milp.At("store", "units", 0), 0, 4)
	m.AtMost(milp.At("store", "limit", 0, 1), milp.Sum(x.Times(2), y.Times(3)), milp.Const(7))
	m.AtLeast(milp.Named("floor"), x.Expr(), milp.Const(1))
	m.Maximize(milp.Sum(x.Times(5), y.Times(4), milp.Const(2)))
	if change != nil {
		change(m)
	}
	return m
}

func TestDigestDiffersForEveryDatumOfAModel(t *testing.T) {
	changes := map[string]func(*milp.Model){
		"nothing":         nil,
		"lower bound":     func(m *milp.Model) { m.SetBounds(m.VarAt(0), 1, 3) },
		"upper bound":     func(m *milp.Model) { m.SetBounds(m.VarAt(0), 0, 3.0000000000000004) },
		"cost":            func(m *milp.Model) { m.SetCost(m.VarAt(1), 4.5) },
		"constant":        func(m *milp.Model) { m.AddObjective(milp.Const(1)) },
		"sense":           func(m *milp.Model) { m.Minimize(milp.Sum(m.VarAt(0).Times(5), m.VarAt(1).Times(4), milp.Const(2))) },
		"upper limit":     func(m *milp.Model) { m.SetLimits(m.RowAt(0), -milp.Inf, 8) },
		"lower limit":     func(m *milp.Model) { m.SetLimits(m.RowAt(0), -1, 7) },
		"proposal":        func(m *milp.Model) { m.Propose(m.VarAt(1), 1) },
		"other proposal":  func(m *milp.Model) { m.Propose(m.VarAt(0), 1) },
		"column":          func(m *milp.Model) { m.Var(milp.Named("z"), 0, 1) },
		"integer column":  func(m *milp.Model) { m.Int(milp.Named("z"), 0, 1) },
		"column's family": func(m *milp.Model) { m.Var(milp.Named("w"), 0, 1) },
		"column's owner":  func(m *milp.Model) { m.Var(milp.At("a", "z"), 0, 1) },
		"column's index":  func(m *milp.Model) { m.Var(milp.At("a", "z", 1), 0, 1) },
		"second index":    func(m *milp.Model) { m.Var(milp.At("a", "z", 1, 1), 0, 1) },
		"index of zero":   func(m *milp.Model) { m.Var(milp.At("a", "z", 1, 0), 0, 1) },
		"row":             func(m *milp.Model) { m.AtMost(milp.Named("r"), m.VarAt(0).Expr(), milp.Const(2)) },
		"row's name":      func(m *milp.Model) { m.AtMost(milp.Named("q"), m.VarAt(0).Expr(), milp.Const(2)) },
		"row's column":    func(m *milp.Model) { m.AtMost(milp.Named("r"), m.VarAt(1).Expr(), milp.Const(2)) },
		"coefficient":     func(m *milp.Model) { m.AtMost(milp.Named("r"), m.VarAt(0).Times(1.5), milp.Const(2)) },
	}
	seen := map[[32]byte]string{}
	for name, change := range changes {
		digest := knapsack(change).Digest()
		assert.Empty(t, seen[digest], name)
		seen[digest] = name
		assert.Equal(t, digest, knapsack(change).Digest(), "%s: built twice", name)
	}
}

func TestDigestIsThatOfTheModelNotOfItsHistory(t *testing.T) {
	want := knapsack(nil).Digest()
	assert.Equal(t, want, knapsack(func(m *milp.Model) {
		m.SetBounds(m.VarAt(0), 0, 4)
		m.SetBounds(m.VarAt(0), 0, 3)
		m.Propose(m.VarAt(0), 1)
		m.ClearProposals()
	}).Digest())
	assert.Equal(t, want, knapsack(nil).Copy().Digest())
}

func TestDigestOfALargeModelEqualsThatOfItsCopy(t *testing.T) {
	m := milp.New() // more columns than one block of its storage
	for i := range 10_000 {
		x := m.Var(milp.At(fmt.Sprint("unit", i%7), "power", i), 0, float64(i))
		m.AtMost(milp.At("net", "limit", i), x.Times(2), milp.Const(float64(i)))
	}
	digest := m.Digest()
	assert.Equal(t, digest, m.Copy().Digest())
	m.SetBounds(m.VarAt(9_999), 0, 1)
	assert.NotEqual(t, digest, m.Digest())
}

func ExampleModel_Digest() {
	build := func(limit float64) *milp.Model {
		m := milp.New()
		x := m.Var(milp.At("battery", "charge"), 0, limit)
		m.Maximize(x.Expr())
		return m
	}
	first, same, other := build(2), build(2), build(3)
	fmt.Println(first.Digest() == same.Digest(), first.Digest() == other.Digest())
	// Output: true false
}
