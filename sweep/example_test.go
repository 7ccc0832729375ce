package sweep_test

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/examples"
	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/weights"
)

// The calibrated case at one choice of its DERs, with all weight on the environment and with its own
// weights. The plan for the environment stops the turbine, whose energy is then purchased.
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
