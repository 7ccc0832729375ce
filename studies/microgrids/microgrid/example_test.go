package microgrid_test

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/studies/microgrids/microgrid"
)

// A grid at 0.2 and then 1 per kWh with a battery of 90 kWh. The plan buys in
// the first hour what the battery can charge, and saves 0.81·30 of the second
// hour.
func ExampleRoll() {
	grid := &microgrid.Grid{
		Battery: microgrid.Battery{
			Max: 90, MaxCharge: 30, MaxDischarge: 30, ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 0.02,
		},
		MaxImport: 100, LostLoad: 10,
		Hours:   []microgrid.Hour{{Load: 40, On: true}, {Load: 40, On: true}},
		Tariffs: []microgrid.Tariff{{Import: 0.2}, {Import: 1}},
	}
	season := microgrid.Season{End: 2}
	for _, c := range []microgrid.Controller{microgrid.RuleBased{Grid: grid}, &microgrid.Perfect{Grid: grid}} {
		result, err := microgrid.Roll(context.Background(), grid, season, c)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.3f, import %.1f and %.1f\n", result.Cost, result.Accounts[0].Import, result.Accounts[1].Import)
	}
	// Output:
	// 48.000, import 40.0 and 40.0
	// 30.786, import 70.0 and 15.7
}
