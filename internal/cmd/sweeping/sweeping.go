// Package sweeping is the common part of the programs that run sweeps:
// examples/sweep and trigrid-sweep of the module sweep/nats.
package sweeping

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/weights"
)

// Flags are the flags of a sweep.
type Flags struct {
	// Names of files and folders, and the texts of -weights and -shard, which
	// are parsed when the sweep runs.
	Case, Series, Weights, Shard, Journal, Store, Out string
	Axes                                              []sweep.Axis
	// Budget and Workers are those of each run, and Parallel is the number of
	// runs at a time.
	Budget            time.Duration
	Workers, Parallel int
	Search            bool
}

// Add adds the flags to a set.
func (f *Flags) Add(flags *flag.FlagSet) {
	flags.StringVar(&f.Case, "case", "examples/threelevel/case.json", "case `file`")
	flags.StringVar(&f.Series, "series", "", "CSV `file` of measured series; a key \"day\" then selects days")
	flags.StringVar(&f.Weights, "weights", "", "grid of weights with a `step`, such as step=0.2")
	// A malformed axis is an error of the command line with the status 2.
	// Whether the case has its key is checked when the cases are made, before
	// the first run.
	flags.Func("set", "`key=values`, such as seed=1..20, vpps.0.risk_aversion=0,0.5,1 or day=2020-04-15..2020-04-20; can be repeated", func(text string) error {
		a, err := sweep.ParseAxis(text)
		f.Axes = append(f.Axes, a)
		return err
	})
	flags.StringVar(&f.Shard, "shard", "", "run only each nth case, from case i: `i/n` with i from 1; needs -journal")
	flags.StringVar(&f.Journal, "journal", "", "`folder` that keeps answers and outcomes; several processes can share it")
	flags.StringVar(&f.Store, "store", "", "`folder` for whole solutions, as of the command trigrid; it can be that of -journal and of workers")
	flags.StringVar(&f.Out, "out", "", "`folder` for sweep.parquet, sweep.csv and sweep.html")
	// A run that wall time ends has another result on another machine, so that
	// rows of a table could not be compared. A sweep therefore has no budget
	// unless -budget sets one.
	flags.DurationVar(&f.Budget, "budget", -1, "wall time of each run; negative: none, so that no outcome depends on time")
	flags.IntVar(&f.Workers, "workers", 0, "programs solved at a time; 0: one per core")
	flags.IntVar(&f.Parallel, "parallel", 0, "cases at a time; 0: as many as workers")
	flags.BoolVar(&f.Search, "search", false, "plan only the coalitions that the choice needs")
}

// Cases returns the cases of the flags, and the weights of the case file.
func (f *Flags) Cases() ([]sweep.Case, weights.Vector, error) {
	folder, name := filepath.Split(f.Case)
	if folder == "" {
		folder = "."
	}
	base, err := sweep.Read(os.DirFS(folder), name)
	if errors.Is(err, fs.ErrNotExist) { // the error has the name without the folder
		return nil, weights.Vector{}, fmt.Errorf("-case %s: no such file; name a case file", f.Case)
	}
	if err != nil {
		return nil, weights.Vector{}, err
	}
	// The source contains the series themselves, so that workers on other
	// machines need no file. The name is for messages.
	if f.Series != "" {
		data, err := os.ReadFile(f.Series)
		if err != nil {
			return nil, weights.Vector{}, err
		}
		base = base.WithSeries(filepath.Base(f.Series), data)
	}
	// Without -weights each case has the weights of its file, or those that an
	// axis sets.
	var vectors []weights.Vector
	if f.Weights != "" {
		if vectors, err = sweep.ParseWeights(f.Weights); err != nil {
			return nil, weights.Vector{}, err
		}
	}
	cases, err := sweep.Grid(base, f.Axes, vectors)
	if err != nil {
		return nil, weights.Vector{}, err
	}
	// A grid without axes has one case, with the weights as the file has them.
	// Gain and loss in the report are measured against them.
	own, err := sweep.Grid(base, nil, nil)
	if err != nil {
		return nil, weights.Vector{}, err
	}
	return cases, own[0].Weights, nil
}

// shard returns the numbers of -shard, 0 without it.
func (f *Flags) shard() (i, n int, err error) {
	if f.Shard == "" {
		return 0, 0, nil
	}
	a, b, ok := strings.Cut(f.Shard, "/")
	i, errI := strconv.Atoi(a)
	n, errN := strconv.Atoi(b)
	switch {
	// For example, 1/8 runs the cases 1, 9, 17, …: neighbours in the grid take
	// similar times, so that the shards do, too.
	case !ok || errI != nil || errN != nil || i < 1 || i > n:
		return 0, 0, command.Misused("-shard %s, want such as 2/8: the second of eight", f.Shard)
	case f.Journal == "":
		return 0, 0, command.Misused("-shard needs -journal: its folder has the outcomes of all shards")
	}
	return i, n, nil
}

