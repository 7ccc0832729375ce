package der_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// BenchmarkThermalFormulations solves, per formulation of its turbine, the day
// of a turbine and a wind farm that serve a demand of their own in ten futures:
// what is missing is bought, what is left is sold at 0.35 of that price. It
// reports how far the linear relaxation is from the optimum.
func BenchmarkThermalFormulations(b *testing.B) {
	for _, f := range []der.Formulation{der.Plain, der.PGLib, der.Tight} {
		b.Run(f.String(), func(b *testing.B) {
			testsolver.New(b)
			m := turbineAndWind(b, f)
			relaxed, err := highs.Solver{}.Solve(context.Background(), m.Relaxed())
			require.NoError(b, err)
			var best *milp.Solution
			for b.Loop() {
				best, err = highs.Solver{Gap: 1e-4}.Solve(context.Background(), m)
				require.NoError(b, err)
			}
			b.ReportMetric(100*(best.Objective-relaxed.Objective)/math.Abs(best.Objective), "%gap")
		})
	}
}

func turbineAndWind(b *testing.B, f der.Formulation) *milp.Model {
	const scenarios = 10
	var (
		random       = rand.New(rand.NewPCG(1, 2))
		wind, demand [][]float64
	)
	for range scenarios {
		w, d, z := make([]float64, 24), make([]float64, 24), 0.0
		for t := range w {
			z = 0.8*z + 0.6*random.NormFloat64()
			w[t] = 8 * min(1, max(0, 0.45+0.15*math.Sin(float64(t)/4)+0.18*z))
			d[t] = 8 + 2.5*math.Sin(float64(t-8)/24*2*math.Pi) + 0.8*random.NormFloat64()
		}
		wind, demand = append(wind, w), append(demand, d)
	}
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 24}, scenario.Equal(scenarios))
	require.NoError(b, err)
	require.NoError(b, set.Add("wind", "MW", wind))
	u := turbine()
	u.Formulation = f
	var (
		m     = milp.New()
		c     = der.Context{Set: set}
		units = [][]der.Terms{
			u.Model(m, milp.Const(1), c),
			(&der.Wind{ID: "wind", Capacity: optional.Of(8), Available: "wind"}).Model(m, milp.Const(1), c),
		}
		cost milp.Expr
	)
	for s := range scenarios {
		for t := range 24 {
			price := []float64{210, 560, 560, 400}[t/6] / scenarios
			net := milp.Sum(units[0][s].Net(t), units[1][s].Net(t))
			bought := m.Var(milp.At("vpp", "bought", s, t), 0, milp.Inf).Expr()
			sold := m.Var(milp.At("vpp", "sold", s, t), 0, milp.Inf).Expr()
			m.Equal(milp.At("vpp", "balance", s, t), net.Plus(bought, sold.Times(-1)), milp.Const(demand[s][t]))
			cost.Add(bought.Times(price), sold.Times(-0.35*price))
		}
		cost.Add(units[0][s].Cost.Times(1.0 / scenarios))
	}
	m.Minimize(cost)
	return m
}
