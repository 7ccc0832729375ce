// Package testduckdb lets tests read files with DuckDB, a reader of Parquet
// that shares no code with the writer. scripts/duckdb.sh installs it; without
// it such tests skip.
package testduckdb

import (
	_ "embed"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// version is that of scripts/duckdb.sh.
const version = "1.5.6-r.1"

//go:embed query.cjs
var program string

// Query runs a query in a folder, to which file names in it are relative, and
// returns its rows with the names of the columns as the first one. It skips the
// test if DuckDB is not installed.
//
// For example, Query(t, dir, "SELECT count(*) AS n FROM 'run.parquet'") returns
// {"n"} and the number.
func Query(t testing.TB, folder, sql string) [][]string {
	t.Helper()
	installed := home(t)
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("needs DuckDB for Node.js, and node is not installed; run scripts/duckdb.sh")
		// The rows come back in a CSV file, so that all of them are texts.
	}
	out := filepath.Join(t.TempDir(), "out.csv")
	run := exec.CommandContext(t.Context(), node, "--input-type=commonjs", "--eval", program, "--", filepath.Join(installed, "package.json"), sql, out)
	run.Dir = folder
	text, err := run.CombinedOutput()
	require.NoError(t, err, "%s\n%s", sql, text)
	file, err := os.Open(out)
	require.NoError(t, err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	return rows
}

// home returns the folder of the installation.
//
// The variable TRIGRID_DUCKDB names it. By default it is in the cache folder of
// the user.
func home(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("TRIGRID_DUCKDB")
	if folder == "" {
		cache, err := os.UserCacheDir()
		require.NoError(t, err)
		folder = filepath.Join(cache, "trigrid", "duckdb-"+version)
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "@duckdb", "node-api")); err != nil {
		t.Skip("needs DuckDB for Node.js; run scripts/duckdb.sh")
	}
	return folder
}
