package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/testsolver"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "1" {
		main() // ends the process
	}
	testsolver.Main(m, "")
}

// execute runs the program as a person would and returns what it prints.
func execute(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = run(t.Context(), args, &out, &errs)
	testsolver.Skip(t, err)
	return out.String(), err
}

func TestOneSeedGivesTheSameBytes(t *testing.T) {
	folder := t.TempDir()
	read := func(name string, args ...string) string {
		path := filepath.Join(folder, name)
		_, err := execute(t, append([]string{"-case", "testdata/small.json", "-json", path}, args...)...)
		require.NoError(t, err)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(data)
	}
	first := read("a.json")
	assert.Equal(t, first, read("b.json", "-workers", "1"))
	assert.NotEqual(t, first, read("c.json", "-seed", "7"))

	var res trigrid.Result
	require.NoError(t, json.Unmarshal([]byte(first), &res))
	assert.Equal(t, "small", res.Region)
	assert.Len(t, res.Coalitions, 2*4)
}

func TestSearchSaysWhatItDidNotLookAt(t *testing.T) {
	out, err := execute(t, "-case", "testdata/cases/many-ders-sampled.json", "-budget", "3s")
	require.NoError(t, err)
	for _, want := range []string{"programs as the search needs them", "best profile met", "that were found"} {
		assert.Contains(t, out, want)
	}
	// A search that met all coalitions knows the whole game.
	out, err = execute(t, "-case", "testdata/small.json", "-search")
	require.NoError(t, err)
	assert.Contains(t, out, "the highest of all profiles")
	assert.NotContains(t, out, "best profile met")
}

func TestSummaryShowsWhatAPersonLooksFor(t *testing.T) {
	out, err := execute(t, "-case", "testdata/small.json")
	require.NoError(t, err)
	for _, want := range []string{
		"weights: economic 0.4, risk 0.2, environment 0.4", "CVaR", "renewables used", "100.0 %", "no renewables", "expected over the horizon", "payoff", "equilibrium:", "welfare",
		"profiles from which no DER gains", "settlement", "8 programs",
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "\r", "no progress bar where there is no terminal")
}

