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

// parabola is the convex function a x².
type parabola struct{ a float64 }

func (f parabola) Value(x float64) float64 { return f.a * x * x }
func (f parabola) Slope(x float64) float64 { return 2 * f.a * x }

// An output of 1.5 MW costs 2.25. The first tangents of the program give 2.
func ExampleTerms_AddConvex() {
	m := milp.New()
	c := der.Context{Set: scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})}
	terms := c.NewTerms()
	at := c.Namer("mill", 0)
	output := m.Var(at("output", 0), 1.5, 4).Expr()
	terms[0].AddConvex(m, at("cost", 0), output, milp.Const(1), parabola{1}, 0, 4)
	m.Minimize(terms[0].Cost)
	solution, err := highs.Solver{}.Solve(context.Background(), m)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f of %.2f\n", solution.Eval(terms[0].Cost), terms[0].CostAt(solution.Values))
	// Output:
	// 2.00 of 2.25
}

// Validate reports all violations at once.
func ExampleValidator() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 24})
	var battery der.DER = &der.Storage{
		ID: "ES", Charge: -1, Discharge: 2, Energy: 4, Initial: optional.Of(5),
		ChargeEfficiency: 1.05, DischargeEfficiency: 0.95,
	}
	if v, ok := battery.(der.Validator); ok {
		fmt.Println(v.Validate(set))
	}
	// Output:
	// der: storage ES: Charge is -1, want a finite number of at least 0 MW
	// der: storage ES: Initial is 5, want a number in [0, 4] MWh, from MinEnergy to Energy
	// der: storage ES: ChargeEfficiency is 1.05, want a fraction in (0, 1]
}

// A battery rolls forward to the energy at the end of hour 1.
func ExampleStateful() {
	c := der.Context{Set: scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})}
	var battery der.Stateful = &der.Storage{
		ID: "ES", Charge: 2, Discharge: 2, Energy: 4, Initial: optional.Of(1),
		ChargeEfficiency: 0.95, DischargeEfficiency: 0.95,
	}
	realised := &der.Ports{Traces: []der.Path{{Name: "energy", Unit: "MWh", Values: []float64{2.9, 3.5}}}}
	next, err := battery.RollForward(realised, c, 0, 2)
	fmt.Println(next.(*der.Storage).Initial, err)
	// Output:
	// 3.5 <nil>
}

// A turbine that is off needs two hours of rest before a start. It then climbs
// by 2 MW per hour.
func ExampleBounded() {
	var turbine der.Bounded = &der.Thermal{
		ID: "turbine", MinOutput: 1, MaxOutput: 6, RampUp: optional.Of(2), MinDown: 3,
		Before: der.ThermalState{Hours: optional.Of(1)},
	}
	c := der.Context{Set: scenario.Single(scenario.Grid{Step: time.Hour, Steps: 6})}
	fmt.Println(turbine.Bounds(c, 0).Max[der.Electricity])
	// Output:
	// [0 0 2 4 6 6]
}

// The store loses half of its energy per hour and cannot keep its minimum.
func ExampleDiagnoser() {
	var store der.Diagnoser = &der.Storage{
		ID: "heat", Port: der.Heat, Charge: 1, Discharge: 1, MinEnergy: 3, Energy: 10, Initial: optional.Of(6),
		ChargeEfficiency: 1, DischargeEfficiency: 1, SelfDischarge: 0.5,
	}
	fmt.Println(store.Diagnose(der.Context{Set: scenario.Single(scenario.Grid{Step: time.Hour, Steps: 4})}))
	// Output:
	// storage "heat": holds at most 2.5 MWh after step 2, charging all the time, and must hold 3 MWh (MinEnergy)
}

// A schedule that charges and discharges at once breaks the rule of a store.
func ExampleOverlapper() {
	var battery der.Overlapper = &der.Storage{ID: "ES", Charge: 2, Discharge: 2, Energy: 4}
	p := &der.Ports{Withdrawn: []float64{2, 1}, Injected: []float64{0, 1}}
	fmt.Println(battery.Overlaps(p, 0), battery.Overlaps(p, 1))
	// Output:
	// false true
}

