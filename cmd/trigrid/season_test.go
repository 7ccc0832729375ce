package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/results"
)

// readSeason reads a file of -json of a season.
func readSeason(t *testing.T, path string) (out struct {
	operate.Comparison
	Results []*operate.Result `json:"results"`
},
) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &out))
	return out
}

// The season of the case is run with its strategies. Its files agree: the money
// of the table is that of the result to the cent.
func TestSeasonIsRunAndWritten(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	out, err := execute(t, "-case", "testdata/season.json", "-season", "-json", path("season.json"), "-results", path("season.parquet"), "-report", path("out"))
	require.NoError(t, err)
	for _, want := range []string{
		"village: 3 days from 1 March 2030, 4 steps of 6 h on the first, 3 strategies\n", "note: A toy for tests.\n",
		"The actual values of wind, demand are generated from the case's error model with seed 3; they are no measurements.\n",
		"rolling, point forecast", "over bound", "value of foresight per day: ",
		"The table of the season lies in " + path("season.parquet"), "The report lies in " + path("out/index.html"), "The whole result lies in " + path("season.json"),
	} {
		assert.Contains(t, out, want)
	}
	got := readSeason(t, path("season.json"))
	assert.Equal(t, 3, got.Days)
	assert.False(t, got.Cut)
	require.Len(t, got.Results, 3)
	table, err := results.ReadSeasonFile(path("season.parquet"))
	require.NoError(t, err)
	for k, r := range got.Results {
		require.Len(t, r.Days, 3)
		sum := int64(0)
		for i, line := range r.Payments {
			sum += line.Minor
			assert.Equal(t, line, table[k].Payments[i])
			assert.Equal(t, line, got.Strategies[k].Payments[i])
		}
		assert.Zero(t, sum)
		assert.Equal(t, r.Days[2].Settled, table[k].Days[2].Settled)
		assert.Equal(t, []bool{true, false, true}, []bool{r.Days[0].Chosen, r.Days[1].Chosen, r.Days[2].Chosen}, "every two days")
		assert.GreaterOrEqual(t, r.Totals.Cost, *got.Strategies[k].Bound-1e-6)
	}
	page, err := os.ReadFile(path("out/index.html"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "3 days from 1 March 2030, 4 steps of 6 h a day, 3 strategies, 1 VPP, 2 DERs")
	states, err := os.ReadFile(path("out/tables/states.csv"))
	require.NoError(t, err)
	assert.Contains(t, string(states), "S,perfect foresight,energy,MWh,1,0,2030-03-01T00:00,")

	// Another day and another seed.
	_, err = execute(t, "-case", "testdata/season.json", "-season", "-day", "2030-05-06", "-seed", "4", "-json", path("other.json"))
	require.NoError(t, err)
	other := readSeason(t, path("other.json"))
	assert.Equal(t, "2030-05-06T00:00:00Z", other.Results[0].Days[0].Start.Format(time.RFC3339))
	assert.NotEqual(t, got.Strategies[1].Cost, other.Strategies[1].Cost)
}

// After an interrupt the files have the days so far, and a later run continues
// with the same bytes.
func TestInterruptedSeasonWritesItsDaysAndContinues(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted there")
	}
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	text, err := os.ReadFile("testdata/season.json")
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, json.Unmarshal(text, &tree))
	tree["season"] = map[string]any{"days": 12, "strategies": []string{"day_ahead", "rolling"}, "choose_every_days": 4}
	text, err = json.Marshal(tree)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path("long.json"), text, 0o600))
	args := []string{"-case", path("long.json"), "-season", "-store", path("solved"), "-json", path("season.json"), "-results", path("season.csv"), "-report", path("out")}
	c, output := process(t, args...)
	require.NoError(t, c.Start())
	began := time.Now()
	for solutions(path("solved")) < 40 { // some days of both strategies
		if time.Since(began) > time.Minute {
			_ = c.Process.Kill()
			_ = c.Wait()
			require.Fail(t, "nothing more is solved", output.String())
		}
		time.Sleep(time.Millisecond)
	}
	require.NoError(t, c.Process.Signal(os.Interrupt))
	err = c.Wait()
	cut := readSeason(t, path("season.json"))
	if err == nil {
		t.Log("the season ended before the interrupt")
	} else {
		ended := (*exec.ExitError)(nil)
		require.True(t, errors.As(err, &ended), "%v: %s", err, output)
		assert.Equal(t, 130, ended.ExitCode(), output.String())
		assert.True(t, cut.Cut)
		assert.Less(t, cut.Days, 12)
		assert.Contains(t, output.String(), "The season was ended early")
		assert.Contains(t, output.String(), "interrupted")
	}
	table, err := results.ReadSeasonFile(path("season.csv"))
	require.NoError(t, err, "its sums are those of the payments")
	require.Len(t, table, 2)
	for k, r := range cut.Results {
		assert.Len(t, table[k].Days, len(r.Days))
	}

	c, output = process(t, args...)
	require.NoError(t, c.Run(), output.String())
	continued, err := os.ReadFile(path("season.json"))
	require.NoError(t, err)
	for i, arg := range args {
		if arg == "-store" {
			args[i+1] = path("fresh")
		}
	}
	_, err = execute(t, args...)
	require.NoError(t, err)
	fresh, err := os.ReadFile(path("season.json"))
	require.NoError(t, err)
	assert.Equal(t, string(fresh), string(continued))
	whole := readSeason(t, path("season.json"))
	for k, r := range cut.Results { // the settled days are those of the whole season
		for i := range r.Days {
			assert.Equal(t, whole.Results[k].Days[i].Payments, r.Days[i].Payments)
		}
	}
}

func TestWrongFlagsOfSeasonsAreRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"-search is about a single run, and -season runs many": {"-search"},
		"-budget is about a single run":                        {"-budget", "3s"},
		"-from is about a single run":                          {"-from", "run.parquet"},
		"-serve is about a single run":                         {"-serve", "127.0.0.1:0"},
		"-reduction is about a single run":                     {"-reduction", "k_means"},
	} {
		_, err := execute(t, append(args, "-case", "testdata/season.json", "-season")...)
		assert.ErrorContains(t, err, want)
	}
	_, err := execute(t, "-case", "testdata/small.json", "-season")
	assert.ErrorContains(t, err, `operate: case "small": it has no key "season"`)
	_, err = execute(t, "-case", "testdata/small.json", "-day", "2020-04-16")
	assert.ErrorContains(t, err, "-day chooses a day of measured series")
}

// Two strategies of three days: one day and a half of the first, and half a day
// of the second.
func TestProgressOfASeasonCountsDaysOfAllStrategies(t *testing.T) {
	p := newSeasonProgress(6)
	p.add(operate.Progress{Strategy: "a", Day: 1, Days: 3, Step: 4, Steps: 4})
	p.add(operate.Progress{Strategy: "a", Day: 1, Days: 3, Step: 2, Steps: 4})
	p.add(operate.Progress{Strategy: "b", Day: 0, Days: 3, Step: 2, Steps: 4})
	assert.Equal(t, "days [#############...........................] 2/6  10s; about 20s left; b: day 1, step 2 of 4", p.bar(10*time.Second, 200))
	assert.Equal(t, "days 2/6  10s; about 20s left; b: day 1, step 2 of 4", p.bar(10*time.Second, 0))
	p.add(operate.Progress{Strategy: "a", Day: 3, Days: 3, Step: 4, Steps: 4})
	p.add(operate.Progress{Strategy: "b", Day: 3, Days: 3, Step: 4, Steps: 4})
	assert.Equal(t, "days 6/6  10s; b: day 3, step 4 of 4", p.bar(10*time.Second, 0))
}
