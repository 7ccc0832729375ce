// Command threelevel tries the claims of a published study of the three-level loop (Dong, Wang, Yang, Shi,
// JRSE 18, 015306, 2026), of which a summary is public and no input data: each claim is put beside what the
// calibrated case in this folder gives. Nothing is tuned towards a claim.
//
//	go run ./examples/threelevel
//
// It solves some 190 programs; a minute or two of two cores.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"runtime"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/examples/internal/claim"
	"github.com/trigrid/trigrid/internal/command"
)

func main() { command.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("threelevel", flag.ContinueOnError)
	workers := flags.Int("workers", 0, "programs solved at a time, `n` (default: one per core)")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if *workers < 0 {
		return command.Misused("-workers is %d, want at least 0", *workers)
	}
	if *workers == 0 {
		*workers = runtime.GOMAXPROCS(0)
	}
	x, err := newStudy(ctx, options{solver: trigrid.DefaultSolver(), workers: *workers, log: stderr})
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, "Amounts in the case's currency, expected over the day. The source's allocation: VPP1 has W1, T2 and ES; VPP2 has W2 and T1.")
	fmt.Fprintln(stdout)
	return claim.Print(stdout, x.judge())
}
