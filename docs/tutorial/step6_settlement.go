package main

import (
	"fmt"
	"io"

	"github.com/trigrid/trigrid"
)

// settlePayments prints the settled payment of each party.
//
// The parties are the DERs, the VPPs and the grid. The grid has the payments of
// the markets, so that the sum is exactly 0.
func settlePayments(out io.Writer, result *trigrid.Result) {
	fmt.Fprintln(out, "6. party      receives")
	// Settled money is an integer in hundredths of the currency, so that sums
	// are exact.
	sum := int64(0)
	for _, line := range result.Settlement {
		fmt.Fprintf(out, "   %-8s %10.2f\n", line.Party, float64(line.Minor)/100)
		sum += line.Minor
	}
	// The payments are between the parties, so that the sum is 0.
	fmt.Fprintf(out, "   sum      %10d\n", sum)
	// Blocks are counted from height 1. The genesis block has height 0.
	fmt.Fprintf(out, "   %d blocks on %d replicas\n", result.Ledger.Blocks, result.Ledger.Replicas)
}
