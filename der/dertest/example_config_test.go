package dertest_test

import (
	"fmt"
	"math"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// A correct kind passes without a message.
func ExampleRun() {
	battery := &der.Storage{
		ID: "battery", Charge: 2, Discharge: 2, Energy: 4, Initial: optional.Of(1),
		ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, Wear: 3,
	}
	dertest.Run(printer{}, highs.Solver{Gap: highs.Exact}, battery, dertest.Config{})
	fmt.Println("done")
	// Output:
	// done
}

// Constraints recomputes the energy of a store from its flows, without the code
// of the kind.
func ExampleConfig() {
	u := &der.Storage{ID: "ES", Charge: 2, Discharge: 2, Energy: 4, ChargeEfficiency: 0.9, DischargeEfficiency: 1}
	largest := 0.0
	dertest.Run(printer{}, highs.Solver{}, u, dertest.Config{
		Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
			for s, p := range realised.Realised {
				energy := 0.0
				for k := range c.Steps() {
					energy += (0.9*p.Withdrawn[k] - p.Injected[k]) * c.Hours()
					largest = max(largest, energy)
					if math.Abs(energy-p.Trace("energy")[k]) > 1e-6 {
						t.Errorf("scenario %d, step %d: energy is %v MWh", s, k, energy)
					}
				}
			}
		},
	})
	fmt.Printf("%.2f MWh\n", largest)
	// Output:
	// 4.00 MWh
}

// Kinds that read a series need a set with that series, in at least two
// different scenarios.
func ExampleConfig_set() {
	set, _ := scenario.New(scenario.Grid{Step: 30 * time.Minute, Steps: 4}, []float64{0.6, 0.4})
	_ = set.Add("wind", "MW", [][]float64{{1, 2, 3, 4}, {4, 3, 2, 1}})
	farm := &der.Wind{ID: "W1", Available: "wind", CurtailmentPenalty: 20}
	dertest.Run(printer{}, highs.Solver{}, farm, dertest.Config{})
	dertest.Run(printer{}, highs.Solver{}, farm, dertest.Config{Set: set})
	// Output:
	// Validate rejects the DER on the given scenarios: der: wind W1: Available names series "wind", which the scenario set does not have; it has []
}