func TestBadInputFailsAndWritesNothing(t *testing.T) {
	bad, err := filepath.Glob("../../casefile/testdata/bad/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, bad)
	folder := t.TempDir()
	for _, file := range bad {
		_, err := execute(t, "-case", file, "-json", filepath.Join(folder, "out.json"), "-report", filepath.Join(folder, "report"))
		assert.Error(t, err, file)
	}
	for _, args := range [][]string{
		{"-case", "testdata/none.json"},
		{"-case", "testdata/small.json", "-day", "2020-04-15"},
		{"-case", "testdata/small.json", "-series", "testdata/none.csv"},
		{"-case", "testdata/small.json", "-backend", "abacus"},
		{"-case", "testdata/small.json", "-workers", "-1"},
		{"-case", "testdata/small.json", "-seed", "-1"},
		{"-case", "testdata/small.json", "-day", "tomorrow", "-series", "testdata/none.csv"},
		{"-case", "testdata/small.json", "stray"},
	} {
		_, err := execute(t, append(args, "-json", filepath.Join(folder, "out.json"))...)
		assert.Error(t, err, args)
	}
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// What could not be written after the run is known before it, whatever of it is wrong.
func TestPlacesThatCannotTakeTheResultAreRefusedBeforeTheRun(t *testing.T) {
	folder := t.TempDir()
	out := filepath.Join(folder, "out")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-json", filepath.Join(folder, "none", "result.json")}, "there is no folder " + filepath.Join(folder, "none")},
		{[]string{"-json", folder}, "it is a folder"},
		{[]string{"-report", out, "-json", filepath.Join(out, "mine.json")}, "in each other's way"},
		{[]string{"-report", out, "-json", filepath.Join(out, "tables", "result.json")}, "in each other's way"},
		{[]string{"-report", out, "-json", out}, "in each other's way"},
		{[]string{"-report", filepath.Join(out, "report"), "-json", out}, "in each other's way"},
	} {
		printed, err := execute(t, append(c.args, "-case", "testdata/small.json")...)
		require.ErrorContains(t, err, c.want)
		assert.Empty(t, printed, "nothing has been run")
	}
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// The first report makes its folder; the second finds it. Both hold the result where it was asked
// for.
func TestResultMayLieInTheReport(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	path := filepath.Join(out, "result.json")
	for range 2 {
		printed, err := execute(t, "-case", "testdata/small.json", "-report", out, "-json", path)
		require.NoError(t, err)
		assert.Contains(t, printed, "The whole result lies in "+path)
		assert.FileExists(t, path)
		assert.FileExists(t, filepath.Join(out, "index.html"))
	}
}

func TestCaseThatIsNotThereIsNamedInFull(t *testing.T) {
	_, err := execute(t, "-case", filepath.Join("testdata", "none.json"))
	assert.ErrorContains(t, err, "cannot read the case "+filepath.Join("testdata", "none.json"))
}

func TestAllThatIsWrongWithTheFlagsIsSaidAtOnce(t *testing.T) {
	_, err := execute(t, "-workers", "-1", "-day", "2020-04-15")
	assert.ErrorContains(t, err, "-workers is -1")
	assert.ErrorContains(t, err, "give them with -series")
}

// A file in old keys is rejected with the way to convert it; converted it gives the result of the
// file in new keys.
func TestOldCasesAreConverted(t *testing.T) {
	folder := t.TempDir()
	text, err := os.ReadFile("testdata/small.json")
	require.NoError(t, err)
	older := strings.NewReplacer(`"vpps"`, `"plants"`, `"ders"`, `"units"`, `"pass_through"`, `"share"`).Replace(string(text))
	old, converted := filepath.Join(folder, "old.json"), filepath.Join(folder, "new.json")
	require.NoError(t, os.WriteFile(old, []byte(older), 0o600))
	_, err = execute(t, "-case", old)
	assert.ErrorContains(t, err, `$.plants: the key "plants" is now "vpps"`)
	assert.ErrorContains(t, err, "trigrid -convert")
	_, err = execute(t, "-case", old, "-convert", converted)
	require.NoError(t, err)
	again, err := os.ReadFile(converted)
	require.NoError(t, err)
	assert.Equal(t, string(text), string(again))
	_, err = execute(t, "-case", filepath.Join(folder, "none.json"), "-convert", converted)
	assert.ErrorContains(t, err, "cannot read the case")
}

func TestBarFitsItsRoom(t *testing.T) {
	for room, want := range map[int]string{
		79: "coalitions   [" + strings.Repeat("#", 20) + strings.Repeat(".", 20) + "] 32/64  7s",
		39: "coalitions   [#######.......] 32/64  7s",
		23: "coalitions 32/64  7s",
	} {
		drawn := bar(trigrid.Progress{Stage: trigrid.Coalitions, Done: 32, Total: 64}, 7*time.Second, room)
		assert.Equal(t, want, drawn)
		assert.LessOrEqual(t, len(drawn), room)
	}
	assert.Equal(t, "choice       35 programs  7s", bar(trigrid.Progress{Stage: trigrid.Choice, Done: 35}, 7*time.Second, 79))
}

func TestInterruptEndsTheRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, errs bytes.Buffer
	err := run(ctx, []string{"-case", "testdata/small.json"}, &out, &errs)
	require.ErrorIs(t, err, context.Canceled)
}

// Coalitions that cannot run are listed. If none can, the run ends with the reason and exit status 0,
// and there is nothing to report.
func TestCoalitionsThatCannotRunAreShown(t *testing.T) {
	data, err := os.ReadFile("testdata/small.json")
	require.NoError(t, err)
	var c map[string]any
	require.NoError(t, json.Unmarshal(data, &c))
	write := func(limits ...float64) (path string) {
		for v, p := range c["vpps"].([]any) {
			p.(map[string]any)["import_limit_mw"] = limits[v]
		}
		changed, err := json.Marshal(c)
		require.NoError(t, err)
		path = filepath.Join(t.TempDir(), "case.json")
		require.NoError(t, os.WriteFile(path, changed, 0o600))
		return path
	}
	report := filepath.Join(t.TempDir(), "report")
	out, err := execute(t, "-case", write(0.01, 0.01), "-report", report)
	require.NoError(t, err)
	assert.Contains(t, out, "8 coalitions cannot run")
	assert.Contains(t, out, "demand of")
	assert.Contains(t, out, "no recommendation: no VPP can run")
	assert.NoDirExists(t, report)
	assert.Contains(t, out, "No report is written")

	// The result lies where it was asked for, although that is the folder of the report.
	path := filepath.Join(t.TempDir(), "new", "result.json")
	out, err = execute(t, "-case", write(0.01, 0.01), "-report", filepath.Dir(path), "-json", path)
	require.NoError(t, err)
	assert.Contains(t, out, "The whole result lies in "+path)
	assert.FileExists(t, path)
	assert.NoFileExists(t, filepath.Join(filepath.Dir(path), "index.html"))

	out, err = execute(t, "-case", write(0.01, 100), "-report", report)
	require.NoError(t, err)
	assert.Contains(t, out, "4 coalitions cannot run")
	assert.Contains(t, out, "never runs")
	assert.Contains(t, out, "recommended: ")
	assert.FileExists(t, filepath.Join(report, "index.html"))
}
