package der_test

import (
	"fmt"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// The farm delivers 4 and 6 of 5 and 6 MW. Curtailment of 1 MWh costs 30.
func ExampleWind() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	_ = set.AddForecast("wind", "MW", []float64{5, 6})
	c := der.Context{Set: set, Tariff: der.Tariff{Injection: []float64{40, 50}}}
	farm := &der.Wind{ID: "W1", Capacity: optional.Of(8), Available: "wind", Maintenance: 2, CurtailmentPenalty: 30}
	fmt.Println(farm.Validate(set))

	delivered := der.Ports{Injected: []float64{4, 6}, Available: []float64{5, 6}}
	benefit := farm.Benefit(der.Schedule{Realised: []der.Ports{delivered}}, c, 0)
	fmt.Println(benefit.Items, benefit.Total())
	// Output:
	// <nil>
	// [{energy sold 460} {maintenance -20} {curtailment penalty -30}] 410
}

// Modules convert irradiance to a series for PV. The subsidy is paid per MWh
// used.
func ExamplePV() {
	modules := der.Module{Area: 1.96, Efficiency: 0.18, Count: 10_000}
	sun := []float64{modules.Power(500), modules.Power(800)}
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	_ = set.AddForecast("sun", "MW", sun)
	c := der.Context{Set: set, Tariff: der.Tariff{Injection: []float64{40, 50}}}
	roofs := &der.PV{ID: "roofs", Available: "sun", Subsidy: 20}

	benefit := roofs.Benefit(der.Schedule{Realised: []der.Ports{{Injected: sun, Available: sun}}}, c, 0)
	fmt.Printf("sold %.2f, subsidy %.2f\n", benefit.Item("energy sold"), benefit.Item("subsidy"))
	// Output:
	// sold 211.68, subsidy 91.73
}

// A round trip of 2 MWh at an efficiency of 0.9 each way: 1.62 MWh come back.
// Wear is 3 per MWh moved.
func ExampleStorage() {
	battery := &der.Storage{
		ID: "battery", Charge: 2, Discharge: 2, Energy: 4,
		ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 3,
	}
	prices := []float64{20, 100}
	c := der.Context{
		Set:    scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2}),
		Tariff: der.Tariff{Injection: prices, Withdrawal: prices},
	}
	flows := der.Ports{Withdrawn: []float64{2, 0}, Injected: []float64{0, 1.62}}
	benefit := battery.Benefit(der.Schedule{Realised: []der.Ports{flows}}, c, 0)
	for _, item := range benefit.Items {
		fmt.Printf("%s %.2f\n", item.What, item.Amount)
	}
	// Output:
	// energy sold 162.00
	// energy bought -40.00
	// wear -10.86
}

// The turbine starts in hour 1 and runs at 4 and 6 MW: 300 for the start, 50
// per hour, 40 per MWh.
func ExampleThermal() {
	turbine := &der.Thermal{
		ID: "turbine", MinOutput: 2, MaxOutput: 6, RampUp: optional.Of(4),
		NoLoad: 50, Linear: 40, StartUp: []der.StartCost{{Cost: 300}}, EmissionFactor: 0.5,
	}
	c := der.Context{
		Set:    scenario.Single(scenario.Grid{Step: time.Hour, Steps: 3}),
		Tariff: der.Tariff{Injection: []float64{30, 120, 130}},
	}
	fmt.Println(turbine.Validate(c.Set))
	benefit := turbine.Benefit(der.Schedule{Realised: []der.Ports{{Injected: []float64{0, 4, 6}}}}, c, 0)
	fmt.Println("sold", benefit.Item("energy sold"), "fuel", benefit.Item("fuel"), "start", benefit.Item("start-up"))
	fmt.Println("total", benefit.Total())
	// Output:
	// <nil>
	// sold 1260 fuel -500 start -300
	// total 460
}

// The curve begins at the minimum output. Each block has a price of its own.
func ExampleCurveOf() {
	for _, point := range der.CurveOf(2, 50, der.Block{UpTo: 4, Price: 30}, der.Block{UpTo: 6, Price: 40}) {
		fmt.Printf("%v MW costs %v per hour\n", point.Output, point.Cost)
	}
	// Output:
	// 2 MW costs 110 per hour
	// 4 MW costs 170 per hour
	// 6 MW costs 250 per hour
}

