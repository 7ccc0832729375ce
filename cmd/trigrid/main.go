// Command trigrid coordinates the region of a case file and prints a summary of
// the result.
//
//	go run ./cmd/trigrid -case examples/threelevel/case.json -json result.json -report out
//
// With -series it takes forecasts and errors from measured series instead of
// those of the case. With -convert it only rewrites a case file with old keys:
//
//	go run ./cmd/trigrid -case old.json -convert new.json
//
// With -season it runs the days of the case's key "season" and compares
// strategies:
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
//	-policy name    policy that sets the weights from the signals of the grid: clean_share, volatility,
//	                supply_margin, directional, or none; default: the case's policy
//	-season         run the days of the key "season" of the case, and compare its strategies
//	-budget time    wall time of the run, such as 90s; default 2m, negative: none
//	-gap share      relative gap to which a program is solved; default 1e-7
//	-time-limit t   wall time of one program, such as 20s; default: none
//	-search         plan only the coalitions that the choice needs
//	-stability      add the groups of DERs that gain by leaving together
//	-store folder   read solutions from this folder and keep new ones there
//	-ledger file    run on the nodes of this genesis, see docs/node.md; default: replicas in this process
//	-authority file key of the regulator who registers the run's participants with the nodes of -ledger
//	-period n       number of the run's period on the chain of -ledger; default 1
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
// The summary has a table of the VPPs, one of the DERs, the equilibria and the
// settlement. On the default case, in the currency of the case:
//
//	VPP   members   economic E  VaR   CVaR  environment N  integrated V  …
//	VPP1  W1 T1 ES  -130119     2760  3701  3776           -50685        …
//
//	DER  choice  payoff    revenue   allocated gain  best alternative
//	W1   VPP1    81144.05  72333.41  8810.64         VPP2 76518.66
//
// Integrated V is the weighted sum of economy, risk and environment. A payoff
// is revenue plus allocated gain; the best alternative is the other choice with
// the highest payoff. On a terminal, stderr shows a progress bar.
//
// If the budget ends the run, or an interrupt does, the summary and the files
// have the best result so far and state that they are cut. A second interrupt
// ends the program at once, without files.
//
// The exit status is 0 after a run, also one that its budget ended, 1 after an
// error, 2 for wrong flags, 130 after an interrupt and 143 after SIGTERM.
// Result and report are written completely or not at all.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/internal/store"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/weights"
)

func main() { command.Main(run) }

// run is the program: it loads the case, runs it with a progress bar on stderr,
// prints the summary on stdout and writes the files of -json and -report.
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
	region, policy, err := load(ctx, o, stdout)
	if err != nil {
		return err
	}
	// The check comes after loading: a wrong case is the more common mistake
	// and is reported alone.
	if err := o.check(); err != nil {
		return err
	}
	o.readPlans(region)
	// The heading states the number of programs, which is open in a search.
	o.search = o.search || len(region.DERs) > trigrid.MaxEnumerated
	heading(stdout, region, o.search)
	if o.store != "" && o.tables.from == "" {
		// A run that cannot store its solutions should not be found out after
		// hours. Run returns the other errors of the folder.
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
		result, err = solve(ctx, o, region, policy, page, stderr)
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
//
// The bar needs a terminal. Without one, -progress prints lines instead.
func solve(ctx context.Context, o options, region trigrid.Region, policy weights.Policy, page *livePage, stderr io.Writer) (*trigrid.Result, error) {
	line := command.NewLine(stderr)
	var observe func(trigrid.Progress)
	switch {
	case line.Room() > 0:
		observe = func(p trigrid.Progress) { line.Draw(bar(p, p.Elapsed, line.Room()) + detail(p)) }
	case o.progress:
		observe = lines(stderr, lineEvery)
	}
	options := trigrid.Options{
		Solver: o.solver, Budget: o.budget, Workers: o.workers, Search: o.search, Observe: page.observe(observe), Store: o.store, Policy: policy,
		Stability: o.stability,
	}
	if err := o.ledger.apply(ctx, region, &options); err != nil {
		return nil, err
	}
	result, err := trigrid.Run(ctx, region, options)
	line.Clear() // the bar must not stand before the error or the summary
	return result, err
}

// write writes the files of a result and returns their names. The summary is
// printed before, so that a full disk does not lose it.
func write(o options, region trigrid.Region, result *trigrid.Result, stdout io.Writer) (written []string, err error) {
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
		if err := files.WriteJSON(o.json, result); err != nil {
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
		written = append(written, o.json)
	}
	if o.tables.out != "" {
		fmt.Fprintln(stdout, "The table of the run lies in", o.tables.out)
		written = append(written, o.tables.out)
	}
	if o.report != "" {
		page := filepath.Join(o.report, "index.html")
		fmt.Fprintln(stdout, "The report lies in", page)
		written = append(written, page)
	}
	return written, nil
}
