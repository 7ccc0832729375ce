package results_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testduckdb"
	"github.com/trigrid/trigrid/results"
)

// Two runs, one of them as CSV, become one table with the case before the other
// columns. All rows of both are in it, unchanged.
func TestMergeAddsTheCase(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	r, res := drawn(t, 5, 2, 4)
	other, otherRes := drawn(t, 10, 3, 2)
	require.NoError(t, results.WriteFile(path("calm.parquet"), r, res))
	require.NoError(t, results.WriteFile(path("windy.csv"), other, otherRes))
	cases := []results.Case{{Name: "calm", File: path("calm.parquet")}, {Name: "windy", File: path("windy.csv")}}
	require.NoError(t, results.Merge(path("all.csv"), cases...))
	require.NoError(t, results.Merge(path("all.parquet"), cases...))

	read := func(name string) [][]string {
		file, err := os.Open(path(name))
		require.NoError(t, err)
		defer file.Close()
		rows, err := csv.NewReader(file).ReadAll()
		require.NoError(t, err)
		return rows
	}
	require.NoError(t, results.WriteFile(path("calm.csv"), r, res))
	calm, windy, all := read("calm.csv"), read("windy.csv"), read("all.csv")
	assert.Equal(t, append([]string{"case"}, calm[0]...), all[0])
	require.Len(t, all, len(calm)+len(windy)-1)
	for i, row := range append(calm[1:], windy[1:]...) {
		name := "calm"
		if i >= len(calm)-1 {
			name = "windy"
		}
		require.Equal(t, append([]string{name}, row...), all[i+1])
	}
	for _, name := range []string{"all.csv", "all.parquet"} {
		_, err := results.ReadFile(path(name), r)
		require.ErrorContains(t, err, "2 merged cases; read the files of single runs")
	}
	t.Run("DuckDB", func(t *testing.T) {
		rows := testduckdb.Query(t, folder, "SELECT * FROM 'all.parquet' EXCEPT ALL SELECT * FROM read_csv('all.csv', all_varchar = false)")
		assert.Len(t, rows, 1, "the two forms differ")
		rows = testduckdb.Query(t, folder, `SELECT "case", count(*) FROM 'all.parquet' GROUP BY ALL ORDER BY ALL`)
		assert.Equal(t, [][]string{{"calm", itoa(len(calm) - 1)}, {"windy", itoa(len(windy) - 1)}}, rows[1:])
		rows = testduckdb.Query(t, folder, `SELECT column_name FROM (DESCRIBE SELECT * FROM 'all.parquet')`)
		assert.Equal(t, "case", rows[1][0])
		assert.Len(t, rows, 12)
	})
}

func TestMergeReportsAllViolations(t *testing.T) {
	folder := t.TempDir()
	r, res := drawn(t, 5, 2, 4)
	file, merged := filepath.Join(folder, "a.parquet"), filepath.Join(folder, "all.parquet")
	require.NoError(t, results.WriteFile(file, r, res))
	err := results.Merge(file, results.Case{Name: "a", File: file}, results.Case{Name: "a", File: "b.csv"}, results.Case{File: "c.csv"})
	for _, want := range []string{"its file is the one to be written", `two cases are named "a"`, "the case of c.csv has no name"} {
		assert.ErrorContains(t, err, want)
	}
	assert.ErrorContains(t, results.Merge(merged), "nothing to merge")
	assert.ErrorContains(t, results.Merge("all.txt", results.Case{Name: "a", File: file}), "neither in .parquet nor in .csv")
	assert.ErrorContains(t, results.Merge(merged, results.Case{Name: "a", File: filepath.Join(folder, "none.parquet")}), "none.parquet")
	require.NoError(t, results.Merge(merged, results.Case{Name: "a", File: file}))
	assert.ErrorContains(t, results.Merge(filepath.Join(folder, "b.csv"), results.Case{Name: "b", File: merged}), "is merged already")
	assert.NoFileExists(t, filepath.Join(folder, "b.csv"))
}
