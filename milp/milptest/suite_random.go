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

// randomLinear returns a feasible, bounded program with random numbers; its optimum is
// nondegenerate with probability one, so that duals are unique.
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

// finiteDifferences moves the limit that holds a row, or the bound that holds a variable, by a
// little and expects the objective to move by that times the dual or reduced cost.
func (s *suite) finiteDifferences(t *testing.T) {
	const step = 1e-4 // small against the numbers of the program, large against the solver's 1e-7
	solver := s.exact()
	for seed := range uint64(12) {
		m := randomLinear(rand.New(rand.NewPCG(seed, 1)))
		base := solve(t, solver, m)
		require.Equal(t, milp.Optimal, base.Status, "seed %d", seed)
		moved := func(what string, price float64, change func(by float64)) {
			t.Helper()
			change(step)
			up := solve(t, solver, m).Objective
			change(-step)
			down := solve(t, solver, m).Objective
			change(0)
			// A program whose basis changes within the step has a kink there; both sides then differ.
			if kink := math.Abs(up + down - 2*base.Objective); kink < 1e-7 {
				assert.InDelta(t, price, (up-down)/(2*step), 1e-3, "seed %d: %s", seed, what)
			}
		}
		for i := range m.Rows() {
			row := m.RowAt(i)
			lo, hi := m.Limits(row)
			if base.Duals[i] == 0 {
				continue
			}
			moved(fmt.Sprintf("dual of row %d", i), base.Duals[i], func(by float64) { m.SetLimits(row, lo+by, hi+by) })
		}
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

// enumeration compares small pure integer programs with all their points.
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
			x[j] = n(m, fmt.Sprint("x", j), 0, top)
			cost.Add(x[j].Times(float64(rng.IntN(21) - 10)))
		}
		for range rows {
			var row milp.Expr
			for j := range x {
				row.Add(x[j].Times(float64(rng.IntN(11) - 5)))
			}
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
		if !found {
			assert.Equal(t, milp.Infeasible, got.Status, "seed %d", seed)
			continue
		}
		if assert.Equal(t, milp.Optimal, got.Status, "seed %d", seed) {
			assert.InDelta(t, best, got.Objective, tolerance, "seed %d", seed)
		}
	}
}

// enumerate tries every point of {0 … top}ⁿ.
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

// knapsack compares knapsacks of 40 items with dynamic programming over the capacity.
func (s *suite) knapsack(t *testing.T) {
	for seed := range uint64(3) {
		m, best := knapsack(seed, 40)
		got := solve(t, s.exact(), m)
		require.Equal(t, milp.Optimal, got.Status)
		assert.InDelta(t, best, got.Objective, tolerance, "seed %d", seed)
	}
}

// knapsack returns a 0-1 knapsack and its optimum.
func knapsack(seed uint64, items int) (m *milp.Model, best float64) {
	var (
		rng            = rand.New(rand.NewPCG(seed, 3))
		capacity       = 25 * items
		table          = make([]int, capacity+1) // most value within a weight
		weights, value milp.Expr
	)
	m = milp.New()
	for j := range items {
		weight := 20 + rng.IntN(80)
		worth := weight + rng.IntN(20) // weight and worth go together, which makes it hard
		x := m.Bin(milp.At("", "take", j))
		weights.Add(x.Times(float64(weight)))
		value.Add(x.Times(float64(worth)))
		for c := capacity; c >= weight; c-- {
			table[c] = max(table[c], table[c-weight]+worth)
		}
	}
	m.AtMost(milp.Named("capacity"), weights, milp.Const(float64(capacity)))
	m.Maximize(value)
	return m, float64(slices.Max(table))
}
