package main

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

func TestMain(m *testing.M) { testsolver.Main(m, "") }

// Two days of the study, with their data: the signals are in their ranges, each
// corner is best in its own dimension, the held day-ahead schedule meets the
// day that happened, and all claims have a verdict.
func TestShortStudy(t *testing.T) {
	testsolver.New(t)
	x, err := read(t.Context(), cmp.Or(os.Getenv("TRIGRID_DATA"), "../../../shared/data"), 3)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no series: ", err)
	}
	require.NoError(t, err)
	measured, err := measure(t.Context(), x, options{days: 2, solver: solver(), workers: 2, log: io.Discard})
	require.NoError(t, err)
	require.Len(t, measured, 2)
	for _, d := range measured {
		assert.Greater(t, d.Signals.CleanShare, 0.0)
		assert.LessOrEqual(t, d.Signals.CleanShare, 1.0)
		assert.Positive(t, d.Signals.Volatility)
		for _, o := range d.Sweep {
			const gap = 10 // CNY: the solver's gap, and the small weights of the others in a corner
			assert.GreaterOrEqual(t, d.Corners[0].Planned.Surplus, o.Planned.Surplus-gap)
			assert.LessOrEqual(t, d.Corners[1].Planned.CVaR, o.Planned.CVaR+gap)
			assert.GreaterOrEqual(t, d.Corners[2].Planned.Environment, o.Planned.Environment-gap)
			assert.InDelta(t, d.Sweep[0].Happened.Available, o.Happened.Available, 1e-6, "the day does not depend on the weights")
		}
	}
	var out bytes.Buffer
	require.NoError(t, show(&out, measured))
	assert.Contains(t, out.String(), "prices are SIMULATED")
	for _, id := range []string{"A4a", "A4b", "A4c", "A5", "A7a", "A7b", "A7c", "A7d", "A8a", "A8b", "A8c", "P1a", "P1b", "P2", "P3", "P4"} {
		assert.Contains(t, out.String(), "\n"+id+" ")
	}
}

// Without the series the program names their source in one line, and it rejects
// wrong flags.
func TestProgramWithoutSeries(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-data", t.TempDir()}, &out, io.Discard))
	assert.Regexp(t, `^No series in .*: give a folder with vpp5_2020_hourly.csv and .* their source is github.com/gmlc-dispatches/dispatches at commit a9e9b7a, .*\n$`, out.String())
	for _, args := range [][]string{{"-days", "1"}, {"-days", "61"}, {"-scenarios", "1"}, {"-workers", "-1"}} {
		assert.Error(t, run(t.Context(), args, io.Discard, io.Discard), args)
	}
}
