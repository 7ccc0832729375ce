// Command crosschain tries the claims of a published study on three virtual power plants that trade
// electricity, carbon allowances and green certificates (Energies 2025, 18(13), 3443): each claim is put
// beside what this model finds, on inputs that are published where they can be had and labelled where
// they are calibrated. Nothing is tuned towards a claim.
//
//	go run ./examples/crosschain -json crosschain.json
//	go run ./examples/crosschain -weeks
//
// With -weeks it also runs a winter and a summer week of measured series, which it looks for in the
// folder of -data, of TRIGRID_DATA, or ../shared/data.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
)

func main() { command.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("crosschain", flag.ContinueOnError)
	out := flags.String("json", "", "write the whole result to this `file`")
	withWeeks := flags.Bool("weeks", false, "run a winter and a summer week of measured series as well; takes longer than all the rest")
	data := flags.String("data", cmp.Or(os.Getenv("TRIGRID_DATA"), "../shared/data"), "`folder` of the measured series")
	seed := flags.Uint64("seed", 1, "`seed` of the samples and of the simulated chains' keys")
	workers := flags.Int("workers", 0, "programs solved at a time in the sweeps, `n` (default: one per core)")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if *workers < 0 {
		return command.Misused("-workers is %d, want at least 0", *workers)
	}
	o := options{solver: trigrid.DefaultSolver(), workers: cmp.Or(*workers, runtime.GOMAXPROCS(0)), seed: *seed, log: stderr}
	var bad []error // what would fail at the end of a long run
	if *withWeeks {
		var err error
		o.weeks, err = measuredWeeks(*data)
		bad = append(bad, err)
	}
	if *out != "" {
		bad = append(bad, command.CheckFile(*out))
	}
	if err := errors.Join(bad...); err != nil {
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
	if err := command.WriteJSON(*out, x); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, "The whole result lies in", *out)
	return err
}
