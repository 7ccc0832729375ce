// Command tutorial coordinates a small region in six steps. docs/tutorial.md
// explains it.
package main

import (
	"context"
	"io"
	"log"
	"os"
)

// main prints the six steps. It exits with status 1 after an error, such as a
// missing solver.
func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run carries out the six steps and prints the results of each.
func run(ctx context.Context, out io.Writer) error {
	// All later steps use this region, which has the published weights.
	region, err := publishWeights(ctx, out)
	if err != nil {
		return err
	}
	// Step 2 only shows the plans: the run of step 3 computes them again.
	if err := planSchemes(ctx, out, region); err != nil {
		return err
	}
	result, err := recordMessages(ctx, out, region)
	if err != nil {
		return err
	}
	// The result of the run contains the choice and the settlement of steps 4
	// and 6.
	chooseVPPs(out, region, result)
	if err := tradeInMarkets(ctx, out, region, result); err != nil {
		return err
	}
	settlePayments(out, result)
	return nil
}
