package milp_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// units returns two thermal units that serve a demand over some hours, with
// ramps and commitment.
func units(m *milp.Model, demand []float64) (power, on [2][]milp.Var) {
	capacity, least, ramp := [2]float64{50, 30}, [2]float64{20, 5}, [2]float64{15, 30}
	for t := range demand {
		var supply milp.Expr
		for u, name := range []string{"T1", "T2"} {
			p := m.Var(milp.At(name, "power", t), 0, capacity[u])
			b := m.Bin(milp.At(name, "on", t))
			m.AtMost(milp.At(name, "max", t), p.Expr(), b.Times(capacity[u]))
			m.AtLeast(milp.At(name, "min", t), p.Expr(), b.Times(least[u]))
			if t > 0 {
				m.AtMost(milp.At(name, "ramp_up", t), p.Expr().Minus(power[u][t-1].Expr()), milp.Const(ramp[u]))
			}
			power[u], on[u] = append(power[u], p), append(on[u], b)
			supply.Add(p.Expr())
		}
		m.Equal(milp.At("", "balance", t), supply, milp.Const(demand[t]))
	}
	return power, on
}

func TestElasticNamesTheMissedLimits(t *testing.T) {
	cases := map[string]struct {
		build func(m *milp.Model)
		want  string
	}{
		// 50 + 30 MW of capacity meet 80 of 95 and of 81.5 MW.
		"demand above all capacity": {
			func(m *milp.Model) { units(m, []float64{60, 95, 81.5}) },
			"constraints that cannot hold within the bounds of their variables (2):\n" +
				"  balance misses its lower limit by 15 at (1), 1.5 at (2)",
		},
		// T2 is out of order in hour 1. T1 gives at most the 10 of hour 0 there
		// and 15 more in hour 1, of 30 demanded. Its minimum of 20 does not
		// matter while integers may be fractions. That T2 is out of order in
		// hour 0 too has no part in it.
		"ramp too slow": {
			func(m *milp.Model) {
				_, on := units(m, []float64{10, 30})
				m.Fix(on[1][0], 0)
				m.Fix(on[1][1], 0)
			},
			"limits missed even if integers could be fractions (1):\n" +
				"  balance misses its lower limit by 5 at (1)\n" +
				"against: balance(0), T1.ramp_up(1), T2.max(1), T2.on(1)",
		},
		// Only T1 may run, at 20 or more; 12 is demanded. Fractions of a unit
		// would do.
		"below the minimum output": {
			func(m *milp.Model) {
				_, on := units(m, []float64{12})
				m.Fix(on[1][0], 0)
			},
			"limits missed in the nearest program that has a solution (1):\n" +
				"  balance misses its upper limit by 8 at (0)",
		},
		// 4 MWh stored, 0.5 per hour lost, 3 hours of at most 2 MW: at most 8.5
		// of 10 MWh.
		"final state of charge out of reach": {
			func(m *milp.Model) {
				before := milp.Const(4)
				for h := range 3 {
					charge := m.Var(milp.At("battery", "charge", h), 0, 2)
					energy := m.Var(milp.At("battery", "energy", h), 0, 12)
					m.Equal(milp.At("battery", "content", h), energy.Expr(), milp.Sum(before, charge.Expr(), milp.Const(-0.5)))
					before = energy.Expr()
				}
				m.AtLeast(milp.At("battery", "final", 3), before, milp.Const(10))
			},
			"limits missed even if integers could be fractions (1):\n" +
				"  battery.final misses its lower limit by 1.5 at (3)\n" +
				"against: battery.content(0), battery.content(1), battery.content(2), battery.charge(0), battery.charge(1), battery.charge(2)",
		},
		// Exactly one of two, and both: a row of logic has to give, since
		// nothing else is there. To be short of 2 by 1 weighs less than to be
		// above 1 by 1.
		"contradictory logic": {
			func(m *milp.Model) {
				a, b := m.Bin(milp.Named("a")), m.Bin(milp.Named("b"))
				m.Equal(milp.Named("one"), milp.Sum(a.Expr(), b.Expr()), milp.Const(1))
				m.AtLeast(milp.Named("both"), milp.Sum(a.Expr(), b.Expr()), milp.Const(2))
			},
			"limits missed even if integers could be fractions (1):\n" +
				"  both misses its lower limit by 1\nagainst: one",
		},
		// 2a + 2b = 3 has solutions in fractions only; 2 or 4 misses by 1.
		"parity": {
			func(m *milp.Model) {
				a, b := m.Bin(milp.Named("a")), m.Bin(milp.Named("b"))
				m.Equal(milp.Named("odd"), milp.Sum(a.Times(2), b.Times(2)), milp.Const(3))
			},
			"by 1",
		},
		"an integer without a value": {
			func(m *milp.Model) { m.Int(milp.At("T1", "blocks", 4), 2.25, 2.75) },
			"T1.blocks misses the next integer by 0.25 at (4)",
		},
		// 100 t are allowed, 0.5 t per MWh at 300 MWh are 150 t. The cap is a
		// third of what T1 can emit and misses 50 / 0.5 = 100 in units of
		// power, so missing the energy by 100 weighs less.
		"emission cap": {
			func(m *milp.Model) {
				p := m.Var(milp.At("T1", "power"), 0, 400)
				m.AtMost(milp.At("", "emission_cap"), p.Times(0.5), milp.Const(100))
				m.AtLeast(milp.At("", "energy"), p.Expr(), milp.Const(300))
			},
			"  energy misses its lower limit by 100\nagainst: emission_cap",
		},
	}
	s := exact(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := milp.New()
			c.build(m)
			require.NoError(t, m.Err())
			infeasibility, err := milp.Elastic(context.Background(), s, m)
			require.NoError(t, err)
			assert.Contains(t, infeasibility.String(), c.want)
		})
	}
}