// An office sheds 1 MW for an hour. Half of the energy comes back in the next
// hour.
func ExampleDemandResponse() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 3})
	_ = set.AddForecast("office", "MW", []float64{5, 5, 5})
	c := der.Context{Set: set, Tariff: der.Tariff{
		Withdrawal: []float64{50, 50, 50}, LoadReduction: []float64{80, 80, 80},
	}}
	office := &der.DemandResponse{
		ID: "office", Load: "office", MaxReductionShare: optional.Of(0.2),
		ReboundRatio: optional.Of(0.5), ReboundWeights: []float64{1}, ReductionCost: 10,
	}
	fmt.Println(office.Validate(set))
	metered := der.Ports{Withdrawn: []float64{5, 5.5, 5}, Reduced: []float64{1, 0, 0}} // gross of the reduction
	fmt.Println(office.Benefit(der.Schedule{Realised: []der.Ports{metered}}, c, 0).Items)
	// Output:
	// <nil>
	// [{energy bought -775} {load reduction 80} {discomfort -10}]
}

// Two calls of two hours each are allowed. After one of them a single call is
// left.
func ExampleCalls() {
	c := der.Context{Set: scenario.Single(scenario.Grid{Step: time.Hour, Steps: 4})}
	freezer := &der.DemandResponse{
		ID: "freezer", Served: true, MaxReduction: optional.Of(1), Rebound: der.ReboundNone,
		Calls: der.Calls{MinHours: 2, MaxHours: optional.Of(2), MaxCalls: optional.Of(2), MinReduction: 0.5},
	}
	fmt.Println(freezer.Validate(c.Set))
	past := &der.Ports{Reduced: []float64{0, 1, 1, 0}}
	next, err := freezer.RollForward(past, c, 0, 4)
	fmt.Println(next.(*der.DemandResponse).Calls.MaxCalls, err)
	// Output:
	// <nil>
	// 1 <nil>
}

// The wash usually begins at hour 0. To begin at hour 1 costs 5 per MWh of its
// 3 MWh.
func ExampleShiftableLoad() {
	wash := &der.ShiftableLoad{ID: "wash", Profile: []float64{2, 1}, Window: der.Window{To: optional.Of(3)}, ShiftCost: 5}
	c := der.Context{
		Set:    scenario.Single(scenario.Grid{Step: time.Hour, Steps: 4}),
		Tariff: der.Tariff{Withdrawal: []float64{90, 40, 30, 30}},
	}
	for _, power := range [][]float64{{2, 1, 0, 0}, {0, 2, 1, 0}} {
		b := wash.Benefit(der.Schedule{Realised: []der.Ports{{Withdrawn: power}}}, c, 0)
		fmt.Println(b.Item("energy bought"), b.Total())
	}
	// Output:
	// -220 -220
	// -110 -125
}

// The pump needs 6 MWh, usually in hours 0 and 1. It moves 4 MWh to cheaper
// hours.
func ExampleTransferableLoad() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 4})
	_ = set.AddForecast("usual", "MW", []float64{3, 3, 0, 0})
	pump := &der.TransferableLoad{ID: "pump", Load: "usual", Max: 2, MinRun: 3, TransferCost: 1}
	c := der.Context{Set: set, Tariff: der.Tariff{Withdrawal: []float64{90, 40, 30, 30}}}
	fmt.Println(pump.Validate(set))
	b := pump.Benefit(der.Schedule{Realised: []der.Ports{{Withdrawn: []float64{0, 2, 2, 2}}}}, c, 0)
	fmt.Println(b.Items, b.Total())
	// Output:
	// <nil>
	// [{energy bought -200} {transfer -4}] -204
}

