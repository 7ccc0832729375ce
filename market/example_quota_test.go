package market_test

import (
	"fmt"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/market/published"
	"github.com/trigrid/trigrid/optional"
)

// A coal unit and a boiler in two hours. The lump sum gives the same allowances
// without a subsidy of output.
func ExampleFreeAllocation() {
	b := market.FreeAllocation{Sources: []market.Source{
		{Name: "coal", Emission: 0.94, Allowance: 0.877},
		{Name: "boiler", Emission: 0.22, Allowance: 0.18},
	}}
	check(b.Validate(2))
	activity := []float64{100, 20} // MWh
	fmt.Printf("emitted %.1f, free %.1f, to buy %.1f t\n",
		b.Emissions(activity, 0), b.Allowances(0, activity), b.Net(0, activity, 0))
	lump := b.AsLumpSum([][]float64{activity, activity})
	fmt.Printf("%.1f t, rate of coal %.3f and %.3f t/MWh\n",
		lump.Net(0, activity, 0), b.Sources[0].Rate(), lump.Sources[0].Rate())
	// Output:
	// emitted 98.4, free 91.3, to buy 7.1 t
	// 7.1 t, rate of coal 0.063 and 0.940 t/MWh
}

// Certificates to buy per day: 60 MWh renewable, 40 MWh conventional, 90 MWh
// load, quota 30 %.
func ExampleObligation() {
	energy := market.Energy{Renewable: 60, Conventional: 40, Load: 90, Forecast: 70}
	for _, basis := range []market.Basis{market.OnGeneration, market.OnLoad, market.OnForecast} {
		o := market.Obligation{Basis: basis, Quota: 0.3}
		check(o.Validate())
		sold, bought := o.Gross(energy)
		fmt.Printf("%s: net %.0f, sold %.0f, bought %.0f, advantage %.0f\n",
			basis, o.Net(energy), sold, bought, o.Advantage(50))
	}
	// Output:
	// G1 (on generation): net -30, sold 42, bought 12, advantage 50
	// G2 (on load): net -33, sold 33, bought 0, advantage 50
	// G3 (on forecast): net -39, sold 39, bought 0, advantage 50
}

// A unit of the national carbon market supplies 100 MWh of power and 20 MWh of
// heat.
func ExampleBenchmark() {
	coal := published.Benchmarks2019()[0]
	coal.Correction = optional.Of(1.05)
	fmt.Printf("%s: %.1f t\n", coal.Unit, coal.Allowance(100, 20))
	// Output:
	// conventional coal above 300 MW: 101.2 t
}

// Power counts as the heat that the unit could produce instead.
func ExampleHeatEquivalent() {
	quota := market.HeatEquivalent{Kappa: 0.36, Phi: 1.5}
	heat, power := quota.Rates()
	fmt.Printf("%.2f t, %.2f and %.2f t/MWh\n", quota.Allowance(30, 10), heat, power)
	// Output:
	// 16.20 t, 0.36 and 0.54 t/MWh
}

// 2.55 currency per m³ at a heating value of 9.88 kWh/m³.
func ExampleGasPrice() {
	fmt.Printf("%.1f per MWh\n", market.GasPrice(2.55, 9.88))
	// Output:
	// 258.1 per MWh
}
