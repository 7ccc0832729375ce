package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
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

// What could not be written after the run is known before it, whatever of it is
// wrong.
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

// The first report makes its folder; the second finds it. Both hold the result
// where it was asked for.
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

// A file in old keys is rejected with the way to convert it; converted it gives
// the result of the file in new keys.
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

// A stage without progress has the rest of the budget, others an estimate.
func TestDetailStatesTheRestOfTheStageOrOfTheBudget(t *testing.T) {
	none := math.NaN()
	assert.Equal(t, "; at most 1m55s left", detail(trigrid.Progress{
		Stage: trigrid.Registration, Total: 1, Best: none, Bound: none, Remaining: 115 * time.Second,
	}))
	assert.Equal(t, "; about 41s left in this stage", detail(trigrid.Progress{
		Stage: trigrid.Coalitions, Done: 3, Total: 8, Best: none, Bound: none, Remaining: 41 * time.Second,
	}))
}

// An unknown word of a flag is misuse, exit status 2, also for -reduction.
func TestUnknownWordsOfFlagsAreMisuse(t *testing.T) {
	for flag, want := range map[string]string{
		"-reduction": `-reduction is "kmeans", want one of k_means, k_medoids`,
		"-layout":    `-layout is "kmeans", want one of smard`,
		"-backend":   "want auto, native or wasm",
	} {
		_, err := execute(t, "-case", "testdata/small.json", "-series", "testdata/none.csv", flag, "kmeans")
		assert.ErrorContains(t, err, want)
		var misuse *command.UsageError
		assert.ErrorAs(t, err, &misuse)
	}
}

func TestSeriesOfAPlatformHintAtLayout(t *testing.T) {
	_, err := execute(t, "-case", "testdata/small.json", "-series", smard)
	assert.ErrorContains(t, err, "give -layout auto, which prints a guess")
	_, err = execute(t, "-case", "testdata/small.json", "-series", "testdata/none.csv")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "-layout")
}

func TestInterruptEndsTheRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, errs bytes.Buffer
	err := run(ctx, []string{"-case", "testdata/small.json"}, &out, &errs)
	require.ErrorIs(t, err, context.Canceled)
}

// Coalitions that cannot run are listed. If none can, the run ends with the
// reason and exit status 0, and there is nothing to report.
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

	// The result lies where it was asked for, although that is the folder of
	// the report.
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

// Reasons that differ in amounts only have one line with their number.
func TestReasonsThatDifferInAmountsHaveOneLine(t *testing.T) {
	var res trigrid.Result
	for i := range 30 {
		res.Infeasible = append(res.Infeasible, trigrid.Infeasible{
			VPP: "Town", Members: []string{"chp"}, Reason: fmt.Sprintf("%d.25 MW of gas are missing at step 0; add a DER that supplies gas", i),
		})
	}
	res.Infeasible = append(res.Infeasible,
		trigrid.Infeasible{VPP: "Town", Members: []string{"gt1"}, Reason: "gt1 must run"},
		trigrid.Infeasible{VPP: "Town", Members: []string{"gt2"}, Reason: "gt2 must run"},
		trigrid.Infeasible{VPP: "Hill", Reason: "0.25 MW of gas are missing at step 0; add a DER that supplies gas"})
	var out bytes.Buffer
	infeasible(&out, &res)
	assert.Equal(t, `
33 coalitions cannot run and are excluded from the choice:
  Town {chp}, and 29 likewise: 0.25 MW of gas are missing at step 0; add a DER that supplies gas
  Town {gt1}: gt1 must run
  Town {gt2}: gt2 must run
  Hill {}: 0.25 MW of gas are missing at step 0; add a DER that supplies gas
`, out.String())
}

func TestErrorsOfADayNameTheFix(t *testing.T) {
	_, err := execute(t, "-case", "testdata/small.json", "-day", "15.4.2020")
	require.ErrorContains(t, err, `invalid value "15.4.2020" for flag -day: want year, month and day, such as 2020-04-15`)
	_, err = execute(t, "-case", "testdata/small.json", "-day", "2020-04-15")
	require.ErrorContains(t, err, "-day chooses a day of measured series; give them with -series, or change the start in the case")
}

// Random starts that end at mixed states have one line per verdict: 0.5 + 0.25
// are 75 %.
func TestMixedEndsOfRandomStartsHaveOneLine(t *testing.T) {
	g := trigrid.GameResult{Basins: []trigrid.Basin{
		{Verdict: "rest", Share: 0.5},
		{Verdict: "strict", Profile: trigrid.Profile{"W": "A"}, Share: 0.125},
		{Verdict: "rest", Share: 0.25},
		{Verdict: "cycle", Share: 0.125},
	}}
	var out bytes.Buffer
	mixed(&out, g)
	assert.Equal(t, "75 % of the random starts, at 2 ends: rest\n12 % of the random starts: cycle\n\n", out.String())
	out.Reset()
	mixed(&out, trigrid.GameResult{Basins: g.Basins[1:2]})
	assert.Empty(t, out.String())
}

// A profile in which some VPP has no plan has no welfare: 0 would read as an
// amount.
func TestProfileWithoutPlanHasNoWelfare(t *testing.T) {
	assert.Equal(t, "welfare 5.00, best profile 7.00, gap 2.00",
		welfare(trigrid.GameResult{Exhaustive: true, Welfare: 5, BestWelfare: 7, WelfareGap: 2, Best: []trigrid.Profile{{}}}))
	assert.Equal(t, "welfare: none, because a VPP of this profile cannot run or has no plan yet; best profile met -7.00",
		welfare(trigrid.GameResult{Infeasible: true, BestWelfare: -7, Best: []trigrid.Profile{{}}}))
	assert.Contains(t, welfare(trigrid.GameResult{Infeasible: true, Exhaustive: true}), "best profile none")
}
