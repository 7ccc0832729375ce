package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
)

func TestMain(m *testing.M) { testsolver.Main(m, "") }

// instances is the folder of two small instances: the same system in both
// formats.
var instances = filepath.Join("..", "..", "der", "unitcommitment", "testdata")

func TestSolvesBothFormats(t *testing.T) {
	for _, file := range []string{"pglib.json", "egret.json"} {
		for _, formulation := range []string{"tight", "egret-tight", "pglib", "plain"} {
			schedule := filepath.Join(t.TempDir(), "schedule.csv")
			var out, progress bytes.Buffer
			err := run(t.Context(), []string{
				"-in", filepath.Join(instances, file), "-gap", "0", "-o", schedule, "-formulation", formulation,
			}, &out, &progress)
			testsolver.Skip(t, err)
			require.NoError(t, err)
			// cbc and glpsol find 35382, too; glpsol for a program that was
			// written without this library.
			assert.Regexp(t, regexp.MustCompile(`(?m)^objective  35382\.00`), out.String())
			assert.Regexp(t, regexp.MustCompile(`(?m)^bound      35382\.00`), out.String())
			text, err := os.ReadFile(schedule)
			require.NoError(t, err)
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			assert.Len(t, lines, 1+5*8, "five units, eight hours")
			assert.Equal(t, "unit,step,on,output_mw,reserve_mw", lines[0])
		}
	}
}

func TestSolvesTheOtherFormats(t *testing.T) {
	for _, c := range []struct {
		args      []string
		objective string
		notes     string
	}{
		// The same system as above, in which reserve does not count in the hour
		// before a stop.
		{[]string{"-in", "ucjl.json"}, "35126.00", "note       $.Transmission lines: the 1 line is ignored, because all buses are joined; with a limit: cable\n"},
		{[]string{"-in", "ucjl.json", "-format", "unitcommitment.jl"}, "35126.00", "note       $.Transmission"},
		{[]string{"-in", "pypsa"}, "27259.93", "note       links.csv: 1 row is ignored"},
		// By hand: 100 MW for 0.05 × 100² + 18 × 100 + 100, 80 MW at 30, of
		// which the load takes 28 MW at 32: 2400 + 2400 − 896.
		{[]string{"-in", "matpower.m"}, "3904.00", "note       branch: 1 branch is ignored"},
		{[]string{"-in", "matpower.m", "-decommit"}, "3904.00", "note       gen: 1 machine is out of service"},
	} {
		c.args[1] = filepath.Join(instances, c.args[1])
		var out, progress bytes.Buffer
		err := run(t.Context(), append(c.args, "-gap", "0"), &out, &progress)
		testsolver.Skip(t, err)
		require.NoError(t, err)
		assert.Contains(t, out.String(), "objective  "+c.objective)
		assert.Contains(t, out.String(), c.notes)
	}
}

// Two machines share 30 MW where 0.2 p = 0.4 q: 20 and 10 MW for 40 + 200 + 20
// + 100.
func TestQuadraticCostsAreRefined(t *testing.T) {
	file := filepath.Join(t.TempDir(), "case.m")
	require.NoError(t, os.WriteFile(file, []byte(`function mpc = quadratic
mpc.bus = [1 3 30 0 0 0 1 1 0 135 1 1.1 0.9];
mpc.gen = [1 0 0 0 0 1 100 1 47 0; 1 0 0 0 0 1 100 1 53 0];
mpc.gencost = [2 0 0 3 0.1 10 0; 2 0 0 3 0.2 10 0];
`), 0o600))
	var out, progress bytes.Buffer
	err := run(t.Context(), []string{"-in", file, "-gap", "0"}, &out, &progress)
	testsolver.Skip(t, err)
	require.NoError(t, err)
	assert.Regexp(t, regexp.MustCompile(`(?m)^objective  360\.000`), out.String())
}

