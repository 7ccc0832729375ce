package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/trigrid/trigrid/internal/command"
)

// compareCommits runs benchmarks of a commit and of the work tree in turn and
// prints the comparison of benchstat. A benchmark that the commit does not have
// appears on one side only.
//
// For example, six rounds of two packages run each of the four test binaries
// six times, one after the other: older milp, newer milp, older scenario, newer
// scenario, and in the next round the newer ones first. A load of the machine
// that changes in minutes thus affects both sides alike.
func compareCommits(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench against", flag.ContinueOnError)
	commit := flags.String("commit", "", "the older `commit`")
	pattern := flags.String("bench", ".", "benchmarks, as of go test (regular `expression`)")
	rounds := flags.Int("rounds", 6, "runs of each side, `n`; benchstat wants at least 6")
	duration := flags.String("benchtime", "0.5s", "`time` of one benchmark, as of go test")
	tool := flags.String("benchstat", "golang.org/x/perf/cmd/benchstat@latest", "`module` of benchstat with its version")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "Usage: bench against -commit COMMIT [flags] [package ...]")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	packages := flags.Args()
	if len(packages) == 0 {
		packages = []string{"./milp", "./scenario", "./vpp", "./der", "./cvar", "./evogame", "./market"}
	}
	if *commit == "" {
		return command.Misused("-commit: want the commit to compare with, such as main~1")
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	// The older side is a work tree of its own, so that uncommitted changes of
	// this one belong to the newer side only.
	older := filepath.Join(folder, "older")
	if _, err := output(ctx, "", "git", "worktree", "add", "--detach", older, *commit); err != nil {
		return err
	}
	// The context may be done, and the work tree must go all the same.
	defer output(context.WithoutCancel(ctx), "", "git", "worktree", "remove", "--force", older)

	sides := []side{{"older", older}, {"newer", "."}}
	for _, s := range sides {
		for _, pkg := range packages {
			fmt.Fprintf(stderr, "bench: building %s, %s\n", pkg, s.name)
			// A package that the commit does not have yet has no older side.
			if _, err := output(ctx, s.root, "go", "test", "-c", "-vet=off", "-o", s.binary(folder, pkg), pkg); err != nil && s.name == "newer" {
				return err
			}
		}
	}
	// All binaries are built before the first run, so that no build stands
	// between the runs of one round.
	for round := range *rounds {
		for _, pkg := range packages {
			// The sides change places with the round.
			for i := range sides {
				s := sides[(i+round)%2]
				if err := s.run(ctx, folder, pkg, *pattern, *duration); err != nil {
					return err
				}
			}
		}
		fmt.Fprintf(stderr, "bench: round %d of %d\n", round+1, *rounds)
	}
	// benchstat compares the medians and states whether they differ.
	text, err := output(ctx, "", "go", "run", *tool, "older="+sides[0].results(folder), "newer="+sides[1].results(folder))
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, text)
	return err
}

// side is one of the two trees.
type side struct{ name, root string }

// binary returns the file of the test program of a package, such as
// older_market.test for ./market.
func (s side) binary(folder, pkg string) string {
	name := strings.Trim(strings.ReplaceAll(pkg, "/", "_"), "._")
	return filepath.Join(folder, s.name+"_"+name+".test")
}

// results returns the file with all runs of a side, in the format of go test.
func (s side) results(folder string) string { return filepath.Join(folder, s.name+".txt") }

// run appends one run of the benchmarks of a package to the results. Tests run
// in the folder of their package, where their data are.
func (s side) run(ctx context.Context, folder, pkg, pattern, duration string) error {
	binary := s.binary(folder, pkg)
	// The package is new, or has no tests on this side.
	if _, err := os.Stat(binary); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	text, err := output(ctx, filepath.Join(s.root, pkg), binary, "-test.run=^$", "-test.bench="+pattern,
		"-test.benchtime="+duration, "-test.benchmem", "-test.timeout=20m")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(s.results(folder), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// output runs a program in a folder and returns its standard output. Its error
// has the messages.
func output(ctx context.Context, folder, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = folder
	var messages bytes.Buffer
	c.Stderr = &messages
	text, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("bench: %s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(messages.Bytes()))
	}
	return string(text), nil
}
