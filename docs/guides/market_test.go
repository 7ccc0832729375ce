package guides_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/market/markettest"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// TakeOrPay is a supply contract for electricity: the buyer pays for at least
// Minimum in every period, and cannot sell back.
//
//	C(q) = p max(q, M),   q ≥ 0         currency per settlement period
type TakeOrPay struct {
	market.Calendar         // steps and settlement periods
	Price           float64 // p ≥ 0, currency per MWh
	Minimum         float64 // M > 0, MWh per period
}

// Trades implements [market.Market].
func (m *TakeOrPay) Trades() market.Good { return market.Electricity }

// Curve implements [market.Market]. The first segment is paid already, so its
// marginal price is 0.
func (m *TakeOrPay) Curve(int) market.Curve {
	return market.Curve{
		Breaks: []float64{0, m.Minimum, math.Inf(1)},
		Slopes: []float64{0, m.Price},
		Fixed:  m.Price * m.Minimum,
	}
}

// Validate is optional; market.Validate calls it first.
func (m *TakeOrPay) Validate() error {
	bad := []error{m.Calendar.Validate()}
	if !(m.Price >= 0) {
		bad = append(bad, fmt.Errorf("take-or-pay: Price is %v, want at least 0 per MWh", m.Price))
	}
	if !(m.Minimum > 0) {
		bad = append(bad, fmt.Errorf("take-or-pay: Minimum is %v, want more than 0 MWh", m.Minimum))
	}
	return errors.Join(bad...)
}

func TestTakeOrPay(t *testing.T) {
	m := &TakeOrPay{Calendar: market.Calendar{Steps: 4}, Price: 50, Minimum: 2}
	markettest.Suite{
		Steps: 4,
		Fixed: func(int) float64 { return 100 },
		Cost:  func(_ int, q float64) float64 { return 50 * max(q, 2) }, // the rule, stated a second time
	}.Run(t, m)
}

// Demand is 1 and 3 MWh; the contract costs 50 · max(1, 2) + 50 · 3.
func ExampleTakeOrPay() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	if err := set.AddForecast("demand", "MW", []float64{1, 3}); err != nil {
		panic(err)
	}
	contract := &TakeOrPay{Calendar: market.Calendar{Steps: 2}, Price: 50, Minimum: 2}
	problem := vpp.Problem{
		VPP:     vpp.VPP{Name: "village"},
		Members: []der.DER{&der.Load{ID: "houses", Demand: "demand"}},
		Setting: vpp.Setting{
			Set:     set,
			Weights: weights.Vector{Economic: 1},
			Markets: vpp.Markets{Electricity: contract},
		},
	}
	plan, err := problem.Solve(context.Background(), highs.Solver{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.0f\n", -plan.Value.Trade)
	// Output: 250
}
