package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/weights"
)

// mill is a case of two steps with one VPP, a turbine and a wind farm.
const mill = `{
	"name": "mill", "grid": {"start": "2020-04-15T00:00", "steps": 2},
	"scenarios": {"probabilities": [0.5, 0.5], "series": [
		{"name": "town", "paths_mw": [[4, 3], [4, 3]]}, {"name": "wind", "paths_mw": [[3, 1], [1, 0]]}]},
	"weights": {"economic": 0.6, "risk": 0.1, "environment": 0.3}, "risk": {"confidence": 0.5},
	"markets": {"electricity": {"buy_per_mwh": [60, 90], "sell_fraction": 0.3}, "carbon": {"price_per_t": 100}},
	"vpps": [{"name": "A", "demand": "town", "risk_aversion": 0.5, "pass_through": 0.5, "tariff": {}}],
	"ders": [{"kind": "wind", "name": "W", "available": "wind", "capacity_mw": 4},
		{"kind": "thermal", "name": "T", "min_output_mw": 0, "max_output_mw": 2, "linear_cost_per_mwh": 50, "emission_t_per_mwh": 0.5}]
}`

func source(t *testing.T) sweep.Source {
	t.Helper()
	s, err := sweep.Read(fstest.MapFS{"mill.json": {Data: []byte(mill)}}, "mill.json")
	require.NoError(t, err)
	return s
}

func axis(t *testing.T, text string) sweep.Axis {
	t.Helper()
	a, err := sweep.ParseAxis(text)
	require.NoError(t, err)
	return a
}

func TestAxesAreParsed(t *testing.T) {
	assert.Equal(t, []string{"1", "2", "3", "7"}, axis(t, "seed=1..3,7").Values)
	assert.Equal(t, []string{"2020-02-28", "2020-02-29", "2020-03-01"}, axis(t, "day=2020-02-28..2020-03-01").Values)
	assert.Equal(t, []string{"0", "0.5", "1"}, axis(t, "vpps.0.risk_aversion=0,0.5,1").Values)
	for _, wrong := range []string{"seed", "seed=", "=1", "seed=3..1", "seed=a..b", "seed=1,1", "seed=1,,2", "seed=0..99999999"} {
		_, err := sweep.ParseAxis(wrong)
		assert.Error(t, err, wrong)
	}
	v, err := sweep.ParseWeights("step=0.2")
	require.NoError(t, err)
	assert.Equal(t, weights.Simplex(5), v)
	for _, wrong := range []string{"0.2", "step=0.3", "step=0", "step=-1", "step=x"} {
		_, err := sweep.ParseWeights(wrong)
		assert.ErrorContains(t, err, "step", wrong)
	}
}

// By hand: 0.6/0.1/0.3 with a risk weight of 0.4 has factors (1 − 0.4)/(1 −
// 0.1) = 2/3.
func TestAGridHasAllCombinations(t *testing.T) {
	cases, err := sweep.Grid(source(t), []sweep.Axis{
		axis(t, "weights.risk=0.1,0.4"), axis(t, "vpps.A.risk_aversion=0,1"), axis(t, "ders.1.max_output_mw=1,2,3"),
	}, nil)
	require.NoError(t, err)
	require.Len(t, cases, 12)
	last := cases[11]
	assert.Equal(t, "weights.risk=0.4 vpps.A.risk_aversion=1 ders.1.max_output_mw=3", last.Name)
	assert.InDelta(t, 0.4, last.Weights.Economic, 1e-12)
	assert.InDelta(t, 0.4, last.Weights.Risk, 1e-12)
	assert.InDelta(t, 0.2, last.Weights.Environment, 1e-12)
	r, err := last.Source.Region(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1.0, r.VPPs[0].RiskAversion)
	assert.InDelta(t, 0.2, r.Setting.Weights.Environment, 1e-12)

	cases, err = sweep.Grid(source(t), nil, weights.Simplex(2))
	require.NoError(t, err)
	assert.Len(t, cases, 6)
	for _, wrong := range [][]sweep.Axis{
		{axis(t, "seed=1"), axis(t, "seed=2")},
		{axis(t, "vpps.B.risk_aversion=1")},
		{axis(t, "nothing.here=1")},
		{axis(t, "weights.wind=1")},
		{axis(t, "weights.risk=2")},
		{axis(t, "day=2020-01-01")},
	} {
		_, err := sweep.Grid(source(t), wrong, nil)
		assert.Error(t, err, "%v", wrong)
	}
	_, err = sweep.Grid(source(t), []sweep.Axis{axis(t, "weights.risk=0.5")}, weights.Simplex(1))
	assert.ErrorContains(t, err, "beside a grid of weights")
}

