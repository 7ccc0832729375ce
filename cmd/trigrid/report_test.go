package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReportIsWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	out, err := execute(t, "-case", "testdata/small.json", "-report", dir)
	require.NoError(t, err)
	assert.Contains(t, out, "The report lies in "+filepath.Join(dir, "index.html"))
	assert.FileExists(t, filepath.Join(dir, "index.html"))
	assert.FileExists(t, filepath.Join(dir, "tables", "dispatch.csv"))
}

// The second run of the same case differs in nothing.
func TestReportComparesWithAnEarlierRun(t *testing.T) {
	dir := t.TempDir()
	earlier := filepath.Join(dir, "earlier.json")
	_, err := execute(t, "-case", "testdata/small.json", "-json", earlier)
	require.NoError(t, err)
	_, err = execute(t, "-case", "testdata/small.json", "-report", filepath.Join(dir, "out"), "-compare", earlier)
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(dir, "out", "index.html"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "payoff, earlier")
	table, err := os.ReadFile(filepath.Join(dir, "out", "tables", "comparison.csv"))
	require.NoError(t, err)
	assert.Regexp(t, `(?m)^W,payoff_currency,([^,]+),([^,]+),0\r$`, string(table))
}

func TestRunsThatCannotBeComparedAreRefusedBeforeTheRun(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.json")
	require.NoError(t, os.WriteFile(other, []byte("{}"), 0o666))
	result := filepath.Join(dir, "result.json")
	require.NoError(t, os.WriteFile(result, []byte(`{"vpps": [{"name": "V"}], "ders": [{"name": "W"}]}`), 0o666))
	cut := filepath.Join(dir, "cut.json")
	require.NoError(t, os.WriteFile(cut, []byte(`{"vpps": [{"name": "V"}], "ders": [{"name": "W"}],
		"recommendation": {"reason": "nothing_solved", "explanation": "no time"}}`), 0o666))
	wrong := filepath.Join(dir, "wrong.json")
	require.NoError(t, os.WriteFile(wrong, []byte(`{"vpps": [{"name": "V", "economic": "high"}]}`), 0o666))
	packed := filepath.Join(dir, "packed.json")
	require.NoError(t, os.WriteFile(packed, []byte(`{"open_programs_gzip": 3}`), 0o666))
	list := filepath.Join(dir, "list.json")
	require.NoError(t, os.WriteFile(list, []byte(`[1]`), 0o666))
	for want, args := range map[string][]string{
		`want a result of -json, and the file has string at "$.vpps.economic"`:      {"-compare", wrong, "-report", filepath.Join(dir, "out")},
		`want a result of -json, and the file has number at "$.open_programs_gzip"`: {"-compare", packed, "-report", filepath.Join(dir, "out")},
		`want a result of -json, and the file has array at "$"`:                     {"-compare", list, "-report", filepath.Join(dir, "out")},
		"the run has no allocation to compare: no time":                             {"-compare", cut, "-report", filepath.Join(dir, "out")},
		"-compare is about the report; give its folder with -report":                {"-compare", result},
		"the file has no VPPs or no DERs; give a result of -json":                   {"-compare", other, "-report", filepath.Join(dir, "out")},
		"none.json: no such file":                                                   {"-compare", filepath.Join(dir, "none.json"), "-report", filepath.Join(dir, "out")},
		"want a result of -json":                                                    {"-compare", "main.go", "-report", filepath.Join(dir, "out")},
	} {
		out, err := execute(t, append([]string{"-case", "testdata/small.json"}, args...)...)
		assert.ErrorContains(t, err, want)
		assert.NotContains(t, out, "equilibrium", "nothing has been run")
	}
}

func TestFolderThatCannotTakeAReportIsRefusedBeforeTheRun(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "thesis.tex"), []byte("years of work"), 0o666))
	out, err := execute(t, "-case", "testdata/small.json", "-report", dir)
	assert.ErrorContains(t, err, "contains thesis.tex, which is not part of a report")
	assert.Empty(t, out, "nothing has been run")
}
