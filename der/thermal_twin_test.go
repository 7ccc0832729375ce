package der_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// The thermal unit of a published-style day-ahead case, stated a second time
// row by row: 6 to 20 MW, the first 14 MW at 36 and the rest at 47 per MWh, 110
// per hour on, 420 per start, ramps 5 MW/h, 8 MW from and to standstill, 4 h
// up, 3 h down, off for two hours before. Hourly prices, two futures.
func TestThermalAgreesWithAProgramWrittenByHand(t *testing.T) {
	lambda := []float64{
		42.5, 38.1, 35.4, 33.0, 34.2, 41.7, 58.3, 79.6, 88.4, 71.2, 49.5, 28.8,
		9.4, -6.5, -11.2, 6.8, 31.9, 64.7, 96.3, 124.8, 118.2, 92.6, 69.9, 51.3,
	}
	const carbon, factor, quota = 60, 0.82, 0.52
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: len(lambda)}, []float64{0.7, 0.3})
	require.NoError(t, err)
	price := func(s, t int) float64 { return lambda[t] * []float64{1, 0.6}[s] }

	u := &der.Thermal{
		ID: "unit", MinOutput: 6, MaxOutput: 20, RampUp: optional.Of(5), RampDown: optional.Of(5), StartOutput: optional.Of(8), StopOutput: optional.Of(8),
		MinUp: 4, MinDown: 3, Before: der.ThermalState{Hours: optional.Of(2)},
		Curve:   der.CurveOf(6, 110, der.Block{UpTo: 14, Price: 36}, der.Block{UpTo: 20, Price: 47}),
		StartUp: []der.StartCost{{Cost: 420}}, EmissionFactor: factor, Quota: quota,
	}
	solver := testsolver.New(t)
	for _, u.Formulation = range []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight} {
		m := milp.New()
		terms := u.Model(m, milp.Const(1), der.Context{Set: set})
		var profit milp.Expr
		for s := range terms {
			p := set.Probability(s)
			profit.Add(terms[s].Cost.Times(-p))
			for i := range lambda {
				profit.Add(terms[s].Injected[i].Times(p*price(s, i)),
					terms[s].Emission[i].Times(-carbon*p), terms[s].Allowance[i].Times(carbon*p))
			}
		}
		m.Maximize(profit)
		ours, err := solver.Solve(t.Context(), m)
		require.NoError(t, err)
		require.NoError(t, ours.Err())
		twin, err := solver.Solve(t.Context(), thermalTwin(set, price, carbon*(factor-quota)))
		require.NoError(t, err)
		require.NoError(t, twin.Err())
		assert.InDelta(t, twin.Objective, ours.Objective, 1e-6, u.Formulation)
		assert.Greater(t, ours.Objective, 1000.0, "the unit runs")
		assert.Equal(t, 0.0, terms[0].Traces[0].Values[0].Value(ours.Values), "off for two of three hours: off in the first")
	}
}

// thermalTwin states rows (T1) to (T6) of the case's text with integer starts
// and stops.
func thermalTwin(set *scenario.Set, price func(s, t int) float64, carbon float64) *milp.Model {
	var (
		m       = milp.New()
		T       = set.Steps()
		u, v, w = make([]milp.Expr, T), make([]milp.Expr, T), make([]milp.Expr, T)
		zero    = milp.Const(0)
		profit  milp.Expr
	)
	for t := range T {
		u[t], v[t], w[t] = m.Bin(milp.At("", "u", t)).Expr(), m.Bin(milp.At("", "v", t)).Expr(), m.Bin(milp.At("", "w", t)).Expr()
		before := zero
		if t > 0 {
			before = u[t-1]
		}
		m.Equal(milp.At("", "T1", t), u[t].Minus(before), v[t].Minus(w[t]))
		m.AtMost(milp.At("", "T2", t), milp.Sum(v[t], w[t]), milp.Const(1))
		m.AtMost(milp.At("", "T3", t), milp.Sum(v[max(0, t-3):t+1]...), u[t])
		stops := milp.Sum(w[max(0, t-2) : t+1]...)
		if t == 0 {
			stops = stops.Plus(milp.Const(1)) // stopped two steps before the first
		}
		m.AtMost(milp.At("", "T4", t), stops, milp.Const(1).Minus(u[t]))
	}
	for s := range set.Len() {
		p := set.Probability(s)
		last, wasOn := zero, zero
		for t := range T {
			at := func(what string) milp.Name { return milp.At("", what, s, t) }
			g, d1, d2 := m.Var(at("g"), 0, 20).Expr(), m.Var(at("d1"), 0, 8).Expr(), m.Var(at("d2"), 0, 6).Expr()
			m.Equal(at("T5"), g, milp.Sum(u[t].Times(6), d1, d2))
			m.AtMost(at("T5a"), d1, u[t].Times(14-6))
			m.AtMost(at("T5b"), d2, u[t].Times(20-14))
			m.AtMost(at("T6up"), g.Minus(last), milp.Sum(wasOn.Times(5), v[t].Times(8)))
			m.AtMost(at("T6down"), last.Minus(g), milp.Sum(u[t].Times(5), w[t].Times(8)))
			profit.Add(g.Times(p*(price(s, t)-carbon)), u[t].Times(-p*(110+36*6)), v[t].Times(-p*420), d1.Times(-p*36), d2.Times(-p*47))
			last, wasOn = g, u[t]
		}
	}
	m.Maximize(profit)
	return m
}
