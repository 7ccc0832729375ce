package vpp_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// with returns the same day with n equally likely scenarios of wind and sun,
// each a mix of two of the file's, so that they keep its shape over the hours.
func (x *dayAhead) with(n int) *dayAhead {
	out := *x
	d := &out.Data
	d.Prob, d.WIND, d.PV = nil, nil, nil
	random := rand.New(rand.NewPCG(40, 24))
	for range n {
		i, j, share := random.IntN(len(x.Data.Prob)), random.IntN(len(x.Data.Prob)), random.Float64()
		mix := func(paths [][]float64) []float64 {
			path := make([]float64, len(d.LAM))
			for t := range path {
				path[t] = (share*paths[i][t] + (1-share)*paths[j][t]) * (0.9 + 0.2*random.Float64())
			}
			return path
		}
		d.Prob = append(d.Prob, 1/float64(n))
		d.WIND, d.PV = append(d.WIND, mix(x.Data.WIND)), append(d.PV, mix(x.Data.PV))
	}
	return &out
}

// plain states case B of the file row by row as the file does, without any of
// the library's DERs: the textbook's program, with every binary that it names.
func (x *dayAhead) plain(w weights.Vector) *milp.Model {
	var (
		d             = x.Data
		m             = milp.New()
		steps         = len(d.LAM)
		e, u, v, stop = make([]milp.Expr, steps), make([]milp.Expr, steps), make([]milp.Expr, steps), make([]milp.Expr, steps)
		k             = make([]milp.Expr, steps)
		called        milp.Expr
		objective     milp.Expr
		row           = func(what string, t int) milp.Name { return milp.At("", what, t) }
		before        = func(path []milp.Expr, t int) milp.Expr { return sumOf(path, t-1, t-1) }
	)
	for t := range steps {
		e[t] = m.Var(row("position", t), d.EMin, d.EMax).Expr()
		u[t], v[t], stop[t] = m.Bin(row("on", t)).Expr(), m.Bin(row("start", t)).Expr(), m.Bin(row("stop", t)).Expr()
		k[t] = m.Bin(row("mode", t)).Expr()
		called.Add(k[t])
	}
	for t := range steps {
		m.Equal(row("T1", t), u[t].Minus(before(u, t)), v[t].Minus(stop[t]))
		m.AtMost(row("T2", t), v[t].Plus(stop[t]), milp.Const(1))
		m.AtMost(row("T3", t), sumOf(v, t-int(d.UT)+1, t), u[t])
		history := 0.0
		if t-int(d.DT)+1 <= -2 { // the DER was stopped two hours before the day
			history = 1
		}
		m.AtMost(row("T4", t), sumOf(stop, t-int(d.DT)+1, t).Plus(u[t]), milp.Const(1-history))
	}
	m.AtMost(milp.Named("Kmax"), called, milp.Const(d.Kmax))

	z := m.Var(milp.Named("VaR"), -milp.Inf, milp.Inf).Expr()
	tail := z
	for s, probability := range d.Prob {
		var (
			at              = func(what string, t int) milp.Name { return milp.At("", what, s, t) }
			some            = func(what string, t int, most float64) milp.Expr { return m.Var(at(what, t), 0, most).Expr() }
			g, soc          = make([]milp.Expr, steps), milp.Const(d.E0)
			output          milp.Expr
			owed            milp.Expr
			economic, green milp.Expr
			imbalance       milp.Expr
		)
		for t := range steps {
			wind, sun := some("wind", t, d.WIND[s][t]), some("sun", t, d.PV[s][t])
			d1, d2 := some("d1", t, milp.Inf), some("d2", t, milp.Inf)
			g[t] = some("g", t, milp.Inf)
			m.Equal(at("T5", t), g[t], milp.Sum(u[t].Times(d.Pmin), d1, d2))
			m.AtMost(at("T5_1", t), d1, u[t].Times(d.B1-d.Pmin))
			m.AtMost(at("T5_2", t), d2, u[t].Times(d.Pmax-d.B1))
			m.AtMost(at("T6_up", t), g[t].Minus(output), milp.Sum(before(u, t).Times(d.RU), v[t].Times(d.SU)))
			m.AtMost(at("T6_down", t), output.Minus(g[t]), milp.Sum(u[t].Times(d.RD), stop[t].Times(d.SD)))
			output = g[t]

			charge, discharge := some("ch", t, milp.Inf), some("dis", t, milp.Inf)
			charging := m.Bin(at("m", t)).Expr()
			next := m.Var(at("soc", t), d.Emin, d.Emax)
			if t == steps-1 {
				m.Fix(next, d.E0)
			}
			m.Equal(at("B1", t), next.Expr(), milp.Sum(soc, charge.Times(d.Etac), discharge.Times(-1/d.Etad)))
			m.AtMost(at("B2_charge", t), charge, charging.Times(d.Pch))
			m.AtMost(at("B2_discharge", t), discharge, milp.Const(d.Pdis).Minus(charging.Times(d.Pdis)))
			soc = next.Expr()

			cut, back := some("c", t, milp.Inf), some("r", t, milp.Inf)
			m.AtMost(at("D1_cut", t), cut, k[t].Times(d.Cmax))
			m.AtMost(at("D1_back", t), back, milp.Const(d.Rmax).Minus(k[t].Times(d.Rmax)))
			owed = owed.Plus(cut, back.Times(-1))
			if t < steps-1 {
				m.AtLeast(at("D2", t), owed, milp.Const(0))
			} else {
				m.Equal(at("D2", t), owed, milp.Const(0))
			}

			net := milp.Sum(wind, sun, g[t], discharge, charge.Times(-1), cut, back.Times(-1), milp.Const(-d.LOAD[t]))
			long, short := some("lo", t, milp.Inf), some("sh", t, milp.Inf)
			m.Equal(at("N1", t), net.Minus(e[t]), long.Minus(short))

			spilt := milp.Const(d.WIND[s][t] + d.PV[s][t]).Minus(wind.Plus(sun))
			economic = economic.Plus(net.Times(d.LAM[t]), u[t].Times(-d.NL-d.MC1*d.Pmin), v[t].Times(-d.CS), d1.Times(-d.MC1), d2.Times(-d.MC2),
				discharge.Times(-d.DEG), cut.Times(-d.DRP), spilt.Times(-d.AB))
			imbalance = imbalance.Plus(long.Times(d.PIL), short.Times(d.PIS))
			green = green.Plus(wind.Times(d.GC), sun.Times(d.GC), g[t].Times(-d.CP*(d.EF-d.AL)))
		}
		excess := m.Var(milp.At("", "excess", s), 0, milp.Inf).Expr()
		m.AtLeast(milp.At("", "CVaR", s), excess, imbalance.Minus(z))
		tail = tail.Plus(excess.Times(probability / (1 - d.Alpha)))
		objective = objective.Plus(economic.Times(w.Economic*probability), green.Times(w.Environment*probability))
	}
	m.Maximize(objective.Plus(tail.Times(-w.Risk)))
	return m
}

