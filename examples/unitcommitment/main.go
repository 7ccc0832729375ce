// Command unitcommitment solves a unit commitment problem in the format of
// pglib-uc or of Egret.
//
//	go run ./examples/unitcommitment -in der/unitcommitment/testdata/pglib.json -gap 1e-4 -o schedule.csv
//
// It prints objective, bound, gap and time, and writes the schedule as CSV. The
// program studies/reprice computes the cost of that schedule and checks every
// rule without the library's model:
//
//	go run ./studies/reprice -in FILE -schedule schedule.csv
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp/highs"
)

func main() { command.Main(run) }

// formulations returns the values of -formulation. All have the same optimum.
// They differ in the rows of a thermal unit, and so in their linear relaxations
// and in the time of the search.
func formulations() map[string]der.Formulation {
	all := map[string]der.Formulation{}
	for _, f := range []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight} {
		all[f.String()] = f
	}
	return all
}

func run(ctx context.Context, args []string, out, stderr io.Writer) error {
	flags := flag.NewFlagSet("unitcommitment", flag.ContinueOnError)
	var (
		in          = flags.String("in", "", "instance `file`, pglib-uc or Egret JSON")
		schedule    = flags.String("o", "", "write the schedule to this CSV `file`")
		gap         = flags.Float64("gap", 1e-4, "relative gap at which to stop; 0 for the optimum itself")
		limit       = flags.Duration("time", 0, "time limit of the solver, such as 5m; 0 is none")
		threads     = flags.Int("threads", 1, "threads of the solver, where its build has more than one")
		formulation = flags.String("formulation", der.Tight.String(),
			"rows of a thermal unit: tight, egret-tight, pglib or plain")
		ignore = flags.String("ignore", "",
			"comma-separated kinds of elements of an Egret file to leave out, such as branch,storage")
		relax = flags.Bool("relax", false, "solve the linear relaxation")
		quiet = flags.Bool("q", false, "report no progress")
	)
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	// All misuse is reported at once.
	form, known := formulations()[*formulation]
	var bad faults.List
	require := func(ok bool, format string, args ...any) {
		if !ok {
			bad.Add(command.Misused(format, args...))
		}
	}
	require(*in != "", "no instance, use -in FILE")
	require(known, "-formulation is %q, want tight, egret-tight, pglib or plain", *formulation)
	require(*gap >= 0, "-gap is %v, want at least 0", *gap)
	require(*limit >= 0, "-time is %v, want at least 0", *limit)
	require(*threads >= 1, "-threads is %d, want at least 1", *threads)
	require(!*relax || *schedule == "", "-relax has no schedule to write with -o; leave one of them out")
	if bad.Len() == 0 && *schedule != "" {
		bad.Add(command.CheckFile(*schedule)) // an unwritable file would waste the search
	}
	if err := bad.Err(); err != nil {
		return err
	}
	options := unitcommitment.Options{Formulation: form}
	if *ignore != "" {
		options.Ignore = strings.Split(*ignore, ",")
	}

	begin := time.Now()
	// The time includes reading and formulating, not solving.
	program, err := load(*in, options)
	if err != nil {
		return err
	}
	model := program.Model
	if *relax {
		model = model.Relaxed()
	}
	fmt.Fprintf(out, "program    %d columns, %d rows, %d coefficients, %d binaries, ready after %.2f s\n",
		model.Vars(), model.Rows(), model.Nonzeros(), model.Integers(), time.Since(begin).Seconds())

	// Restarts of the search do not pay on commitment programs: RTS-GMLC at a
	// gap of 1e-3 takes 147 s of one core with restarts and 85 s without.
	solver := highs.Solver{
		Gap: *gap, TimeLimit: *limit, Threads: *threads, Options: map[string]string{"mip_allow_restart": "false"},
	}
	// An objective near zero makes the relative gap meaningless, so the
	// absolute one is set, too.
	if *gap == 0 {
		solver.Gap, solver.AbsoluteGap = highs.Exact, highs.Exact
	}
	line := command.NewLine(stderr) // draws only on a terminal
	if !*quiet {
		solver.Progress = func(p highs.Progress) {
			line.Draw(fmt.Sprintf("%6.0f s  incumbent %.2f  bound %.2f  gap %.2e",
				p.Time.Seconds(), p.Incumbent, p.Bound, p.Gap))
		}
	}
	solution, err := solver.Solve(ctx, model)
	line.Clear()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "status     %v (%s, %s)\n", solution.Status, solution.Stopped, solution.Backend)
	// A limit with an incumbent is a status, not an error. Err is set only if
	// there is no schedule at all.
	if err := solution.Err(); err != nil {
		return err
	}
	fmt.Fprintf(out, "objective  %.6f\nbound      %.6f\ngap        %.3g\ntime       %.2f s\n",
		solution.Objective, solution.Bound, solution.Gap, solution.Time.Seconds())
	if *schedule == "" {
		return nil
	}
	// The program has one scenario, index 0.
	return command.WriteFile(*schedule, func(w io.Writer) error { return program.WriteCSV(w, solution.Values, 0) })
}

// load reads an instance and formulates its program.
func load(name string, options unitcommitment.Options) (*unitcommitment.Program, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	system, err := unitcommitment.Read(f, options)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return system.Formulate()
}
