// Command crosschain tries the claims of a published study on three virtual power plants that trade
// electricity, carbon allowances and green certificates (Energies 2025, 18(13), 3443): each claim is put
// beside what this model finds, on inputs that are published where they can be had and labelled where
// they are calibrated. Nothing is tuned towards a claim.
//
//	go run ./examples/crosschain -json out.json
//	go run ./examples/crosschain -weeks
//
// With -weeks it also runs a winter and a summer week of measured series, which it looks for in the
// folder of -data, of TRIGRID_DATA, or ../shared/data.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"

	"github.com/trigrid/trigrid"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("crosschain", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("json", "", "write the whole result to this `file`")
	withWeeks := flags.Bool("weeks", false, "run a winter and a summer week of measured series as well")
	data := flags.String("data", cmp.Or(os.Getenv("TRIGRID_DATA"), "../shared/data"), "`folder` of the measured series")
	seed := flags.Uint64("seed", 1, "of the samples and of the simulated chains' keys")
	workers := flags.Int("workers", runtime.NumCPU(), "programs solved at a time in the sweeps")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected arguments %q", flags.Args())
	}
	o := options{solver: trigrid.DefaultSolver(), workers: *workers, seed: *seed, log: stderr}
	if *withWeeks {
		o.data = *data
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
	text, err := json.MarshalIndent(x, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(*out, append(text, '\n'), 0o644)
}
