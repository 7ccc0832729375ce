package weights_test

import (
	"fmt"

	"github.com/trigrid/trigrid/weights"
)

// A grid compares its three aims, takes the result as the base of a policy, and publishes for a period
// of volatile wind.
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
		w, err := policy.Weights(weights.Signals{CleanShare: 0.6, Volatility: volatility, SupplyMargin: 0.3})
		fmt.Println(w, err)
	}
	// Output:
	// economic 0.4, risk 0.2, environment 0.4 <nil>
	// economic 0.32, risk 0.36, environment 0.32 <nil>
	// economic 0.266667, risk 0.466667, environment 0.266667 <nil>
}