// Typing errors end at once: ranges at the ends of 64 bits, of 10^9 cases, and
// in steps below it.
func TestRangesAreBounded(t *testing.T) {
	for _, text := range []string{
		"seed=-9223372036854775808..9223372036854775807", "seed=1..1000000000", "seed=5..4", "seed=1..",
		"seed=1..900000,1000001..1900000", "seed=", "=1", "seed=1,,2", "day=2020-02-01..2020-01-01",
	} {
		_, err := sweep.ParseAxis(text)
		require.Error(t, err, text)
	}
	assert.Equal(t, []string{"9223372036854775806", "9223372036854775807"}, axis(t, "seed=9223372036854775806..9223372036854775807").Values)
	assert.Len(t, axis(t, "seed=1..1000000").Values, 1_000_000)
	_, err := sweep.Grid(source(t), []sweep.Axis{axis(t, "seed=1..1000"), axis(t, "a=1..1000"), axis(t, "b=1..1000")}, nil)
	require.ErrorContains(t, err, "more than")
}

// Commas within lists, objects and quotes separate no values.
func TestValuesCanBeLists(t *testing.T) {
	assert.Equal(t, []string{"[1,2]", "[3,4]"}, axis(t, "prices=[1,2],[3,4]").Values)
	assert.Equal(t, []string{`{"a":[1,2]}`, `"x,\"y"`, "z"}, axis(t, `k={"a":[1,2]},"x,\"y",z`).Values)
}

// Two axes that set one value would give cases whose names are wrong.
func TestAxesDoNotOverlap(t *testing.T) {
	for _, pair := range [][2]string{
		{"vpps.0.risk_aversion=0", "vpps.A.risk_aversion=1"},
		{"vpps.0.risk_aversion=0", "vpps.A={}"},
		{"weights.risk=0.1", "weights.economic=0.2"},
		{"weights={}", "weights.risk=0.1"},
		{"seed=1", "seed=2"},
	} {
		_, err := sweep.Grid(source(t), []sweep.Axis{axis(t, pair[0]), axis(t, pair[1])}, nil)
		require.Error(t, err, "%v", pair)
	}
}

// Weights of sum 0 and keys that no case has are rows with an error that names
// them.
func TestCasesThatCannotBeReadAreRows(t *testing.T) {
	for text, want := range map[string]string{
		`weights={"economic":0,"risk":0,"environment":0}`: "sum", "no_such_key=1": "no_such_key", "vpps=1": "vpps",
	} {
		cases, err := sweep.Grid(source(t), []sweep.Axis{axis(t, text)}, nil)
		require.NoError(t, err, text)
		table, err := sweep.Run(t.Context(), cases, sweep.Options{})
		require.NoError(t, err, text)
		require.Len(t, table.Outcomes, 1)
		assert.Contains(t, table.Outcomes[0].Failed, want, text)
	}
	for _, text := range []string{"vpps.none.risk_aversion=1", "vpps.9.risk_aversion=1", "vpps.-1.risk_aversion=1", "seed.x=1"} {
		_, err := sweep.Grid(source(t), []sweep.Axis{axis(t, text)}, nil)
		require.Error(t, err, text)
	}
}

func TestShardsAreChecked(t *testing.T) {
	cases, err := sweep.Grid(source(t), nil, nil)
	require.NoError(t, err)
	for _, s := range [][2]int{{0, 1}, {3, 2}, {-1, 2}, {1, -2}, {1, 0}} {
		_, err := sweep.Run(t.Context(), cases, sweep.Options{Shard: s[0], Shards: s[1]})
		require.ErrorContains(t, err, "shard", "%v", s)
	}
}

