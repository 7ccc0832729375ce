package published_test

import (
	"fmt"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/market/published"
)

// The tariff of the calibrated case, in CNY per MWh at noon.
func ExampleTimeOfUseCheng() {
	day := published.TimeOfUseCheng().SellingAt(published.CalibratedSellFraction)
	tariff, err := day.Tariff(market.Calendar{Steps: 24})
	fmt.Println(tariff.Buy[12], tariff.Sell[12], err)
	// Output:
	// 893.4 312.69 <nil>
}

// All published tariffs and their prices at eight in the evening.
func ExampleTimeOfUseWei2022() {
	thesis, err := published.TimeOfUseThesis(9, 10, 21)
	if err != nil {
		panic(err)
	}
	for _, day := range []market.TimeOfUse{
		published.TimeOfUseWei2022(), published.TimeOfUseXue2019(), published.TimeOfUseLi2022(), thesis,
	} {
		fmt.Println(day.Buy[20], day.Source)
	}
	// Output:
	// 1090 Wei et al., Electric Power Construction 43(1) 2022
	// 820 Xue et al., Renewable Energy Resources 37(8) 2019
	// 790 Li et al., IJEPES 135 (2022) 107461, code of the paper
	// 1020 multi-time-scale IES thesis
}

// The gas price at night, converted to CNY per MWh.
func ExampleGasTimeOfDay() {
	fmt.Printf("%.0f\n", market.GasPrice(published.GasTimeOfDay()[2], 9.97))
	// Output:
	// 231
}

// The range of the observed prices.
func ExampleCarbonPrices() {
	for _, prices := range [][]published.Price{published.CarbonPrices(), published.CertificatePrices()} {
		lowest, highest := prices[0], prices[0]
		for _, p := range prices {
			if p.Price < lowest.Price {
				lowest = p
			}
			if p.Price > highest.Price {
				highest = p
			}
		}
		fmt.Println(lowest.Price, "on", lowest.Date, "to", highest.Price, "on", highest.Date)
	}
	// Output:
	// 54.22 on 2021-12-31 to 105.66 on 2024-11-13
	// 2.56 on 2025-10 to 5.66 on 2025-08
}

// The cost of 100 t on each published ladder with three bands.
func ExampleLadders() {
	for _, l := range published.Ladders() {
		m := &market.Ladder{
			Calendar: market.Calendar{Steps: 1}, Price: market.Series{l.Price},
			Band: market.Series{l.Band}, Growth: l.Growth, Bands: 3,
		}
		fmt.Printf("%.0f CNY: %s\n", m.Curve(0).Cost(100), l.Source)
	}
	// Output:
	// 36750 CNY: multi-time-scale IES thesis, code
	// 24188 CNY: park demonstrator with ladder, certificates and capture, code
	// 22486 CNY: Xue et al., Renewable Energy Resources 37(8) 2019, code
	// 13365 CNY: silvanliu666-rgb/ICC-LowCarbon-Scheduling, code
	// 6000 CNY: Cui et al., Electric Power Automation Equipment 40(11) 2020
}

// Emission factors of the grid and of a source with its reference.
func ExampleSources() {
	for _, s := range published.GridFactors()[:2] {
		fmt.Println(s.Name, s.Emission)
	}
	wind := published.Sources()[2]
	fmt.Println(wind.Name, wind.Emission, wind.Allowance, wind.Reference)
	// Output:
	// grid, China 2022 0.5366
	// grid, China 2023 0.5306
	// wind 0.043 0.078 Xue et al., Renewable Energy Resources 37(8) 2019, life cycle
}

// Wei et al. leave 6.6 % of the emissions to pay for.
func ExampleHeatEquivalentWei2022() {
	allowed, emitted := published.HeatEquivalentWei2022(1)
	fmt.Printf("%.1f %%\n", 100*(1-allowed.Allowance(40, 25)/emitted.Allowance(40, 25)))
	fmt.Printf("%.4f t/MWh in the thesis\n", published.HeatEquivalentThesis().Kappa)
	fmt.Println(len(published.Benchmarks2019()), "benchmarks")
	// Output:
	// 6.6 %
	// 0.3672 t/MWh in the thesis
	// 4 benchmarks
}
