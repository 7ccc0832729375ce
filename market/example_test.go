package market_test

import (
	"fmt"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/market/published"
)

// A carbon ladder costs differently by the hour and by the day. Each hour buys 90 t.
func Example() {
	for _, period := range []market.Period{market.Hour, market.Day} {
		ladder := &market.Ladder{
			Calendar: market.Calendar{Steps: 24, Period: period},
			Price:    market.Series{50}, // CNY per t CO2
			Band:     market.Series{40}, // t CO2 per settlement period
			Growth:   0.25,
			Bands:    3,
		}
		if err := market.Validate(ladder); err != nil {
			fmt.Println(err)
			return
		}
		cost := 0.0
		for p := range ladder.Periods() {
			from, to := ladder.Span(p)
			cost += ladder.Curve(p).Cost(90 * float64(to-from))
		}
		fmt.Printf("%2.0f h: %.0f CNY\n", float64(period), cost)
	}
	// Output:
	//  1 h: 126000 CNY
	// 24 h: 160500 CNY
}

// A convex curve goes into a program as one row per segment: cost ≥ slope · q + intercept.
func ExampleCurve_Segments() {
	tariff := &market.Tariff{
		Calendar: market.Calendar{Steps: 1},
		Buy:      market.Series{470}, Sell: market.Series{164.5}, // CNY per MWh
		MaxBuy: market.Series{12}, MaxSell: market.Series{8},
	}
	c := tariff.Curve(0)
	fmt.Println("convex:", c.Convex())
	for _, s := range c.Segments() {
		fmt.Printf("cost >= %g q + %g for %g <= q <= %g\n", s.Slope, s.Intercept, s.Lower, s.Upper)
	}
	// Output:
	// convex: true
	// cost >= 164.5 q + 0 for -8 <= q <= 0
	// cost >= 470 q + 0 for 0 <= q <= 12
}

func ExampleClear() {
	cleared, err := market.Clear([]market.Bid{
		{Participant: "vpp1", Quantity: 10, Price: 600},
		{Participant: "vpp2", Quantity: -6, Price: 0},
		{Participant: "vpp3", Quantity: -8, Price: 450},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	payments, err := cleared.Payments(market.Fen)
	fmt.Println(cleared.Price, cleared.Accepted, payments, err)
	// Output:
	// 450 [10 -6 -4] [450000 -270000 -180000] <nil>
}

func ExampleWarnings() {
	tariff, err := published.TimeOfUseWei2022().Tariff(market.Calendar{Steps: 24})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range market.Warnings(tariff) {
		fmt.Println(w.Kind, w.Periods)
	}
	// Output:
	// arbitrage [0 1 2 3 4 5 6]
}
