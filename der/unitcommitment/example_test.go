package unitcommitment_test

import (
	"context"
	"fmt"
	"time"

	"github.com/trigrid/trigrid/cvar"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// The commitment of the plant is decided before the wind is known. Running it
// lowers the mean cost of the worst tenth of the scenarios, but not the
// expected cost.
func Example() {
	set, _ := scenario.New(scenario.Grid{Step: time.Hour, Steps: 1}, []float64{0.9, 0.1})
	_ = set.AddForecast("demand", "MW", []float64{60})
	_ = set.Add("wind", "MW", [][]float64{{60}, {0}})
	system := &unitcommitment.System{
		Set: set, Demand: "demand", MismatchPrice: optional.Of(100),
		Units: []der.DER{
			&unitcommitment.Band{ID: "farm", Max: "wind"},
			&der.Thermal{ID: "plant", MinOutput: 10, MaxOutput: 50, Linear: 20, StartUp: []der.StartCost{{Cost: 1000}}},
		},
	}
	for _, aversion := range []float64{0, 0.5} {
		program, err := system.Formulate()
		if err != nil {
			fmt.Println(err)
			return
		}
		tail, _ := cvar.Measure{Confidence: 0.9}.AddLosses(program.Model, milp.At("system", "tail"), program.Cost, set.Probabilities())
		program.Model.Minimize(milp.Sum(program.Expected(), tail.CVaR.Times(aversion)))
		solution, err := highs.Solver{}.Solve(context.Background(), program.Model)
		if err != nil {
			fmt.Println(err)
			return
		}
		plant := der.Realise(program.Terms[1], solution.Values)
		fmt.Printf("aversion %.1f: on %.0f, windy %.0f MW, calm %.0f MW, expected cost %.0f, CVaR %.0f\n", aversion, plant[0].Trace("on")[0],
			plant[0].Net(0), plant[1].Net(0), solution.Eval(program.Expected()), solution.Eval(tail.CVaR))
	}
	// Output:
	// aversion 0.0: on 0, windy 0 MW, calm 0 MW, expected cost 600, CVaR 6000
	// aversion 0.5: on 1, windy 10 MW, calm 50 MW, expected cost 1380, CVaR 3000
}
