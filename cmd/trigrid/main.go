// Command trigrid coordinates the region of a case file and prints a summary of the result.
//
//	go run ./cmd/trigrid -case examples/threelevel/case.json -json result.json -report out
//
// With -series it takes forecasts and errors from measured series instead of those of the case.
// With -convert it only rewrites a case file with old keys:
//
//	go run ./cmd/trigrid -case old.json -convert new.json
//
// With -season it runs the days of the case's key "season" and compares strategies:
//
//	go run ./cmd/trigrid -case season.json -season -results season.parquet -report out
//
// # Flags
//
// docs/command.md explains them further.
//
//	-case file      case file; default examples/threelevel/case.json, calibrated data
//	-series file    CSV file of measured series with the columns that the case names
//	-layout name    layout of the series: smard, entsoe, opsd, rts_gmlc, pandas, aemo, a JSON file, or
//	                auto, which prints a guess; default: columns of times and numbers as in trigrid
//	-accept         run with the guess of -layout auto
//	-zone name      zone of times without offset in -series, such as Europe/Berlin
//	-gaps policy    missing values of -series: refuse, hold or interpolate, such as hold:4 for at most
//	                4 steps in a row
//	-table file     write the series of -series as read, in UTC and MW, to a CSV file and end
//	-day date       day of the measured series, such as 2020-04-15; default: the case's day
//	-learn-from-all learn errors from all measured days, not from earlier ones only
//	-reduction name how samples become scenarios, as the key "reduction" of the case
//	-seed n         seed of the scenarios; default: the case's seed
//	-season         run the days of the key "season" of the case, and compare its strategies
//	-budget time    wall time of the run, such as 90s; default 2m, negative: none
//	-gap share      relative gap to which a program is solved; default 1e-7
//	-time-limit t   wall time of one program, such as 20s; default: none
//	-search         plan only the coalitions that the choice needs
//	-store folder   read solutions from this folder and keep new ones there
//	-progress       without a terminal, print a line of progress on stderr every 10 s
//	-serve address  show the run on a page of this machine, such as 127.0.0.1:0; stderr has its URL
//	-workers n      programs solved at a time; default: one per core
//	-backend name   HiGHS as native library or WebAssembly: auto, native or wasm
//	-json file      write the whole result, see trigrid.Result
//	-report folder  write an HTML page, CSV tables and figures as SVG, PNG and PDF
//	-compare file   show the run of this file of -json or -results beside the run, in the report
//	-results file   write every number of the run as one long table, .parquet or .csv; package
//	                results describes it
//	-from file      read and check the run of a file of -results instead of running
//	-merge file     join the tables of -add into one with a column case, and end
//	-add case=file  table of a run for -merge; can be repeated
//	-convert file   write the case with the new keys and end
//
// # Output
//
// The summary has a table of the VPPs, one of the DERs, the equilibria and the settlement. On the
// default case, in the currency of the case:
//
//	VPP   members   economic E  VaR   CVaR  environment N  integrated V  …
//	VPP1  W1 T1 ES  -130119     2760  3701  3776           -50685        …
//
//	DER  choice  payoff    revenue   allocated gain  best alternative
//	W1   VPP1    81144.05  72333.41  8810.64         VPP2 76518.66
//
// Integrated V is the weighted sum of economy, risk and environment. A payoff is revenue plus
// allocated gain; the best alternative is the other choice with the highest payoff. On a terminal,
// stderr shows a progress bar.
//
// If the budget ends the run, or an interrupt does, the summary and the files have the best result
// so far and state that they are cut. A second interrupt ends the program at once, without files.
//
// The exit status is 0 after a run, also one that its budget ended, 1 after an error, 2 for wrong
// flags, 130 after an interrupt and 143 after SIGTERM. Result and report are written completely or not at all.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/store"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/report/live"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/scenario"
)

func main() { command.Main(run) }

// options has the values of the flags.
type options struct {
	casePath, convert, series, json, report string
	other                                   *report.Run // of -compare; nil: none
	comparePath                             string
	layout                                  layoutFlags
	tables                                  tableFlags
	reduction                               string // of the samples; "": the key of the case
	store                                   string
	serve                                   string    // address of the live page; "": none
	day                                     time.Time // of -series; zero: the day of the case
	seed                                    *uint64   // of the scenarios; nil: the seed of the case
	learnFromAll                            bool
	workers                                 int
	budget                                  time.Duration
	search, progress, season                bool
	solver                                  highs.Solver
}

