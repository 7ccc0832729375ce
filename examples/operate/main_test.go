package main

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
)

func TestMain(m *testing.M) { testsolver.Main(m, "") }

// Without data a day is operated on generated series, and the first line states
// it; the last one names measured ones. The strategies that need no choice of
// VPPs take the time of a test.
func TestADayIsOperatedWithoutData(t *testing.T) {
	season := operate.Season{Name: "june", Start: time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC), Days: 1, Step: time.Hour, Region: region}
	note, closing, err := source(&season, t.TempDir())
	require.NoError(t, err)
	assert.Contains(t, closing, "by -data; their source is github.com/gmlc-dispatches/dispatches at commit a9e9b7a")
	assert.Contains(t, note, "Generated series, not measured ones")
	c, err := operate.Compare(t.Context(), season, operate.Options{
		Choices: trigrid.Profile{"wind": "bold", "sun": "careful", "gas": "bold", "battery": "careful"}, Solver: testsolver.New(t), NoLedger: true,
	}, operate.Foresight(), operate.DayAheadOnly(), operate.Rules())
	require.NoError(t, err)
	for _, x := range c.Strategies {
		assert.Empty(t, x.Reason, x.Strategy.Name)
		assert.GreaterOrEqual(t, x.Cost, *x.Bound-1e-4, x.Strategy.Name)
	}
	assert.Less(t, c.Strategies[0].Cost, c.Strategies[1].Cost)
}

func TestWrongFlagsAreRejected(t *testing.T) {
	var out bytes.Buffer
	assert.ErrorContains(t, run(t.Context(), []string{"june"}, &out, &out), "unexpected arguments")
	assert.ErrorContains(t, run(t.Context(), []string{"-days", "0", "-data", t.TempDir()}, &out, &out), "Days is 0")
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(folder+"/vpp5_2020_hourly.csv", []byte("time,wind_da\n2020-01-01T00:00,1\n2020-01-01T01:00,1\n"), 0o600))
	assert.Error(t, run(t.Context(), []string{"-data", folder}, &out, &out))
}