// sumOf adds up the terms from..to of a path, those before its beginning being
// 0.
func sumOf(path []milp.Expr, from, to int) milp.Expr {
	var sum milp.Expr
	for t := max(0, from); t <= to; t++ {
		sum.Add(path[t])
	}
	return sum
}

// ours returns the same case in the library's DERs.
func (x *dayAhead) ours(t testing.TB, w weights.Vector) (vpp.VPP, vpp.Setting) {
	setting := x.setting(x.set(t))
	setting.Weights = w
	return vpp.VPP{Name: "plant", Demand: "load", RiskAversion: 1, ImportLimit: optional.Of(-x.Data.EMin), ExportLimit: optional.Of(x.Data.EMax)}, setting
}

var gridWeights = weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}

// The program that the published optima and solver times belong to has 11,657
// rows and 1,056 binaries with 40 scenarios; with the file's five its optimum
// is the published one.
func TestPlainFormulationIsThePublishedOne(t *testing.T) {
	x := readDayAhead(t)
	big := x.with(40).plain(gridWeights)
	require.NoError(t, big.Err())
	assert.Equal(t, 11_657, big.Rows())
	assert.Equal(t, 1_056, big.Integers())

	solution := optimum(t, x.plain(gridWeights))
	assert.InEpsilon(t, -x.Results[2].Objective, solution.Objective, 1e-8)
}

// The library's DERs, formulated tightly and without the binaries that do not
// matter, and the textbook's program have one optimum.
func TestTightAndPlainFormulationsAgree(t *testing.T) {
	x := readDayAhead(t).with(8)
	plain := optimum(t, x.plain(gridWeights))
	v, setting := x.ours(t, gridWeights)
	plan := solve(t, v, x.ders(), setting)
	assert.InEpsilon(t, plain.Objective, plan.Value.Objective, 1e-8)
}

// BenchmarkDayAhead40 solves the day with 40 scenarios to a gap of 1e-6 on one
// thread: the textbook's program with HiGHS as it comes, and the library's from
// the data on, prices and canonical schedule included. One iteration of the
// first takes some ten seconds: use -benchtime 1x.
func BenchmarkDayAhead40(b *testing.B) {
	testsolver.New(b)
	x := readDayAhead(b).with(40)
	solver := highs.Solver{Gap: 1e-6}
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			solution, err := solver.Solve(b.Context(), x.plain(gridWeights))
			require.NoError(b, err)
			b.ReportMetric(solution.Objective, "objective")
		}
	})
	solver.Search = highs.SearchProof
	b.Run("ours", func(b *testing.B) {
		v, setting := x.ours(b, gridWeights)
		for b.Loop() {
			plan, err := vpp.Problem{VPP: v, Members: x.ders(), Setting: setting}.Solve(b.Context(), solver)
			require.NoError(b, err)
			b.ReportMetric(plan.Value.Objective, "objective")
		}
	})
}