// parse reads the flags. Its error lists every flag that is invalid or does not fit the others.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	if err := command.Parse(o.flags(), args, stderr); err != nil {
		return o, err
	}
	return o, o.validate()
}

// flags returns the flags, whose values become those of o. docs/command.md has their table.
func (o *options) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("trigrid", flag.ContinueOnError)
	o.solver = trigrid.DefaultSolver() // -backend changes its backend only
	flags.StringVar(&o.casePath, "case", "examples/threelevel/case.json", "case `file`")
	flags.StringVar(&o.convert, "convert", "", "write the case with the new keys to this `file` and end; docs/case.md has the table")
	flags.StringVar(&o.series, "series", "", "CSV `file` of measured series with the columns that the case names")
	o.layout.add(flags)
	o.tables.add(flags)
	flags.StringVar(&o.reduction, "reduction", "", "reduction of the samples, `name`, such as swarm_medoids (default: the case's own)")
	flags.BoolVar(&o.learnFromAll, "learn-from-all", false, "learn errors from all measured days, the planned one and later ones included (default: from earlier days)")
	flags.StringVar(&o.json, "json", "", "write the whole result to this `file`")
	flags.StringVar(&o.report, "report", "", "write an HTML page and tables into this `folder`")
	flags.Func("compare", "show the run of this `file` of -json or -results beside the run, in the report", func(name string) (err error) {
		o.comparePath = name
		o.other, err = readRun(name) // before the run, which can take hours
		return err
	})
	flags.StringVar(&o.store, "store", "", "read solutions from this `folder` and keep new ones there, so that a killed run continues")
	flags.StringVar(&o.serve, "serve", "", "show the run on a page at this loopback `address`, such as 127.0.0.1:0 for any free port")
	flags.IntVar(&o.workers, "workers", 0, "programs solved at a time, `n` (default: one per core)")
	flags.DurationVar(&o.budget, "budget", trigrid.DefaultBudget, "wall `time` of the run; negative: none")
	flags.Float64Var(&o.solver.Gap, "gap", o.solver.Gap, "relative gap to which a program is solved, a `share` such as 1e-4")
	flags.DurationVar(&o.solver.TimeLimit, "time-limit", 0, "wall `time` of one program, such as 20s (default: none)")
	flags.BoolVar(&o.search, "search", false, "plan only the coalitions that the choice needs; always so for more than "+strconv.Itoa(trigrid.MaxEnumerated)+" DERs")
	flags.BoolVar(&o.season, "season", false, "run the days of the key \"season\" of the case and compare its strategies; -json, -results and -report are then those of the season")
	flags.BoolVar(&o.progress, "progress", false, "without a terminal, print a line of progress on stderr every 10 s")
	flags.Func("seed", "`seed` of the scenarios, a whole number (default: the case's own)", func(text string) error {
		seed, err := strconv.ParseUint(text, 10, 64)
		o.seed = &seed
		return err
	})
	flags.Func("day", "`day` of the measured series, such as 2020-04-15 (default: the case's own)", func(text string) (err error) {
		o.day, err = time.Parse(time.DateOnly, text)
		return err
	})
	flags.Func("backend", "HiGHS as native library or WebAssembly, a `choice` of auto, native or wasm (default auto)", func(text string) error {
		choice, known := map[string]highs.Backend{"auto": highs.Auto, "native": highs.Native, "wasm": highs.Wasm}[text]
		if !known {
			return errors.New("want auto, native or wasm")
		}
		o.solver.Backend = choice
		return nil
	})
	return flags
}

