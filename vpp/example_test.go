package vpp_test

import (
	"context"
	"fmt"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// A farm that offers 10 or 20 MWh, equally likely, is paid 40 per MWh and charged 30 for each MWh short of
// its position and 10 for each beyond. Whoever minds the worse half of all days sells 12.5 a day ahead.
func Example() {
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 1}, []float64{0.5, 0.5})
	if err != nil {
		panic(err)
	}
	if err := set.Add("wind", "MW", [][]float64{{10}, {20}}); err != nil {
		panic(err)
	}
	hour := market.Calendar{Steps: 1}
	setting := vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: 0.5, Risk: 0.5}, Risk: vpp.CVaR{Confidence: 0.5},
		Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: hour, Buy: market.Series{60}, Sell: market.Series{40}},
			Imbalance:   &market.Imbalance{Calendar: hour, Price: market.Series{40}, Short: market.Series{30}, Long: market.Series{10}},
		},
	}
	v := vpp.VPP{Name: "coast", RiskAversion: 1}
	plan, err := vpp.Problem{VPP: v, Members: []der.DER{&der.Wind{ID: "farm", Available: "wind"}}, Setting: setting}.Solve(context.Background(), highs.Solver{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("position %.1f MW, income %.0f, CVaR of the imbalance cost %.0f\n", plan.DayAhead[0], plan.Value.Trade, plan.Value.Risk)
	fmt.Println("checked from the data alone:", plan.Verify(0) == nil)
	// Output:
	// position 12.5 MW, income 600, CVaR of the imbalance cost 75
	// checked from the data alone: true
}

// What cannot work is said before anything is solved.
func ExampleProblem_Diagnose() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	if err := set.Add("load", "MW", [][]float64{{4, 12}}); err != nil {
		panic(err)
	}
	setting := vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: 1},
		Markets: vpp.Markets{Electricity: market.Flat(market.Electricity, market.Calendar{Steps: 2}, 60)},
	}
	engine := &der.Thermal{ID: "engine", MaxOutput: 9, RampUp: optional.Of(3), Before: der.ThermalState{On: true, Output: 2}, Linear: 40}
	fmt.Println(vpp.Problem{VPP: vpp.VPP{Name: "mill", Demand: "load", ImportLimit: optional.Of(3)}, Members: []der.DER{engine}, Setting: setting}.Diagnose())
	// Output:
	// vpp: VPP "mill": the demand of 12 MW at step 1 of scenario 0 exceeds the 8 MW that its members can feed in and the import limit of 3 MW by 1 MW: the program has no solution
}

// Two gloves of the left hand and one of the right: only a pair is worth anything, and whoever holds the
// scarce glove takes most of it.
func ExampleShapley() {
	worth := func(s vpp.Coalition) *vpp.Outcome {
		out := &vpp.Outcome{Coalition: s}
		if s.Has(2) && s.Size() > 1 {
			out.Value.Integrated = 6
		}
		return out
	}
	shares := vpp.Shapley{}.Shares(0b111, worth)
	fmt.Printf("%.0f %.0f %.0f\n", shares[0], shares[1], shares[2])
	// Output: 1 1 4
}
