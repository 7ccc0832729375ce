// Command unitcommitment solves a unit commitment problem in the format of
// pglib-uc, Egret, UnitCommitment.jl, PyPSA or MATPOWER.
//
//	go run ./examples/unitcommitment -in der/unitcommitment/testdata/pglib.json -gap 1e-4 -o schedule.csv
//	go run ./examples/unitcommitment -in der/unitcommitment/testdata/pypsa -gap 0
//
// It recognises the format, prints the parts of the instance that it leaves out
// as notes, then objective, bound, gap and time, and writes the schedule as CSV.
// The program studies/reprice computes the cost of a schedule of pglib-uc or
// Egret and checks every rule without the library's model:
//
//	go run ./studies/reprice -in FILE -schedule schedule.csv
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

func main() { command.Main(run) }

// formulations returns the values of -formulation. All have the same optimum.
// They differ in the rows of a thermal unit, and so in their linear relaxations
// and in the time of the search.
func formulations() map[string]der.Formulation {
	// The keys are values of the flag, such as "tight".
	all := map[string]der.Formulation{}
	for _, f := range []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight} {
		all[f.String()] = f
	}
	return all
}

// run solves the instance of -in. Its error is a misuse of flags, a file that is wrong,
// or an instance without a schedule.
func run(ctx context.Context, args []string, out, stderr io.Writer) error {
	flags := flag.NewFlagSet("unitcommitment", flag.ContinueOnError)
	var (
		in = flags.String("in", "", "instance `file`, also compressed by gzip, or the folder of a PyPSA network")

		formatName  = flags.String("format", unitcommitment.FormatAuto.String(), "auto, pglib-uc, egret, unitcommitment.jl, pypsa or matpower")
		schedule    = flags.String("o", "", "write the schedule to this CSV `file`")
		gap         = flags.Float64("gap", 1e-4, "relative gap at which to stop; 0 for the optimum itself")
		limit       = flags.Duration("time", 0, "time limit of the solver, such as 5m; 0 is none")
		threads     = flags.Int("threads", 1, "threads of the solver, where its build has more than one")
		formulation = flags.String("formulation", der.Tight.String(),
			"rows of a thermal unit: tight, egret-tight, pglib or plain")
		ignore = flags.String("ignore", "",
			"comma-separated kinds of elements and keys to leave out, such as branch,storage; errors name them")
		decommit = flags.Bool("decommit", false, "let machines of a MATPOWER case be off")
		relax    = flags.Bool("relax", false, "solve the linear relaxation")
		quiet    = flags.Bool("q", false, "report no progress")
	)
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	// All misuse is reported at once.
	form, known := formulations()[*formulation]
	format, formatErr := unitcommitment.ParseFormat(*formatName)
	var bad faults.List
	require := func(ok bool, format string, args ...any) {
		if !ok {
			bad.Add(command.Misused(format, args...))
		}
	}
	require(*in != "", "no instance, use -in FILE")
	require(known, "-formulation is %q, want tight, egret-tight, pglib or plain", *formulation)
	require(formatErr == nil, "-format: %v", formatErr)
	require(*gap >= 0, "-gap is %v, want at least 0", *gap)
	require(*limit >= 0, "-time is %v, want at least 0", *limit)
	require(*threads >= 1, "-threads is %d, want at least 1", *threads)
	require(!*relax || *schedule == "", "-relax has no schedule to write with -o; leave one of them out")
	require(*schedule == "" || *in == "" || !files.Same(*in, *schedule), "-o would write over the instance %s; name another file", *in)
	if bad.Len() == 0 && *schedule != "" {
		bad.Add(files.Check(*schedule)) // an unwritable file would waste the search
	}
	if err := bad.Err(); err != nil {
		return err
	}
	options := unitcommitment.Options{Format: format, Formulation: form, Decommit: *decommit}
	if *ignore != "" {
		for _, name := range strings.Split(*ignore, ",") {
			options.Ignore = append(options.Ignore, strings.TrimSpace(name))
		}
	}

	begin := time.Now()
	// The time includes reading and formulating, not solving.
	system, err := unitcommitment.ReadPath(*in, options)
	if err != nil {
		return err
	}
	for _, note := range system.Notes {
		fmt.Fprintf(out, "note       %s\n", note)
	}
	program, err := system.Formulate()
	if err != nil {
		return err
	}
	model := program.Model
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
	solution, missed, err := solve(ctx, solver, program, *relax)
	line.Clear()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "status     %v (%s, %s)\n", solution.Status, solution.Stopped, solution.Backend)
	// A limit with an incumbent is a status, not an error. Err is set only if
	// there is no schedule at all.
	if err := solution.Err(); err != nil {
		if errors.Is(err, milp.ErrInfeasible) {
			// Which limits contradict each other, such as a demand and all maxima of a step.
			if why, elasticErr := milp.Elastic(ctx, solver, program.Model); elasticErr == nil {
				err = fmt.Errorf("%w: %v", err, why)
			}
			// A part that was left out, such as the column with the capacities, can be the reason.
			if len(system.Notes) > 0 {
				err = fmt.Errorf("%w; parts of the instance are left out: %s", err, strings.Join(system.Notes, "; "))
			}
		}
		return err
	}
	fmt.Fprintf(out, "objective  %.6f\nbound      %.6f\ngap        %.3g\ntime       %.2f s\n",
		solution.Objective+missed, solution.Bound, solution.Gap, solution.Time.Seconds())
	if *schedule == "" {
		return nil
	}
	// The program has one scenario, index 0.
	return files.Write(*schedule, func(w io.Writer) error { return program.WriteCSV(w, solution.Values, 0) })
}

// rounds is the largest number of solutions with more and more tangents of
// quadratic costs. Each round reduces the error at least fourfold.
const rounds = 20

// solve solves a program, and refines its quadratic costs until the error is
// below a millionth of the objective. missed is that error, currency.
func solve(ctx context.Context, solver highs.Solver, program *unitcommitment.Program, relax bool) (*milp.Solution, float64, error) {
	for round := 0; ; round++ {
		model := program.Model
		// Refine adds rows to the program, so that the relaxation is made anew in each round.
		if relax {
			model = model.Relaxed()
		}
		solution, err := solver.Solve(ctx, model)
		if err != nil || solution.Err() != nil {
			return solution, 0, err
		}
		// The tolerance is absolute for objectives below 1.
		tolerance := 1e-6 * max(1, math.Abs(solution.Objective))
		missed := program.Refine(solution.Values, tolerance)
		if missed <= tolerance || round == rounds {
			return solution, missed, nil
		}
	}
}
