package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/weights"
)

// publishWeights reads the region and sets the grid's weights for the period.
//
// The region of case.json has two VPPs, three DERs, three scenarios and four
// hours.
func publishWeights(ctx context.Context, out io.Writer) (trigrid.Region, error) {
	// Load checks the file alone. Region also makes the scenarios, with a seed
	// if they are sampled.
	file, err := casefile.Load(os.DirFS("."), "case.json")
	if err != nil {
		return trigrid.Region{}, err // lists all violations, each with its path
	}
	region, err := file.Region(ctx, casefile.Options{})
	if err != nil {
		return trigrid.Region{}, err
	}
	// Clean supply is 60 % of the demand, forecast errors have a standard
	// deviation of 20 % of it, and the available capacity exceeds it by 30 %.
	signals := weights.Signals{CleanShare: 0.6, Volatility: 0.2, SupplyMargin: 0.3}
	region.Setting.Weights, err = weights.Directional().Weights(signals)
	// The weights lie in [0, 1] and sum to 1.
	w := region.Setting.Weights
	fmt.Fprintf(out, "1. weights: economic %.2f, risk %.2f, environment %.2f\n\n",
		w.Economic, w.Risk, w.Environment)
	return region, err
}
