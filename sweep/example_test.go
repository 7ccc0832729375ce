package sweep_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/examples"
	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/weights"
)

// The calibrated case at one choice of its DERs, with all weight on the
// environment and with its own weights. The plan for the environment stops the
// turbine, whose energy is then purchased.
func ExampleWeightsAt() {
	ctx := context.Background()
	c, err := casefile.Load(examples.Cases(), "threelevel/case.json")
	if err != nil {
		panic(err)
	}
	region, err := c.Region(ctx, casefile.Options{})
	if err != nil {
		panic(err)
	}
	choice := trigrid.Profile{"W1": "VPP1", "W2": trigrid.Outside, "T1": trigrid.Outside, "T2": "VPP1", "ES": trigrid.Outside}
	result, err := sweep.WeightsAt(ctx, region, trigrid.Options{}, choice, []weights.Vector{{Environment: 1}})
	if err != nil {
		panic(err)
	}
	row := result.Analysis.Rows[0]
	fmt.Printf("%v: environment %+.0f, surplus %+.0f thousand\n", row.Weights, row.Gain.Environment/1000, row.Gain.Economic/1000)
	// Output:
	// economic 0, risk 0, environment 1: environment +2, surplus -50 thousand
}

// Two axes and the names of their combinations. The risk weight scales the
// other two.
func ExampleGrid() {
	base, err := sweep.Read(examples.Cases(), "threelevel/case.json")
	if err != nil {
		panic(err)
	}
	var axes []sweep.Axis
	for _, text := range []string{"seed=1..2", "weights.risk=0,0.4"} {
		a, err := sweep.ParseAxis(text)
		if err != nil {
			panic(err)
		}
		axes = append(axes, a)
	}
	cases, err := sweep.Grid(base, axes, nil)
	if err != nil {
		panic(err)
	}
	for _, c := range cases {
		fmt.Printf("%s: %v\n", c.Name, c.Weights)
	}
	// Output:
	// seed=1 weights.risk=0: economic 0.5, risk 0, environment 0.5
	// seed=1 weights.risk=0.4: economic 0.3, risk 0.4, environment 0.3
	// seed=2 weights.risk=0: economic 0.5, risk 0, environment 0.5
	// seed=2 weights.risk=0.4: economic 0.3, risk 0.4, environment 0.3
}

// A case that cannot be read is a row of the table, and the others have their
// results. The village buys 3 MWh at 60 and makes 1 MWh at 50, or 2 MWh of each
// if its turbine has 2 MW.
func ExampleRun() {
	village := []byte(`{
		"name": "village", "grid": {"start": "2020-04-15T00:00", "steps": 1},
		"scenarios": {"probabilities": [1], "series": [{"name": "homes", "paths_mw": [[4]]}]},
		"weights": {"economic": 0.6, "risk": 0.1, "environment": 0.3}, "risk": {"confidence": 0.5},
		"markets": {"electricity": {"buy_per_mwh": 60, "sell_fraction": 0.3}},
		"vpps": [{"name": "A", "demand": "homes", "risk_aversion": 0.5, "pass_through": 0.5, "tariff": {}}],
		"ders": [{"kind": "thermal", "name": "T", "min_output_mw": 0, "max_output_mw": 2, "linear_cost_per_mwh": 50}]
	}`)
	base, err := sweep.Read(fstest.MapFS{"village.json": {Data: village}}, "village.json")
	if err != nil {
		panic(err)
	}
	cases, err := sweep.Grid(base, []sweep.Axis{{Key: "ders.T.max_output_mw", Values: []string{"1", "2", "-1"}}}, nil)
	if err != nil {
		panic(err)
	}
	table, err := sweep.Run(context.Background(), cases, sweep.Options{})
	if err != nil {
		panic(err)
	}
	for _, o := range table.Outcomes {
		fmt.Printf("%s: %.0f %t\n", o.Case, o.Value.Economic, o.Failed != "")
	}
	// Output:
	// ders.T.max_output_mw=1: -230 false
	// ders.T.max_output_mw=2: -220 false
	// ders.T.max_output_mw=-1: 0 true
}

// Seeds are draws: their outcomes have a mean and a confidence interval.
func ExampleTable_Intervals() {
	table := &sweep.Table{}
	for i, x := range []float64{100, 104, 102} {
		seed := sweep.Setting{Key: "seed", Value: fmt.Sprint(i + 1)}
		table.Outcomes = append(table.Outcomes, sweep.Outcome{
			Case: "seed=" + seed.Value, Settings: []sweep.Setting{seed}, Value: weights.Values{Economic: x},
		})
	}
	intervals, err := table.Intervals("value_economic")
	if err != nil {
		panic(err)
	}
	for _, i := range intervals {
		fmt.Printf("%s, %d cases: %.1f, from %.1f to %.1f\n", i.Group, i.N, i.Mean, i.Low, i.High)
	}
	// Output:
	// all, 3 cases: 102.0, from 97.0 to 107.0
}