// A car stays for three hours and needs 4 MWh at 2 MW. In the dear hour 1 it
// feeds in 0.5 MWh.
func ExampleEVFleet() {
	cars := &der.EVFleet{ID: "cars", Efficiency: 1, Wear: 5, UnmetCost: 500, Stays: []der.EVStay{
		{Name: "bus", Depart: 3, Capacity: 6, Has: 1, Wants: 5, Charge: 2, Discharge: 2},
	}}
	c := der.Context{
		Set:    scenario.Single(scenario.Grid{Step: time.Hour, Steps: 3}),
		Tariff: der.Tariff{Withdrawal: []float64{30, 90, 40}},
	}
	fmt.Println(cars.Validate(c.Set))
	charged := der.Ports{Withdrawn: []float64{2, 0, 2}, Injected: []float64{0, 0.5, 0}, Traces: []der.Path{
		{Name: "energy_1", Values: []float64{3, 2.5, 4.5}}, {Name: "unmet", Values: []float64{0, 0, 0.5}},
	}}
	fmt.Println(cars.Misses(&charged, c, 0))
	fmt.Println(cars.Benefit(der.Schedule{Realised: []der.Ports{charged}}, c, 0).Items)
	// Output:
	// <nil>
	// [stay "bus" lacks 0.5 MWh after step 2]
	// [{energy sold 0} {energy bought -140} {wear -2.5} {unmet energy -250}]
}

// A load may shed 10 % of its demand at the value of lost load.
func ExampleLoad() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	_ = set.AddForecast("demand", "MW", []float64{10, 20})
	town := &der.Load{ID: "town", Demand: "demand", Sheddable: 0.1, ShedCost: 10_000}
	c := der.Context{Set: set, Tariff: der.Tariff{Withdrawal: []float64{50, 50}}}
	b := town.Benefit(der.Schedule{Realised: []der.Ports{{Withdrawn: []float64{10, 18}}}}, c, 0)
	fmt.Println(b.Items)
	// Output:
	// [{energy bought -1400} {load not served -20000}]
}

// Power and heat have a fixed ratio. The heat limit of 2.7 MW binds before the
// power limit.
func ExampleCHP() {
	engine := &der.CHP{
		ID: "engine", ElectricEfficiency: 0.35, HeatEfficiency: 0.45,
		Power: der.Operation{Min: 0.7, Max: 3.5}, MaxHeat: optional.Of(2.7), EmissionFactor: optional.Of(der.NaturalGasCO2),
	}
	fmt.Println(engine.Validate(nil))
	fmt.Println(engine.Binding())
	// Output:
	// <nil>
	// Power.Min MaxHeat
}

// The bounds of a turbine with extraction are the ranges of its operating
// points.
func ExampleExtractionCHP() {
	turbine := &der.ExtractionCHP{ID: "turbine", Points: []der.OperatingPoint{
		{Power: 5, Heat: 0, Gas: 14}, {Power: 4, Heat: 5, Gas: 14}, {Power: 2, Heat: 2, Gas: 7},
	}}
	c := der.Context{Set: scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})}
	b := turbine.Bounds(c, 0)
	for _, port := range []der.Carrier{der.Electricity, der.Heat, der.Gas} {
		fmt.Printf("%v from %v to %v MW\n", port, b.Min[port][0], b.Max[port][0])
	}
	// Output:
	// electricity from 2 to 5 MW
	// heat from 0 to 5 MW
	// gas from -14 to -7 MW
}

// The boiler starts once and makes 9 MWh of heat.
func ExampleGasBoiler() {
	boiler := &der.GasBoiler{
		ID: "boiler", Efficiency: 0.9, Maintenance: 2,
		Heat: der.Operation{Min: 3, Max: 9, Switchable: true, StartCost: 40},
	}
	c := der.Context{Set: scenario.Single(scenario.Grid{Step: time.Hour, Steps: 3})}
	b := boiler.Benefit(der.Schedule{Realised: []der.Ports{{Heat: []float64{0, 5, 4}}}}, c, 0)
	fmt.Println(b.Items)
	// Output:
	// [{maintenance -18} {start-up -40}]
}

// A ramp of 1 MW per hour begins at the power before the horizon, which must be
// given.
func ExampleElectricBoiler() {
	boiler := &der.ElectricBoiler{
		ID: "boiler", Efficiency: 0.98,
		Power: der.Operation{Min: 1, Max: 4, RampUp: optional.Of(1)},
	}
	fmt.Println(boiler.Validate(nil))
	boiler.Power.Before = 2
	fmt.Println(boiler.Validate(nil))
	// Output:
	// der: electric boiler boiler: Power.Before is 0, want the output that ramps begin from, in [1, 4] MW, or another Boundary
	// <nil>
}

