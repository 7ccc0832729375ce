package cvar_test

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/cvar"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// A newsagent buys papers at 5 and sells them at 8. The best order for the mean
// is 20, with a possible loss of 20. The best order for the worse half of all
// days is 10, with a certain profit of 30.
func Example() {
	demand, probability := []float64{10, 20, 30}, []float64{1.0 / 3, 1.0 / 3, 1.0 / 3}
	for _, confidence := range []float64{0, 0.5} {
		m := milp.New()
		order := m.Var(milp.Named("order"), 0, 100)
		profits := make([]milp.Expr, len(demand))
		for s, maxSold := range demand {
			sold := m.Var(milp.At("", "sold", s), 0, maxSold)
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

// Four equally likely outcomes at confidence 0.6: as losses the worst 0.4 are
// 40 and part of 30, as profits 10 and part of 20.
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

// Losses 1, 2, … 100 are equally likely. At 0.955 half of the scenario 96
// belongs to the tail.
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

// A farm earns 5, 3 or −4. At confidence 0.5 the worse half is −4 and part of
// 3: (0.3·(−4) + 0.2·3)/0.5 = −1.2.
func ExampleMeasure_OfProfits() {
	risk, err := cvar.Measure{Confidence: 0.5}.OfProfits([]float64{5, 3, -4}, []float64{0.3, 0.4, 0.3})
	if err != nil {
		panic(err)
	}
	fmt.Printf("mean %.2g, VaR %g, CVaR %.2g, worst %g\n", risk.Expectation, risk.VaR, risk.CVaR, risk.Worst)
	// Output:
	// mean 1.5, VaR 3, CVaR -1.2, worst -4
}

// AddLosses adds one column for VaR and one column and one row per scenario.
func ExampleMeasure_AddLosses() {
	m := milp.New()
	bought := m.Var(milp.Named("bought"), 0, 10)
	losses := []milp.Expr{bought.Times(30), bought.Times(80)} // cost at two prices
	tail, err := cvar.Measure{Confidence: 0.75}.AddLosses(
		m, milp.At("vpp", "risk"), losses, []float64{0.5, 0.5})
	if err != nil {
		panic(err)
	}
	for i := range m.Rows() {
		fmt.Println(m.RowAt(i).Name())
	}
	fmt.Println(len(tail.Excess), "scenarios")
	// The values of bought, VaR and the two excesses: the worst quarter costs
	// 160.
	fmt.Println("CVaR", tail.CVaR.Value([]float64{2, 160, 0, 0}))
	// Output:
	// vpp.risk_tail(0)
	// vpp.risk_tail(1)
	// 2 scenarios
	// CVaR 160
}

// A confidence is a fraction, not a percentage.
func ExampleMeasure_Validate() {
	fmt.Println(cvar.Measure{Confidence: 95}.Validate())
	// Output:
	// cvar: confidence is 95, want a number in [0, 1], such as 0.95
}