// validate returns the violations that concern several flags, or a value's range.
func (o options) validate() error {
	var bad faults.List
	if o.budget == 0 {
		bad.Add(command.Misused("-budget is 0, want a time such as 90s, or a negative one for none"))
	}
	if !(o.solver.Gap > 0 && o.solver.Gap < 1) {
		bad.Add(command.Misused("-gap is %v, want a share between 0 and 1, such as 1e-4", o.solver.Gap))
	}
	if o.solver.TimeLimit < 0 {
		bad.Add(command.Misused("-time-limit is %v, want 0 for none, or a time such as 20s", o.solver.TimeLimit))
	}
	if o.serve != "" {
		if err := live.CheckAddress(o.serve); err != nil {
			bad.Add(command.Misused("-serve: %w", err))
		}
	}
	if o.reduction != "" {
		if _, err := scenario.ReducerByName(o.reduction); err != nil {
			bad.Add(command.Misused("-reduction is %q, want one of %s", o.reduction, strings.Join(scenario.ReducerNames(), ", ")))
		}
	}
	if o.workers < 0 {
		bad.Add(command.Misused("-workers is %d, want at least 0", o.workers))
	}
	if !o.day.IsZero() && o.series == "" && !o.season {
		bad.Add(command.Misused("-day chooses a day of measured series; give them with -series"))
	}
	if o.learnFromAll && o.series == "" {
		bad.Add(command.Misused("-learn-from-all is about measured series; give them with -series"))
	}
	if o.other != nil && o.report == "" {
		bad.Add(command.Misused("-compare is about the report; give its folder with -report"))
	}
	o.validateSeason(&bad)
	o.layout.validate(&bad, o.series)
	o.tables.validate(&bad, o.store, o.search)
	for _, x := range []struct {
		flag, file string
		held       bool // by the report itself
	}{{"-json", o.json, o.reportHoldsJSON()}, {"-results", o.tables.out, false}} {
		if x.file == "" || o.report == "" || x.held {
			continue
		}
		// report.Write replaces the whole folder, so that another file in it would be lost.
		_, inReport := below(x.file, o.report)
		_, inFile := below(o.report, x.file)
		if inReport || inFile {
			bad.Add(command.Misused("%s %s and -report %s are in each other's way; "+
				"a report has the file result.json itself and holds nothing else", x.flag, x.file, o.report))
		}
	}
	o.validateFiles(&bad)
	return bad.Err()
}

// validateFiles adds files that would be written over an input or over each other.
func (o options) validateFiles(bad *faults.List) {
	type named struct{ flag, file string }
	used := []named{{"-case", o.casePath}, {"-series", o.series}, {"-compare", o.comparePath}}
	for _, name := range results.Files(o.tables.from) {
		used = append(used, named{"-from", name})
	}
	written := []named{{"-table", o.layout.table}, {"-json", o.json}}
	for _, name := range results.Files(o.tables.out) {
		written = append(written, named{"-results", name})
	}
	for _, out := range written {
		for _, other := range used {
			if out.file != "" && other.file != "" && command.SameFile(out.file, other.file) {
				bad.Add(command.Misused("%s would write over %s, the file of %s; name another file", out.flag, other.file, other.flag))
			}
		}
		used = append(used, out)
	}
}

// reportHoldsJSON reports whether -json names the file result.json of the report. The report writes
// it, so that no second file is needed.
func (o options) reportHoldsJSON() bool {
	inside, ok := below(o.json, o.report)
	return o.report != "" && ok && inside == "result.json"
}

// below returns path relative to folder, and false if path is neither the folder nor below it. For
// example, below("out/tables/a.csv", "out") is "tables/a.csv".
func below(path, folder string) (inside string, ok bool) {
	// Rel compares texts, so that both paths must be absolute. Links are not resolved.
	path, err := filepath.Abs(path)
	if err != nil {
		return "", false
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return "", false
	}
	inside, err = filepath.Rel(folder, path)
	return inside, err == nil && inside != ".." && !strings.HasPrefix(inside, ".."+string(filepath.Separator))
}

// check returns an error if a file cannot be written. It is called before the run, which can take
// hours.
func (o options) check() error {
	var bad faults.List
	if o.json != "" && !o.reportHoldsJSON() {
		bad.Add(command.CheckFile(o.json))
	}
	for _, name := range results.Files(o.tables.out) {
		bad.Add(command.CheckFile(name))
	}
	if o.report != "" {
		bad.Add(report.Check(o.report))
	}
	return bad.Err()
}

