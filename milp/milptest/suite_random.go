package milptest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// randomLinear returns a feasible and bounded program with random numbers. Rows
// are drawn around a random point, which satisfies all of them. The optimum is
// nondegenerate with probability one, so that duals are unique. The size is 3
// to 10 columns and 2 to 9 rows, small enough for many solves.
func randomLinear(rng *rand.Rand) *milp.Model {
	m := milp.New()
	cols, rows := 3+rng.IntN(8), 2+rng.IntN(8)
	x := make([]milp.Var, cols)
	point := make([]float64, cols) // satisfies every row
	var cost milp.Expr
	for j := range x {
		lo := -5 + 5*rng.Float64()
		x[j] = v(m, fmt.Sprint("x", j), lo, lo+1+9*rng.Float64())
		lo, hi := x[j].Bounds()
		point[j] = lo + (hi-lo)*rng.Float64()
		cost.Add(x[j].Times(rng.NormFloat64()))
	}
	for i := range rows {
		var row milp.Expr
		for j := range x {
			if rng.Float64() < 0.6 {
				row.Add(x[j].Times(rng.NormFloat64()))
			}
		}
		// The limit is placed on the feasible side of the row's value at the
		// point.
		at := row.Value(point)
		name := milp.At("", "row", i)
		switch rng.IntN(4) {
		case 0:
			m.AtMost(name, row, milp.Const(at+rng.Float64()))
		case 1:
			m.AtLeast(name, row, milp.Const(at-rng.Float64()))
		case 2:
			m.Between(name, milp.Const(at-rng.Float64()), row, milp.Const(at+rng.Float64()))
		case 3:
			if i < cols-1 { // fewer equations than variables
				m.Equal(name, row, milp.Const(at))
			}
		}
	}
	cost.Add(milp.Const(rng.NormFloat64()))
	if rng.IntN(2) == 0 {
		m.Maximize(cost)
	} else {
		m.Minimize(cost)
	}
	return m
}

// finiteDifferences compares duals and reduced costs with central differences:
//
//	dual ≈ (f(limit + step) − f(limit − step)) / (2 step)
//
// with f the optimal objective as a function of a row's limit or a variable's
// bound. f is piecewise linear, so that the quotient is exact if no kink is
// within the step. The test is independent of the duality conditions of
// [Verify].
func (s *suite) finiteDifferences(t *testing.T) {
	const step = 1e-4 // small against the program's numbers, large against 1e-7
	solver := s.exact()
	for seed := range uint64(12) {
		m := randomLinear(rand.New(rand.NewPCG(seed, 1)))
		base := solve(t, solver, m)
		require.Equal(t, milp.Optimal, base.Status, "seed %d", seed)
		// moved shifts a limit by ±step and compares the quotient with the
		// price.
		moved := func(what string, price float64, change func(by float64)) {
			t.Helper()
			change(step)
			up := solve(t, solver, m).Objective
			change(-step)
			down := solve(t, solver, m).Objective
			change(0)
			// If the basis changes within the step, f has a kink and the
			// difference quotient is no derivative.
			if kink := math.Abs(up + down - 2*base.Objective); kink < 1e-7 {
				assert.InDelta(t, price, (up-down)/(2*step), 1e-3, "seed %d: %s", seed, what)
			}
		}
		// A row with dual 0 is not at a limit, so that its derivative is 0 by
		// definition.
		for i := range m.Rows() {
			row := m.RowAt(i)
			lo, hi := m.Limits(row)
			if base.Duals[i] == 0 {
				continue
			}
			moved(fmt.Sprintf("dual of row %d", i), base.Duals[i], func(by float64) { m.SetLimits(row, lo+by, hi+by) })
		}
		// A bound of a variable acts like a row: its reduced cost is the
		// derivative.
		for j := range m.Vars() {
			x := m.VarAt(j)
			lo, hi := x.Bounds()
			if base.ReducedCosts[j] == 0 {
				continue
			}
			moved(fmt.Sprintf("reduced cost of %d", j), base.ReducedCosts[j], func(by float64) { m.SetBounds(x, lo+by, hi+by) })
		}
	}
}

