package milp_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// tied is a dispatch in which most units cost the same, a demand may be moved
// between hours for nothing, and batteries mirror each other: it has a large
// face of optima. Units are added in the order given.
func tied(order []int, integers bool) *milp.Model {
	const hours = 6
	m := milp.New()
	supply := make([]milp.Expr, hours)
	var cost milp.Expr
	for _, u := range order {
		unit := string(rune('A' + u))
		price := []float64{30, 30, 30, 30, 45}[u%5]
		energy := milp.Const(2)
		for t := range hours {
			p := m.Var(milp.At(unit, "power", t), 0, 10)
			if integers {
				m.AtMost(milp.At(unit, "max", t), p.Expr(), m.Bin(milp.At(unit, "on", t)).Times(10))
			}
			c := m.Var(milp.At(unit, "charge", t), 0, 3)
			d := m.Var(milp.At(unit, "discharge", t), -3, 0) // an upper bound of 0
			e := m.Var(milp.At(unit, "energy", t), 0, 6)
			m.Equal(milp.At(unit, "content", t), e.Expr(), milp.Sum(energy, c.Expr(), d.Expr()))
			energy = e.Expr()
			supply[t].Add(p.Expr(), c.Times(-1), d.Times(-1))
			cost.Add(p.Times(price))
		}
		m.Equal(milp.At(unit, "cycle", hours), energy, milp.Const(2))
	}
	for t := range hours {
		m.Equal(milp.At("", "balance", t), supply[t], milp.Const([]float64{12, 25, 31, 18, 7, 22}[t]))
	}
	m.Minimize(cost.Plus(milp.Const(5)))
	return m
}

// byName returns values by the names of their variables.
func byName(m *milp.Model, values []float64) map[string]float64 {
	out := make(map[string]float64, len(values))
	for j, x := range values {
		out[m.VarAt(j).Name().String()] = x
	}
	return out
}

// distance is the largest difference between two solutions.
func distance(a, b map[string]float64) float64 {
	d := 0.0
	for name, x := range a {
		d = max(d, math.Abs(x-b[name]))
	}
	return d
}

// permutations of five units.
func permutations() [][]int {
	out := [][]int{{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}}
	random := rand.New(rand.NewPCG(5, 5))
	for range 4 {
		out = append(out, random.Perm(5))
	}
	return out
}

func TestTiesAreBrokenByNameNotByOrder(t *testing.T) {
	s := exact(t)
	var first map[string]float64
	plain := 0.0 // how far apart the optima are without a preference
	var firstPlain map[string]float64
	for _, order := range permutations() {
		m := tied(order, false)
		unbroken := solve(t, s, m)
		before := slices.Clone(m.Data().Cost)
		epsilon := milp.Ties{}.Break(m)
		assert.InDelta(t, 45e-6, epsilon, 1e-15)
		broken := solve(t, s, m)
		for j, c := range before {
			require.InDelta(t, c, m.Data().Cost[j], 2*epsilon)
			m.SetCost(m.VarAt(j), c)
		}
		real := m.Data().Constant
		for j, x := range broken.Values {
			real += m.Data().Cost[j] * x
		}
		assert.InEpsilon(t, unbroken.Objective, real, 1e-9, "still an optimum of the real costs")

		values := byName(m, broken.Values)
		if first == nil {
			first, firstPlain = values, byName(m, unbroken.Values)
		}
		assert.Less(t, distance(first, values), 1e-6, "order %v", order)
		plain = max(plain, distance(firstPlain, byName(m, unbroken.Values)))
	}
	assert.Greater(t, plain, 0.1, "the program of this test has no ties to break")
}

