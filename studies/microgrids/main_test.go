package main

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/studies/microgrids/microgrid"
)

func TestMain(m *testing.M) { testsolver.Main(m, "") }

func TestWithoutDataTheSourceIsNamed(t *testing.T) {
	for _, args := range [][]string{{}, {"-all"}, {"-grids", "3", "-rules"}} {
		var out bytes.Buffer
		require.NoError(t, run(t.Context(), append(args, "-data", t.TempDir()), &out, io.Discard))
		assert.Contains(t, out.String(), "github.com/Total-RD/pymgrid at commit 7bf39516e1e91b6fe5dbe22ea2eb6caeb5ac6fb8")
		assert.Equal(t, 1, strings.Count(out.String(), "\n"))
	}
}

func TestFlagsAreChecked(t *testing.T) {
	for want, args := range map[string][]string{
		`-grids has "25"`:     {"-grids", "1,25"},
		`-grids has "1"`:      {"-grids", "1,1"},
		`-ties is "noon"`:     {"-ties", "noon"},
		"-seeds is 0":         {"-seeds", "0"},
		"-twostage is -1":     {"-twostage", "-1"},
		"-nothing":            {"-nothing"},
		"microgrid_07.json: ": {"-grids", "7", "-data", broken(t)},
	} {
		require.ErrorContains(t, run(t.Context(), args, io.Discard, io.Discard), want)
	}
}

// broken returns a folder with a file that is no microgrid.
func broken(t *testing.T) string {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "microgrid_07.json"), []byte("{"), 0o600))
	return folder
}

// TestTablesStandBesideThePublishedColumns runs all controllers on a grid
// without and one with a genset, with coarse values.
func TestTablesStandBesideThePublishedColumns(t *testing.T) {
	folder := cmp.Or(os.Getenv("TRIGRID_DATA"), "../../../shared/data")
	if _, err := os.Stat(filepath.Join(folder, "pymgrid25")); err != nil {
		t.Skip("needs the published microgrids: ", err)
	}
	testsolver.New(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{
		"-data", folder, "-grids", "0,19", "-rules", "-perfect", "-stochastic", "-check", "2", "-ties", "all", "-workers", "2",
		"-horizon", "24", "-levels", "11", "-twostage", "2",
	}, &out, io.Discard))
	text := out.String()
	assert.Contains(t, text, "Rule-based control\n")
	assert.Contains(t, text, "ours, late")
	assert.Contains(t, text, "share closed")
	assert.Contains(t, text, "Two stages with 2 scenarios per hour")
	assert.Regexp(t, `(?m)^ +0 +378640\.90 +378640\.91 +-0\.005 `, text)
	assert.Regexp(t, `(?m)^ +19 +767025\.36 +766899\.50 +-1\.6e-04 `, text)
	assert.Contains(t, text, "windows solved by HiGHS as well: 2 per microgrid")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	assert.Contains(t, lines[len(lines)-1], source)
}

// Two microgrids and three candidates: totals are 11, 10 and 10.5. The first
// candidate is cheapest on the first microgrid, and the others share the second
// one.
func TestCandidatesAreCompared(t *testing.T) {
	totals, wins, least := compare([][]float64{{1, 10}, {2, 8}, {2.5, 8}})
	assert.Equal(t, []float64{11, 10, 10.5}, totals)
	assert.Equal(t, []int{1, 1, 1}, wins)
	assert.Equal(t, 1, least)
}

// The plainest candidate of each choice comes first, and all candidates differ.
func TestEveryCandidateSetsItsOption(t *testing.T) {
	for _, d := range dimensions() {
		seen := map[microgrid.Options]bool{}
		for i := range d.candidates {
			var o microgrid.Options
			d.set(&o, i)
			assert.False(t, seen[o], "%s %s", d.name, d.candidates[i])
			assert.NotZero(t, o, "%s %s", d.name, d.candidates[i])
			seen[o] = true
		}
	}
	x := &study{grids: make([]*microgrid.Grid, count)}
	require.ErrorContains(t, x.deviations(dimensions(), []int{0, 0, 0, 0, 0}), "season all alike")
	// The choices of the table at microgrid.Defaults.
	require.NoError(t, x.deviations(dimensions(), []int{1, 1, 0, 3, 0}))
}

// TestAllPublishedMicrogrids runs the whole study, whose tolerances are errors
// of the command.
func TestAllPublishedMicrogrids(t *testing.T) {
	if os.Getenv("TRIGRID_SLOW") == "" {
		t.Skip("slow: set TRIGRID_SLOW=1")
	}
	folder := cmp.Or(os.Getenv("TRIGRID_DATA"), "../../../shared/data")
	if _, err := os.Stat(filepath.Join(folder, "pymgrid25")); err != nil {
		t.Skip("needs the published microgrids: ", err)
	}
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-data", folder, "-all", "-workers", "2"}, &out, io.Discard))
	t.Log(out.String())
}
