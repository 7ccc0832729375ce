package audit_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp/audit"
)

// twoHours is a context of two hours and one scenario, in which injections earn
// 50 per MWh.
func twoHours() der.Context {
	return der.Context{
		Set:    scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2}),
		Tariff: der.Tariff{Injection: []float64{50, 50}},
	}
}

// The battery starts with 1 MWh and returns 2: the recomputed energy is below 0
// and does not return to its initial value.
func ExampleInspect() {
	battery := &der.Storage{
		ID: "battery", Charge: 2, Discharge: 2, Energy: 4, Initial: optional.Of(1),
		ChargeEfficiency: 1, DischargeEfficiency: 1,
	}
	schedule := der.Schedule{Realised: []der.Ports{{Injected: []float64{2, 0}, Withdrawn: []float64{0, 0}}}}
	var x audit.Inspection
	fmt.Println("known kind:", audit.Inspect(&x, battery, schedule, twoHours()))
	var found *audit.Violations
	if errors.As(x.Err(), &found) {
		for _, v := range found.List[:2] {
			fmt.Println(v)
		}
	}
	// Output:
	// known kind: true
	// battery: state of charge in scenario 0, step 0 is -1, want ≥ 0
	// battery: state of charge after reserve in scenario 0, step 0 is -1, want ≥ 0
}

// A rule names a place, a number and its limit. The tolerance is relative: 1e-6
// of 5000 is 0.005.
func ExampleInspection() {
	var x audit.Inspection
	x.At("line", 0, 17).AtMost("flow", 5000.004, 5000)
	x.At("line", 0, 18).AtMost("flow", 5000.006, 5000)
	x.At("line", audit.All, audit.All).Equal("circuits", 2, 3)
	fmt.Println(x.Err())
	// Output:
	// 2 rules are broken beyond a tolerance of 1e-06:
	//   line: flow in scenario 0, step 18 is 5000.006, want ≤ 5000
	//   line: circuits is 2, want = 3
}

// A kind outside package der states its own rules in Inspect.
func ExampleInspected() {
	schedule := der.Schedule{Realised: []der.Ports{{Injected: []float64{1, 2}}}}
	var x audit.Inspection
	fmt.Println("known kind:", audit.Inspect(&x, ruled{}, schedule, twoHours()))
	fmt.Println(x.Err())
	// Output:
	// known kind: true
	// 1 rules are broken beyond a tolerance of 1e-06:
	//   custom: injection in scenario 0, step 1 is 2, want ≤ 1
}

// An injection of 2 MW that was scheduled as 3 MW has a shortage of 1 MWh,
// which costs 4.
func ExamplePayment() {
	c := twoHours()
	c.Tariff.Shortage = []float64{4, 4}
	schedule := der.Schedule{
		DayAhead: []float64{3, 0},
		Realised: []der.Ports{{Injected: []float64{2, 0}}},
	}
	fmt.Println(audit.Payment(schedule, c, 0))
	// Output: 96
}
