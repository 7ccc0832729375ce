package der_test

import (
	"context"
	"fmt"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// A battery buys in the cheap hours and sells in the dear ones.
func Example() {
	battery := &der.Storage{
		ID: "battery", Charge: 2, Discharge: 2, Energy: 4, Initial: optional.Of(1),
		ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, Wear: 3,
	}
	prices := []float64{30, 20, 45, 90, 110, 60}
	c := der.Context{
		Set:    scenario.Single(scenario.Grid{Step: time.Hour, Steps: len(prices)}),
		Tariff: der.Tariff{Injection: prices, Withdrawal: prices},
	}

	m := milp.New()
	terms := battery.Model(m, milp.Const(1), c)
	payment := c.PaymentTerms(m, battery.Name(), terms)
	m.Maximize(payment[0].Minus(terms[0].Cost))
	solution, err := highs.Solver{}.Solve(context.Background(), m)
	if err != nil {
		fmt.Println(err)
		return
	}

	schedule := der.Schedule{Realised: der.Realise(terms, solution.Values)}
	for t := range prices {
		fmt.Printf("%d h  %6.2f MW  %.2f MWh\n", t, schedule.Realised[0].Net(t), schedule.Realised[0].Trace("energy")[t])
	}
	fmt.Printf("benefit %.2f\n", battery.Benefit(schedule, c, 0).Total())
	// Output:
	// 0 h   -1.16 MW  2.10 MWh
	// 1 h   -2.00 MW  4.00 MWh
	// 2 h    0.00 MW  4.00 MWh
	// 3 h    1.80 MW  2.11 MWh
	// 4 h    2.00 MW  0.00 MWh
	// 5 h   -1.05 MW  1.00 MWh
	// benefit 220.07
}
