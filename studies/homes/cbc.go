package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid/milp"
)

// cbc is the path of the program, "" if there is none.
type cbc string

// findCBC looks a program up on the path.
//
// A name with a slash is a path itself.
func findCBC(name string) (cbc, error) {
	path, err := exec.LookPath(name)
	return cbc(path), err
}

// solve returns the maximum of a model and the wall time of the process.
//
//	cbc program.mps -ratioGap 0 -allowableGap 0 -solve -solution solution
//
// The model is a maximum. MPS files of this library state it as the minimum of
// the negative objective, so that the sign is turned back.
func (s cbc) solve(ctx context.Context, m *milp.Model) (best float64, elapsed time.Duration, err error) {
	folder, err := os.MkdirTemp("", "homes")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(folder)
	// CBC reads free MPS with all digits of the numbers.
	var text bytes.Buffer
	if err := milp.WriteMPS(&text, m); err != nil {
		return 0, 0, err
	}
	file, solution := filepath.Join(folder, "program.mps"), filepath.Join(folder, "solution")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return 0, 0, err
	}
	// Gaps of 0 as in our solve. CBC's other settings are its defaults, as a
	// user runs it.
	begin := time.Now()
	said, err := exec.CommandContext(ctx, string(s), file, "-ratioGap", "0", "-allowableGap", "0",
		"-solve", "-solution", solution).CombinedOutput()
	elapsed = time.Since(begin)
	if err != nil {
		return 0, 0, fmt.Errorf("cbc: %w: %s", err, said)
	}
	answer, err := os.ReadFile(solution)
	if err != nil {
		return 0, 0, fmt.Errorf("cbc: %w", err)
	}
	// The first line is "Optimal - objective value -2394649.14136811".
	line, _, _ := strings.Cut(string(answer), "\n")
	fields := strings.Fields(line)
	if len(fields) == 0 || fields[0] != "Optimal" {
		return 0, 0, fmt.Errorf("cbc: %q, want an optimal solution", line)
	}
	best, err = strconv.ParseFloat(fields[len(fields)-1], 64)
	if err != nil {
		return 0, 0, fmt.Errorf("cbc: %q: %w", line, err)
	}
	return -best, elapsed, nil // the file states a maximum as a minimum
}
