package trigrid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
)

// counting is the default solver with a count of its calls and a further text
// in its identity.
type counting struct {
	inner  highs.Solver
	calls  *atomic.Int64
	allow  bool // false: a call is an error
	suffix string
}

func counts(allow bool) counting {
	return counting{inner: trigrid.DefaultSolver(), calls: new(atomic.Int64), allow: allow}
}

// Solve implements [milp.Solver].
func (c counting) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	c.calls.Add(1)
	if !c.allow {
		return nil, errors.New("a program was solved although its solution is stored")
	}
	return c.inner.Solve(ctx, m)
}

// Identity implements [milp.Identified].
func (c counting) Identity() (string, error) {
	text, err := c.inner.Identity()
	return text + c.suffix, err
}

// records returns the paths of the files of a store.
func records(t *testing.T, folder string) (list []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			list = append(list, path)
		}
		return err
	}))
	return list
}

func TestASecondRunSolvesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		options trigrid.Options
		change  func(*trigrid.Region)
	}{
		"all coalitions": {},
		"a search":       {options: trigrid.Options{Search: true}},
		"coalitions that cannot run": {change: func(r *trigrid.Region) {
			r.VPPs[0].ImportLimit = optional.Of(1) // the demand of up to 7 MW needs members
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := small(t)
			if c.change != nil {
				c.change(&r)
			}
			o := c.options
			o.Solver = counts(true)
			want := encode(t, coordinate(t, r, o))
			o.Store = t.TempDir()
			first := coordinate(t, r, o)
			assert.Equal(t, want, encode(t, first))
			assert.Zero(t, first.Timing.Reused)
			assert.Len(t, records(t, o.Store), first.Timing.Computed)
			assert.GreaterOrEqual(t, first.Timing.Computed, len(first.Coalitions))

			// The other number of workers is no datum of a program. A diagnosis
			// may call the solver.
			solver := counts(c.change != nil)
			o.Solver, o.Workers = solver, 3
			second := coordinate(t, r, o)
			assert.Equal(t, want, encode(t, second))
			assert.Equal(t, first.Timing.Computed, second.Timing.Reused)
			assert.Zero(t, second.Timing.Computed)
			if c.change == nil {
				assert.Zero(t, solver.calls.Load())
			}
		})
	}
}

func TestAnotherSolverReusesNothing(t *testing.T) {
	o := trigrid.Options{Store: t.TempDir(), Solver: counts(true)}
	computed := coordinate(t, small(t), o).Timing.Computed
	coarse, other, limited := counts(true), counts(true), counts(true)
	coarse.inner.Gap = 1e-3
	other.suffix = "; another build"
	limited.inner.MaxNodes = 1 << 20
	for _, solver := range []milp.Solver{coarse, other, limited} {
		o.Solver = solver
		res := coordinate(t, small(t), o)
		assert.Zero(t, res.Timing.Reused)
		assert.Equal(t, computed, res.Timing.Computed)
	}
	assert.Len(t, records(t, o.Store), 4*computed)
}