// A value with spaces does not change the group of a case.
func TestGroupsRestOnSettings(t *testing.T) {
	row := func(seed string) sweep.Outcome {
		return sweep.Outcome{Case: "name=a seed=9 seed=" + seed, Settings: []sweep.Setting{{Key: "name", Value: "a seed=9"}, {Key: "seed", Value: seed}}}
	}
	table := &sweep.Table{Outcomes: []sweep.Outcome{row("1"), row("2")}}
	got, err := table.Intervals("value_economic")
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, "name=a seed=9", got[0].Group)
	assert.Equal(t, 2, got[0].N)
}

// Each row is that of a run of its own. A case that fails is a row with its
// error.
func TestASweepHasTheRunsOfItsCases(t *testing.T) {
	testsolver.New(t)
	cases, err := sweep.Grid(source(t), []sweep.Axis{axis(t, "vpps.A.risk_aversion=0,-1,1"), axis(t, "ders.T.max_output_mw=1,2")}, nil)
	require.NoError(t, err)
	table, err := sweep.Run(t.Context(), cases, sweep.Options{})
	require.NoError(t, err)
	require.Len(t, table.Outcomes, 6)
	for i, o := range table.Outcomes {
		assert.Equal(t, cases[i].Name, o.Case)
		if i == 2 || i == 3 {
			assert.ErrorContains(t, errors.New(o.Failed), "risk_aversion")
			continue
		}
		require.Empty(t, o.Failed)
		r, err := cases[i].Source.Region(t.Context())
		require.NoError(t, err)
		res, err := trigrid.Run(t.Context(), r, trigrid.Options{Budget: -1})
		require.NoError(t, err)
		assert.Equal(t, res.Recommendation.Profile, o.Profile)
		for _, d := range res.DERs {
			assert.Equal(t, d.Payoff, o.Payoffs[d.Name])
		}
		assert.Equal(t, res.VPPs[0].Economic, o.Numbers["economic_currency"])
	}
}

// Two shards with folders of their own, copied into one, give the table of one
// process, and nothing is solved again. So does a shard that is cancelled and
// continued.
func TestShardsAreMergedAndContinued(t *testing.T) {
	testsolver.New(t)
	cases, err := sweep.Grid(source(t), []sweep.Axis{axis(t, "ders.T.max_output_mw=1,1.5,2"), axis(t, "vpps.A.risk_aversion=0,1")}, nil)
	require.NoError(t, err)
	want, err := sweep.Run(t.Context(), cases, sweep.Options{})
	require.NoError(t, err)

	folder := t.TempDir()
	open := func() *farm.Log {
		l, err := farm.OpenLog(folder)
		require.NoError(t, err)
		t.Cleanup(func() { l.Close() })
		return l
	}
	// The first shard is cancelled after its first case.
	ctx, stop := context.WithCancelCause(t.Context())
	enough := errors.New("the machine is needed")
	_, err = sweep.Run(ctx, cases, sweep.Options{
		Log: open(), Shard: 1, Shards: 2, Parallel: 1, Observe: func(sweep.Progress) { stop(enough) },
	})
	require.ErrorIs(t, err, enough)
	first, err := sweep.Run(t.Context(), cases, sweep.Options{Log: open(), Shard: 1, Shards: 2})
	require.NoError(t, err)
	assert.Equal(t, 3, first.Missing)
	_, err = sweep.Run(t.Context(), cases, sweep.Options{Log: open(), Shard: 2, Shards: 2})
	require.NoError(t, err)

	reused := 0
	all, err := sweep.Run(t.Context(), cases, sweep.Options{Log: open(), Observe: func(p sweep.Progress) { reused = p.Reused }})
	require.NoError(t, err)
	assert.Equal(t, want, all)
	assert.Equal(t, len(cases), reused)
	files, err := filepath.Glob(filepath.Join(folder, "*.journal"))
	require.NoError(t, err)
	assert.Len(t, files, 3, "one per writer")

	_, err = sweep.Run(t.Context(), cases, sweep.Options{Shard: 3, Shards: 2})
	assert.ErrorContains(t, err, "shard 3 of 2")
	_, err = sweep.Run(t.Context(), nil, sweep.Options{})
	assert.ErrorContains(t, err, "no cases")
}

