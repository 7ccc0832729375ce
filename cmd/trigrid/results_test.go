package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A run is written as a table. Read from it, without a solver, it has the page
// and the result of the run, and both forms of the table are the same.
func TestTableOfARunReplacesTheRun(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	out, err := execute(t, "-case", "testdata/small.json", "-results", path("run.parquet"), "-report", path("ran"))
	require.NoError(t, err)
	assert.Contains(t, out, "The table of the run lies in "+path("run.parquet"))
	out, err = execute(t, "-case", "testdata/small.json", "-from", path("run.parquet"), "-results", path("run.csv"), "-report", path("read"))
	require.NoError(t, err)
	assert.Contains(t, out, "2 plans follow from the data")
	assert.Contains(t, out, "8 programs")
	_, err = execute(t, "-case", "testdata/small.json", "-from", path("run.csv"), "-results", path("again.parquet"), "-report", path("twice"))
	require.NoError(t, err)
	for _, name := range []string{"index.html", "result.json", filepath.Join("tables", "states.csv")} {
		want, err := os.ReadFile(filepath.Join(folder, "ran", name))
		require.NoError(t, err)
		for _, other := range []string{"read", "twice"} {
			got, err := os.ReadFile(filepath.Join(folder, other, name))
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got), "%s of %s", name, other)
		}
	}
	want, err := os.ReadFile(path("run.parquet"))
	require.NoError(t, err)
	got, err := os.ReadFile(path("again.parquet"))
	require.NoError(t, err)
	assert.Equal(t, want, got)

	_, err = execute(t, "-case", "testdata/small.json", "-seed", "7", "-from", path("run.parquet"))
	require.ErrorContains(t, err, "read with the seed of the run")

	out, err = execute(t, "-merge", path("all.parquet"), "-add", "a="+path("run.csv"), "-add", "b="+path("run.parquet"))
	require.NoError(t, err)
	assert.Contains(t, out, "2 cases lie in "+path("all.parquet"))
	assert.FileExists(t, path("all.parquet"))
}

func TestWrongFlagsOfTablesAreRefused(t *testing.T) {
	folder := t.TempDir()
	for want, args := range map[string][]string{
		`-results is "run.xlsx", want a name that ends in .parquet or .csv`: {"-results", "run.xlsx"},
		"-merge and -add belong together":                                   {"-merge", "all.csv"},
		"want NAME=FILE":                                                    {"-merge", "all.csv", "-add", "run.csv"},
		"-store and -search are about a new one":                            {"-from", "run.csv", "-search"},
		"-policy sets those of a new one":                                   {"-from", "run.csv", "-policy", "none"},
		"in each other's way":                                               {"-report", folder, "-results", filepath.Join(folder, "run.csv")},
		"there is no folder":                                                {"-results", filepath.Join(folder, "none", "run.csv")},
		"no such file":                                                      {"-from", filepath.Join(folder, "none.csv")},
	} {
		_, err := execute(t, append(args, "-case", "testdata/small.json")...)
		assert.ErrorContains(t, err, want)
	}
}
