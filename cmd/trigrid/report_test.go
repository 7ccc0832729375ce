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

func TestFolderThatCannotTakeAReportIsRefusedBeforeTheRun(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "thesis.tex"), []byte("years of work"), 0o666))
	out, err := execute(t, "-case", "testdata/small.json", "-report", dir)
	assert.ErrorContains(t, err, "contains thesis.tex, which is not part of a report")
	assert.Empty(t, out, "nothing has been run")
}
