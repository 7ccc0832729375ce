// Command homes plans the recorded requests of the evcc optimizer and compares
// money, misses and time with the recorded answers and with CBC.
//
//	go run ./studies/homes
//	go run ./studies/homes -data FOLDER
//
// The recorded requests are the JSON files of FOLDER/evcc; without them the
// program plans one generated request. Package home, which a Go energy manager
// imports, does the planning in one call; the rules are in its comment.
//
// Energies are in Wh, prices in currency per Wh. Penalties are compared before
// money. CBC solves the same program without preferences; its time includes the
// start of the process.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/studies/homes/home"
)

func main() { command.Main(run) }

// source names the recorded requests.
const source = "github.com/evcc-io/optimizer at commit a50b33da38e5ee46c23ec744cd72fcff8b3b3c3d, folder test_cases"

// run plans all requests and prints the table. A request that cannot be read
// does not stop the others; its error comes last. Without requests it plans the
// generated one.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("homes", flag.ContinueOnError)
	folder := cmp.Or(os.Getenv("TRIGRID_DATA"), "../shared/data")
	data := flags.String("data", folder, "`folder` of the recorded requests, which has them in evcc or directly")
	second := flags.String("cbc", "cbc", "`program` of CBC")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	cases, unread := load(*data)
	// A file that cannot be read stays out of the table and is reported after
	// it.
	if len(cases) == 0 && unread != nil {
		return unread
	}
	// The first solve of a process loads the solver, which an energy manager
	// does once.
	if _, err := home.Plan(ctx, generated(), home.Options{}); err != nil {
		return err
	}
	if len(cases) == 0 {
		return one(ctx, *data, stdout)
	}
	// Without CBC the table has the recorded answers only.
	cbc, err := findCBC(*second)
	if err != nil {
		fmt.Fprintf(stdout, "without CBC: %v; scripts/second-solvers.sh installs it\n", err)
	}
	var rows []row
	progress := command.NewLine(stderr)
	for i, c := range cases {
		progress.Draw(fmt.Sprintf("request %d of %d", i+1, len(cases)))
		r, err := measure(ctx, c, cbc)
		if err != nil {
			progress.Clear()
			return fmt.Errorf("%s: %w", c.name, err)
		}
		rows = append(rows, r)
	}
	progress.Clear()
	return errors.Join(printTable(stdout, rows), unread)
}

// recordedCase is a recorded request with the name of its file.
type recordedCase struct {
	name string
	*home.Case
}

// load reads all recorded requests of a folder, in the order of their names.
// The error lists all files that cannot be read; the others are returned.
//
// Files can be in FOLDER/evcc or in FOLDER itself; the first of both that has
// any counts.
func load(folder string) ([]recordedCase, error) {
	var files []string
	for _, pattern := range []string{filepath.Join(folder, "evcc", "*.json"), filepath.Join(folder, "*.json")} {
		if files, _ = filepath.Glob(pattern); len(files) > 0 {
			break
		}
	}
	slices.Sort(files) // by the number with which each name begins
	var cases []recordedCase
	var bad faults.List
	for _, path := range files {
		c, err := read(path)
		if err != nil {
			bad.Addf("%s: %w", path, err)
			continue
		}
		cases = append(cases, recordedCase{filepath.Base(path), c})
	}
	return cases, bad.Err()
}

// read reads one recorded request. An error of closing the file counts as well.
func read(path string) (*home.Case, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	c, err := home.ReadCase(file)
	return c, errors.Join(err, file.Close())
}

// one plans the generated request and names the source of the recorded ones.
//
// Money is the answer without its penalties, in currency; idle batteries are
// the reference.
func one(ctx context.Context, folder string, w io.Writer) error {
	a, err := home.Plan(ctx, generated(), home.Options{})
	if err != nil {
		return err
	}
	idle, err := home.Audit(generated(), home.Idle(generated()), 1e-6)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "generated request: money %.4f, %.4f with idle batteries; %d ms\n",
		a.Money-a.Penalty, idle.Money-idle.Penalty, a.Time.Total.Milliseconds())
	for _, m := range a.Misses {
		fmt.Fprintln(w, "  missed:", m)
	}
	_, err = fmt.Fprintf(w, "There are no recorded requests in %s. They are at %s: copy its files to a folder evcc, "+
		"and name the folder that has it with -data.\n", folder, source)
	return err
}
