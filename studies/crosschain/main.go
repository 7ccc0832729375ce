// Command crosschain tests the claims of a paper on three VPPs that trade
// electricity, carbon allowances and green certificates (Energies 2025, 18(13),
// 3443). For each claim it prints the finding and a verdict that is computed
// from printed figures or from results.
//
//	go run ./studies/crosschain -json crosschain.json
//	go run ./studies/crosschain -weeks
//
// The inputs are published if a source exists, and labelled as calibrated if
// not. No input is tuned towards a claim. The study takes 100 s of CPU;
// -weeks adds a winter and a summer week of measured series from the
// folder of -data, which takes longer than the rest.
//
// Money is in CNY, energy in MWh, carbon in t CO2. Purchases and costs are
// positive in the tables. Claims have the numbers B1 to B19.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/files"
)

func main() { command.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("crosschain", flag.ContinueOnError)
	var (
		folder    = cmp.Or(os.Getenv("TRIGRID_DATA"), "../shared/data")
		out       = flags.String("json", "", "write the whole result to this `file`")
		withWeeks = flags.Bool("weeks", false,
			"run a winter and a summer week of measured series as well; takes longer than all the rest")
		data    = flags.String("data", folder, "`folder` of the measured series")
		seed    = flags.Uint64("seed", 1, "`seed` of the samples and of the simulated chains' keys")
		workers = flags.Int("workers", 0,
			"programs solved at a time in the sweeps, `n` (default: one per core)")
	)
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if *workers < 0 {
		return command.Misused("-workers is %d, want at least 0", *workers)
	}
	o := options{
		solver: trigrid.DefaultSolver(), workers: cmp.Or(*workers, runtime.GOMAXPROCS(0)),
		seed: *seed, log: stderr,
	}
	// Missing data or an unwritable file would otherwise end a long run without
	// a result.
	var bad faults.List
	if *withWeeks {
		var err error
		o.weeks, err = measuredWeeks(*data)
		bad.Add(err)
	}
	if *out != "" {
		bad.Add(files.Check(*out))
	}
	if err := bad.Err(); err != nil {
		return err
	}
	x, err := newStudy(ctx, o)
	if err != nil {
		return err
	}
	if err := x.print(stdout); err != nil {
		return err
	}
	if *out == "" {
		return nil
	}
	if err := files.WriteJSON(*out, x); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, "The whole result lies in", *out)
	return err
}
