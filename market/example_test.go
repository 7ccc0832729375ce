package market_test

import (
	"fmt"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/market/published"
	"github.com/trigrid/trigrid/optional"
)

// check ends an example on an error.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A carbon ladder has different costs if it is settled by the hour or by the
// day. Each hour buys 90 t.
func Example() {
	for _, period := range []market.Period{market.Hour, market.Day} {
		ladder := &market.Ladder{
			Calendar: market.Calendar{Steps: 24, Period: period},
			Price:    market.Series{50}, // CNY per t CO2
			Band:     market.Series{40}, // t CO2 per settlement period
			Growth:   0.25,
			Bands:    3,
		}
		check(market.Validate(ladder))
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

// Settlement periods of an hour contain four steps of 15 minutes.
func ExampleCalendar() {
	c := market.Calendar{Steps: 8, StepHours: 0.25, Period: market.Hour}
	fmt.Println(c.Validate(), c.Periods(), c.PeriodOf(5))
	fmt.Println(c.Net([]float64{1, 1, 1, 1, 2, 0, -1, 0}))
	fmt.Println(market.Calendar{Steps: 36, Period: market.Day}.Validate())
	// Output:
	// <nil> 2 1
	// [4 1]
	// calendar: 36 steps are not whole days: day 1 has 12 hours; shorten the period or use Horizon
}

// A convex curve goes into a program as one row per segment: cost ≥ slope · q +
// intercept.
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

// A curve as points, as blocks and as marginal prices.
func ExampleCurve() {
	c := market.TwoPrices(470, 164.5, 12, 8).Within(-8, 10)
	quantities, costs := c.Points()
	fmt.Println(quantities, costs)
	buy, sell := c.Blocks()
	fmt.Println(buy, sell)
	lo, hi := c.Marginal(0)
	fmt.Println(lo, hi, c.Plus(c).Cost(2))
	// Output:
	// [-8 0 10] [-1316 0 4700]
	// [{470 10}] [{164.5 8}]
	// 164.5 470 1880
}

// The cost 5 q + q² within 0.5 of its tangents on [-4, 4].
func ExampleQuadratic_Tangents() {
	g := market.Quadratic{Linear: 5, Curvature: 2}
	c, err := g.Tangents(-4, 4, 0.5)
	check(err)
	fmt.Printf("%d pieces, slopes %.1f\n", len(c.Slopes), c.Slopes)
	fmt.Printf("at 3: %.2f instead of %.2f\n", c.Cost(3), g.Value(3))
	slope, intercept := g.Tangent(3)
	fmt.Printf("cut: %g q %+g\n", slope, intercept)
	// Output:
	// 7 pieces, slopes [-3.5 -0.7 2.2 5.0 7.8 10.7 13.5]
	// at 3: 23.97 instead of 24.00
	// cut: 11 q -9
}

// A flat price for every hour of a day.
func ExampleFlat() {
	carbon := market.Flat(market.Carbon, market.Calendar{Steps: 24}, 70)
	fmt.Println(carbon.Curve(3).Cost(2.5), "currency for 2.5", carbon.Trades().Unit())
	// Output:
	// 175 currency for 2.5 t CO2
}

// A shortfall costs 1.2 times the price and a surplus earns half of it.
func ExampleImbalance() {
	price := market.Series{300, -20}
	short, long := market.Spreads(price, 1.2, 0.5)
	m := &market.Imbalance{Calendar: market.Calendar{Steps: 2}, Price: price, Short: short, Long: long}
	check(market.Validate(m))
	for p := range m.Periods() {
		c, penalty := m.Curve(p), m.Penalty(p)
		fmt.Printf("short by 1 MWh: %.0f, long: %.0f, penalties %.0f and %.0f\n",
			c.Cost(1), c.Cost(-1), penalty.Cost(1), penalty.Cost(-1))
	}
	// Output:
	// short by 1 MWh: 360, long: -150, penalties 60 and 150
	// short by 1 MWh: -16, long: 30, penalties 4 and 10
}

// The price of one participant rises with its own purchases; all participants
// share the response.
func ExampleLinear() {
	m := &market.Linear{
		Market: market.Flat(market.Carbon, market.Calendar{Steps: 1}, 70), Slope: market.Series{0.2},
		Floor: market.Series{0}, Cap: market.Series{100},
		MaxBuy: market.Series{80}, MaxSell: market.Series{60},
	}
	check(market.Validate(m))
	payments, price := m.Payments(0, []float64{30, -10})
	fmt.Printf("price %.0f, payments %.0f\n", 70+price, payments)
	fmt.Printf("alone: %.0f\n", m.Curve(0).Cost(30))
	// Output:
	// price 74, payments [2220 -740]
	// alone: 2280
}

// The three conducts differ in the marginal cost of a participant that buys 5
// of 20.
func ExampleResponse() {
	r := market.Response{Intercept: 10, Slope: 2, Cap: optional.Of(60)}
	check(r.Validate())
	for _, conduct := range []market.Conduct{market.PriceTaking, market.Cournot, market.Social} {
		potential, err := r.Potential(conduct, []float64{5, 15})
		check(err)
		fmt.Println(conduct, r.Marginal(conduct, 5, 20), potential)
	}
	_, err := r.Common(market.Cournot, 0, 30, 1)
	fmt.Println(err)
	// Output:
	// price-taking 50 600
	// Cournot 60 850
	// social 90 1000
	// market: only price takers have a convex program across a floor or cap: narrow the net purchase from [0, 30] to within [-Inf, 25]
}

// Custom curves form a market: a block of 4 MWh at 50, the rest at 80, after a
// fee of 3.
func ExamplePosted() {
	m := &market.Posted{Calendar: market.Calendar{Steps: 1}, Good: market.Gas, Curves: []market.Curve{
		{Breaks: []float64{0, 4, 10}, Slopes: []float64{50, 80}, Fixed: 3},
	}}
	check(market.Validate(m))
	fmt.Println(m.Curve(0).Cost(6), market.Warnings(m)[0].Kind)
	// Output:
	// 363 fixed cost
}

func ExampleWarnings() {
	tariff, err := published.TimeOfUseWei2022().Tariff(market.Calendar{Steps: 24})
	check(err)
	for _, w := range market.Warnings(tariff) {
		fmt.Println(w.Kind, w.Periods)
	}
	// Output:
	// arbitrage [0 1 2 3 4 5 6]
}
