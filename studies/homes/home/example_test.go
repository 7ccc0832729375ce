package home_test

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/studies/homes/home"
)

// A battery of 5 kWh stores the surplus of noon for the evening. The car shall
// have 3 kWh at the end of step 1, of which its charger of 1 kW can deliver 2.
func ExamplePlan() {
	request := home.Request{
		Seconds:     []float64{3600, 3600, 3600},
		Load:        []float64{500, 500, 2000},
		Solar:       []float64{3000, 3000, 0},
		ImportPrice: []float64{0.0003, 0.0003, 0.0004}, // per Wh
		ExportPrice: []float64{0.0001, 0.0001, 0.0001},
		Batteries: []home.Battery{
			{Max: 5000, MaxCharge: 2500, MaxDischarge: 2500},
			{Max: 30000, MaxCharge: 1000, Goals: []float64{0, 3000, 0}, ChargeFromGrid: true},
		},
		ChargeEfficiency: 1, DischargeEfficiency: 0.8,
	}
	answer, err := home.Plan(context.Background(), request, home.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("money %.3f\n", answer.Money)
	fmt.Printf("battery %.0f Wh\n", answer.Batteries[0].State)
	fmt.Println(answer.Misses)
	// Output:
	// money 0.050
	// battery [1500 2500 0] Wh
	// [goal of battery 1 at step 1 short by 1000.0 Wh]
}
