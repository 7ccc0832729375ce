// Command stochastic commits two thermal units before the wind of the day is
// known. Starts and stops are first-stage decisions, equal in all scenarios;
// output is second-stage and follows the wind.
//
//	go run ./examples/stochastic
//
// It compares the plan for the mean wind with plans for all scenarios at three
// levels of risk aversion, and prints two measures:
//
//	VSS  = cost of the plan for the mean wind − cost of the plan for all scenarios
//	EVPI = cost of the plan for all scenarios − mean cost with each scenario known in advance
//
// Both costs are means over the scenarios. VSS, the value of the stochastic
// solution, is the gain from planning with scenarios. EVPI, the expected value
// of perfect information, bounds the worth of a better forecast. Source: Birge
// and Louveaux, Introduction to Stochastic Programming, 2011, chapter 4.
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

// Numbers of an invented case. Emergency purchases are dear, and surplus energy
// earns nothing.
const (
	hours      = 6
	confidence = 0.7 // CVaR is the mean of the worst 30 % of the days
	emergency  = 120 // currency per MWh, above the cost of both units
)

// days returns demand and wind, MW, in three scenarios: a calm, an ordinary and
// a windy day.
func days() (*scenario.Set, error) {
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

// ders returns a cheap unit that is slow to start, a dear one that is quick,
// and a wind farm.
func ders() []der.DER {
	return []der.DER{
		&der.Thermal{
			ID: "coal", MinOutput: 12, MaxOutput: 30, MinUp: 4, // MW, MW, hours
			NoLoad: 150, Linear: 30, StartUp: []der.StartCost{{Cost: 600}},
		},
		&der.Thermal{
			ID: "gas", MinOutput: 5, MaxOutput: 25, MinUp: 2,
			NoLoad: 120, Linear: 70, StartUp: []der.StartCost{{Cost: 150}},
		},
		&der.Wind{ID: "wind", Available: "wind"},
	}
}

// setting returns the objective min (1 − a) E[cost] + a CVaR(cost), with a the
// risk aversion in [0, 1]. Risk is that of the total loss, because the case has
// no imbalance pricing.
func setting(set *scenario.Set, aversion float64) vpp.Setting {
	return vpp.Setting{
		Set:       set,
		Weights:   weights.Vector{Economic: 1 - aversion, Risk: aversion},
		Risk:      vpp.CVaR{Confidence: confidence},
		Modelling: vpp.Modelling{RiskOf: vpp.TotalLoss},
		Markets: vpp.Markets{Electricity: &market.Tariff{
			Calendar: market.Calendar{Steps: hours}, Buy: market.Series{emergency}, Sell: market.Series{0},
		}},
	}
}

func island() vpp.VPP { return vpp.VPP{Name: "island", Demand: "demand", RiskAversion: 1} }

func run(ctx context.Context, solver milp.Solver, out io.Writer) error {
	set, err := days()
	if err != nil {
		return err
	}
	// The plan for the mean wind, and the cost of its commitment over all
	// scenarios.
	mean, err := vpp.Problem{VPP: island(), Members: ders(), Setting: setting(set.Expected(), 0)}.Solve(ctx, solver)
	if err != nil {
		return err
	}
	naive, err := evaluate(ctx, solver, set, mean)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%-22s %-8s %-8s %9s %9s\n", "plan for", "coal", "gas", "mean", "CVaR 0.7")
	line(out, "the mean wind", naive)

	var neutral *vpp.Plan // the plan at an aversion of 0
	for _, aversion := range []float64{0, 0.5, 0.9} {
		plan, err := vpp.Problem{VPP: island(), Members: ders(), Setting: setting(set, aversion)}.Solve(ctx, solver)
		if err != nil {
			return err
		}
		if aversion == 0 {
			neutral = plan
		}
		line(out, fmt.Sprintf("aversion %.1f", aversion), plan)
	}

	// One plan per scenario, made for that scenario alone: the cost with
	// perfect information.
	informed := 0.0
	for s := range set.Len() {
		plan, err := vpp.Problem{VPP: island(), Members: ders(), Setting: setting(set.Subset(s), 0)}.Solve(ctx, solver)
		if err != nil {
			return err
		}
		informed += set.Probability(s) * cost(plan)
	}
	_, err = fmt.Fprintf(out, "planning with scenarios is worth (VSS) %.0f, perfect information (EVPI) %.0f\n",
		cost(naive)-cost(neutral), cost(neutral)-informed)
	return err
}

// evaluate plans all scenarios with the commitment of another plan. It
// formulates the program, fixes every commitment binary and then solves: a
// caller can change a program between the two.
func evaluate(ctx context.Context, solver milp.Solver, set *scenario.Set, committed *vpp.Plan) (*vpp.Plan, error) {
	program, err := vpp.Problem{VPP: island(), Members: ders(), Setting: setting(set, 0)}.Formulate()
	if err != nil {
		return nil, err
	}
	for j := range program.Model.Vars() {
		v := program.Model.VarAt(j)
		// Columns "coal.on(3)": one index, so first-stage.
		if name := v.Name(); name.Quantity == "on" {
			program.Model.Fix(v, on(committed, name.Owner)[name.Indices()[0]])
		}
	}
	return program.Solve(ctx, solver)
}

// on returns the commitment of a unit, 0 or 1 per step. It is equal in all
// scenarios.
func on(p *vpp.Plan, unit string) []float64 {
	for i := range p.Members {
		if p.Members[i].DER.Name() == unit {
			return p.Members[i].Schedule.Realised[0].Trace("on")
		}
	}
	return nil
}

// cost returns the mean cost of a plan over its scenarios: running costs less
// revenue from trade.
func cost(p *vpp.Plan) float64 { return p.Value.Cost - p.Value.Trade }

// line prints one row: the commitments as "#" for on and "-" for off, mean cost
// and CVaR.
func line(out io.Writer, title string, p *vpp.Plan) {
	bar := func(unit string) string {
		var b strings.Builder
		for _, u := range on(p, unit) {
			b.WriteByte("-#"[int(u+0.5)]) // a solver's binary is within a tolerance of 0 or 1
		}
		return b.String()
	}
	fmt.Fprintf(out, "%-22s %-8s %-8s %9.0f %9.0f\n", title, bar("coal"), bar("gas"), cost(p), p.Value.Risk)
}
