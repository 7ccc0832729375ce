package markettest_test

import (
	"fmt"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/market/markettest"
)

// The payment rule, stated a second time, finds a wrong price.
func ExampleSuite_Check() {
	suite := markettest.Suite{
		Steps: 1,
		Cost:  func(_ int, quantity float64) float64 { return 70 * quantity },
	}
	day := market.Calendar{Steps: 1}
	fmt.Println(suite.Check(market.Flat(market.Carbon, day, 70)))
	fmt.Println(suite.Check(market.Flat(market.Carbon, day, 71)))
	// Output:
	// <nil>
	// cost is the payment rule: period 0: a net purchase of -100 costs -7100 by the curve and -7000 by the rule
}

// An intended fee goes into Fixed.
func ExampleSuite() {
	fee := &market.Posted{Calendar: market.Calendar{Steps: 1}, Curves: []market.Curve{{Fixed: 12}}}
	fmt.Println(markettest.Suite{}.Check(fee))
	fmt.Println(markettest.Suite{Fixed: func(int) float64 { return 12 }}.Check(fee))
	// Output:
	// trading nothing costs the fixed part: period 0: trading nothing costs 12, not 0; put an intended fixed cost into Suite.Fixed
	// <nil>
}

// falsely is a market that reports a decreasing volume response.
type falsely struct{ *market.Tariff }

func (m falsely) Base(period int) market.Curve { return m.Curve(period) }
func (m falsely) Response(int) market.Response { return market.Response{Slope: -1} }

// A market with a volume response has further obligations.
func ExampleSuite_responsive() {
	flat := market.Flat(market.Carbon, market.Calendar{Steps: 1}, 70)
	fmt.Println(markettest.Suite{}.Check(falsely{flat}))
	// Output:
	// volume response is consistent: period 0: price response: slope -1, want at least 0; a falling price is not convex
}

// An invalid market fails only the first rule.
func ExampleSuite_invalid() {
	fmt.Println(markettest.Suite{Steps: 24}.Check(&market.Tariff{Calendar: market.Calendar{Steps: 24}}))
	// Output:
	// valid: electricity tariff: Buy has 0 values, want 1, or one for each of the 24 settlement periods
}