// A report groups and describes DERs by these interfaces.
func ExampleClassified() {
	battery := &der.Storage{ID: "ES", Energy: 4, MinEnergy: 1}
	for _, unit := range []der.DER{&der.Wind{ID: "W1"}, &der.CHP{ID: "engine"}, battery, &der.Load{ID: "town"}} {
		class := der.ClassOther
		if x, ok := unit.(der.Classified); ok {
			class = x.Class()
		}
		fmt.Println(unit.Name(), class)
	}
	fmt.Println(battery.DescribeState("energy"))
	// Output:
	// W1 wind
	// engine thermal
	// ES storage
	// town other
	// {1 1 4 false}
}

// The turbine credits captured CO2 at the stack, but the gas made from it is
// free of carbon.
func ExampleOneCarbonRule() {
	fmt.Println(der.OneCarbonRule(
		&der.CarbonCapture{Unit: der.Thermal{ID: "turbine"}},
		&der.GasSupply{ID: "network", EmissionFactor: der.NaturalGasCO2},
	))
	fmt.Println(der.OneCarbonRule(
		&der.CarbonCapture{Unit: der.Thermal{ID: "turbine"}, Carbon: der.CountAtPurchase},
		&der.GasSupply{ID: "network", EmissionFactor: der.NaturalGasCO2},
	))
	// Output:
	// der: "turbine" credits CO2 at the stack, and gas made from it is free of carbon because "network" charges bought gas only; want CountAtPurchase or burners with an EmissionFactor
	// <nil>
}

// The member delivers 1 MWh less than scheduled, at a charge of 30 per MWh.
func ExampleTariff() {
	c := der.Context{
		Set:    scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2}),
		Tariff: der.Tariff{Injection: []float64{40, 60}, Shortage: []float64{30, 30}},
	}
	schedule := der.Schedule{
		DayAhead: []float64{5, 5},
		Realised: []der.Ports{{Injected: []float64{5, 4}}},
	}
	fmt.Println(c.Payment(schedule, 0).Items)
	fmt.Println(der.Tariff{Shortage: []float64{-1, 30}}.Validate(2))
	// Output:
	// [{energy sold 440} {deviation -30}]
	// der: tariff: Shortage[0] is -1, want a finite number of at least 0 in currency per MWh
}

// A shortage costs three times as much as a surplus, so that the member
// schedules the lower delivery.
func ExampleContext_DayAheadSchedule() {
	set, _ := scenario.New(scenario.Grid{Step: time.Hour, Steps: 1}, []float64{0.5, 0.5})
	deliveries := []der.Ports{{Injected: []float64{2}}, {Injected: []float64{6}}}
	for _, tariff := range []der.Tariff{
		{Shortage: []float64{30}, Surplus: []float64{10}},
		{Shortage: []float64{10}, Surplus: []float64{30}},
		{},
	} {
		fmt.Println(der.Context{Set: set, Tariff: tariff}.DayAheadSchedule(deliveries))
	}
	// Output:
	// [2]
	// [6]
	// [4]
}

// The bound of electricity does not hold for heat.
func ExampleContext_MinMarginalValue() {
	c := der.Context{MinMarginalValues: []float64{20, -5}}
	fmt.Println(c.MinMarginalValue(der.Electricity, 1))
	fmt.Println(c.MinMarginalValue(der.Heat, 1))
	// Output:
	// -5 true
	// 0 false
}

// The price doubles in hour 1: 10 % of the load is given up, and 2 % of it
// moves to hour 0.
func ExampleElasticity() {
	x := der.Elasticity{Own: -0.1, Cross: [][]float64{{0, 0.02}, {0.02, 0}}, Period: []int{0, 1}}
	load, err := x.Loads([]float64{10, 10}, []float64{50, 100}, []float64{50, 50})
	fmt.Println(load, err)
	// Output:
	// [10.2 9] <nil>
}

// A benefit has one item per source of income and cost.
func ExampleBenefit() {
	var b der.Benefit
	b.Earn("energy sold", 120)
	b.Pay("wear", 15)
	fmt.Println(b.Items, b.Item("wear"), b.Total())
	// Output:
	// [{energy sold 120} {wear -15}] -15 105
}

// Output by rating falls with the temperature of the cells.
func ExampleArray() {
	x := der.Array{Capacity: 5, Temperature: 0.004}
	fmt.Printf("%.2f MW at 25 °C, %.2f MW at 45 °C\n", x.Power(800, 25), x.Power(800, 45))
	// Output:
	// 4.00 MW at 25 °C, 3.68 MW at 45 °C
}
