// Command run coordinates the region of a case file and prints what came of it.
//
//	go run ./examples/run -case examples/threelevel/case.json -json out.json -report out
//
// With -series it takes forecasts and errors from measured series instead of the case's own. Without, and
// where TRIGRID_DATA names a folder that holds rts_gmlc_2020_hourly.csv, it takes that file for a case that
// names its columns.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/scenario"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are the command's flags.
type options struct {
	casePath, series, day, json, report, backend string
	seed                                         int64
	workers                                      int
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.casePath, "case", "examples/threelevel/case.json", "case `file`")
	flags.StringVar(&o.series, "series", "", "CSV `file` of measured series with the columns that the case names")
	flags.StringVar(&o.day, "day", "", "day of the measured series, as 2020-04-15 (default: the case's own)")
	flags.StringVar(&o.json, "json", "", "write the whole result to this `file`")
	flags.StringVar(&o.report, "report", "", "write an HTML page and tables into this `folder`")
	flags.StringVar(&o.backend, "backend", "auto", "HiGHS as native library or WebAssembly: auto, native or wasm")
	flags.Int64Var(&o.seed, "seed", -1, "of the futures (default: the case's own)")
	flags.IntVar(&o.workers, "workers", 0, "programs solved at a time (default: one per core)")
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected arguments %q", flags.Args())
	}
	return o, err
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	solver := trigrid.DefaultSolver()
	switch o.backend {
	case "auto":
	case "native":
		solver.Backend = highs.Native
	case "wasm":
		solver.Backend = highs.Wasm
	default:
		return fmt.Errorf("backend %q, want auto, native or wasm", o.backend)
	}
	region, err := load(ctx, o)
	if err != nil {
		return err
	}
	if o.report != "" {
		if err := report.Check(o.report); err != nil {
			return err // now rather than after the run
		}
	}
	heading(stdout, region)

	bar := newBar(stderr)
	result, err := trigrid.Run(ctx, region, trigrid.Options{Solver: solver, Workers: o.workers, Observe: bar.observe})
	bar.clear()
	if err != nil {
		return err
	}
	summary(stdout, result)
	if o.json != "" {
		if err := writeJSON(o.json, result); err != nil {
			return err
		}
		fmt.Fprintln(stdout, "The whole result lies in", o.json)
	}
	if o.report != "" {
		if err := report.Write(o.report, region, result); err != nil {
			return err
		}
		fmt.Fprintln(stdout, "The report lies in", filepath.Join(o.report, "index.html"))
	}
	return nil
}

// load reads the case and, where asked for, the measured series.
func load(ctx context.Context, o options) (trigrid.Region, error) {
	folder, name := filepath.Split(o.casePath)
	if folder == "" {
		folder = "."
	}
	c, err := trigrid.LoadCase(os.DirFS(folder), name)
	if err != nil {
		return trigrid.Region{}, err
	}
	var options trigrid.CaseOptions
	if o.seed >= 0 {
		seed := uint64(o.seed)
		options.Seed = &seed
	}
	if o.series == "" && c.Measures() {
		o.series = fromEnvironment()
	}
	if o.series != "" {
		file, err := os.Open(o.series)
		if err != nil {
			return trigrid.Region{}, err
		}
		defer file.Close()
		if options.Series, err = scenario.ReadCSV(file, scenario.CSVOptions{}); err != nil {
			return trigrid.Region{}, fmt.Errorf("%s: %w", o.series, err)
		}
	}
	if o.day != "" {
		if o.series == "" {
			return trigrid.Region{}, errors.New("-day chooses a day of measured series; give them with -series")
		}
		if options.Start, err = time.Parse(time.DateOnly, o.day); err != nil {
			return trigrid.Region{}, fmt.Errorf("-day %q, want a date such as 2020-04-15", o.day)
		}
	}
	return c.Region(ctx, options)
}

// fromEnvironment returns the measured series of the folder that TRIGRID_DATA names, empty where there are
// none.
func fromEnvironment() string {
	folder := os.Getenv("TRIGRID_DATA")
	if folder == "" {
		return ""
	}
	path := filepath.Join(folder, "rts_gmlc_2020_hourly.csv")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// writeJSON writes the file whole or not at all.
func writeJSON(path string, result *trigrid.Result) error {
	data, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".result-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if err := file.Chmod(0o644); err != nil { // temporary files are private
		file.Close()
		return err
	}
	if _, err := file.Write(append(data, '\n')); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
