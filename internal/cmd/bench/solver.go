package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// textProgram is a solver that reads a file, writes another one and ends.
//
// For example, CBC is "cbc" of the package coinor-cbc, takes an MPS file and
// options, and writes a solution whose first line has the optimum.
type textProgram struct {
	title, command string
	packages       string // of apt
	version        []string
	arguments      func(file, solution string, limit time.Duration) []string
	optimum        *regexp.Regexp // in the solution, with the value as its group
}

// glpk and cbc. Their relative gaps are those of the library.
var (
	glpk = textProgram{
		"GLPK", "glpsol", "glpk-utils",
		[]string{"--version"},
		func(file, solution string, limit time.Duration) []string {
			return []string{
				"--freemps", file, "--mipgap", fmt.Sprint(commitmentGap), "--cuts",
				"--tmlim", fmt.Sprint(int(limit.Seconds())), "-o", solution,
			}
		},
		regexp.MustCompile(`Status:\s+(?:INTEGER )?OPTIMAL\s+Objective:\s+\S+ = (\S+)`),
	}
	cbc = textProgram{
		"CBC", "cbc", "coinor-cbc",
		[]string{"-version", "-quit"},
		func(file, solution string, limit time.Duration) []string {
			return []string{
				file, "-ratioGap", fmt.Sprint(commitmentGap), "-sec", fmt.Sprint(int(limit.Seconds())),
				"-timeMode", "elapsed", "-solve", "-solution", solution,
			}
		},
		regexp.MustCompile(`^Optimal(?: \(within gap tolerance\))? - objective value (\S+)`),
	}
)

// processRunner runs a textProgram once per run. Its time includes reading the
// file.
//
// The drivers of the other solvers read the file before their clock starts.
type processRunner struct {
	textProgram
	file, solution string
	limit          time.Duration
	called         string
}

// textSolver returns the peer of a program of the folder.
func textSolver(p textProgram, name string) func(context.Context, *workshop, string) (runner, error) {
	return func(ctx context.Context, w *workshop, folder string) (runner, error) {
		if err := w.program(ctx, p.command, p.packages); err != nil {
			return nil, err
		}
		// The version is for the table only; a program that does not state it
		// runs without one.
		text, _ := exec.CommandContext(ctx, p.command, p.version...).CombinedOutput()
		version := regexp.MustCompile(`\d+\.\d+(\.\d+)?`).FindString(string(text))
		return &processRunner{
			textProgram: p, file: filepath.Join(folder, name, "program.mps"), limit: w.limit,
			solution: filepath.Join(folder, p.command+".solution"), called: strings.TrimSpace(p.title + " " + version),
		}, nil
	}
}

// name returns the title with the version.
func (p *processRunner) name() string { return p.called }

// run solves the file. The written file is a minimum, of costs with the
// opposite sign.
func (p *processRunner) run(ctx context.Context) (sample, error) {
	// A solution of the run before must not be read for this one.
	os.Remove(p.solution)
	// The program has its own limit and ten seconds to write a solution.
	within, cancel := context.WithTimeout(ctx, p.limit+10*time.Second)
	defer cancel()
	c := exec.CommandContext(within, p.command, p.arguments(p.file, p.solution, p.limit)...)
	begin := time.Now()
	said, err := c.CombinedOutput()
	took := time.Since(begin)
	switch {
	case ctx.Err() != nil:
		return sample{}, ctx.Err()
	case within.Err() != nil || took > p.limit:
		return sample{}, overLimit{p.limit}
	case err != nil:
		return sample{}, fmt.Errorf("%w: %s", err, lastLine(string(said)))
	}
	text, err := os.ReadFile(p.solution)
	if err != nil {
		return sample{}, err
	}
	// A status other than optimal has no match, and the first line states it.
	found := p.optimum.FindSubmatch(text)
	if found == nil {
		return sample{}, errors.New("no optimum: " + strings.SplitN(string(text), "\n", 2)[0])
	}
	value, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return sample{}, err
	}
	used := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	return sample{seconds: took.Seconds(), cpu: used.Seconds(), value: -value}, nil
}

// close does nothing: no process is left.
func (p *processRunner) close() {}
