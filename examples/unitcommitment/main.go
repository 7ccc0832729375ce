// Command unitcommitment solves a unit commitment problem in the format of
// pglib-uc, Egret, UnitCommitment.jl, PyPSA or MATPOWER.
//
//	go run ./examples/unitcommitment -in der/unitcommitment/testdata/pglib.json -gap 1e-4 -o schedule.csv
//	go run ./examples/unitcommitment -in der/unitcommitment/testdata/pypsa -gap 0
//
// It recognises the format, prints the parts of the instance that it leaves out
// as notes, then objective, bound, gap and time, and writes the schedule as
// CSV. The program studies/reprice computes the cost of a schedule of pglib-uc
// or Egret and checks every rule without the library's model:
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

// settings are the values of the flags.
type settings struct {
	in, schedule string
	options      unitcommitment.Options
	solver       highs.Solver
	relax, quiet bool
}

// parse reads the flags. Its error lists all misuse at once.
func parse(args []string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("unitcommitment", flag.ContinueOnError)
	flags.StringVar(&s.in, "in", "", "instance `file`, also compressed by gzip, or the folder of a PyPSA network")
	flags.StringVar(&s.schedule, "o", "", "write the schedule to this CSV `file`")
	flags.BoolVar(&s.relax, "relax", false, "solve the linear relaxation")
	flags.BoolVar(&s.quiet, "q", false, "report no progress")
	flags.BoolVar(&s.options.Decommit, "decommit", false, "let machines of a MATPOWER case be off")
	var (
		formatName  = flags.String("format", unitcommitment.FormatAuto.String(), "auto, pglib-uc, egret, unitcommitment.jl, pypsa or matpower")
		gap         = flags.Float64("gap", 1e-4, "relative gap at which to stop; 0 for the optimum itself")
		limit       = flags.Duration("time", 0, "time limit of the solver, such as 5m; 0 is none")
		threads     = flags.Int("threads", 1, "threads of the solver, where its build has more than one")
		formulation = flags.String("formulation", der.Tight.String(),
			"rows of a thermal unit: tight, egret-tight, pglib or plain")
		ignore = flags.String("ignore", "",
			"comma-separated kinds of elements and keys to leave out, such as branch,storage; errors name them")
	)
	if err := command.Parse(flags, args, stderr); err != nil {
		return s, err
	}
	var (
		bad               faults.List
		known             bool
		format, otherwise = unitcommitment.ParseFormat(*formatName)
	)
	s.options.Format = format
	s.options.Formulation, known = formulations()[*formulation]
	require := func(ok bool, format string, args ...any) {
		if !ok {
			bad.Add(command.Misused(format, args...))
		}
	}
	require(s.in != "", "no instance, use -in FILE")
	require(known, "-formulation is %q, want tight, egret-tight, pglib or plain", *formulation)
	require(otherwise == nil, "-format: %v", otherwise)
	require(*gap >= 0, "-gap is %v, want at least 0", *gap)
	require(*limit >= 0, "-time is %v, want at least 0", *limit)
	require(*threads >= 1, "-threads is %d, want at least 1", *threads)
	require(!s.relax || s.schedule == "", "-relax has no schedule to write with -o; leave one of them out")
	require(s.schedule == "" || s.in == "" || !files.Same(s.in, s.schedule), "-o would write over the instance %s; name another file", s.in)
	if bad.Len() == 0 && s.schedule != "" {
		bad.Add(files.Check(s.schedule)) // an unwritable file would waste the search
	}
	if *ignore != "" {
		for _, name := range strings.Split(*ignore, ",") {
			s.options.Ignore = append(s.options.Ignore, strings.TrimSpace(name))
		}
	}
	// Restarts of the search do not pay on commitment programs: RTS-GMLC at a
	// gap of 1e-3 takes 147 s of one core with restarts and 85 s without.
	s.solver = highs.Solver{
		Gap: *gap, TimeLimit: *limit, Threads: *threads, Options: map[string]string{"mip_allow_restart": "false"},
	}
	// An objective near zero makes the relative gap meaningless, so the
	// absolute one is set, too.
	if *gap == 0 {
		s.solver.Gap, s.solver.AbsoluteGap = highs.Exact, highs.Exact
	}
	return s, bad.Err()
}

// run solves the instance of -in. Its error is a misuse of flags, a file that
// is wrong, or an instance without a schedule.
func run(ctx context.Context, args []string, out, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	begin := time.Now()
	// The time includes reading and formulating, not solving.
	system, err := unitcommitment.ReadPath(s.in, s.options)
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

	line := command.NewLine(stderr) // draws only on a terminal
	if !s.quiet {
		s.solver.Progress = func(p highs.Progress) {
			line.Draw(fmt.Sprintf("%6.0f s  incumbent %.2f  bound %.2f  gap %.2e",
				p.Time.Seconds(), p.Incumbent, p.Bound, p.Gap))
		}
	}
	solution, missed, err := solve(ctx, s.solver, program, s.relax)
	line.Clear()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "status     %v (%s, %s)\n", solution.Status, solution.Stopped, solution.Backend)
	// A limit with an incumbent is a status, not an error. Err is set only if
	// there is no schedule at all.
	if err := solution.Err(); err != nil {
		return explain(ctx, s.solver, program, system.Notes, err)
	}
	fmt.Fprintf(out, "objective  %.6f\nbound      %.6f\ngap        %.3g\ntime       %.2f s\n",
		solution.Objective+missed, solution.Bound, solution.Gap, solution.Time.Seconds())
	if s.schedule == "" {
		return nil
	}
	// The program has one scenario, index 0.
	return files.Write(s.schedule, func(w io.Writer) error { return program.WriteCSV(w, solution.Values, 0) })
}

// explain adds the reasons to the error of a program without a schedule, if it
// is infeasible.
func explain(ctx context.Context, solver highs.Solver, program *unitcommitment.Program, notes []string, err error) error {
	if !errors.Is(err, milp.ErrInfeasible) {
		return err
	}
	// Which limits contradict each other, such as a demand and all maxima of a
	// step.
	if why, elasticErr := milp.Elastic(ctx, solver, program.Model); elasticErr == nil {
		err = fmt.Errorf("%w: %v", err, why)
	}
	// A part that was left out, such as the column with the capacities, can be
	// the reason.
	if len(notes) > 0 {
		err = fmt.Errorf("%w; parts of the instance are left out: %s", err, strings.Join(notes, "; "))
	}
	return err
}

// rounds is the largest number of solutions with more and more tangents of
// quadratic costs. Each round reduces the error at least fourfold.
const rounds = 20

// solve solves a program, and refines its quadratic costs until the error is
// below a millionth of the objective. missed is that error, currency.
func solve(ctx context.Context, solver highs.Solver, program *unitcommitment.Program, relax bool) (*milp.Solution, float64, error) {
	for round := 0; ; round++ {
		model := program.Model
		// Refine adds rows to the program, so that the relaxation is made anew
		// in each round.
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
