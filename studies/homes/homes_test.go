package main

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/studies/homes/home"
)

func TestWithoutDataARequestIsGenerated(t *testing.T) {
	testsolver.New(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-data", t.TempDir()}, &out, io.Discard))
	assert.Contains(t, out.String(), "generated request: money ")
	assert.Contains(t, out.String(), "github.com/evcc-io/optimizer at commit a50b33da38e5ee46c23ec744cd72fcff8b3b3c3d")
}

func TestFilesThatAreNoCasesAreAllNamed(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "a.json"), []byte("{"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "b.json"), []byte("{}"), 0o600))
	err := run(t.Context(), []string{"-data", folder}, io.Discard, io.Discard)
	require.ErrorContains(t, err, "a.json: home: case: $")
	require.ErrorContains(t, err, "b.json: home: case:\n$.request: is missing")
	require.ErrorContains(t, run(t.Context(), []string{"-dat"}, io.Discard, io.Discard), "-dat")
}

// A home without batteries imports 1000 Wh at 0.0003 in each of two steps:
// money −0.6.
const request = `{"request": {"time_series": {"dt": [3600, 3600], "gt": [1000, 1000], "ft": [0, 0], "p_N": [0.0003, 0.0003],
 "p_E": [0, 0]}}, "expected_response": `

func TestATableStandsBesideTheRecordedAnswer(t *testing.T) {
	testsolver.New(t)
	table := func(answer string) (string, error) {
		folder := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(folder, "a.json"), []byte(request+answer+"}"), 0o600))
		var out bytes.Buffer
		err := run(t.Context(), []string{"-data", folder, "-cbc", "no-such-program"}, &out, io.Discard)
		return out.String(), err
	}
	fields := func(text, first string) []string {
		for line := range strings.Lines(text) {
			if f := strings.Fields(line); len(f) > 0 && f[0] == first {
				return f
			}
		}
		return nil
	}
	text, err := table(`{"status": "Optimal", "batteries": [], "grid_import": [1000, 1000], "grid_export": [0, 0]}`)
	require.NoError(t, err)
	assert.Contains(t, text, "scripts/second-solvers.sh")
	assert.Equal(t, []string{"a", "2", "x", "0", "-0.600000", "-0.600000"}, fields(text, "a")[:6])
	assert.NotNil(t, fields(text, "median"))
	assert.NotNil(t, fields(text, "slowest"))

	// A recorded answer without losses is worse, and breaks the balance.
	text, err = table(`{"status": "Optimal", "batteries": [], "grid_import": [1000, 500], "grid_export": [0, 0]}`)
	require.ErrorContains(t, err, "a: money or penalties differ from the recorded answer")
	assert.Contains(t, text, "supply minus use is -500 Wh")
	assert.Contains(t, text, "-1.5e-01")

	text, err = table(`{"status": "Infeasible"}`)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "2", "x", "0", "-0.600000", "Infeasible"}, fields(text, "a")[:6])
}

func TestPenaltiesAreComparedBeforeMoney(t *testing.T) {
	account := func(money, missed float64) home.Account {
		a := home.Account{Money: money}
		if missed > 0 {
			a.Misses = []home.Miss{{Limit: home.Goal, Energy: missed, Weight: 0.03}}
		}
		return a
	}
	for _, c := range []struct {
		ours, theirs home.Account
		good         bool
	}{
		{account(1, 0), account(1, 0), true},
		{account(1, 0), account(1.1, 0), false},
		{account(1.1, 0), account(1, 0), false}, // more money under equal rules breaks a rule
		{account(1, 0), account(2, 10), true},
		{account(2, 10), account(1, 0), false},
		{account(1, 10), account(1, 10.003), true},
	} {
		_, good := row{answer: &home.Answer{Account: c.ours}, theirs: &c.theirs}.difference()
		assert.Equal(t, c.good, good, "%v %v", c.ours, c.theirs)
	}
}

func TestStatisticsOfTimes(t *testing.T) {
	ms := func(x ...time.Duration) (out []time.Duration) {
		for _, d := range x {
			out = append(out, d*time.Millisecond)
		}
		return out
	}
	assert.Equal(t, int64(3), median(ms(9, 3, 1)))
	assert.Equal(t, int64(4), median(ms(9, 3, 5, 1)))
	assert.Equal(t, int64(9), slowest(ms(3, 9, 1)))
	assert.Empty(t, text(nil, median))
}

// The maximum of 3x + 2y with x + y ≤ 4, x ≤ 2.5, x whole is 3·2 + 2·2 = 10.
func TestCBCSolvesAModel(t *testing.T) {
	s, err := findCBC("cbc")
	if err != nil {
		t.Skip("needs cbc, which scripts/second-solvers.sh installs: ", err)
	}
	m := milp.New()
	x, y := m.Int(milp.Named("x"), 0, 2.5), m.Var(milp.Named("y"), 0, milp.Inf)
	m.AtMost(milp.Named("sum"), milp.Sum(x.Expr(), y.Expr()), milp.Const(4))
	m.Maximize(milp.Sum(x.Times(3), y.Times(2)))
	best, elapsed, err := s.solve(t.Context(), m)
	require.NoError(t, err)
	assert.InDelta(t, 10, best, 1e-9)
	assert.Positive(t, elapsed)

	m.AtLeast(milp.Named("more"), x.Expr(), milp.Const(3))
	_, _, err = s.solve(t.Context(), m)
	require.ErrorContains(t, err, "want an optimal solution")
}

// The ten recorded requests have the recorded money, and CBC finds the same
// optimum.
func TestRecordedRequestsAgree(t *testing.T) {
	folder := cmp.Or(os.Getenv("TRIGRID_DATA"), "../../../shared/data")
	if _, err := os.Stat(filepath.Join(folder, "evcc")); err != nil {
		t.Skip("needs the recorded requests: set TRIGRID_DATA to the folder that has them in evcc: ", err)
	}
	testsolver.New(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-data", folder}, &out, io.Discard), "%s", &out)
	assert.Contains(t, out.String(), "010 missed: goal of battery 0 at step 9 short by 37203.5 Wh\n")
}
