// Differential states random instances twice and compares the optima: case
// files, also on steps of different lengths, and both unit-commitment formats.
//
//	go run ./internal/cmd/differential -n 10000 -out disagreements
//
// The library reads an instance and solves it with HiGHS. Package second, which
// shares no code with it, reads the same JSON and writes an LP file from the
// published equations for CBC or GLPK. The optima must be equal to 1e-6, and
// the plan of the library must be feasible in the second statement with its
// objective.
//
// A disagreement is minimised and written to a folder as an instance with both
// objectives, and the exit status is 1. Equal seeds give equal instances.
// Solvers are those of scripts/second-solvers.sh.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/trigrid/trigrid/internal/cmd/differential/second"
)

// main exits with 1 after a disagreement and with 2 after an error of flags,
// files or solvers.
func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// run is main with its arguments. It returns false after a disagreement.
//
// The error is one of flags, files or missing solvers, or that of a context
// that is done.
func run(ctx context.Context, arguments []string, out io.Writer) (ok bool, err error) {
	flags := flag.NewFlagSet("differential", flag.ContinueOnError)
	var (
		n       = flags.Int("n", 200, "number of instances")
		seed    = flags.Uint64("seed", 1, "seed of the first instance")
		named   = flags.String("format", "", "case, uneven case, pglib or egret; default all, in turn")
		folder  = flags.String("out", "disagreements", "folder of minimised disagreements")
		workers = flags.Int("workers", 2, "instances at a time")
		verbose = flags.Bool("v", false, "print every option with its number, and every refusal")
		file    = flags.String("file", "", "compare this instance only, in the format of -format")
	)
	if err := flags.Parse(arguments); err != nil {
		return false, err
	}
	solvers := installed()
	if len(solvers) == 0 {
		return false, fmt.Errorf("differential: neither cbc nor glpsol is installed; run scripts/second-solvers.sh")
	}
	if *file != "" {
		text, err := os.ReadFile(*file)
		if err != nil {
			return false, err
		}
		// The formulation of a single instance is that of -seed.
		c := formatOf(*named).instance(*seed).compareAll(ctx, text, solvers)
		fmt.Fprintf(out, "%s: %v %s: library %v, second statement %v\n", *file, c.verdict, c.reason, c.ours, c.twin)
		return c.verdict != disagree, nil
	}
	total := campaign{seed: *seed, n: *n, format: *named, workers: *workers, solvers: solvers}
	total.failed = func(f format, seed uint64, text []byte, c comparison) {
		fmt.Fprintf(out, "%s, seed %d, %s: %s (library %v, second statement %v)\n", f.name, seed, c.solver, c.reason, c.ours, c.twin)
		if err := f.save(ctx, *folder, seed, text, c, solvers); err != nil {
			fmt.Fprintln(out, err)
		}
	}
	report := total.run(ctx)
	report.write(out, *verbose)
	return report.verdicts[disagree] == 0, ctx.Err()
}

// installed returns the second solvers of this machine.
func installed() []second.Solver {
	var out []second.Solver
	for _, s := range []second.Solver{second.CBC, second.GLPK} {
		if s.Installed() {
			out = append(out, s)
		}
	}
	return out
}

// save minimises a disagreement and writes it, with a text of the difference
// beside it.
//
// For example, seed 7 of the format case gives case-7.json and case-7.txt in
// the folder. An error is one of writing.
func (f format) save(ctx context.Context, folder string, seed uint64, text []byte, c comparison, solvers []second.Solver) error {
	x := f.instance(seed)
	last := c
	small := shrink(text, f.steps, func(text []byte) bool {
		d := x.compareAll(ctx, text, solvers)
		// A smaller instance with another fault would hide this one.
		if d.verdict != disagree || kindOf(d.reason) != kindOf(c.reason) {
			return false
		}
		last = d
		return true
	})
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	name := filepath.Join(folder, fmt.Sprintf("%s-%d", f.name, seed))
	if err := os.WriteFile(name+".json", append(small, '\n'), 0o644); err != nil {
		return err
	}
	note := fmt.Sprintf("%s\nlibrary           %v\nsecond statement  %v, by %s\n", last.reason, last.ours, last.twin, last.solver)
	return os.WriteFile(name+".txt", []byte(note), 0o644)
}

// kindOf returns a reason without its numbers, so that an instance is not
// minimised to another fault.
//
// The signs of numbers go as well, such as the e of 1e-6.
func kindOf(reason string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789.-+e", r) {
			return -1
		}
		return r
	}, reason)
}
