package main

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/results"
)

// tableFlags are the flags of long tables of results. For example, "-merge
// all.parquet -add calm=calm.parquet -add windy=windy.parquet" has two cases.
type tableFlags struct {
	out   string         // table of the run
	from  string         // table that replaces the run
	merge string         // table of all cases
	cases []results.Case // of merge
}

// add defines the flags.
func (f *tableFlags) add(flags *flag.FlagSet) {
	flags.StringVar(&f.out, "results", "", "write every number of the run as one long table to this `file`, .parquet or .csv")
	flags.StringVar(&f.from, "from", "", "read and check the run of this `file` of -results instead of running; the case and the series are those of the run")
	flags.StringVar(&f.merge, "merge", "", "write the tables of -add with a column case to this `file`, .parquet or .csv, and end")
	flags.Func("add", "table of a run for -merge, as `case=file`; can be repeated", func(text string) error {
		name, file, ok := strings.Cut(text, "=")
		if !ok || name == "" || file == "" {
			return fmt.Errorf("want NAME=FILE, such as windy=windy.parquet")
		}
		f.cases = append(f.cases, results.Case{Name: name, File: file})
		return nil
	})
}

// validate adds the violations of the flags; store, policy and search belong to
// a run.
func (f tableFlags) validate(bad *faults.List, store, policy string, search, stability bool) {
	for _, x := range []struct{ flag, file string }{{"-results", f.out}, {"-from", f.from}, {"-merge", f.merge}} {
		if x.file != "" && results.Check(x.file) != nil {
			bad.Add(command.Misused("%s is %q, want a name that ends in .parquet or .csv", x.flag, x.file))
		}
	}
	if (f.merge == "") != (len(f.cases) == 0) {
		bad.Add(command.Misused("-merge and -add belong together: -merge all.parquet -add calm=calm.parquet -add windy=windy.parquet"))
	}
	if f.from != "" && stability {
		bad.Add(command.Misused("-from reads a run, and -stability is about a new one; leave one of them out"))
	}
	if f.from != "" && (store != "" || search) {
		bad.Add(command.Misused("-from reads a run, and -store and -search are about a new one; leave one of them out"))
	}
	if f.from != "" && policy != "" {
		bad.Add(command.Misused("-from reads a run with its weights, and -policy sets those of a new one; leave one of them out"))
	}
}

// mergeTables writes the merged table, with the number of its cases on stdout.
func (f tableFlags) mergeTables(stdout io.Writer) error {
	if err := results.Merge(f.merge, f.cases...); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d cases lie in %s\n", len(f.cases), f.merge)
	return nil
}

// read reads the run of -from and checks its plans against the data of the
// region.
//
// A plan that does not follow from the data belongs to another case, and is an
// error.
func (f tableFlags) read(stdout io.Writer, region trigrid.Region) (*trigrid.Result, error) {
	res, err := results.ReadFile(f.from, region)
	if err != nil {
		return nil, err
	}
	plans := 0
	for _, plan := range res.Plans {
		if plan == nil {
			continue
		}
		plans++
		if err := plan.Verify(0); err != nil {
			return nil, fmt.Errorf("%s: the plan of VPP %q does not follow from the data: %w", f.from, plan.VPP.Name, err)
		}
	}
	fmt.Fprintf(stdout, "\nread from %s: %d plans follow from the data\n", f.from, plans)
	return res, nil
}
