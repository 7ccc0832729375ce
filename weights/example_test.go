package weights_test

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/weights"
)

// A grid compares its three aims, uses the result as the base of a policy, and
// publishes weights for three levels of wind volatility.
func Example() {
	priorities, err := weights.AHP([][]float64{ // economic, risk, environment
		{1, 2, 1},
		{0.5, 1, 0.5},
		{1, 2, 1},
	})
	if err != nil {
		panic(err)
	}
	policy := weights.Directional()
	policy.Base, _ = priorities.Vector()

	for _, volatility := range []float64{0.05, 0.20, 0.40} {
		s := weights.Signals{CleanShare: 0.6, Volatility: volatility, SupplyMargin: 0.3}
		w, err := policy.Weights(s)
		fmt.Println(w, err)
	}
	// Output:
	// economic 0.4, risk 0.2, environment 0.4 <nil>
	// economic 0.32, risk 0.36, environment 0.32 <nil>
	// economic 0.266667, risk 0.466667, environment 0.266667 <nil>
}

// Normalise scales weights of any sum. Validate rejects a vector that is not on
// the simplex.
func ExampleVector() {
	w, err := weights.Vector{Economic: 2, Risk: 1, Environment: 2}.Normalise()
	fmt.Println(w, err)
	fmt.Println(weights.Vector{Economic: 0.5, Risk: 0.6, Environment: -0.1}.Validate())
	fmt.Println(w.At(weights.Risk), weights.Dimensions())
	// Output:
	// economic 0.4, risk 0.2, environment 0.4 <nil>
	// weights: the environment weight is -0.1, want at least 0
	// 0.2 [economic risk environment]
}

// A plan with a surplus of 100, a CVaR of 20 and an environmental income of 30.
func ExampleVector_Score() {
	plan := weights.Values{Economic: 100, Risk: -20, Environment: 30}
	w := weights.Vector{Economic: 0.5, Risk: 0.25, Environment: 0.25}
	fmt.Println("score", w.Score(plan), "total", plan.Total())
	// Output:
	// score 52.5 total 110
}

// A fixed policy ignores the signals.
func ExampleFixed() {
	var policy weights.Policy = weights.Fixed{Economic: 0.4, Risk: 0.2, Environment: 0.4}
	fmt.Println(policy.Weights(weights.Signals{Volatility: 0.9}))
	// Output:
	// economic 0.4, risk 0.2, environment 0.4 <nil>
}

// A rule between 0.1 and 0.3 of volatility, continuous and in four steps.
func ExampleRule_Degree() {
	rule := weights.Rule{Signal: weights.Volatility, Threshold: 0.1, Full: 0.3}
	stepped := rule
	stepped.Steps = 4
	for _, volatility := range []float64{0.05, 0.16, 0.25, 0.5} {
		fmt.Printf("%v at %.2f: %.2f, %.2f\n", rule.Signal, volatility,
			rule.Degree(volatility), stepped.Degree(volatility))
	}
	// Output:
	// Volatility at 0.05: 0.00, 0.00
	// Volatility at 0.16: 0.30, 0.25
	// Volatility at 0.25: 0.75, 0.75
	// Volatility at 0.50: 1.00, 1.00
}

// In a shortage the economic weight rises by 0.25 before normalisation: (0.4 +
// 0.25) / 1.25 = 0.52. A signal that was not measured is NaN.
func ExampleTable() {
	policy := weights.Table{
		Base: weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4},
		Rules: []weights.Rule{{
			Signal: weights.SupplyMargin, Threshold: 0.15, Full: 0,
			Dimension: weights.Economic, Raise: 0.25,
		}},
	}
	for _, margin := range []float64{0.2, -0.1, math.NaN()} {
		w, err := policy.Weights(weights.Signals{SupplyMargin: margin})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(w)
	}
	// Output:
	// economic 0.4, risk 0.2, environment 0.4
	// economic 0.52, risk 0.16, environment 0.32
	// weights: rule 0 needs the signal SupplyMargin, which is NaN; measure it or drop the rule
}

// The three rules of the case study: a low clean share raises the environment
// weight.
func ExampleDirectional() {
	policy := weights.Directional()
	calm := weights.Signals{CleanShare: 0.6, Volatility: 0.05, SupplyMargin: 0.3}
	dirty := weights.Signals{CleanShare: 0.1, Volatility: 0.05, SupplyMargin: 0.3}
	for _, s := range []weights.Signals{calm, dirty} {
		w, err := policy.Weights(s)
		fmt.Println(w, err)
	}
	// Output:
	// economic 0.4, risk 0.2, environment 0.4 <nil>
	// economic 0.266667, risk 0.133333, environment 0.6 <nil>
}

// Three parts of a fixed policy and one part of a purely environmental one.
func ExampleBlend() {
	policy := weights.Blend{
		{Policy: weights.Fixed{Economic: 0.4, Risk: 0.2, Environment: 0.4}, Proportion: 3},
		{Policy: weights.Fixed{Environment: 1}, Proportion: 1},
	}
	fmt.Println(policy.Weights(weights.Signals{}))
	// Output:
	// economic 0.3, risk 0.15, environment 0.55 <nil>
}

// scarcity is a custom policy: the economic weight falls linearly with the
// supply margin.
type scarcity struct{}

func (scarcity) Weights(s weights.Signals) (weights.Vector, error) {
	economic := max(0, 1-s.SupplyMargin)
	return weights.Vector{Economic: economic, Risk: 0.5, Environment: 0.5}.Normalise()
}

// A custom policy implements one method, and combines with those of the
// package.
func ExamplePolicy() {
	policy := weights.Blend{
		{Policy: scarcity{}, Proportion: 1},
		{Policy: weights.Directional(), Proportion: 1},
	}
	s := weights.Signals{CleanShare: 0.6, Volatility: 0.05, SupplyMargin: 0.2}
	fmt.Println(policy.Weights(s))
	// Output:
	// economic 0.422222, risk 0.238889, environment 0.338889 <nil>
}