// A log keeps all bits of an outcome, also of numbers that JSON does not have.
func TestALogKeepsOutcomesWithInfiniteNumbers(t *testing.T) {
	out := sweep.Outcome{
		Case: "seed=1", Settings: []sweep.Setting{{Key: "seed", Value: "1"}}, Weights: weights.Vector{Economic: 1.0 / 3, Risk: 2.0 / 3},
		Value: weights.Values{Economic: 0.1 + 0.2}, Numbers: map[string]float64{"largest_gap_currency": math.Inf(1), "emission_t": 0.1},
		Payoffs: map[string]float64{"T": math.Inf(-1)}, Profile: trigrid.Profile{"T": "A"}, Planning: "enumerated", Solver: "HiGHS",
	}
	folder := t.TempDir()
	log, err := farm.OpenLog(folder)
	require.NoError(t, err)
	require.NoError(t, log.Put("outcome", "1", out))
	require.NoError(t, log.Put("outcome", "2", sweep.Outcome{Case: "seed=2", Failed: "no"}))
	require.NoError(t, log.Close())
	log, err = farm.OpenLog(folder)
	require.NoError(t, err)
	var back, failed sweep.Outcome
	require.True(t, log.Get("outcome", "1", &back))
	assert.Equal(t, out, back)
	require.True(t, log.Get("outcome", "2", &failed))
	assert.Equal(t, sweep.Outcome{Case: "seed=2", Failed: "no"}, failed)
}

// By hand: 1, 2, 3 have the mean 2, s = 1 and t_{0.975,2} = 4.302653, so that
// the interval is 2 ± 4.302653/√3 = 2 ± 2.484138. The line through (0,1),
// (1,3), (2,4) has the slope 1.5, the residuals −1/6, 1/3, −1/6 with the sum of
// squares 1/6, and t_{0.975,1} = 12.706205: 1.5 ± 12.706205 √(1/6/1/2) = 1.5 ±
// 3.667965.
func TestStatisticsByHand(t *testing.T) {
	row := func(key string, x any, y float64) sweep.Outcome {
		return sweep.Outcome{
			Case: fmt.Sprintf("%s=%v", key, x), Settings: []sweep.Setting{{Key: key, Value: fmt.Sprint(x)}},
			Value: weights.Values{Economic: y},
		}
	}
	seeds := &sweep.Table{Outcomes: []sweep.Outcome{row("seed", 1, 1), row("seed", 2, 2), row("seed", 3, 3), {Case: "seed=4", Failed: "no"}}}
	intervals, err := seeds.Intervals("value_economic")
	require.NoError(t, err)
	require.Len(t, intervals, 1)
	assert.Equal(t, "all", intervals[0].Group)
	assert.Equal(t, 3, intervals[0].N)
	assert.InDelta(t, 2, intervals[0].Mean, 1e-12)
	assert.InDelta(t, 2-2.484138, intervals[0].Low, 1e-5)
	assert.InDelta(t, 2+2.484138, intervals[0].High, 1e-5)
	none, err := seeds.Sensitivities("value_economic")
	require.NoError(t, err)
	assert.Empty(t, none, "a seed is no quantity")

	line := &sweep.Table{Outcomes: []sweep.Outcome{row("k", 0, 1), row("k", 1, 3), row("k", 2, 4)}}
	slopes, err := line.Sensitivities("value_economic")
	require.NoError(t, err)
	require.Len(t, slopes, 1)
	assert.InDelta(t, 1.5, slopes[0].Slope, 1e-12)
	assert.InDelta(t, 1.5-3.667965, slopes[0].Low, 1e-5)
	assert.InDelta(t, 1.5+3.667965, slopes[0].High, 1e-5)
	_, err = line.Intervals("nothing")
	assert.ErrorContains(t, err, `no number "nothing"`)
}

// Files that the case names travel with the source.
func TestASourceHasItsFiles(t *testing.T) {
	s := source(t)
	assert.Len(t, s.Files, 1)
	other := s.WithSeries("/tmp/series.csv", []byte("time,town\n"))
	assert.NotEqual(t, s.Digest(), other.Digest())
	assert.Len(t, s.Files, 1, "the source itself stays")
	later := other
	later.Day = time.Date(2020, 4, 16, 0, 0, 0, 0, time.UTC)
	assert.NotEqual(t, other.Digest(), later.Digest())
	_, err := sweep.Read(fstest.MapFS{}, "mill.json")
	assert.Error(t, err)
}
