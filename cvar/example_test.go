package cvar_test

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/cvar"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// A newsagent buys at 5 and sells at 8. Whoever looks at the mean orders 20 and may lose 20; whoever looks
// at the worse half of all days orders 10 and is sure of 30.
func Example() {
	demand, probability := []float64{10, 20, 30}, []float64{1.0 / 3, 1.0 / 3, 1.0 / 3}
	for _, confidence := range []float64{0, 0.5} {
		m := milp.New()
		order := m.Var(milp.Named("order"), 0, 100)
		profits := make([]milp.Expr, len(demand))
		for s, most := range demand {
			sold := m.Var(milp.At("", "sold", s), 0, most)
			m.AtMost(milp.At("", "stock", s), sold.Expr(), order.Expr())
			profits[s] = milp.Sum(sold.Times(8), order.Times(-5))
		}
		tail, err := cvar.Measure{Confidence: confidence}.AddProfits(m, milp.Named("risk"), profits, probability)
		if err != nil {
			panic(err)
		}
		m.Maximize(tail.CVaR)
		solution, err := highs.Solver{}.Solve(context.Background(), m)
		if err != nil {
			panic(err)
		}
		fmt.Printf("confidence %g: order %.0f, CVaR %.2f\n", confidence, solution.Value(order), solution.Objective)
	}
	// Output:
	// confidence 0: order 20, CVaR 33.33
	// confidence 0.5: order 10, CVaR 30.00
}

// Four equally likely outcomes at confidence 0.6: as losses the worst 0.4 are 40 and part of 30, as
// profits 10 and part of 20.
func ExampleMeasure_OfLosses() {
	outcomes := []float64{10, 20, 30, 40}
	probability := []float64{0.25, 0.25, 0.25, 0.25}
	m := cvar.Measure{Confidence: 0.6}
	loss, err := m.OfLosses(outcomes, probability)
	if err != nil {
		panic(err)
	}
	profit, err := m.OfProfits(outcomes, probability)
	if err != nil {
		panic(err)
	}
	fmt.Printf("loss:   mean %.0f, VaR %.0f, CVaR %.2f\n", loss.Expectation, loss.VaR, loss.CVaR)
	fmt.Printf("profit: mean %.0f, VaR %.0f, CVaR %.2f\n", profit.Expectation, profit.VaR, profit.CVaR)
	// Output:
	// loss:   mean 25, VaR 30, CVaR 36.25
	// profit: mean 25, VaR 20, CVaR 13.75
}

// One to a hundred, equally likely. At 0.955 half of the scenario 96 belongs to the tail.
func ExampleMeasure_OfLosses_splitAtom() {
	losses, probability := make([]float64, 100), make([]float64, 100)
	for s := range losses {
		losses[s], probability[s] = float64(s+1), 0.01
	}
	for _, confidence := range []float64{0.95, 0.955} {
		risk, err := cvar.Measure{Confidence: confidence}.OfLosses(losses, probability)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%g: VaR %g, CVaR %.4f\n", confidence, risk.VaR, risk.CVaR)
	}
	// Output:
	// 0.95: VaR 95, CVaR 98.0000
	// 0.955: VaR 96, CVaR 98.2222
}
