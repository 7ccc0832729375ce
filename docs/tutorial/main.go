// Command tutorial coordinates a small region in six steps. docs/tutorial.md explains it.
package main

import (
	"context"
	"io"
	"log"
	"os"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run carries out the six steps and prints the results of each.
func run(ctx context.Context, out io.Writer) error {
	region, err := publishWeights(ctx, out)
	if err != nil {
		return err
	}
	if err := planSchemes(ctx, out, region); err != nil {
		return err
	}
	result, err := recordMessages(ctx, out, region)
	if err != nil {
		return err
	}
	chooseVPPs(out, region, result)
	if err := tradeInMarkets(ctx, out, region, result); err != nil {
		return err
	}
	settlePayments(out, result)
	return nil
}