// Run runs the sweep of the flags: it prints a line of progress on stderr and
// the table on stdout, and writes the files of -out. farmOf returns the farm of
// a case; nil: goroutines.
func (f *Flags) Run(ctx context.Context, farmOf func(sweep.Source) (farm.Farm, error), stdout, stderr io.Writer) (err error) {
	i, n, err := f.shard()
	if err != nil {
		return err
	}
	cases, own, err := f.Cases()
	if err != nil {
		return err
	}
	o := sweep.Options{
		Run:  trigrid.Options{Budget: f.Budget, Workers: f.Workers, Search: f.Search, Store: f.Store},
		Farm: farmOf, Parallel: f.Parallel, Shard: i, Shards: n,
	}
	// The journal keeps each answer and each outcome as it comes. A sweep that
	// is killed continues with the same command.
	if f.Journal != "" {
		if o.Log, err = farm.OpenLog(f.Journal); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, o.Log.Close()) }()
		if d := o.Log.Damaged(); d > 0 {
			fmt.Fprintf(stderr, "warning: %d damaged lines of the journal are left out\n", d)
		}
	}
	line := command.NewLine(stderr)
	// Calls of Observe do not overlap, and the last one comes before Run
	// returns.
	var last sweep.Progress
	o.Observe = func(p sweep.Progress) {
		last = p
		line.Draw(progress(p))
	}
	t, err := sweep.Run(ctx, cases, o)
	line.Clear()
	if err != nil {
		return err
	}
	// A full disk costs the journal, and not the results of a sweep that has
	// ended.
	if o.Log != nil && o.Log.Err() != nil {
		fmt.Fprintln(stderr, "warning:", o.Log.Err())
	}
	if n > 0 && t.Missing > 0 {
		// The table of a part would look like a whole one. The run without
		// -shard prints it.
		for _, o := range t.Outcomes {
			if o.Failed != "" {
				fmt.Fprintf(stdout, "%s failed: %s\n", o.Case, oneLine(o.Failed))
			}
		}
		fmt.Fprintf(stdout, "shard %d of %d is done: %d cases, of which %d failed; %d cases of other shards are missing\n",
			i, n, last.Total, last.Failed, t.Missing)
		return failure(t, last)
	}
	if err := Print(stdout, t); err != nil {
		return err
	}
	if f.Out != "" {
		if err := Write(f.Out, t, own); err != nil {
			return err
		}
	}
	return failure(t, last)
}

// progress returns the line of progress. The time left is that of cases like
// those that were run: outcomes of the journal take none.
func progress(p sweep.Progress) string {
	left := "?"
	// Before the first run there is nothing to compare with.
	if run := p.Done - p.Reused; run > 0 {
		left = time.Duration(float64(p.Elapsed) / float64(run) * float64(p.Total-p.Done)).Round(time.Second).String()
	}
	return fmt.Sprintf("%d of %d cases, %d from the journal, %d failed, %s left: %s", p.Done, p.Total, p.Reused, p.Failed, left, p.Case)
}

// failure returns an error if all cases of this process failed, which is a
// mistake in the case or the machine and no result. One case that ran makes the
// others rows of a table.
func failure(t *sweep.Table, last sweep.Progress) error {
	if last.Total == 0 || last.Failed < last.Total {
		return nil
	}
	// One reason is shown, because the same mistake is mostly in all cases. The
	// journal has the others.
	i := slices.IndexFunc(t.Outcomes, func(o sweep.Outcome) bool { return o.Failed != "" })
	return fmt.Errorf("no case has a result, %d of %d failed; %s: %s", last.Failed, last.Total, t.Outcomes[i].Case, oneLine(t.Outcomes[i].Failed))
}

// oneLine returns an error, which can list several violations, as one line.
func oneLine(text string) string { return strings.NewReplacer(":\n", ": ", "\n", "; ").Replace(text) }

// Print prints a table with one line per case.
func Print(w io.Writer, t *sweep.Table) error {
	// The printed digits are for reading; the files of Write have all of them.
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "case\tw economic\tw risk\tw environment\teconomic\trisk\tenvironment\temission t")
	for _, o := range t.Outcomes {
		fmt.Fprintf(out, "%s\t%.4g\t%.4g\t%.4g\t", o.Case, o.Weights.Economic, o.Weights.Risk, o.Weights.Environment)
		// A failed case keeps its row with the weights, and its reason in place
		// of the values.
		if o.Failed != "" {
			fmt.Fprintf(out, "failed: %s\n", oneLine(o.Failed))
			continue
		}
		fmt.Fprintf(out, "%.2f\t%.2f\t%.2f\t%.3f\n", o.Value.Economic, o.Value.Risk, o.Value.Environment, o.Numbers["emission_t"])
	}
	return out.Flush()
}

// Write writes the table as Parquet and CSV, and the report, into a folder.
func Write(folder string, t *sweep.Table, reference weights.Vector) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	// The page is made before the first file is written, so that an error
	// leaves the files of an earlier sweep.
	page, err := report.SweepHTML(t, reference)
	if err != nil {
		return err
	}
	return errors.Join(
		results.WriteSweepFile(filepath.Join(folder, "sweep.parquet"), t),
		results.WriteSweepFile(filepath.Join(folder, "sweep.csv"), t),
		files.Write(filepath.Join(folder, "sweep.html"), func(w io.Writer) error {
			_, err := w.Write(page)
			return err
		}),
	)
}
