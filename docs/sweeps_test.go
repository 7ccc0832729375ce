package docs_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// recipe returns the commands of a block of sweeps.md.
func recipe(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("sweeps.md")
	require.NoError(t, err)
	found := regexp.MustCompile("(?s)```sh " + name + "\n(.*?)```").FindStringSubmatch(string(text))
	require.NotNil(t, found, "sweeps.md has no recipe %q", name)
	return found[1]
}

// The program of the guide writes the table of the command.
func TestTheProgramOfSweepsGivesTheTableOfTheCommand(t *testing.T) {
	testsolver.New(t)
	text, err := os.ReadFile("sweeps.md")
	require.NoError(t, err)
	found := regexp.MustCompile("(?s)```go\n(package main.*?)```").FindStringSubmatch(string(text))
	require.NotNil(t, found, "sweeps.md has no program")
	folder := t.TempDir()
	source, program, command := filepath.Join(folder, "main.go"), filepath.Join(folder, "program"), filepath.Join(folder, "command")
	require.NoError(t, os.WriteFile(source, []byte(found[1]), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "case.json"), []byte(mill), 0o600))
	for _, c := range []*exec.Cmd{
		exec.Command("go", "build", "-o", program, source),
		exec.Command("go", "build", "-o", command, "../examples/sweep"),
		{Path: program, Dir: folder},
		{Path: command, Args: []string{command, "-case", "case.json", "-set", "seed=1..6", "-out", "sweep"}, Dir: folder},
	} {
		out, err := c.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	got, err := os.ReadFile(filepath.Join(folder, "sweep.csv"))
	require.NoError(t, err)
	want, err := os.ReadFile(filepath.Join(folder, "sweep", "sweep.csv"))
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

// mill is a case that is solved in a moment.
const mill = `{
	"name": "mill", "grid": {"start": "2020-04-15T00:00", "steps": 2},
	"scenarios": {"samples": 20, "keep": 2, "series": [{"name": "town", "forecast_mw": [4, 3], "error_sigma": 0.1}]},
	"weights": {"economic": 0.6, "risk": 0.1, "environment": 0.3}, "risk": {"confidence": 0.5},
	"markets": {"electricity": {"buy_per_mwh": [60, 90], "sell_fraction": 0.3}},
	"vpps": [{"name": "A", "demand": "town", "risk_aversion": 0.5, "pass_through": 0.5, "tariff": {}}],
	"ders": [{"kind": "thermal", "name": "T", "min_output_mw": 0, "max_output_mw": 2, "linear_cost_per_mwh": 50}]
}`

// The commands of the recipes run as plain processes, with the variables that
// each system sets. Their shards give the table of one process.
func TestRecipesOfSweepsGiveTheTableOfOneProcess(t *testing.T) {
	testsolver.New(t)
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "trigrid-sweep"), "../examples/sweep")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	// A stand-in for GNU parallel: it runs the command for each argument after
	// ":::", two at a time.
	standIn := "#!/bin/sh\nshift 2\ncommand=\nwhile [ \"$1\" != ::: ]; do command=\"$command $1\"; shift; done\nshift\n" +
		"for i; do eval \"$(printf %s \"$command\" | sed \"s/{}/$i/g\")\" & [ $((i % 2)) = 0 ] && wait; done; wait\n"
	if _, err := exec.LookPath("parallel"); err != nil {
		require.NoError(t, os.WriteFile(filepath.Join(bin, "parallel"), []byte(standIn), 0o700))
	}
	run := func(t *testing.T, folder, commands string, variables ...string) string {
		t.Helper()
		c := exec.Command("/bin/sh", "-e", "-c", commands)
		c.Dir = folder
		c.Env = append(append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH")), variables...)
		out, err := c.CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	folder := func(t *testing.T) string {
		t.Helper()
		at := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(at, "case.json"), []byte(mill), 0o600))
		return at
	}
	merge := recipe(t, "merge")
	alone := folder(t)
	run(t, alone, merge)
	want, err := os.ReadFile(filepath.Join(alone, "sweep", "sweep.csv"))
	require.NoError(t, err)
	require.Equal(t, 6, strings.Count(string(want), "setting,seed"))
	for name, variables := range map[string]func(i int) []string{
		"slurm": func(i int) []string {
			return []string{fmt.Sprint("SLURM_ARRAY_TASK_ID=", i+1), "SLURM_ARRAY_TASK_COUNT=4", "SLURM_CPUS_PER_TASK=1"}
		},
		"kubernetes": func(i int) []string { return []string{fmt.Sprint("JOB_COMPLETION_INDEX=", i)} },
		"parallel":   nil,
	} {
		t.Run(name, func(t *testing.T) {
			at, commands := folder(t), recipe(t, name)
			var group sync.WaitGroup
			if variables == nil {
				run(t, at, commands)
			} else {
				for i := range 4 {
					group.Go(func() {
						c := exec.Command("/bin/sh", "-e", "-c", commands)
						c.Dir = at
						c.Env = append(append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH")), variables(i)...)
						out, err := c.CombinedOutput()
						assert.NoError(t, err, string(out))
					})
				}
			}
			group.Wait()
			files, err := filepath.Glob(filepath.Join(at, "journal", "*.journal"))
			require.NoError(t, err)
			assert.Len(t, files, 4, "one per process")
			run(t, at, merge)
			got, err := os.ReadFile(filepath.Join(at, "sweep", "sweep.csv"))
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got))
			again, err := filepath.Glob(filepath.Join(at, "journal", "*.journal"))
			require.NoError(t, err)
			assert.Equal(t, files, again, "the merge solves nothing")
		})
	}
}
