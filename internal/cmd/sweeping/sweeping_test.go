package sweeping_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/cmd/sweeping"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/testsolver"
)

func TestMain(m *testing.M) { testsolver.Main(m, "") }

// parse returns the flags of arguments.
func parse(t *testing.T, args ...string) *sweeping.Flags {
	t.Helper()
	var f sweeping.Flags
	flags := flag.NewFlagSet("sweep", flag.ContinueOnError)
	f.Add(flags)
	require.NoError(t, command.Parse(flags, args, io.Discard))
	return &f
}

func TestWrongFlagsAreRejected(t *testing.T) {
	for want, args := range map[string][]string{
		"needs -journal": {"-shard", "1/2"},
		"want such as":   {"-shard", "3/2", "-journal", "j"},
		"step=0.2":       {"-case", "../../../examples/threelevel/case.json", "-weights", "0.2"},
		"no such file":   {"-case", "missing.json"},
		"beside a grid":  {"-case", "../../../examples/threelevel/case.json", "-weights", "step=0.5", "-set", "weights.risk=0.1"},
		"-series":        {"-case", "../../../examples/threelevel/case.json", "-set", "day=2020-01-01"},
	} {
		err := parse(t, args...).Run(t.Context(), nil, io.Discard, io.Discard)
		assert.ErrorContains(t, err, want)
	}
}

// tiny writes a case of one VPP and one turbine, and returns its folder and
// path.
func tiny(t *testing.T) (folder, path string) {
	t.Helper()
	folder = t.TempDir()
	path = filepath.Join(folder, "case.json")
	require.NoError(t, os.WriteFile(path, []byte(`{
		"name": "tiny", "grid": {"start": "2020-04-15T00:00", "steps": 1},
		"scenarios": {"probabilities": [1], "series": [{"name": "town", "paths_mw": [[4]]}]},
		"weights": {"economic": 0.6, "risk": 0.1, "environment": 0.3}, "risk": {"confidence": 0.5},
		"markets": {"electricity": {"buy_per_mwh": 60, "sell_fraction": 0.3}},
		"vpps": [{"name": "A", "demand": "town", "risk_aversion": 0.5, "pass_through": 0.5, "tariff": {}}],
		"ders": [{"kind": "thermal", "name": "T", "min_output_mw": 0, "max_output_mw": 2, "linear_cost_per_mwh": 50}]
	}`), 0o600))
	return folder, path
}

// A failed case is a row, and the files are written all the same.
func TestASweepPrintsFailedCases(t *testing.T) {
	testsolver.New(t)
	folder, path := tiny(t)
	out := filepath.Join(folder, "out")
	var stdout bytes.Buffer
	f := parse(t, "-case", path, "-set", "ders.T.max_output_mw=2,-1", "-out", out)
	require.NoError(t, f.Run(t.Context(), nil, &stdout, io.Discard))
	assert.Contains(t, stdout.String(), "failed: ")
	// By hand: 2 MWh are bought at 60, and the turbine makes 2 MWh at 50: −120
	// − 100.
	assert.Contains(t, stdout.String(), "-220.00")
	for _, name := range []string{"sweep.csv", "sweep.parquet", "sweep.html"} {
		assert.FileExists(t, filepath.Join(out, name))
	}
}

// A sweep and a shard without any result fail, and name a reason. One case that
// runs is enough.
func TestASweepWithoutAnyResultFails(t *testing.T) {
	testsolver.New(t)
	folder, path := tiny(t)
	out := filepath.Join(folder, "out")
	var stdout bytes.Buffer
	err := parse(t, "-case", path, "-set", "ders.T.max_output_mw=-2,-1", "-out", out).Run(t.Context(), nil, &stdout, io.Discard)
	require.ErrorContains(t, err, "no case has a result, 2 of 2 failed; ders.T.max_output_mw=-2:")
	assert.Equal(t, 2, strings.Count(stdout.String(), "failed: "), "the table is printed all the same")
	assert.FileExists(t, filepath.Join(out, "sweep.csv"))

	shard := func(i string) (string, error) {
		var stdout bytes.Buffer
		f := parse(t, "-case", path, "-set", "ders.T.max_output_mw=-1,1,-2,2,-3", "-journal", filepath.Join(folder, "j"), "-shard", i+"/2")
		err := f.Run(t.Context(), nil, &stdout, io.Discard)
		return stdout.String(), err
	}
	text, err := shard("1")
	require.ErrorContains(t, err, "3 of 3 failed")
	assert.Contains(t, text, "ders.T.max_output_mw=-3 failed: ")
	assert.Contains(t, text, "shard 1 of 2 is done: 3 cases, of which 3 failed; 2 cases of other shards are missing")
	text, err = shard("2")
	require.NoError(t, err)
	assert.Contains(t, text, "2 cases, of which 0 failed; 3 cases of other shards are missing")
}

// By hand: the weights 0.6/0.1/0.3 with a risk weight of 0.4 have the others
// times (1 − 0.4)/(1 − 0.1).
func TestTheTableShowsScaledWeights(t *testing.T) {
	testsolver.New(t)
	_, path := tiny(t)
	var stdout bytes.Buffer
	require.NoError(t, parse(t, "-case", path, "-set", "weights.risk=0.4").Run(t.Context(), nil, &stdout, io.Discard))
	assert.Regexp(t, `weights\.risk=0\.4 +0\.4 +0\.4 +0\.2 `, stdout.String())
}
