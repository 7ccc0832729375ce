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
		{[]string{"-in", broken, "-gap", "-1"}, "-gap is -1"},
		{[]string{"-in", broken, "-gap", "NaN"}, "-gap is NaN"},
		{[]string{"-threads", "0", "-time", "-1s"}, "-time is -1s, want at least 0\n-threads is 0"},
		{[]string{"-in", broken, "-relax", "-o", "schedule.csv"}, "no schedule to write"},
		{[]string{"-in", broken, "-o", filepath.Join(broken, "schedule.csv")}, "cannot write"},
	} {
		var out, progress bytes.Buffer
		assert.ErrorContains(t, run(t.Context(), c.args, &out, &progress), c.want)
		assert.Empty(t, out.String())
	}
}
