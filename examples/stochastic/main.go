// Command stochastic commits two thermal units to a day whose wind is not known: what starts is decided
// here and now, what runs follows the wind, and the plan may mind the mean or the worst days.
//
//	go run ./examples/stochastic
//
// It prints what the plan for the mean wind, the plan for the mean cost and plans for the worst days
// commit, and what each costs over all futures; how much planning with the futures is worth (VSS) and how
// much knowing the future would be (EVPI).
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

func main() {
	if err := run(context.Background(), highs.Solver{Gap: highs.Exact}, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Numbers of the case, invented for it: power bought in a hurry costs 120 per MWh, power left over earns
// nothing.
const (
	hours      = 6
	confidence = 0.7 // the worst 30 % of the days
	emergency  = 120 // currency per MWh
)

// futures returns demand and wind on a calm, an ordinary and a windy day.
func futures() (*scenario.Set, error) {
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: hours}, []float64{0.2, 0.3, 0.5})
	if err != nil {
		return nil, err
	}
	if err := set.AddForecast("demand", "MW", []float64{28, 32, 44, 56, 50, 34}); err != nil {
		return nil, err
	}
	return set, set.Add("wind", "MW", [][]float64{
		{6, 4, 3, 2, 4, 6},
		{14, 14, 16, 15, 14, 13},
		{22, 25, 28, 30, 26, 24},
	})
}

func units() []der.DER {
	return []der.DER{
		&der.Thermal{ID: "coal", MinOutput: 12, MaxOutput: 30, NoLoad: 150, Linear: 30, MinUp: 4, StartUp: []der.StartCost{{Cost: 600}}},
		&der.Thermal{ID: "gas", MinOutput: 5, MaxOutput: 25, NoLoad: 120, Linear: 70, MinUp: 2, StartUp: []der.StartCost{{Cost: 150}}},
		&der.Wind{ID: "wind", Available: "wind"},
	}
}

// setting weighs the mean of the cost with 1 − aversion and its CVaR with aversion.
func setting(set *scenario.Set, aversion float64) vpp.Setting {
	return vpp.Setting{
		Set:      set,
		Weights:  weights.Vector{Economic: 1 - aversion, Risk: aversion},
		Risk:     vpp.CVaR{Confidence: confidence},
		Readings: vpp.Readings{RiskOf: vpp.TotalLoss},
		Markets: vpp.Markets{Electricity: &market.Tariff{
			Calendar: market.Calendar{Steps: hours}, Buy: market.Series{emergency}, Sell: market.Series{0},
		}},
	}
}

func plant() vpp.Plant { return vpp.Plant{Name: "island", Demand: "demand", RiskAversion: 1} }

func run(ctx context.Context, solver milp.Solver, out io.Writer) error {
	set, err := futures()
	if err != nil {
		return err
	}
	// The plan for one future in which the wind follows its mean, and what its commitment costs in all.
	mean, err := vpp.Solve(ctx, solver, plant(), units(), setting(set.Expected(), 0))
	if err != nil {
		return err
	}
	naive, err := tried(ctx, solver, set, mean)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%-22s %-8s %-8s %9s %9s\n", "plan for", "coal", "gas", "mean", "CVaR 0.7")
	line(out, "the mean wind", naive)

	var neutral *vpp.Plan
	for _, aversion := range []float64{0, 0.5, 0.9} {
		plan, err := vpp.Solve(ctx, solver, plant(), units(), setting(set, aversion))
		if err != nil {
			return err
		}
		if aversion == 0 {
			neutral = plan
		}
		line(out, fmt.Sprintf("aversion %.1f", aversion), plan)
	}

	knowing := 0.0 // mean cost of plans made with each future known
	for s := range set.Len() {
		plan, err := vpp.Solve(ctx, solver, plant(), units(), setting(set.Subset(s), 0))
		if err != nil {
			return err
		}
		knowing += set.Probability(s) * cost(plan)
	}
	fmt.Fprintf(out, "planning with the futures is worth %.0f, knowing the future would be worth %.0f\n",
		cost(naive)-cost(neutral), cost(neutral)-knowing)
	return nil
}

// tried plans all futures with the commitment of another plan: a program can be changed between being
// formulated and being solved.
func tried(ctx context.Context, solver milp.Solver, set *scenario.Set, committed *vpp.Plan) (*vpp.Plan, error) {
	program, err := vpp.Formulate(plant(), units(), setting(set, 0))
	if err != nil {
		return nil, err
	}
	for j := range program.Model.Vars() {
		v := program.Model.VarAt(j)
		if name := v.Name(); name.Quantity == "on" {
			program.Model.Fix(v, on(committed, name.Owner)[name.Indices()[0]])
		}
	}
	return program.Solve(ctx, solver)
}

// on returns when a unit runs.
func on(p *vpp.Plan, unit string) []float64 {
	for i := range p.Members {
		if p.Members[i].Unit.Name() == unit {
			return p.Members[i].Schedule.Realised[0].Trace("on")
		}
	}
	return nil
}

func cost(p *vpp.Plan) float64 { return p.Value.Cost - p.Value.Trade }

func line(out io.Writer, what string, p *vpp.Plan) {
	bar := func(unit string) string {
		var b strings.Builder
		for _, u := range on(p, unit) {
			b.WriteByte("-#"[int(u+0.5)])
		}
		return b.String()
	}
	fmt.Fprintf(out, "%-22s %-8s %-8s %9.0f %9.0f\n", what, bar("coal"), bar("gas"), cost(p), p.Value.Risk)
}
