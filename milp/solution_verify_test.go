package milp

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checked is x + 100 y between 2 and 300 with x in [0, 4], y integer in [1, 3].
func checked() *Model {
	m := New()
	x, y := m.Var(At("T1", "x", 0), 0, 4), m.Int(Named("y"), 1, 3)
	m.Between(At("T1", "sum", 0, 2), Const(2), Sum(x.Expr(), y.Times(100)), Const(300))
	m.AtLeast(Named("y_min"), y.Expr(), Const(1))
	m.Maximize(x.Expr().Plus(Const(7)))
	return m
}

func TestVerifyFindsEachKindOfFault(t *testing.T) {
	m := checked()
	require.Nil(t, Verify(m, []float64{4, 2}, 0))
	require.Nil(t, Verify(m, []float64{-9e-7, 2 + 9e-7}, 0), "within 1e-6")
	require.Nil(t, Verify(m, []float64{-0.04, 2.05}, 0.1), "within the tolerance asked for")

	cases := []struct {
		values []float64
		want   []Violation
	}{
		{[]float64{-0.5, 2}, []Violation{{At("T1", "x", 0), TooLow, -0.5, 0, 0.5, 0.5}}},
		{[]float64{5, 2}, []Violation{{At("T1", "x", 0), TooHigh, 5, 4, 1, 0.25}}},
		{[]float64{0, 1.5}, []Violation{{Named("y"), NotInteger, 1.5, 2, 0.5, 0.5}}},
		// 4 + 300 is 4 above 300, whose scale is 300.
		{[]float64{4, 3}, []Violation{{At("T1", "sum", 0, 2), RowTooHigh, 304, 300, 4, 4.0 / 300}}},
		// y = 0 is below its bound and its row by 1, the sum below 2 by 2 on a
		// scale of 2.
		{[]float64{0, 0}, []Violation{
			{Named("y"), TooLow, 0, 1, 1, 1},
			{At("T1", "sum", 0, 2), RowTooLow, 0, 2, 2, 1},
			{Named("y_min"), RowTooLow, 0, 1, 1, 1},
		}},
	}
	for _, c := range cases {
		v := Verify(m, c.values, 0)
		require.NotNil(t, v, "%v", c.values)
		assert.Equal(t, c.want, v.List)
	}

	v := Verify(m, []float64{math.NaN(), 2}, 0)
	require.Len(t, v.List, 1)
	assert.Equal(t, NotFinite, v.List[0].Fault)
	assert.Panics(t, func() { Verify(m, []float64{1}, 0) })
}

func TestViolationsReadWell(t *testing.T) {
	v := Verify(checked(), []float64{4, 3.25}, 0)
	assert.Equal(t, `milp: 3 violations beyond a tolerance of 1e-06:
  variable y is 3.25, not an integer (by 0.25)
  constraint T1.sum(0,2) is 329, above 300 (by 29, relative 0.089)
  variable y is 3.25, above 3 (by 0.25, relative 0.083)`, v.Error())

	m := New()
	for j := range 30 {
		m.Var(At("", "x", j), 1, 2)
	}
	assert.Contains(t, Verify(m, make([]float64, 30), 0).Error(), "x(19) is 0, below 1 (by 1, relative 1)\n  and 10 more")
}

func TestSolutionsAreVerified(t *testing.T) {
	m := checked()
	require.NoError(t, (&Solution{Status: Optimal, Objective: 11, Values: []float64{4, 2}}).Verify(m, 0))
	require.ErrorContains(t, (&Solution{Status: Optimal, Objective: 10, Values: []float64{4, 2}}).Verify(m, 0), "reported as 10, but the values cost 11")
	require.ErrorIs(t, (&Solution{Status: Infeasible}).Verify(m, 0), ErrInfeasible)
	require.ErrorContains(t, (&Solution{Status: Optimal, Values: []float64{4}}).Verify(m, 0), "the solution has 1 values, the model has 2 variables")

	err := (&Solution{Status: Optimal, Objective: 12, Values: []float64{5, 2}}).Verify(m, 0)
	var violations *Violations
	require.ErrorAs(t, err, &violations)
	assert.Len(t, violations.List, 1)
}

func TestSolutionAnswersWithoutValues(t *testing.T) {
	m := New()
	x := m.Var(Named("x"), 0, 1)
	r := m.AtMost(Named("r"), x.Expr(), Const(1))
	var s Solution
	assert.True(t, math.IsNaN(s.Value(x)) && math.IsNaN(s.Eval(x.Expr())) && math.IsNaN(s.Dual(r)))
	assert.False(t, s.On(x))
	for status, want := range map[Status]error{
		Optimal: nil, Feasible: nil, Infeasible: ErrInfeasible, Undecided: ErrInfeasible, Unbounded: ErrUnbounded, NoSolution: ErrNoSolution, 0: ErrNoSolution,
	} {
		assert.ErrorIs(t, (&Solution{Status: status}).Err(), want, status.String())
	}
	undecided := (&Solution{Status: Undecided}).Err()
	require.ErrorIs(t, undecided, ErrUnbounded)
	require.EqualError(t, undecided, "the program has no solution, or the program has no finite optimum")
}