// Each datum of a case is changed in turn. The run with the store of all
// earlier ones gives the bytes of a run without it. A change of a datum of the
// programs reads no old solution of them.
func TestAChangedDatumGivesTheResultOfANewRun(t *testing.T) {
	text, err := os.ReadFile("cmd/trigrid/testdata/small.json")
	require.NoError(t, err)
	var (
		tree  any
		store = t.TempDir()
		run   = func(folder string) *trigrid.Result {
			data, err := json.Marshal(tree)
			require.NoError(t, err)
			c, err := casefile.Load(fstest.MapFS{"case.json": {Data: data}}, "case.json")
			if err != nil {
				return nil // the change is not valid
			}
			region, err := c.Region(t.Context(), casefile.Options{})
			if err != nil {
				return nil
			}
			return coordinate(t, region, trigrid.Options{Store: folder, Starts: 1})
		}
	)
	require.NoError(t, json.Unmarshal(text, &tree))
	root := tree.(map[string]any)
	root["vpps"] = root["vpps"].([]any)[:1] // two VPPs have the same data
	base := run(store)
	changed, solvedAgain := 0, map[string]bool{}
	walk(tree, "", func(path string, change func() (restore func())) {
		restore := change()
		defer restore()
		want := run("")
		if want == nil {
			return
		}
		got := run(store)
		require.Equal(t, encode(t, want), encode(t, got), path)
		changed++
		solvedAgain[path] = got.Timing.Computed > 0
	})
	assert.Equal(t, encode(t, base), encode(t, run(store)), "the walk restores each datum")
	assert.Greater(t, changed, 30)
	for _, path := range []string{
		".seed", ".scenarios.samples", ".scenarios.persistence", ".scenarios.series[0].error_sigma", ".scenarios.series[1].forecast_mw[0]",
		".weights.economic", ".risk.confidence", ".markets.electricity.buy_per_mwh[0]", ".markets.electricity.sell_fraction",
		".markets.imbalance.short_multiple", ".markets.certificates.price_per_mwh", ".markets.certificates.quota",
		".vpps[0].name", ".vpps[0].risk_aversion", ".ders[0].name", ".ders[0].maintenance_per_mwh",
		".ders[1].charge_mw", ".ders[1].energy_mwh", ".ders[1].initial_mwh", ".ders[1].discharge_efficiency", ".ders[1].wear_per_mwh",
	} {
		again, known := solvedAgain[path]
		assert.True(t, known, "%s is no datum of the case", path)
		assert.True(t, again, "%s changes programs", path)
	}
	// Payments and shares are computed from plans. Neither emissions nor energy
	// above the series' capacity of 8 MW occur.
	for _, path := range []string{".name", ".vpps[0].pass_through", ".markets.carbon.price_per_t", ".ders[0].capacity_mw"} {
		again, known := solvedAgain[path]
		assert.True(t, known && !again, path)
	}
}

// walk calls visit for each number and text of a JSON value, with a function
// that changes it. Of a list of numbers it visits the first one. Weights, which
// sum to 1, are changed in pairs.
func walk(v any, path string, visit func(path string, change func() (restore func()))) {
	changed := func(x any) any {
		switch x := x.(type) {
		case float64:
			if x == float64(int(x)) {
				return x + 1
			}
			return x * 0.9
		case string:
			return x + "2"
		}
		return x
	}
	put := func(path string, get func() any, set func(any)) {
		visit(path, func() func() {
			old := get()
			set(changed(old))
			return func() { set(old) }
		})
	}
	switch v := v.(type) {
	case map[string]any:
		if economic, ok := v["economic"].(float64); ok {
			visit(path+".economic", func() func() {
				v["economic"], v["environment"] = economic-0.1, v["environment"].(float64)+0.1
				return func() { v["economic"], v["environment"] = economic, v["environment"].(float64)-0.1 }
			})
			return
		}
		for key, x := range v {
			switch x.(type) {
			case map[string]any, []any:
				walk(x, path+"."+key, visit)
			default:
				put(path+"."+key, func() any { return v[key] }, func(x any) { v[key] = x })
			}
		}
	case []any:
		for i, x := range v {
			at := fmt.Sprintf("%s[%d]", path, i)
			switch x.(type) {
			case map[string]any, []any:
				walk(x, at, visit)
			default:
				if i == 0 {
					put(at, func() any { return v[0] }, func(x any) { v[0] = x })
				}
			}
		}
	}
}

