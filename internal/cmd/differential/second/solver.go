package second

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Solver is a program of the machine that solves LP files.
type Solver string

// The solvers that the package can run.
const (
	CBC  Solver = "cbc" // COIN-OR branch and cut
	GLPK Solver = "glpsol"
)

// Status is the verdict of a solver.
type Status string

// The verdicts. Undecided is a limit of time, or text that no rule below
// matches.
const (
	Optimal    Status = "optimal"
	Infeasible Status = "infeasible"
	Unbounded  Status = "unbounded"
	Undecided  Status = "undecided"
)

// Answer is the verdict with the solution of an optimal program. Objective is
// recomputed from the columns, because solvers print it with few digits.
type Answer struct {
	Status    Status
	Objective float64   // of the minimised program
	Values    []float64 // by column of the program; nil unless optimal
}

// Seconds limits the time of one solve.
const Seconds = 20

// Installed reports whether the machine has the solver.
func (s Solver) Installed() bool {
	_, err := exec.LookPath(string(s))
	return err == nil
}

// Solve solves the program with gaps of 0. It returns an error if the solver
// cannot run.
//
// CBC runs without its preprocessing of integers: that of 2.10.8 returns
// "optimal" 0.25 for a program of 14 columns with the optimum 0, and
// "infeasible" for others that have a solution. Its presolve is off because it
// takes quantities fixed within a slack for a contradiction.
func (s Solver) Solve(ctx context.Context, p *Program) (*Answer, error) {
	dir, err := os.MkdirTemp("", "second")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file, solution := filepath.Join(dir, "program.lp"), filepath.Join(dir, "solution")
	var text bytes.Buffer
	if err := p.WriteLP(&text); err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return nil, err
	}
	limit := strconv.Itoa(Seconds)
	var arguments []string
	switch s {
	case CBC:
		arguments = []string{
			file, "-sec", limit, "-ratioGap", "0", "-allowableGap", "0", "-integerTolerance", "1e-9", "-primalTolerance", "1e-9",
			"-preprocess", "off", "-presolve", "off", "-solve", "-solution", solution,
		}
	case GLPK:
		arguments = []string{"--lp", file, "--mipgap", "0", "--tmlim", limit, "-w", solution}
	default:
		return nil, fmt.Errorf("second: unknown solver %q; use %q or %q", s, CBC, GLPK)
	}
	said, err := exec.CommandContext(ctx, string(s), arguments...).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("second: %s: %w: %s", s, err, said)
	}
	found, err := os.ReadFile(solution)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	answer := &Answer{}
	if s == CBC {
		answer.Status = cbcStatus(string(found))
	} else {
		answer.Status = glpkStatus(string(said), string(found))
	}
	if answer.Status != Optimal {
		return answer, nil
	}
	answer.Values = make([]float64, len(p.names))
	if s == CBC {
		err = cbcValues(string(found), answer.Values)
	} else {
		err = glpkValues(string(found), answer.Values)
	}
	if err != nil {
		return nil, err
	}
	answer.Objective = p.Minimise.Value(answer.Values)
	return answer, nil
}

// cbcStatus reads the first line of a solution file of CBC.
//
// It is, for example, "Optimal - objective value 12.50000000". A run without a
// solution writes none.
func cbcStatus(solution string) Status {
	line, _, _ := strings.Cut(solution, "\n")
	switch {
	case strings.HasPrefix(line, "Optimal"):
		return Optimal
	case strings.HasPrefix(line, "Infeasible"), strings.HasPrefix(line, "Integer infeasible"):
		return Infeasible
	case strings.HasPrefix(line, "Unbounded"), strings.HasPrefix(line, "Dual infeasible"):
		return Unbounded
	}
	return Undecided
}

// glpkStatus reads the log of glpsol, which names an infeasible relaxation, and
// the status line of its solution.
//
// said is the output of glpsol, and solution the file of -w.
func glpkStatus(said, solution string) Status {
	switch {
	case strings.Contains(said, "NO PRIMAL FEASIBLE SOLUTION"), strings.Contains(said, "NO INTEGER FEASIBLE SOLUTION"),
		strings.Contains(said, "PROBLEM HAS NO FEASIBLE SOLUTION"):
		return Infeasible
	case strings.Contains(said, "NO DUAL FEASIBLE SOLUTION"), strings.Contains(said, "UNBOUNDED"):
		return Unbounded
	}
	for line := range strings.Lines(solution) {
		f := strings.Fields(line)
		if len(f) > 4 && f[0] == "s" && (f[1] == "mip" && f[4] == "o" || f[1] == "bas" && f[4] == "f" && len(f) > 5 && f[5] == "f") {
			return Optimal
		}
	}
	return Undecided
}

// place returns the number of a column from its name in the file, or false for
// the column "one".
//
// For example, "x7_net_0_1" is column 7.
func place(name string, n int) (int, bool) {
	digits, _, ok := strings.Cut(strings.TrimPrefix(name, "x"), "_")
	j, err := strconv.Atoi(digits)
	return j, ok && err == nil && j < n
}

// cbcValues reads the lines "number name value reduced-cost", which leave out
// zeros. A line that begins with ** breaks a tolerance.
func cbcValues(solution string, x []float64) error {
	_, rest, _ := strings.Cut(solution, "\n")
	for line := range strings.Lines(rest) {
		f := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "**"))
		if len(f) < 3 {
			continue
		}
		if j, ok := place(f[1], len(x)); ok {
			value, err := strconv.ParseFloat(f[2], 64)
			if err != nil {
				return fmt.Errorf("second: cbc: line %q: %w", line, err)
			}
			x[j] = value
		}
	}
	return nil
}

// glpkValues reads the lines "j number value" of a program with integers, or "j
// number status value" of one without. Columns count from 1 in the order of the
// objective, in which "one" comes first.
func glpkValues(solution string, x []float64) error {
	at := 3
	for line := range strings.Lines(solution) {
		f := strings.Fields(line)
		if len(f) > 1 && f[0] == "s" && f[1] == "mip" {
			at = 2
		}
		if len(f) <= at || f[0] != "j" || f[1] == "1" {
			continue
		}
		number, err := strconv.Atoi(f[1])
		if err != nil || number < 2 || number > len(x)+1 {
			return fmt.Errorf("second: glpsol: line %q has no column of the program", line)
		}
		if x[number-2], err = strconv.ParseFloat(f[at], 64); err != nil {
			return fmt.Errorf("second: glpsol: line %q: %w", line, err)
		}
	}
	return nil
}