// run is the program: it loads the case, runs it with a progress bar on stderr, prints the summary
// on stdout and writes the files of -json and -report.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.convert != "" {
		return convert(o.casePath, o.convert)
	}
	if o.tables.merge != "" {
		return o.tables.mergeTables(stdout)
	}
	if o.layout.name == auto && !o.layout.accept {
		return o.layout.guess(stdout, o.series) // needs no case
	}
	if o.layout.table != "" {
		return o.layout.write(stdout, o.series)
	}
	if o.season {
		return runSeason(ctx, o, stdout, stderr)
	}
	region, err := load(ctx, o, stdout)
	if err != nil {
		return err
	}
	// The check comes after loading: a wrong case is the more common mistake and is reported alone.
	if err := o.check(); err != nil {
		return err
	}
	o.readPlans(region)
	// The heading states the number of programs, which is open in a search.
	o.search = o.search || len(region.DERs) > trigrid.MaxEnumerated
	heading(stdout, region, o.search)
	if o.store != "" && o.tables.from == "" {
		// A run that cannot store its solutions should not be found out after hours. Run returns the
		// other errors of the folder.
		if folder, err := store.Open(o.store); err == nil && folder.ReadOnly() != nil {
			fmt.Fprintln(stdout, "  warning:", folder.ReadOnly())
		}
	}

	var (
		result *trigrid.Result
		files  []string // written ones
	)
	page, err := newLivePage(o.serve, region.Name, stderr)
	if err != nil {
		return err
	}
	defer func() { page.end(ctx, result, err, files...) }()
	if o.tables.from != "" {
		result, err = o.tables.read(stdout, region)
	} else {
		result, err = solve(ctx, o, region, page, stderr)
	}
	if err != nil {
		return err
	}
	summary(stdout, result)
	stored(stdout, o.store, result.Timing)
	if files, err = write(o, region, result, stdout); err != nil {
		return err
	}
	if result.Cut && o.tables.from == "" {
		return context.Cause(ctx) // exit status 130 or 143 after a signal, with all files written
	}
	return nil
}

// solve runs the region with a progress bar on stderr.
func solve(ctx context.Context, o options, region trigrid.Region, page *livePage, stderr io.Writer) (*trigrid.Result, error) {
	line := command.NewLine(stderr)
	var observe func(trigrid.Progress)
	switch {
	case line.Room() > 0:
		observe = func(p trigrid.Progress) { line.Draw(bar(p, p.Elapsed, line.Room()) + detail(p)) }
	case o.progress:
		observe = lines(stderr, lineEvery)
	}
	result, err := trigrid.Run(ctx, region, trigrid.Options{
		Solver: o.solver, Budget: o.budget, Workers: o.workers, Search: o.search, Observe: page.observe(observe), Store: o.store,
	})
	line.Clear() // the bar must not stand before the error or the summary
	return result, err
}

// write writes the files of a result and returns their names. The summary is printed before, so that
// a full disk does not lose it.
func write(o options, region trigrid.Region, result *trigrid.Result, stdout io.Writer) (files []string, err error) {
	if o.report != "" && len(result.Settlement) == 0 { // a report shows an allocation
		fmt.Fprintln(stdout, "No report is written: it would show an allocation, and the run has none")
		if o.reportHoldsJSON() {
			if err := os.MkdirAll(o.report, 0o755); err != nil {
				return nil, err
			}
		}
		o.report = ""
	}
	if o.json != "" && !o.reportHoldsJSON() {
		if err := command.WriteJSON(o.json, result); err != nil {
			return nil, err
		}
	}
	if o.tables.out != "" {
		if err := results.WriteFile(o.tables.out, region, result); err != nil {
			return nil, err
		}
	}
	if o.report != "" {
		if err := report.WriteWith(o.report, region, result, report.Options{Other: o.other}); err != nil {
			return nil, err
		}
	}
	if o.json != "" {
		fmt.Fprintln(stdout, "The whole result lies in", o.json)
		files = append(files, o.json)
	}
	if o.tables.out != "" {
		fmt.Fprintln(stdout, "The table of the run lies in", o.tables.out)
		files = append(files, o.tables.out)
	}
	if o.report != "" {
		page := filepath.Join(o.report, "index.html")
		fmt.Fprintln(stdout, "The report lies in", page)
		files = append(files, page)
	}
	return files, nil
}