func TestDamagedRecordsAreSolvedAgain(t *testing.T) {
	r, o := small(t), trigrid.Options{Store: t.TempDir()}
	want := encode(t, coordinate(t, r, o))
	random := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		damaged := 0
		for _, path := range records(t, o.Store) {
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			switch random.IntN(3) {
			case 0:
				content[random.IntN(len(content))] ^= byte(1 + random.IntN(255))
			case 1:
				content = content[:random.IntN(len(content))]
			default:
				continue
			}
			damaged++
			require.NoError(t, os.WriteFile(path, content, 0o600))
		}
		res := coordinate(t, r, o)
		assert.Equal(t, want, encode(t, res))
		assert.Equal(t, damaged, res.Timing.Computed)
	}
}

func TestASolverWithoutIdentityIsNotStored(t *testing.T) {
	o := trigrid.Options{Store: t.TempDir(), Solver: struct{ milp.Solver }{trigrid.DefaultSolver()}}
	res := coordinate(t, small(t), o)
	require.NotEmpty(t, res.Warnings)
	assert.Contains(t, res.Warnings[len(res.Warnings)-1], "milp.Identified")
	assert.Contains(t, res.Warnings[len(res.Warnings)-1], o.Store)
	assert.Empty(t, records(t, o.Store))
	assert.Zero(t, res.Timing.Reused+res.Timing.Computed)
}

func TestAStoreThatCannotBeWrittenIsRefusedBeforeTheRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	started := false
	_, err := trigrid.Run(t.Context(), small(t), trigrid.Options{Store: file, Observe: func(trigrid.Progress) { started = true }})
	require.ErrorContains(t, err, "cannot be written")
	assert.False(t, started)
}

// The folder disappears during the run, as with a full disk: nothing more can
// be written.
func TestARunGoesOnIfItsStoreCannotBeWrittenAnyMore(t *testing.T) {
	want := encode(t, coordinate(t, small(t), trigrid.Options{}))
	folder := filepath.Join(t.TempDir(), "solved")
	res := coordinate(t, small(t), trigrid.Options{Store: folder, Workers: 1, Observe: func(p trigrid.Progress) {
		if p.Stage == trigrid.Coalitions && p.Done == 3 {
			assert.NoError(t, os.RemoveAll(folder))
			assert.NoError(t, os.WriteFile(folder, nil, 0o600))
		}
	}})
	assert.Equal(t, want, encode(t, res))
	assert.Equal(t, 1, strings.Count(res.Timing.NotStored, "cannot be written"), "one failure is reported: %q", res.Timing.NotStored)
}

// A cancelled run keeps its solutions. A program that is stopped in the middle
// has none.
func TestACancelledRunIsContinued(t *testing.T) {
	want := encode(t, coordinate(t, small(t), trigrid.Options{Solver: counts(true)}))
	o := trigrid.Options{Store: t.TempDir(), Workers: 2, Solver: counts(true)}
	stored := 0
	for stop := 3; stop <= 12; stop += 3 {
		ctx, cancel := context.WithCancel(t.Context())
		o.Observe = func(p trigrid.Progress) {
			if p.Stage == trigrid.Coalitions && p.Done >= stop {
				cancel()
			}
		}
		_, err := trigrid.Run(ctx, small(t), o)
		needSolver(t, err)
		require.ErrorIs(t, ctx.Err(), context.Canceled)
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
		cancel()
		now := len(records(t, o.Store))
		assert.GreaterOrEqual(t, now, max(stored, stop))
		stored = now
	}
	o.Observe = nil
	res := coordinate(t, small(t), o)
	assert.Equal(t, want, encode(t, res))
	assert.Equal(t, stored, res.Timing.Reused)
}

// Equal runs write equal stores, so that a store can be compared and copied.
func TestEqualRunsWriteEqualStores(t *testing.T) {
	content := func() map[string][]byte {
		folder, out := t.TempDir(), map[string][]byte{}
		coordinate(t, small(t), trigrid.Options{Store: folder})
		for _, path := range records(t, folder) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			out[filepath.Base(path)] = data
		}
		return out
	}
	first, second := content(), content()
	require.Len(t, second, len(first))
	for name, data := range first {
		assert.True(t, bytes.Equal(data, second[name]), name)
	}
}