// Three of five equal units have to run, and any three will do: with a
// preference for integers it is the same three in any order, at the same cost,
// and costs of continuous variables are left alone.
func TestTiesBetweenCommitments(t *testing.T) {
	s := exact(t)
	first := ""
	for _, order := range permutations() {
		m := milp.New()
		var supply, cost milp.Expr
		for _, u := range order {
			unit := string(rune('A' + u))
			on, p := m.Bin(milp.At(unit, "on")), m.Var(milp.At(unit, "power"), 0, 10)
			m.AtMost(milp.At(unit, "max"), p.Expr(), on.Times(10))
			supply.Add(p.Expr())
			cost.Add(on.Times(100), p.Times(30))
		}
		m.AtLeast(milp.Named("demand"), supply, milp.Const(30))
		m.Minimize(cost)
		epsilon := milp.Ties{Scale: 1e-5, IntegersOnly: true}.Break(m)
		assert.InDelta(t, 1e-3, epsilon, 1e-15)
		solution := solve(t, s, m)
		running := ""
		for _, unit := range []string{"A", "B", "C", "D", "E"} {
			for j := range m.Vars() {
				switch v := m.VarAt(j); {
				case v.Name() == milp.At(unit, "on") && solution.On(v):
					running += unit
				case v.Name() == milp.At(unit, "power"):
					assert.Equal(t, 30.0, m.Cost(v))
				}
			}
		}
		assert.Len(t, running, 3)
		assert.InDelta(t, 1200, solution.Eval(cost), 1e-6)
		if first == "" {
			first = running
		}
		assert.Equal(t, first, running, "order %v", order)
	}
}

func TestTiesKeepABoundedProgramBounded(t *testing.T) {
	s := exact(t)
	for _, maximize := range []bool{false, true} {
		m := milp.New()
		x := m.Var(milp.Named("x"), 0, milp.Inf) // rays without cost in every direction
		y := m.Var(milp.Named("y"), -milp.Inf, 0)
		m.Var(milp.Named("z"), -milp.Inf, milp.Inf)
		w := m.Var(milp.Named("w"), 1, 2)
		m.AtLeast(milp.Named("r"), milp.Sum(x.Expr(), y.Times(-1), w.Expr()), milp.Const(1))
		if maximize {
			m.Maximize(w.Times(-10))
		} else {
			m.Minimize(w.Times(10))
		}
		milp.Ties{Scale: 1e-3}.Break(m)
		solution := solve(t, s, m)
		assert.InDelta(t, 0, solution.Value(x), 1e-9)
		assert.InDelta(t, 0, solution.Value(y), 1e-9)
		assert.InDelta(t, 1, solution.Value(w), 1e-9)
	}
}

// The preference moves a variable to its lower bound, or to its upper bound if
// it has no lower one. A free variable gets no preference. The sign is reversed
// for a maximum.
func TestTiesDrawTowardsBounds(t *testing.T) {
	for _, sign := range []float64{1, -1} {
		m := milp.New()
		both, below := m.Var(milp.Named("both"), -2, 2), m.Var(milp.Named("below"), 0, milp.Inf)
		above, free := m.Var(milp.Named("above"), -milp.Inf, 0), m.Var(milp.Named("free"), -milp.Inf, milp.Inf)
		if sign < 0 {
			m.Maximize(milp.Const(0))
		}
		milp.Ties{Scale: 1}.Break(m)
		for v, want := range map[milp.Var]float64{both: 1, below: 1, above: -1, free: 0} {
			cost := sign * m.Cost(v) * want
			if want == 0 {
				assert.Zero(t, m.Cost(v))
			} else {
				assert.True(t, cost >= 1 && cost < 2, "%v costs %g", v.Name(), m.Cost(v))
			}
		}
	}
}

func TestTiesOfAModelWithoutCosts(t *testing.T) {
	m := milp.New()
	m.Var(milp.Named("x"), 0, 1)
	assert.Equal(t, 0.5, milp.Ties{Scale: 0.5}.Break(m))
	assert.GreaterOrEqual(t, m.Data().Cost[0], 0.5)
	assert.Less(t, m.Data().Cost[0], 1.0)
}

