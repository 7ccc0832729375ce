// Command quickstart plans a virtual power plant (VPP) one day ahead. Then two
// VPPs compete for the same DERs.
//
//	go run ./examples/quickstart
//
// The first part uses package vpp alone: scenarios, markets, DERs, one plan.
// The second part uses package trigrid: a region and a run.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run prints a plan of one VPP, and then the choice of the DERs between two
// VPPs.
func run(ctx context.Context, out io.Writer) error {
	// Two scenarios of six hours: strong wind with a probability of 0.6, weak
	// wind with 0.4. Demands are equal in both. All series are in MW.
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 6}, []float64{0.6, 0.4})
	if err != nil {
		return err
	}
	if err := errors.Join(
		set.Add("wind", "MW", [][]float64{{3, 4, 5, 5, 4, 3}, {1, 2, 2, 3, 1, 1}}),
		set.AddForecast("village", "MW", []float64{1, 1, 2, 3, 4, 2}),
		set.AddForecast("factory", "MW", []float64{2, 2, 4, 4, 2, 2}),
	); err != nil {
		return err
	}
	// Prices are in currency per MWh. A shortage against the day-ahead schedule
	// costs 30 per MWh and a surplus 10, in addition to the traded energy.
	hours := market.Calendar{Steps: 6, StepHours: 1}
	setting := vpp.Setting{
		Set:     set,
		Weights: weights.Vector{Economic: 0.8, Risk: 0.2},
		Markets: vpp.Markets{
			Electricity: &market.Tariff{
				Calendar: hours,
				Buy:      market.Series{60, 50, 90, 120, 150, 80},
				Sell:     market.Series{25, 20, 40, 50, 70, 35},
			},
			Imbalance: &market.Imbalance{
				Calendar: hours, Price: market.Series{0}, Short: market.Series{30}, Long: market.Series{10},
			},
		},
	}
	// The series "wind" is the power that the weather allows, at most the
	// capacity.
	units := []der.DER{
		&der.Wind{ID: "wind farm", Capacity: optional.Of(6), Available: "wind"},
		&der.Storage{
			ID: "battery", Charge: 2, Discharge: 2, Energy: 4, // MW, MW, MWh
			ChargeEfficiency: 0.95, DischargeEfficiency: 0.95,
		},
	}

	// One VPP with both DERs as members. The plan has one day-ahead schedule
	// for both scenarios and one dispatch of the battery per scenario.
	// PassThrough is θ, the fraction of the gain that members receive.
	village := vpp.VPP{Name: "village", Demand: "village", RiskAversion: 1, PassThrough: 0.5}
	plan, err := vpp.Problem{VPP: village, Members: units, Setting: setting}.Solve(ctx, highs.Solver{})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "hour   day-ahead   battery if windy   battery if calm   MW")
	battery := plan.Members[0].Schedule // members are in order of name
	for t, mw := range plan.DayAhead {
		fmt.Fprintf(out, "%4d %11.2f %18.2f %17.2f\n", t, mw, battery.Realised[0].Net(t), battery.Realised[1].Net(t))
	}
	// The value is 0.8 · trade − 0.2 · CVaR, the weights above.
	fmt.Fprintf(out, "expected trade %.2f, CVaR of imbalance %.2f, value %.2f\n\n",
		plan.Value.Trade, plan.Value.Risk, plan.Value.Integrated)

	// A second VPP competes for the same DERs. Each DER moves to the VPP that
	// pays it more, until no DER gains by moving: a Nash profile.
	factory := vpp.VPP{Name: "factory", Demand: "factory", RiskAversion: 1, PassThrough: 0.5}
	region := trigrid.Region{Name: "quickstart", VPPs: []vpp.VPP{village, factory}, DERs: units, Setting: setting}
	result, err := trigrid.Run(ctx, region, trigrid.Options{})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, result.Game.Verdict)
	for _, unit := range result.DERs {
		fmt.Fprintf(out, "%-9s joins the %s for %7.2f\n", unit.Name, unit.Choice, unit.Payoff)
	}
	return nil
}
