package results_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/results"
)

// region returns the region of a case file with another seed than its own if
// that is not 0.
func region(t testing.TB, folder, name string, seed uint64) trigrid.Region {
	t.Helper()
	c, err := casefile.Load(os.DirFS(folder), name)
	require.NoError(t, err)
	o := casefile.Options{}
	if seed != 0 {
		o.Seed = &seed
	}
	r, err := c.Region(t.Context(), o)
	require.NoError(t, err)
	return r
}

// small returns the region of a small case.
func small(t testing.TB) trigrid.Region { return region(t, "../cmd/trigrid/testdata", "small.json", 0) }

var solvedSmall struct {
	once sync.Once
	res  *trigrid.Result
	err  error
}

// run returns the small case and its result, which is solved once.
func run(t testing.TB) (trigrid.Region, *trigrid.Result) {
	t.Helper()
	r, solver := small(t), testsolver.New(t)
	solvedSmall.once.Do(func() {
		solvedSmall.res, solvedSmall.err = trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver})
	})
	require.NoError(t, solvedSmall.err)
	return r, solvedSmall.res
}

// same requires that two results give the same report, the same JSON and plans
// that pass the check.
func same(t *testing.T, r trigrid.Region, want, got *trigrid.Result) {
	t.Helper()
	a, err := json.Marshal(want)
	require.NoError(t, err)
	b, err := json.Marshal(got)
	require.NoError(t, err)
	require.Equal(t, string(a), string(b))
	for v, plan := range got.Plans {
		if want.Plans[v] == nil { // never runs
			require.Nil(t, plan)
			continue
		}
		require.NoError(t, plan.Verify(0))
		require.Equal(t, want.Plans[v].Warnings(), plan.Warnings())
		require.Equal(t, want.Plans[v].Results, plan.Results)
		require.Equal(t, want.Plans[v].Value, plan.Value)
	}
	first, err := report.Files(r, want)
	require.NoError(t, err)
	second, err := report.Files(r, got)
	require.NoError(t, err)
	ran, err := results.Statistics(r, want)
	require.NoError(t, err)
	read, err := results.Statistics(r, got)
	require.NoError(t, err)
	require.Equal(t, ran, read)
	require.Len(t, second, len(first))
	for i := range first {
		require.Equal(t, first[i].Name, second[i].Name)
		require.True(t, slices.Equal(first[i].Data, second[i].Data), "%s differs", first[i].Name)
	}
}

// A run is written, read, verified and reported: the page has the same bytes.
func TestRoundTrip(t *testing.T) {
	r, res := run(t)
	for _, name := range []string{"run.parquet", "run.csv"} {
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, results.WriteFile(file, r, res))
		got, err := results.ReadFile(file, small(t))
		require.NoError(t, err)
		same(t, r, res, got)
		assert.Equal(t, res.Timing, got.Timing)
	}
}
