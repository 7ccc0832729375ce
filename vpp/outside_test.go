package vpp_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// optimum solves a model that has one.
func optimum(t *testing.T, m *milp.Model) *milp.Solution {
	t.Helper()
	solution, err := testsolver.New(t).Solve(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, milp.Optimal, solution.Status)
	return solution
}

// The village's program, written to a file, has the same optimum for two
// programs that share nothing with our solver.
func TestOutsideSolversAgreeOnTheExportedProgram(t *testing.T) {
	v, ders, setting := village(t)
	program, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
	require.NoError(t, err)
	want := optimum(t, program.Model).Objective
	for _, c := range []struct {
		program, format string
		arguments       func(file, solution string) []string
		found           string
		sign            float64
	}{
		{"glpsol", "lp", func(f, s string) []string { return []string{"--mipgap", "0", "--lp", f, "-w", s} }, `(?m)^s mip \d+ \d+ o (\S+)`, 1},
		{"glpsol", "mps", func(f, s string) []string { return []string{"--mipgap", "0", "--freemps", f, "-w", s} }, `(?m)^s mip \d+ \d+ o (\S+)`, -1},
		{"cbc", "lp", func(f, s string) []string { return []string{f, "ratio", "0", "allow", "0", "solve", "solution", s} }, `^Optimal - objective value (\S+)`, 1},
		{"cbc", "mps", func(f, s string) []string { return []string{f, "ratio", "0", "allow", "0", "solve", "solution", s} }, `^Optimal - objective value (\S+)`, -1},
	} {
		t.Run(c.program+"/"+c.format, func(t *testing.T) {
			if _, err := exec.LookPath(c.program); err != nil {
				t.Skipf("%s is not installed", c.program)
			}
			dir := t.TempDir()
			file, solution := filepath.Join(dir, "village."+c.format), filepath.Join(dir, "solution")
			out, err := os.Create(file)
			require.NoError(t, err)
			if c.format == "lp" {
				require.NoError(t, milp.WriteLP(out, program.Model))
			} else {
				require.NoError(t, milp.WriteMPS(out, program.Model)) // which minimises
			}
			require.NoError(t, out.Close())
			said, err := exec.Command(c.program, c.arguments(file, solution)...).CombinedOutput()
			require.NoError(t, err, "%s", said)
			text, err := os.ReadFile(solution)
			require.NoError(t, err, "%s", said)
			found := regexp.MustCompile(c.found).FindSubmatch(text)
			require.NotNil(t, found, "%s", text)
			value, err := strconv.ParseFloat(string(found[1]), 64)
			require.NoError(t, err)
			assert.InEpsilon(t, want, c.sign*value, 1e-6)
		})
	}
}
