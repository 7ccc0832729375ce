package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/milp/highs"
)

// command runs the program as a person would and returns what it prints.
func command(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = run(t.Context(), args, &out, &errs)
	if errors.Is(err, highs.ErrNotInstalled) {
		t.Skip("needs HiGHS, which is not installed on this machine: ", err)
	}
	return out.String(), err
}

func TestOneSeedGivesTheSameBytes(t *testing.T) {
	folder := t.TempDir()
	read := func(name string, args ...string) string {
		path := filepath.Join(folder, name)
		_, err := command(t, append([]string{"-case", "testdata/small.json", "-json", path}, args...)...)
		require.NoError(t, err)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(data)
	}
	first := read("a.json")
	assert.Equal(t, first, read("b.json", "-workers", "1"))
	assert.NotEqual(t, first, read("c.json", "-seed", "7"))

	var res trigrid.Result
	require.NoError(t, json.Unmarshal([]byte(first), &res))
	assert.Equal(t, "small", res.Region)
	assert.Len(t, res.Coalitions, 2*4)
}

func TestSummaryShowsWhatAPersonLooksFor(t *testing.T) {
	out, err := command(t, "-case", "testdata/small.json")
	require.NoError(t, err)
	for _, want := range []string{
		"weights: economic 0.4, risk 0.2, environment 0.4", "CVaR", "wind used", "payoff", "equilibrium:", "welfare",
		"profiles from which no unit gains", "settlement", "8 programs",
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "\r", "no progress bar where there is no terminal")
}

func TestBadInputFailsAndWritesNothing(t *testing.T) {
	bad, err := filepath.Glob("../../testdata/bad/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, bad)
	folder := t.TempDir()
	for _, file := range bad {
		_, err := command(t, "-case", file, "-json", filepath.Join(folder, "out.json"), "-report", filepath.Join(folder, "report"))
		assert.Error(t, err, file)
	}
	for _, args := range [][]string{
		{"-case", "testdata/none.json"},
		{"-case", "testdata/small.json", "-day", "2020-04-15"},
		{"-case", "testdata/small.json", "-series", "testdata/none.csv"},
		{"-case", "testdata/small.json", "-backend", "abacus"},
		{"-case", "testdata/small.json", "stray"},
	} {
		_, err := command(t, append(args, "-json", filepath.Join(folder, "out.json"))...)
		assert.Error(t, err, args)
	}
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestInterruptEndsTheRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, errs bytes.Buffer
	err := run(ctx, []string{"-case", "testdata/small.json"}, &out, &errs)
	require.ErrorIs(t, err, context.Canceled)
}