// hourly is a battery that has to deliver more than it holds, and an unrelated
// hour with too much demand.
func hourly(reverse bool) *milp.Model {
	m := milp.New()
	hours := []int{0, 1, 2, 3, 4, 5}
	if reverse {
		hours = []int{5, 4, 3, 2, 1, 0}
	}
	var delivered milp.Expr
	for _, t := range hours {
		for u := range 2 {
			unit := []string{"B1", "B2"}[u]
			if reverse {
				unit = []string{"B2", "B1"}[u]
			}
			d := m.Var(milp.At(unit, "discharge", t), 0, 5)
			m.AtMost(milp.At(unit, "content", t), d.Expr(), milp.Const(4))
			delivered.Add(d.Expr())
		}
	}
	m.AtLeast(milp.Named("contract"), delivered, milp.Const(55)) // of 6·2·4 = 48
	return m
}

func TestElasticDoesNotDependOnOrder(t *testing.T) {
	s := exact(t)
	first, err := milp.Elastic(context.Background(), s, hourly(false))
	require.NoError(t, err)
	second, err := milp.Elastic(context.Background(), s, hourly(true))
	require.NoError(t, err)
	assert.Equal(t, first.Groups, second.Groups)
	assert.ElementsMatch(t, first.Against, second.Against)
	assert.Equal(t, "contract misses its lower limit by 7", first.Groups[0].String())
	assert.Len(t, first.Against, 12)
	assert.Contains(t, first.String(), "B2.content(3) and 4 more")
}

// With the contract hard, the batteries have to give: 7 in all, and no more
// than 1 each within the bounds of their variables.
func TestHardRowsHold(t *testing.T) {
	s := exact(t)
	r := milp.Relaxation{Hard: func(n milp.Name) bool { return n.Quantity == "contract" }}
	infeasibility, err := r.Diagnose(context.Background(), s, hourly(false))
	require.NoError(t, err)
	total := 0.0
	for _, g := range infeasibility.Groups {
		assert.Equal(t, "content", g.Quantity)
		assert.Equal(t, milp.RowTooHigh, g.Fault)
		for _, v := range g.List {
			assert.InDelta(t, 1, v.Amount, 1e-9)
		}
		total += g.Total
	}
	assert.InDelta(t, 7, total, 1e-9)

	// All rows are hard, so that only bounds can be relaxed.
	m := milp.New()
	x := m.Var(milp.At("T1", "power", 3), 0, 5)
	y := m.Var(milp.At("T1", "heat", 3), 0, 5)
	m.Equal(milp.Named("coupling"), x.Expr(), y.Times(2))
	m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), y.Expr()), milp.Const(9))
	r.Hard = func(milp.Name) bool { return true }
	infeasibility, err = r.Diagnose(context.Background(), s, m) // 3y ≥ 9, so x = 6
	require.NoError(t, err)
	assert.Contains(t, infeasibility.String(), "T1.power misses its upper bound by 1 at (3)\nagainst: coupling, demand")

	m.AtMost(milp.Named("other"), milp.Sum(x.Expr(), y.Expr()), milp.Const(8))
	_, err = r.Diagnose(context.Background(), s, m)
	require.ErrorIs(t, err, milp.ErrInfeasible)
}

func TestElasticOfAFeasibleProgram(t *testing.T) {
	s := exact(t)
	m := milp.New()
	units(m, []float64{60, 70})
	_, err := milp.Elastic(context.Background(), s, m)
	require.ErrorIs(t, err, milp.ErrFeasible)

	m = milp.New()
	m.AtLeast(milp.Named("r"), m.Var(milp.Named("x"), 0, 1).Expr(), milp.Const(1))
	_, err = milp.Elastic(context.Background(), s, m)
	require.ErrorIs(t, err, milp.ErrFeasible)

	m.Var(milp.Named("y"), 1, 0)
	_, err = milp.Elastic(context.Background(), s, m)
	require.ErrorContains(t, err, "variable y")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	m = milp.New()
	x := m.Var(milp.Named("x"), 0, 9)
	m.AtLeast(milp.Named("r"), x.Expr(), milp.Const(3))
	m.AtMost(milp.Named("q"), x.Expr(), milp.Const(2))
	_, err = milp.Elastic(ctx, s, m)
	require.ErrorIs(t, err, context.Canceled)
}

// early is a solver that stops the search for integers with the first solution.
type early struct{ milp.Solver }

func (s early) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	solution, err := s.Solver.Solve(ctx, m)
	if err == nil && m.Integers() > 0 && solution.Status == milp.Optimal {
		solution.Status = milp.Feasible
	}
	return solution, err
}

func TestElasticReportsAnEarlyStop(t *testing.T) {
	m := milp.New()
	_, on := units(m, []float64{12})
	m.Fix(on[1][0], 0)
	infeasibility, err := milp.Elastic(context.Background(), early{exact(t)}, m)
	require.NoError(t, err)
	assert.Contains(t, infeasibility.Summary, "found before the search stopped")
}