// enumeration compares small integer programs with the best of all their
// points: 4⁵ = 1024 points for 5 variables in {0 … 3}, with integer
// coefficients, so that all comparisons are exact.
func (s *suite) enumeration(t *testing.T) {
	const cols, rows, top = 5, 4, 3
	solver := s.exact()
	for seed := range uint64(25) {
		var (
			rng  = rand.New(rand.NewPCG(seed, 2))
			m    = milp.New()
			x    = make([]milp.Var, cols)
			cost milp.Expr
		)
		for j := range x {
			// Five variables of four values have 1024 points, few enough to
			// look at each.
			x[j] = n(m, fmt.Sprint("x", j), 0, top)
			cost.Add(x[j].Times(float64(rng.IntN(21) - 10)))
		}
		for range rows {
			var row milp.Expr
			for j := range x {
				row.Add(x[j].Times(float64(rng.IntN(11) - 5)))
			}
			// A quarter of the rows are equations, of which few have integer
			// solutions. Infeasible programs are therefore part of the test. A
			// quarter of the rows are equations, so that some programs are
			// infeasible.
			if rng.IntN(4) == 0 {
				equal(m, float64(rng.IntN(6)), row)
			} else {
				atMost(m, float64(rng.IntN(8)-1), row)
			}
		}
		maximise := seed%2 == 0
		if maximise {
			m.Maximize(cost)
		} else {
			m.Minimize(cost)
		}

		best, found := enumerate(m.Data(), top)
		got := solve(t, solver, m)
		// No point at all: the solver must not return one within its
		// tolerances.
		if !found {
			assert.Equal(t, milp.Infeasible, got.Status, "seed %d", seed)
			continue
		}
		if assert.Equal(t, milp.Optimal, got.Status, "seed %d", seed) {
			assert.InDelta(t, best, got.Objective, tolerance, "seed %d", seed)
		}
	}
}

// enumerate returns the best objective over all points of {0 … top}ⁿ; found is
// false if none is feasible.
func enumerate(d milp.Data, top int) (best float64, found bool) {
	x := make([]float64, len(d.Cost))
	for {
		feasible := true
		for i := range d.RowLower {
			if a := activity(d, i, x); a < d.RowLower[i] || a > d.RowUpper[i] {
				feasible = false
				break
			}
		}
		if feasible {
			objective := d.Constant
			for j, c := range d.Cost {
				objective += c * x[j]
			}
			if !found || d.Maximize && objective > best || !d.Maximize && objective < best {
				best, found = objective, true
			}
		}
		// Count upwards in base top+1: the first digit below top increases, all
		// before it return to 0.
		j := 0
		for ; j < len(x); j++ {
			if x[j]++; x[j] <= float64(top) {
				break
			}
			x[j] = 0
		}
		if j == len(x) {
			return best, found
		}
	}
}

// knapsack compares knapsacks of 40 items with dynamic programming over the
// capacity.
func (s *suite) knapsack(t *testing.T) {
	for seed := range uint64(3) {
		m, best := knapsack(seed, 40)
		got := solve(t, s.exact(), m)
		require.Equal(t, milp.Optimal, got.Status)
		assert.InDelta(t, best, got.Objective, tolerance, "seed %d", seed)
	}
}

// knapsack returns a 0-1 knapsack and its optimum. table[c] is the largest
// value of items with a total weight of at most c.
func knapsack(seed uint64, items int) (m *milp.Model, best float64) {
	var (
		rng            = rand.New(rand.NewPCG(seed, 3))
		capacity       = 25 * items
		table          = make([]int, capacity+1) // largest value per weight
		weights, value milp.Expr
	)
	m = milp.New()
	for j := range items {
		weight := 20 + rng.IntN(80)
		worth := weight + rng.IntN(20) // close to the weight, which makes the program hard
		x := m.Bin(milp.At("", "take", j))
		weights.Add(x.Times(float64(weight)))
		value.Add(x.Times(float64(worth)))
		// From the largest capacity downwards, so that each item is taken at
		// most once.
		for c := capacity; c >= weight; c-- {
			table[c] = max(table[c], table[c-weight]+worth)
		}
	}
	m.AtMost(milp.Named("capacity"), weights, milp.Const(float64(capacity)))
	m.Maximize(value)
	return m, float64(slices.Max(table))
}
