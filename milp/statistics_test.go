package milp

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDescribeCountsAndFindsExtremes(t *testing.T) {
	m := New()
	x := m.Var(At("T1", "x", 0), -5, Inf)
	y := m.Int(Named("y"), 0, 20)
	b := m.Bin(Named("b"))
	m.Equal(Named("first"), Sum(x.Times(2), y.Times(-3)), Const(40))
	m.AtMost(At("T1", "second", 1), Sum(x.Times(0.5), b.Times(-700)), Const(0))
	m.Between(Named("third"), Const(-8), y.Expr(), Const(Inf))
	m.Minimize(Sum(x.Times(-9), b.Times(0.25)))

	s := Describe(m)
	assert.Equal(t, Statistics{
		Vars: 3, Integers: 2, Binaries: 1, Rows: 3, Equalities: 1, Nonzeros: 5,
		Coefficients: Extent{
			0.5, 700,
			Place{At("T1", "second", 1), At("T1", "x", 0)},
			Place{At("T1", "second", 1), Named("b")},
		},
		Costs:          Extent{0.25, 9, Place{Column: Named("b")}, Place{Column: At("T1", "x", 0)}},
		Bounds:         Extent{1, 20, Place{Column: Named("b")}, Place{Column: Named("y")}},
		RightHandSides: Extent{8, 40, Place{Row: Named("third")}, Place{Row: Named("first")}},
	}, s)
	assert.Empty(t, s.Warnings())
	assert.Equal(t, `3 variables (2 integer, of which 1 binary), 3 constraints (1 equalities), 5 nonzeros
coefficients     [0.5, 700]
costs            [0.25, 9]
bounds           [1, 20]
right-hand sides [8, 40]
`, s.String())
}

func TestWideSpreadsAreNamedWithAdvice(t *testing.T) {
	m := New()
	x, on := m.Var(At("T1", "x", 0), 0, 1e9), m.Bin(Named("on"))
	m.AtMost(At("T1", "max", 0), x.Times(1e-3), on.Times(1e6))
	m.AtMost(Named("tiny"), x.Expr(), Const(1e-4))
	m.AtMost(Named("huge"), x.Expr(), Const(1e5))
	m.Minimize(Sum(x.Times(1e-5), on.Times(1e4)))
	s := Describe(m)
	assert.Equal(t, 1e9, s.Coefficients.Ratio())
	warnings := s.Warnings()
	assert.Len(t, warnings, 4)
	assert.Contains(t, warnings[0], "coefficients spread over a factor of 1.0e+09, from 0.001 (T1.max(0) × T1.x(0)) to 1e+06 (T1.max(0) × on)")
	assert.Contains(t, warnings[1], "costs spread over a factor of 1.0e+09, from 1e-05 (T1.x(0)) to 10000 (on)")
	assert.Contains(t, warnings[2], "from 0.0001 (tiny) to 100000 (huge)")
	assert.Contains(t, warnings[3], "a bound of 1e+09 (T1.x(0)) is large")
	assert.Contains(t, s.String(), "warning: a bound of 1e+09")
}

func TestDescribeOfAnEmptyModel(t *testing.T) {
	s := Describe(New())
	assert.Equal(t, Statistics{}, s)
	assert.Equal(t, 1.0, s.Coefficients.Ratio())
	assert.Empty(t, s.Warnings())
	assert.Contains(t, s.String(), "coefficients     none\n")
}
