package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// No file of a run is written over an input or over another file of the run.
func TestFilesAreNotWrittenOverEachOther(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	data, err := os.ReadFile("testdata/small.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path("case.json"), data, 0o600))
	require.NoError(t, os.Mkdir(path("taken.csv.json"), 0o700))
	for want, args := range map[string][]string{
		"-json would write over " + path("case.json") + ", the file of -case":      {"-json", path("case.json")},
		"-results would write over " + path("x.csv") + ", the file of -json":       {"-json", path("x.csv"), "-results", path("x.csv")},
		"-results would write over " + path("x.csv.json") + ", the file of -json":  {"-json", path("x.csv.json"), "-results", path("x.csv")},
		"-json would write over " + path("run.parquet") + ", the file of -from":    {"-from", path("run.parquet"), "-json", path("run.parquet")},
		"-json would write over " + path("run.csv.json") + ", the file of -from":   {"-from", path("run.csv"), "-json", path("run.csv.json")},
		"cannot write " + path("taken.csv.json") + ": it is a folder; name a file": {"-results", path("taken.csv")},
	} {
		out, err := execute(t, append([]string{"-case", path("case.json")}, args...)...)
		assert.ErrorContains(t, err, want)
		assert.NotContains(t, out, "equilibrium", "nothing has been run")
	}
	left, err := os.ReadFile(path("case.json"))
	require.NoError(t, err)
	assert.Equal(t, data, left)
}

// A table can be compared like the JSON of a run. A table of the same region
// has energies, too.
func TestTablesOfRunsAreCompared(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	small := []string{"-case", "testdata/small.json"}
	_, err := execute(t, append(small, "-results", path("same.parquet"))...)
	require.NoError(t, err)
	_, err = execute(t, append(small, "-seed", "7", "-results", path("other.csv"))...)
	require.NoError(t, err)
	compare := func(name string) string {
		out := filepath.Join(folder, "report of "+name)
		_, err := execute(t, append(small, "-from", path("same.parquet"), "-compare", path(name), "-report", out)...)
		require.NoError(t, err)
		table, err := os.ReadFile(filepath.Join(out, "tables", "comparison.csv"))
		require.NoError(t, err)
		return string(table)
	}
	same := compare("same.parquet")
	assert.Regexp(t, `(?m)^W,payoff_currency,([^,]+),([^,]+),0\r$`, same)
	assert.Regexp(t, `(?m)^W,electricity_supplied_mwh,([^,]+),([^,]+),0\r$`, same)
	other := compare("other.csv")
	assert.Contains(t, other, "W,payoff_currency,")
	assert.NotContains(t, other, "electricity_supplied_mwh", "its scenarios are others, so that its plans cannot be read")

	_, err = execute(t, "-merge", path("all.parquet"), "-add", "a="+path("same.parquet"))
	require.NoError(t, err)
	_, err = execute(t, append(small, "-compare", path("all.parquet"), "-report", path("out"))...)
	assert.ErrorContains(t, err, "the table has 1 merged cases")
}
