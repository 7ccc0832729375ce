// Command weights measures the claims of a paper on the three-level loop (Dong,
// Wang, Yang, Shi, JRSE 18, 015306, 2026) about shifting the grid's weights,
// over 60 days of a year of hourly series.
//
//	go run ./studies/weights
//	go run ./studies/weights -data FOLDER -days 10
//
// Every sixth day of 2020 is planned at the paper's allocation under three
// weight vectors, at the three corners and by the three policies of the paper,
// with scenarios that are learned from earlier days only, and then meets the
// day that happened. Claims get a verdict that is computed from paired
// differences over the days: a direction counts if its 95 % confidence interval
// excludes zero.
//
// The devices are those of the calibrated case of examples/threelevel. Wind and
// loads follow the series of a weather-driven model at the size of the case.
// Prices are those of a simulated market, in USD at the mean rate of 2020, with
// a grid fee on purchases; the table states that they are simulated. No input
// is tuned towards a claim.
//
// Verdicts depend on the 3 scenarios of a plan: five of them are contradicted
// with -scenarios 5, on fewer days. studies/README.md lists them.
//
// Without the series the program prints their source, and after an interrupt
// the days so far. The study takes about 10 minutes on two cores.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/milp/highs"
)

func main() { command.Main(run) }

// run reads the flags and the series, measures the days and prints the tables.
// Absent series are no error: the output then names their source.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("weights", flag.ContinueOnError)
	data := flags.String("data", cmp.Or(os.Getenv("TRIGRID_DATA"), "../shared/data"), "`folder` of the hourly series")
	count := flags.Int("days", maxDays, "number of days, `n`, of every sixth one from 7 January, spread over the year")
	keep := flags.Int("scenarios", scenarios, "scenarios of a plan, `n`")
	workers := flags.Int("workers", 0, "programs solved at a time, `n` (default: one per core)")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	switch {
	case *count < 2 || *count > maxDays:
		return command.Misused("-days is %d, want 2 to %d", *count, maxDays)
	case *keep < 2 || *keep > samples:
		return command.Misused("-scenarios is %d, want 2 to %d", *keep, samples)
	case *workers < 0:
		return command.Misused("-workers is %d, want at least 0", *workers)
	}
	// The data are not part of the module.
	x, err := read(ctx, *data, *keep)
	if errors.Is(err, fs.ErrNotExist) {
		_, err := fmt.Fprintf(stdout, "No series in %s: give a folder with %s and %s by -data; their source is %s\n", *data, powerFile, priceFile, source)
		return err
	}
	if err != nil {
		return err
	}
	measured, err := measure(ctx, x, options{
		days: *count, solver: solver(), workers: cmp.Or(*workers, runtime.GOMAXPROCS(0)), log: stderr,
	})
	if err != nil {
		return err
	}
	return show(stdout, measured)
}

// solver returns HiGHS with a gap of 1e-5 of the objective, about 1 CNY a day.
func solver() highs.Solver {
	s := trigrid.DefaultSolver()
	s.Gap = 1e-5
	return s
}
