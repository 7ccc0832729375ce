package sweeping_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
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

// A failed case is a row, and the files are written all the same.
func TestASweepPrintsFailedCases(t *testing.T) {
	testsolver.New(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "case.json")
	require.NoError(t, os.WriteFile(path, []byte(`{
		"name": "tiny", "grid": {"start": "2020-04-15T00:00", "steps": 1},
		"scenarios": {"probabilities": [1], "series": [{"name": "town", "paths_mw": [[4]]}]},
		"weights": {"economic": 0.6, "risk": 0.1, "environment": 0.3}, "risk": {"confidence": 0.5},
		"markets": {"electricity": {"buy_per_mwh": 60, "sell_fraction": 0.3}},
		"vpps": [{"name": "A", "demand": "town", "risk_aversion": 0.5, "pass_through": 0.5, "tariff": {}}],
		"ders": [{"kind": "thermal", "name": "T", "min_output_mw": 0, "max_output_mw": 2, "linear_cost_per_mwh": 50}]
	}`), 0o600))
	out := filepath.Join(folder, "out")
	var stdout bytes.Buffer
	f := parse(t, "-case", path, "-set", "ders.T.max_output_mw=2,-1", "-out", out)
	require.NoError(t, f.Run(t.Context(), nil, &stdout, io.Discard))
	assert.Contains(t, stdout.String(), "failed: ")
	// By hand: 2 MWh are bought at 60, and the turbine makes 2 MWh at 50: −120 − 100.
	assert.Contains(t, stdout.String(), "-220.00")
	for _, name := range []string{"sweep.csv", "sweep.parquet", "sweep.html"} {
		assert.FileExists(t, filepath.Join(out, name))
	}
}
