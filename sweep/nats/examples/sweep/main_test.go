package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

func TestMain(m *testing.M) {
	if os.Getenv(workFor) != "" { // this binary is a worker
		fmt.Fprintln(os.Stderr, run(context.Background(), nil, io.Discard, io.Discard))
		os.Exit(1)
	}
	testsolver.Main(m, "")
}

// Both ways give equal tables, and the last line has the medians. A case of one
// VPP and one DER has two programs.
func TestTheExampleComparesBothWays(t *testing.T) {
	testsolver.New(t)
	name := filepath.Join(t.TempDir(), "case.json")
	require.NoError(t, os.WriteFile(name, []byte(`{
		"name": "tiny", "grid": {"start": "2020-04-15T00:00", "steps": 2},
		"scenarios": {"samples": 20, "keep": 2, "series": [{"name": "town", "forecast_mw": [4, 3], "error_sigma": 0.1}]},
		"weights": {"economic": 0.6, "risk": 0.1, "environment": 0.3}, "risk": {"confidence": 0.5},
		"markets": {"electricity": {"buy_per_mwh": 60, "sell_fraction": 0.3}},
		"vpps": [{"name": "A", "demand": "town", "risk_aversion": 0.5, "pass_through": 0.5, "tariff": {}}],
		"ders": [{"kind": "thermal", "name": "T", "min_output_mw": 0, "max_output_mw": 2, "linear_cost_per_mwh": 50}]
	}`), 0o600))
	var stdout bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-case", name, "-pairs", "2"}, &stdout, io.Discard))
	assert.Regexp(t, `(?m)^ +2 +[1-9]`, stdout.String())
	assert.Contains(t, stdout.String(), "equal tables; median of two processes against goroutines: wall time ")
	require.ErrorContains(t, run(t.Context(), []string{"-pairs", "0"}, &stdout, io.Discard), "want at least 1")
}

// By hand: 12 s against 10 s are 20 % more, and the middle of 3, 1, 2 is 2.
func TestRatiosAndMedians(t *testing.T) {
	assert.InDelta(t, 20, ratio(12*time.Second, 10*time.Second), 1e-9)
	assert.Zero(t, ratio(time.Second, 0))
	assert.Equal(t, 2.0, median([]float64{3, 1, 2}))
}