func TestCanonicalSolutionIsOneOfTheOptima(t *testing.T) {
	s := exact(t)
	for _, integers := range []bool{false, true} {
		var first map[string]float64
		for _, order := range permutations() {
			m := tied(order, integers)
			if integers { // decided beforehand, since which integers are optimal stays the solver's choice
				for j := range m.Vars() {
					if v := m.VarAt(j); m.IsInteger(v) {
						m.Fix(v, 1)
					}
				}
			}
			solution := solve(t, s, m)
			canonical, err := milp.Canonical(context.Background(), s, m, solution)
			require.NoError(t, err)
			require.NoError(t, canonical.Verify(m, 1e-7))
			assert.InEpsilon(t, solution.Objective, canonical.Objective, 1e-9)
			assert.Equal(t, integers, canonical.Duals == nil)
			values := byName(m, canonical.Values)
			if first == nil {
				first = values
			}
			assert.Less(t, distance(first, values), 1e-6, "order %v", order)
		}
	}

	// The costs draw x + y up to their row, the preference would draw them down
	// to 0.
	m := milp.New()
	x, y := m.Var(milp.Named("x"), 0, 10), m.Var(milp.Named("y"), 0, 10)
	m.AtMost(milp.Named("r"), milp.Sum(x.Expr(), y.Expr()), milp.Const(1))
	m.Maximize(milp.Sum(x.Times(3), y.Times(3)))
	canonical, err := milp.Canonical(context.Background(), s, m, solve(t, s, m))
	require.NoError(t, err)
	assert.InDelta(t, 3, canonical.Objective, 1e-9)

	_, err = milp.Canonical(context.Background(), s, m, &milp.Solution{Status: milp.Infeasible})
	require.ErrorIs(t, err, milp.ErrInfeasible)
}

// Reading 2 + 3: two units of 10 MW at 30 and 50, a start cost of 100 for the
// second. 15 MW are served by both, 10 + 5. With the units fixed one more MW
// costs 50; one more MW of the first unit saves 20. The linear relaxation would
// pay 60 per MW, as it starts a tenth of a unit for each.
func TestPricesWithIntegersFixed(t *testing.T) {
	s := exact(t)
	m := milp.New()
	a, b := m.Var(milp.At("A", "power"), 0, 10), m.Var(milp.At("B", "power"), 0, 10)
	on := m.Bin(milp.At("B", "on"))
	limit := m.AtMost(milp.At("A", "max"), a.Expr(), milp.Const(10))
	m.AtMost(milp.At("B", "max"), b.Expr(), on.Times(10))
	demand := m.AtLeast(milp.Named("demand"), milp.Sum(a.Expr(), b.Expr()), milp.Const(15))
	m.SetBounds(a, 0, milp.Inf) // so that the row alone limits it and its price is unique
	m.Minimize(milp.Sum(a.Times(30), b.Times(50), on.Times(100)))

	solution := solve(t, s, m)
	require.InDelta(t, 650, solution.Objective, 1e-6) // 300 + 250 + 100
	prices, err := milp.Prices(context.Background(), s, m, solution)
	require.NoError(t, err)
	assert.InDelta(t, 50, prices.Of(demand), 1e-9)
	assert.InDelta(t, -20, prices.Of(limit), 1e-9)
	assert.InDelta(t, 650, prices.Objective, 1e-6)
	assert.Equal(t, 1, prices.Fixed)
	assert.Equal(t, "integers fixed", prices.Label())

	relaxed := m.Relaxed()
	solution = solve(t, s, relaxed)
	prices, err = milp.Prices(context.Background(), s, relaxed, solution)
	require.NoError(t, err)
	assert.InDelta(t, 60, prices.Rows[demand.Index()], 1e-9)
	assert.Equal(t, "linear program", prices.Label())

	_, err = milp.Prices(context.Background(), s, m, &milp.Solution{Status: milp.NoSolution})
	require.ErrorIs(t, err, milp.ErrNoSolution)
}
