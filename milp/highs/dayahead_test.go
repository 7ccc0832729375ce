package highs

import (
	"math"
	"math/rand/v2"

	"github.com/trigrid/trigrid/milp"
)

// dayAhead builds a two-stage program of the size and shape this package is
// made for: thermal units with commitment (binaries), wind and storage, 24
// steps, one day-ahead schedule and an imbalance per scenario that is bought
// dearer than it is sold. Parameters are drawn from the seed.
func dayAhead(scenarios, units int, seed uint64) *milp.Model {
	const (
		steps            = 24
		pmin, pmax, ramp = 2.5, 5.67, 3.0
		start            = 3.0 // power reachable in the step of a start or before a stop
	)
	var (
		rng = rand.New(rand.NewPCG(seed, 1))
		m   = milp.New()
		sum milp.Expr
		p   = 1 / float64(scenarios)
	)
	price := make([]float64, steps)
	for t := range price {
		price[t] = 40 + 25*math.Sin(float64(t)/24*4*math.Pi) + 5*rng.Float64()
	}
	on := make([][]milp.Var, units)
	up := make([][]milp.Var, units)
	down := make([][]milp.Var, units)
	for u := range units {
		for t := range steps {
			on[u] = append(on[u], m.Bin(milp.At("unit", "on", u, t)))
			up[u] = append(up[u], m.Var(milp.At("unit", "start", u, t), 0, 1))
			down[u] = append(down[u], m.Var(milp.At("unit", "stop", u, t), 0, 1))
			sum.Add(on[u][t].Times(20+5*float64(u)), up[u][t].Times(60))
			before := milp.Const(0)
			if t > 0 {
				before = on[u][t-1].Expr()
			}
			m.Equal(milp.At("unit", "switch", u, t), milp.Sum(on[u][t].Expr(), before.Times(-1)),
				milp.Sum(up[u][t].Expr(), down[u][t].Times(-1)))
			for _, w := range []struct {
				name  string
				moved []milp.Var
				state milp.Expr
			}{
				{"min_up", up[u], on[u][t].Expr()},
				{"min_down", down[u], milp.Const(1).Minus(on[u][t].Expr())},
			} {
				var recent milp.Expr
				for k := max(0, t-2); k <= t; k++ {
					recent.Add(w.moved[k].Expr())
				}
				m.AtMost(milp.At("unit", w.name, u, t), recent, w.state)
			}
		}
	}
	bid := make([]milp.Var, steps)
	for t := range bid {
		bid[t] = m.Var(milp.At("", "bid", t), -40, 40)
		sum.Add(bid[t].Times(-price[t]))
	}
	for s := range scenarios {
		energy := milp.Const(6)
		power := make([]milp.Expr, units)
		for t := range steps {
			wind := 12 * math.Pow(rng.Float64(), 1.5)
			spill := m.Var(milp.At("wind", "spill", s, t), 0, wind)
			charge := m.Var(milp.At("battery", "charge", s, t), 0, 3)
			discharge := m.Var(milp.At("battery", "discharge", s, t), 0, 3)
			stored := m.Var(milp.At("battery", "energy", s, t), 1, 12)
			m.Equal(milp.At("battery", "balance", s, t), stored.Expr(),
				milp.Sum(energy, charge.Times(0.95), discharge.Times(-1/0.95)))
			energy = stored.Expr()
			delivered := milp.Sum(milp.Const(wind), spill.Times(-1), discharge.Expr(), charge.Times(-1))
			for u := range units {
				x := m.Var(milp.At("unit", "power", s, t), 0, pmax)
				sum.Add(x.Times(p * (30 + 8*float64(u))))
				v, w := up[u][t], down[u][t]
				before, was := milp.Const(0), milp.Const(0)
				if t > 0 {
					before, was = power[u], on[u][t-1].Expr()
				}
				m.AtLeast(milp.At("unit", "min", s, t), x.Expr(), on[u][t].Times(pmin))
				m.AtMost(milp.At("unit", "max", s, t), x.Expr(),
					milp.Sum(on[u][t].Times(pmax), v.Times(start-pmax)))
				m.AtMost(milp.At("unit", "ramp_up", s, t), x.Expr().Minus(before),
					milp.Sum(on[u][t].Times(pmin+ramp), was.Times(-pmin), v.Times(start-pmin-ramp)))
				m.AtMost(milp.At("unit", "ramp_down", s, t), before.Minus(x.Expr()),
					milp.Sum(was.Times(pmin+ramp), on[u][t].Times(-pmin), w.Times(start-pmin-ramp)))
				power[u] = x.Expr()
				delivered.Add(x.Expr())
			}
			over := m.Var(milp.At("", "surplus", s, t), 0, milp.Inf)
			under := m.Var(milp.At("", "shortage", s, t), 0, milp.Inf)
			m.Equal(milp.At("", "balance", s, t), delivered, milp.Sum(bid[t].Expr(), over.Expr(), under.Times(-1)))
			sum.Add(over.Times(-p*0.6*price[t]), under.Times(p*1.6*price[t]))
		}
	}
	m.Minimize(sum)
	return m
}
