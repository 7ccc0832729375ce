package ipm_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/trigrid/trigrid/milp"
)

// fleetSize is the size of a program of fleets: classes of equal DERs that are
// split over VPPs.
type fleetSize struct{ classes, vpps, steps, scenarios int }

// fleetProgram states the joint program of VPPs that share the DERs of classes.
// Column share(k,v) is the share of class k's DERs in VPP v, with Σ_v
// share(k,v) ≤ 1. Every limit of a DER is multiplied by its share. Per VPP v,
// scenario s and step t:
//
//	0 ≤ p ≤ available · share                                  PV and wind
//	e_t = 0.999 e_{t−1} + η c − d/η,  e ≤ E, c + d ≤ P, times share;  e_T = e_0
//	0 ≤ r ≤ load · share / 5,  0 ≤ b,  Σ_t b = Σ_t r              load reduction r, rebound b
//	0 ≤ g ≤ G · share,  |g_t − g_{t−1}| ≤ ramp · share          engines
//	Σ members + bought − sold + short − long + position = demand  balance
//	loss_s ≥ cost_s,  tail_s ≥ loss_s − var,  cost = (1−β) mean + β CVaR_0.8
//
// The position of a step is common to all scenarios and is bought or sold
// ahead. Of ten classes two or three are PV, two wind, two stores, two demand
// response, and one or two engines. Numbers are synthetic, from a fixed seed.
//
// For example, 40 classes, 10 VPPs, 24 steps and 10 scenarios have 0.18 million
// columns.
func fleetProgram(z fleetSize) *milp.Model {
	rng := rand.New(rand.NewPCG(1, 7))
	m := milp.New()
	tariff := func(t int) float64 { return []float64{470, 1243, 893, 1243}[t*4/z.steps] }
	total := 400.0 // MW of demand of all VPPs
	noise := func(width float64) float64 { return max(0.05, 1+width*rng.NormFloat64()) }
	series := func(base func(t float64) float64, width float64) [][]float64 {
		out := make([][]float64, z.scenarios)
		for s := range out {
			common := noise(width)
			for t := range z.steps {
				out[s] = append(out[s], max(0, base(24*(float64(t)+0.5)/float64(z.steps))*common*noise(width/2)))
			}
		}
		return out
	}
	hill := func(t, middle, width float64) float64 {
		if math.Abs(t-middle) >= width {
			return 0
		}
		return math.Cos((t - middle) / width * math.Pi / 2)
	}
	type class struct {
		kind                     int // 0 PV or wind, 1 store, 2 demand response, 3 engine
		size, energy, cost, ramp float64
		series                   [][]float64
	}
	var classes []class
	for k := range z.classes {
		c := class{size: total / float64(z.classes) * (0.5 + rng.Float64())}
		switch k % 20 {
		case 0, 4, 8, 12, 16:
			middle := 10.5 + 3*rng.Float64()
			c.cost = 16 + float64(k%3)
			c.series = series(func(t float64) float64 { return c.size * 0.85 * hill(t, middle, 6.5) }, 0.25)
		case 1, 5, 9, 13:
			phase := 24 * rng.Float64()
			c.cost = 18 + float64(k%4)
			c.series = series(func(t float64) float64 { return c.size * (0.33 + 0.12*math.Cos((t-phase)*math.Pi/12)) }, 0.3)
		case 2, 6, 10, 14:
			c.kind, c.energy, c.cost = 1, c.size*(1+0.5*float64(k/4%4)), 18+4*float64(k%3)
		case 3, 7, 11, 15:
			phase := 8 + 12*rng.Float64()
			c.kind, c.cost = 2, 60+40*float64(k/4%8)
			c.series = series(func(t float64) float64 { return c.size * (0.6 + 0.4*math.Cos((t-phase)*math.Pi/12)) }, 0.08)
		default:
			c.kind, c.cost, c.ramp = 3, 480+70*float64(k/4%6), c.size*(0.4+0.2*float64(k%2))
		}
		classes = append(classes, c)
	}
	shares := make([][]milp.Var, z.classes)
	for k := range shares {
		var sum milp.Expr
		for v := range z.vpps {
			shares[k] = append(shares[k], m.Var(milp.At("", "share", k, v), 0, milp.Inf))
			sum.Add(shares[k][v].Expr())
		}
		m.AtMost(milp.At("", "class", k), sum, milp.Const(1))
	}
	var objective milp.Expr
	for v := range z.vpps {
		demand := series(func(t float64) float64 {
			return total / float64(z.vpps) * (0.5 + hill(t, 7+14*float64(v)/float64(z.vpps), 8))
		}, 0.08)
		beta := 0.1 + 0.8*float64(v*7%z.vpps)/float64(z.vpps)
		position := make([]milp.Expr, z.steps)
		var ahead milp.Expr
		for t := range z.steps {
			bought, sold := m.Var(milp.At("", "bought", v, t), 0, milp.Inf), m.Var(milp.At("", "sold", v, t), 0, milp.Inf)
			position[t] = milp.Sum(bought.Expr(), sold.Times(-1))
			ahead.Add(bought.Times(tariff(t)), sold.Times(-0.35*tariff(t)))
		}
		purchase := m.Var(milp.At("", "purchase", v), -milp.Inf, milp.Inf)
		m.Equal(milp.At("", "purchases", v), purchase.Expr(), ahead)
		risk := m.Var(milp.At("", "var", v), -milp.Inf, milp.Inf)
		objective.Add(risk.Times(beta))
		for s := range z.scenarios {
			at := func(what string, k, t int) milp.Name { return milp.At(fmt.Sprintf("v%d.k%d", v, k), what, s, t) }
			cost := purchase.Times(1)
			balance := make([]milp.Expr, z.steps)
			for t := range z.steps {
				balance[t].Add(position[t])
				short := m.Var(at("short", 0, t), 0, milp.Inf)
				long := m.Var(at("long", 0, t), 0, milp.Inf)
				balance[t].Add(short.Expr(), long.Times(-1))
				cost.Add(short.Times(1.3*tariff(t)), long.Times(-0.3*tariff(t)))
			}
			for k, c := range classes {
				n := shares[k][v]
				var before, first, owed milp.Expr
				for t := range z.steps {
					switch c.kind {
					case 0:
						p := m.Var(at("power", k, t), 0, milp.Inf)
						m.AtMost(at("available", k, t), p.Expr(), n.Times(c.series[s][t]))
						balance[t].Add(p.Expr())
						cost.Add(p.Times(c.cost))
					case 1:
						const eta = 0.95
						charge, discharge := m.Var(at("charge", k, t), 0, milp.Inf), m.Var(at("discharge", k, t), 0, milp.Inf)
						energy := m.Var(at("energy", k, t), 0, milp.Inf)
						m.AtMost(at("power", k, t), milp.Sum(charge.Expr(), discharge.Expr()), n.Times(c.size))
						m.AtMost(at("full", k, t), energy.Expr(), n.Times(c.energy))
						if t == 0 {
							before = n.Times(c.energy / 2)
						}
						m.Equal(at("store", k, t), energy.Expr(), milp.Sum(before.Times(0.999), charge.Times(eta), discharge.Times(-1/eta)))
						before = energy.Expr()
						if t == z.steps-1 {
							m.Equal(at("cycle", k, t), before, n.Times(c.energy/2))
						}
						balance[t].Add(discharge.Expr(), charge.Times(-1))
						cost.Add(charge.Times(c.cost), discharge.Times(c.cost))
					case 2:
						reduced, rebound := m.Var(at("reduced", k, t), 0, milp.Inf), m.Var(at("rebound", k, t), 0, milp.Inf)
						m.AtMost(at("most", k, t), reduced.Expr(), n.Times(c.series[s][t]/5))
						owed.Add(reduced.Expr(), rebound.Times(-1))
						if t == z.steps-1 {
							m.Equal(at("repaid", k, t), owed, milp.Const(0))
						}
						balance[t].Add(reduced.Expr(), rebound.Times(-1))
						cost.Add(reduced.Times(c.cost), rebound.Times(5))
					case 3:
						g := m.Var(at("output", k, t), 0, milp.Inf).Expr()
						m.AtMost(at("max", k, t), g, n.Times(c.size))
						if t > 0 {
							m.AtMost(at("up", k, t), g.Minus(first), n.Times(c.ramp))
							m.AtMost(at("down", k, t), first.Minus(g), n.Times(c.ramp))
						}
						first = g
						balance[t].Add(g)
						cost.Add(g.Times(c.cost))
					}
				}
			}
			for t := range z.steps {
				m.Equal(at("balance", 0, t), balance[t], milp.Const(demand[s][t]))
			}
			loss := m.Var(milp.At("", "loss", v, s), -milp.Inf, milp.Inf)
			m.Equal(milp.At("", "cost", v, s), loss.Expr(), cost)
			tail := m.Var(milp.At("", "tail", v, s), 0, milp.Inf)
			m.AtLeast(milp.At("", "excess", v, s), tail.Expr(), loss.Expr().Minus(risk.Expr()))
			each := 1 / float64(z.scenarios)
			objective.Add(loss.Times((1-beta)*each), tail.Times(beta*each/(1-0.8)))
		}
	}
	m.Minimize(objective)
	return m
}
