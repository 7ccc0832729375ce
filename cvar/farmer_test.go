package cvar_test

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/cvar"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// farmer is the farmer's problem of Birge and Louveaux, Introduction to
// Stochastic Programming, section 1.1: wheat, corn and beets on 500 acres for
// the given yields, one set per scenario.
type farmer struct {
	model *milp.Model
	acres [3]milp.Var
	cost  []milp.Expr // per scenario
}

func newFarmer(yields ...[3]float64) farmer {
	f := farmer{model: milp.New()}
	m := f.model
	var land, planting milp.Expr
	for crop, name := range []string{"wheat", "corn", "beets"} {
		f.acres[crop] = m.Var(milp.At(name, "acres"), 0, 500)
		land.Add(f.acres[crop].Expr())
		planting.Add(f.acres[crop].Times([]float64{150, 230, 260}[crop]))
	}
	m.AtMost(milp.Named("land"), land, milp.Const(500))
	for s, yield := range yields {
		cost := planting
		for crop, name := range []string{"wheat", "corn"} {
			bought := m.Var(milp.At(name, "bought", s), 0, milp.Inf)
			sold := m.Var(milp.At(name, "sold", s), 0, milp.Inf)
			m.AtLeast(milp.At(name, "need", s), milp.Sum(f.acres[crop].Times(yield[crop]), bought.Expr(), sold.Times(-1)),
				milp.Const([]float64{200, 240}[crop]))
			cost.Add(bought.Times([]float64{238, 210}[crop]), sold.Times([]float64{-170, -150}[crop]))
		}
		quota := m.Var(milp.At("beets", "within_quota", s), 0, 6000)
		above := m.Var(milp.At("beets", "above_quota", s), 0, milp.Inf)
		m.AtMost(milp.At("beets", "sold", s), milp.Sum(quota.Expr(), above.Expr()), f.acres[2].Times(yield[2]))
		cost.Add(quota.Times(-36), above.Times(-10))
		f.cost = append(f.cost, cost)
	}
	return f
}

func yields(factor float64) [3]float64 { return [3]float64{2.5 * factor, 3 * factor, 20 * factor} }

func (f farmer) plan(s *milp.Solution) []float64 {
	return []float64{s.Value(f.acres[0]), s.Value(f.acres[1]), s.Value(f.acres[2])}
}

// A farmer minimises expected cost plus twice its CVaR at 0.8, which is the
// cost of the worst of three harvests. The plan suits the poor harvest: land
// moves from wheat to beets and to corn, which is expensive to buy.
func Example_farmer() {
	for _, aversion := range []float64{0, 2} {
		f := newFarmer(yields(0.8), yields(1), yields(1.2))
		third := []float64{1.0 / 3, 1.0 / 3, 1.0 / 3}
		mean, err := cvar.Measure{}.AddLosses(f.model, milp.Named("mean"), f.cost, third)
		if err != nil {
			panic(err)
		}
		tail, err := cvar.Measure{Confidence: 0.8}.AddLosses(f.model, milp.Named("risk"), f.cost, third)
		if err != nil {
			panic(err)
		}
		f.model.Minimize(mean.CVaR.Plus(tail.CVaR.Times(aversion)))
		solution, err := highs.Solver{}.Solve(context.Background(), f.model)
		if err != nil {
			panic(err)
		}
		fmt.Printf("aversion %g: objective %.0f, acres %.0f\n", aversion, solution.Objective, f.plan(solution))
	}
	// Output:
	// aversion 0: objective -108390, acres [170 80 250]
	// aversion 2: objective -220700, acres [100 100 300]
}
