package fleet_test

import (
	"context"
	"fmt"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Two villages of 3 and 5 MW share 10 000 roofs of 1 kW. Energy costs 200 per
// MWh and sells at 80, so that the roofs replace 8 MWh of purchases and sell 2
// MWh. A further roof sells: it earns 0.08.
func Example() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	for name, mw := range map[string]float64{"roof": 0.001, "upper": 3, "lower": 5} {
		if err := set.AddForecast(name, "MW", []float64{mw}); err != nil {
			fmt.Println(err)
			return
		}
	}
	p := fleet.Problem{
		VPPs:   []vpp.VPP{{Name: "upper village", Demand: "upper"}, {Name: "lower village", Demand: "lower"}},
		Fleets: []der.Fleet{{Unit: &der.PV{ID: "roofs", Available: "roof"}, Count: 10_000}},
		Setting: vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{Electricity: &market.Tariff{
			Calendar: market.Calendar{Steps: 1}, Buy: market.Series{200}, Sell: market.Series{80},
		}}},
	}
	e, err := p.Solve(context.Background(), highs.Solver{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := p.Verify(context.Background(), highs.Solver{}, e)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("payoff %.2f each, gain %.0f, paid %.0f\n", e.Payoff[0], c.Gain, 10_000*e.Payoff[0])
	fmt.Printf("no split is worth more than %.0f; a move gains at most %.3f\n", c.Bound, c.Regret)
	// Output:
	// payoff 0.08 each, gain 1760, paid 800
	// no split is worth more than 160; a move gains at most 0.000
}

// Three roofs of 1, 2 and 3 MW differ, and the villages buy 3 and 5 MW at 200
// per MWh. No roof needs to sell, so that each MWh is worth 200 in either
// village.
func ExampleDistinct() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	p := fleet.Distinct{VPPs: []vpp.VPP{{Name: "upper village", Demand: "upper"}, {Name: "lower village", Demand: "lower"}}}
	for name, mw := range map[string]float64{"a": 1, "b": 2, "c": 3, "upper": 3, "lower": 5} {
		if err := set.AddForecast(name, "MW", []float64{mw}); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		p.DERs = append(p.DERs, &der.PV{ID: name, Available: name})
	}
	p.Setting = vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{Electricity: &market.Tariff{
		Calendar: market.Calendar{Steps: 1}, Buy: market.Series{200}, Sell: market.Series{80},
	}}}
	a, err := p.Solve(context.Background(), highs.Solver{}, fleet.DistinctOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("gain %.0f, no split is worth more than %.0f more\n", a.Gain, a.Gap)
	fmt.Printf("payoffs %.0f, %.0f and %.0f; a move gains at most %.1f\n", a.Payoff[0], a.Payoff[1], a.Payoff[2], a.Regret)
	// Output:
	// gain 1200, no split is worth more than 0 more
	// payoffs 200, 400 and 600; a move gains at most 0.0
}