// The next window continues from the last power, so that ramps hold across
// windows.
func ExamplePowerToGas() {
	converter := &der.PowerToGas{ID: "methanation", Efficiency: 0.55, Power: der.Operation{Max: 10, RampUp: optional.Of(3)}}
	c := der.Context{Set: scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})}
	next, err := converter.RollForward(&der.Ports{Withdrawn: []float64{3, 6}}, c, 0, 2)
	fmt.Println(next.(*der.PowerToGas).Power.Before, err)
	// Output:
	// 6 <nil>
}

// 8 MW net and 8.1 t captured without a tank: the capture takes 0.25 MWh per t
// from the gross output.
func ExampleCarbonCapture() {
	unit := &der.CarbonCapture{
		Unit:       der.Thermal{ID: "coal", MinOutput: 4, MaxOutput: 12, Linear: 30, EmissionFactor: 0.9},
		Efficiency: 0.9, AbsorbEnergy: 0.05, ReleaseEnergy: 0.2, SolventCost: 2,
	}
	c := der.Context{
		Set:    scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1}),
		Tariff: der.Tariff{Injection: []float64{100}},
	}
	metered := der.Ports{Injected: []float64{7.975}, CO2: []float64{8.1}}
	b := unit.Benefit(der.Schedule{Realised: []der.Ports{metered}}, c, 0)
	fmt.Printf("sold %.1f, fuel %.1f, solvent %.1f\n", b.Item("energy sold"), b.Item("fuel"), b.Item("solvent"))
	// Output:
	// sold 797.5, fuel -300.0, solvent -16.2
}

// Sequestration takes CO2 in, so that the port is negative.
func ExampleSequestration() {
	store := &der.Sequestration{ID: "aquifer", Max: 2, Cost: 40}
	c := der.Context{Set: scenario.Single(scenario.Grid{Step: 30 * time.Minute, Steps: 2})}
	b := store.Benefit(der.Schedule{Realised: []der.Ports{{CO2: []float64{-1, -0.5}}}}, c, 0)
	fmt.Println(b.Items)
	// Output:
	// [{sequestration -60}]
}

// Gas is bought at the price of a series.
func ExampleGasSupply() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	_ = set.AddForecast("gas price", "currency/MWh", []float64{30, 40})
	network := &der.GasSupply{ID: "network", Max: 5, Price: "gas price"}
	b := network.Benefit(der.Schedule{Realised: []der.Ports{{Gas: []float64{5, 2}}}}, der.Context{Set: set}, 0)
	fmt.Println(network.Validate(set), b.Items)
	// Output:
	// <nil> [{gas -230}]
}

// 2 MWh are bought at 50 and 1 MWh is sold at 70, with a fee of 1 per MWh.
func ExampleGridConnection() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	_ = set.AddForecast("buy", "currency/MWh", []float64{50, 90})
	_ = set.AddForecast("sell", "currency/MWh", []float64{40, 70})
	line := &der.GridConnection{ID: "line", MaxBuy: 5, MaxSell: 5, BuyPrice: "buy", SellPrice: "sell", Fee: 1}
	traded := der.Ports{Injected: []float64{2, 0}, Withdrawn: []float64{0, 1}}
	b := line.Benefit(der.Schedule{Realised: []der.Ports{traded}}, der.Context{Set: set}, 0)
	fmt.Println(b.Item("bought from the grid"), b.Item("sold to the grid"), b.Item("grid fee"))
	// Output:
	// -100 70 -3
}

// 3 MW of surplus heat for two hours cost 9.
func ExampleHeatDump() {
	tower := &der.HeatDump{ID: "tower", Max: 4, Cost: 1.5}
	c := der.Context{Set: scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})}
	b := tower.Benefit(der.Schedule{Realised: []der.Ports{{Heat: []float64{-3, -3}}}}, c, 0)
	fmt.Println(b.Items)
	// Output:
	// [{cooling -9}]
}
