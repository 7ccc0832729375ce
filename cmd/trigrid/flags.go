package main

import (
	"errors"
	"flag"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/report/live"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/weights"
)

// noPolicy is the value of -policy for the weights of the case.
const noPolicy = "none"

// options has the values of the flags.
type options struct {
	casePath, convert, series, json, report string
	other                                   *report.Run   // of -compare; nil: none
	comparePath                             string        // of -compare; "": none
	layout                                  layoutFlags   // of -series
	tables                                  tableFlags    // -results, -from, -merge and -add
	reduction                               string        // of the samples; "": the key of the case
	store                                   string        // folder of solutions; "": none
	serve                                   string        // address of the live page; "": none
	ledger                                  ledgerFlags   // -ledger, -authority and -period
	day                                     time.Time     // of -series; zero: of the case
	policy                                  string        // of the weights; "": that of the case
	seed                                    *uint64       // nil: the seed of the case
	learnFromAll                            bool          // from all days of -series
	workers                                 int           // 0: one per core
	budget                                  time.Duration // negative: none
	search, progress, season, stability     bool
	solver                                  highs.Solver // with -gap, -time-limit and -backend
}

// parse reads the flags. Its error lists every flag that is invalid or does not
// fit the others.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	if err := command.Parse(o.flags(), args, stderr); err != nil {
		return o, err
	}
	return o, o.validate()
}

// flags returns the flags, whose values become those of o. docs/command.md has
// their table.
func (o *options) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("trigrid", flag.ContinueOnError)
	o.solver = trigrid.DefaultSolver() // -backend changes its backend only
	flags.StringVar(&o.casePath, "case", "examples/threelevel/case.json", "case `file`")
	flags.StringVar(&o.convert, "convert", "", "write the case with the new keys to this `file` and end; docs/case.md has the table")
	flags.StringVar(&o.series, "series", "", "CSV `file` of measured series with the columns that the case names")
	o.layout.add(flags)
	o.tables.add(flags)
	o.ledger.add(flags)
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
	flags.BoolVar(&o.stability, "stability", false, "add the groups of DERs that gain by leaving the recommended allocation together")
	flags.BoolVar(&o.season, "season", false, "run the days of the key \"season\" of the case and compare its strategies; -json, -results and -report are then those of the season")
	flags.BoolVar(&o.progress, "progress", false, "without a terminal, print a line of progress on stderr every 10 s")
	flags.StringVar(&o.policy, "policy", "", "policy that sets the weights from the signals of the grid, `name`: "+strings.Join(weights.TableNames(), ", ")+", or none (default: the case's own)")
	flags.Func("seed", "`seed` of the scenarios, a whole number (default: the case's own)", func(text string) error {
		seed, err := strconv.ParseUint(text, 10, 64)
		o.seed = &seed
		return err
	})
	flags.Func("day", "`day` of the measured series, such as 2020-04-15 (default: the case's own)", func(text string) (err error) {
		if o.day, err = time.Parse(time.DateOnly, text); err != nil {
			return errors.New("want year, month and day, such as 2020-04-15")
		}
		return nil
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

// validate returns the violations that concern several flags, or a value's
// range, all of them at once. For example, -compare without -report has no page
// to show the other run on.
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
	if _, err := weights.TableByName(o.policy); err != nil && o.policy != "" && o.policy != noPolicy {
		bad.Add(command.Misused("-policy is %q, want one of %s, or none", o.policy, strings.Join(weights.TableNames(), ", ")))
	}
	if o.workers < 0 {
		bad.Add(command.Misused("-workers is %d, want at least 0", o.workers))
	}
	if !o.day.IsZero() && o.series == "" && !o.season {
		bad.Add(command.Misused("-day chooses a day of measured series; give them with -series, or change the start in the case"))
	}
	if o.learnFromAll && o.series == "" {
		bad.Add(command.Misused("-learn-from-all is about measured series; give them with -series"))
	}
	if o.other != nil && o.report == "" {
		bad.Add(command.Misused("-compare is about the report; give its folder with -report"))
	}
	// Each group of flags checks itself.
	o.validateSeason(&bad)
	o.layout.validate(&bad, o.series)
	o.ledger.validate(&bad, o.season, o.tables.from)
	o.tables.validate(&bad, o.store, o.policy, o.search, o.stability)
	for _, x := range []struct {
		flag, file string
		held       bool // by the report itself
	}{{"-json", o.json, o.reportHoldsJSON()}, {"-results", o.tables.out, false}} {
		if x.file == "" || o.report == "" || x.held {
			continue
		}
		// A file below the folder, or a folder below the file, such as "-json
		// out" and "-report out".
		//
		// report.Write replaces the whole folder, so that another file in it
		// would be lost.
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

// validateFiles adds files that would be written over an input or over each
// other.
//
// For example, "-json case.json" would replace the case of "-case case.json".
func (o options) validateFiles(bad *faults.List) {
	type named struct{ flag, file string }
	used := []named{{"-case", o.casePath}, {"-series", o.series}, {"-compare", o.comparePath}}
	for _, name := range results.Files(o.tables.from) {
		used = append(used, named{"-from", name})
	}
	// Files of -results can be two: NAME.csv has its description in
	// NAME.csv.json.
	written := []named{{"-table", o.layout.table}, {"-json", o.json}}
	for _, name := range results.Files(o.tables.out) {
		written = append(written, named{"-results", name})
	}
	for _, out := range written {
		for _, other := range used {
			if out.file != "" && other.file != "" && files.Same(out.file, other.file) {
				bad.Add(command.Misused("%s would write over %s, the file of %s; name another file", out.flag, other.file, other.flag))
			}
		}
		used = append(used, out)
	}
}

// reportHoldsJSON reports whether -json names the file result.json of the
// report. The report writes it, so that no second file is needed.
func (o options) reportHoldsJSON() bool {
	inside, ok := below(o.json, o.report)
	return o.report != "" && ok && inside == "result.json"
}

// below returns path relative to folder, and false if path is neither the
// folder nor below it. For example, below("out/tables/a.csv", "out") is
// "tables/a.csv".
func below(path, folder string) (inside string, ok bool) {
	// Rel compares texts, so that both paths must be absolute. Links are not
	// resolved.
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

// check returns an error if a file cannot be written. It is called before the
// run, which can take hours.
func (o options) check() error {
	var bad faults.List
	if o.json != "" && !o.reportHoldsJSON() {
		bad.Add(files.Check(o.json))
	}
	for _, name := range results.Files(o.tables.out) {
		bad.Add(files.Check(name))
	}
	if o.report != "" {
		bad.Add(report.Check(o.report))
	}
	return bad.Err()
}