// A load of 30 MW meets a machine of 20 MW: 10 MW are missing in the only step.
func TestAnInfeasibleInstanceIsDiagnosed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "case.m")
	require.NoError(t, os.WriteFile(file, []byte(`function mpc = short
mpc.bus = [1 3 30 0 0 0 1 1 0 135 1 1.1 0.9];
mpc.gen = [1 0 0 0 0 1 100 1 20 0];
mpc.gencost = [2 0 0 2 10 0];
`), 0o600))
	var out, progress bytes.Buffer
	err := run(t.Context(), []string{"-in", file}, &out, &progress)
	testsolver.Skip(t, err)
	require.ErrorIs(t, err, milp.ErrInfeasible)
	assert.ErrorContains(t, err, "system.balance misses its lower limit by 10 at (0,0)")
	assert.NotContains(t, err.Error(), "left out")
}

// Without p_nom_opt, extendable generators have the capacity p_nom, 0 here, and
// the error names the ignored column beside the limits.
func TestAnInfeasibleInstanceNamesTheIgnoredColumns(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"buses.csv":       "name\nb\n",
		"snapshots.csv":   "snapshot\n2030-01-01 00:00\n",
		"generators.csv":  "name,bus,p_nom,p_nom_extendable,marginal_cost\ng,b,0,True,10\n",
		"loads.csv":       "name,bus\nl,b\n",
		"loads-p_set.csv": "snapshot,l\n2030-01-01 00:00,5\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	var out, progress bytes.Buffer
	err := run(t.Context(), []string{"-in", folder, "-ignore", "p_nom_extendable"}, &out, &progress)
	testsolver.Skip(t, err)
	require.ErrorIs(t, err, milp.ErrInfeasible)
	require.ErrorContains(t, err, "system.balance misses its lower limit by 5 at (0,0)")
	require.ErrorContains(t, err, "parts of the instance are left out: generators.csv: p_nom_extendable is ignored in 1 row; the capacity is p_nom_opt")
}

func TestWrongFlagsAndFilesAreRejected(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.json")
	require.NoError(t, os.WriteFile(broken, []byte(`{"thermal_generators": {"a": {`), 0o600))
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "use -in FILE"},
		{[]string{"-in", "nowhere.json"}, "nowhere.json"},
		{[]string{"-in", broken}, "$.thermal_generators.a: the text ends here"},
		{[]string{"-in", broken, "-formulation", "loose"}, `-formulation is "loose"`},
		{[]string{"-gap", "small"}, "-gap"},
		{[]string{"-in", broken, "-format", "matlab"}, `format "matlab" is unknown, want one of auto, pglib-uc`},
		{[]string{"-in", instances, "-format", "egret"}, "is a folder, want a file in the format egret"},
		{[]string{"-in", instances}, "the folder has no buses.csv"},
		{[]string{"-in", broken, "-gap", "-1"}, "-gap is -1"},
		{[]string{"-in", broken, "-gap", "NaN"}, "-gap is NaN"},
		{[]string{"-threads", "0", "-time", "-1s"}, "-time is -1s, want at least 0\n-threads is 0"},
		{[]string{"-in", broken, "-o", broken}, "-o would write over the instance"},
		{[]string{"-in", broken, "-relax", "-o", "schedule.csv"}, "no schedule to write"},
		{[]string{"-in", broken, "-o", filepath.Join(broken, "schedule.csv")}, "cannot write"},
	} {
		var out, progress bytes.Buffer
		assert.ErrorContains(t, run(t.Context(), c.args, &out, &progress), c.want)
		assert.Empty(t, out.String())
	}
}

// Blanks after the commas of -ignore do not count.
func TestIgnoreHasBlanks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "case.m")
	require.NoError(t, os.WriteFile(file, []byte(`function mpc = limits
mpc.bus = [1 3 30 0 0 0 1 1 0 135 1 1.1 0.9];
mpc.gen = [1 0 0 0 0 1 100 1 47 0];
mpc.gencost = [2 0 0 2 10 0];
mpc.A = [1];
mpc.N = [1];
`), 0o600))
	var out, progress bytes.Buffer
	err := run(t.Context(), []string{"-in", file, "-gap", "0", "-ignore", "A, N"}, &out, &progress)
	testsolver.Skip(t, err)
	require.NoError(t, err)
	assert.Regexp(t, regexp.MustCompile(`(?m)^objective  300\.000`), out.String())
}
