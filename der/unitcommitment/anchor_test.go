package unitcommitment_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// dataFolder returns where the published instances lie and skips the test where
// they do not.
func dataFolder(tb testing.TB) string {
	tb.Helper()
	folder := os.Getenv("TRIGRID_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(folder, "uc")); err != nil {
		tb.Skip("needs the published instances: set TRIGRID_DATA to the folder that holds uc/*.json: ", err)
	}
	return filepath.Join(folder, "uc")
}

func readFile(tb testing.TB, name string, options unitcommitment.Options) *unitcommitment.System {
	tb.Helper()
	f, err := os.Open(filepath.Join(dataFolder(tb), name))
	require.NoError(tb, err)
	defer f.Close()
	s, err := unitcommitment.Read(f, options)
	require.NoError(tb, err)
	return s
}

func formulate(tb testing.TB, s *unitcommitment.System) *unitcommitment.Program {
	tb.Helper()
	p, err := s.Formulate()
	require.NoError(tb, err)
	return p
}

// solve skips the test where no solver is installed.
func solve(tb testing.TB, solver highs.Solver, m *milp.Model) *milp.Solution {
	tb.Helper()
	solution, err := solver.Solve(tb.Context(), m)
	testsolver.Skip(tb, err)
	require.NoError(tb, err)
	require.NoError(tb, solution.Err())
	return solution
}

// slow skips a test of minutes unless TRIGRID_SLOW is 1.
func slow(tb testing.TB) {
	tb.Helper()
	if os.Getenv("TRIGRID_SLOW") != "1" {
		tb.Skip("takes minutes: set TRIGRID_SLOW=1 to run it")
	}
}

// anchor compares a value with a published one and says so in one line.
func anchor(t *testing.T, name string, found, published, tolerance float64) {
	t.Helper()
	difference := (found - published) / math.Abs(published)
	t.Logf("anchor %s: found %.12g, published %.12g, relative difference %.2g", name, found, published, difference)
	assert.LessOrEqual(t, math.Abs(difference), tolerance, name)
}

const rtsFile = "rts_gmlc_2020-07-06.json"

// The published bounds are those of Egret's own tests; the one called pglib is
// that of its formulation "MLR", which is the program of pglib-uc with prices
// for slack.
func TestAnchorEgretRelaxations(t *testing.T) {
	for _, c := range []struct {
		file        string
		formulation der.Formulation
		published   float64
	}{
		{"egret_test_case_1.json", der.PGLib, 4193700.64155},
		{"egret_test_case_1.json", der.EgretTight, 4194720.23424},
		{"egret_test_case_2.json", der.PGLib, 5440122.0449},
		{"egret_test_case_2.json", der.EgretTight, 5441076.85034},
	} {
		s := readFile(t, c.file, unitcommitment.Options{Formulation: c.formulation})
		p := formulate(t, s)
		if c.formulation == der.PGLib {
			forbidEarlyRestarts(p.Model, s)
		}
		solution := solve(t, highs.Solver{}, p.Model.Relaxed())
		anchor(t, c.file+" relaxation, "+c.formulation.String(), solution.Objective, c.published, 1e-9)
	}
}

// forbidEarlyRestarts adds row (7) of pglib-uc, with which the published bounds
// were computed and which der.PGLib leaves out: in the steps t, counted from 1,
// from L − past + 1 to L − 1, with L the lag of the next category, a unit that
// has been off for past steps before the horizon may not restart warm.
func forbidEarlyRestarts(m *milp.Model, s *unitcommitment.System) {
	forbidden := map[string]bool{}
	for _, unit := range s.Units {
		u, ok := unit.(*der.Thermal)
		if !ok || u.Before.On {
			continue
		}
		for q := range len(u.StartUp) - 1 {
			lag, past := int(u.StartUp[q+1].After), int(u.Before.Hours.Or(0))
			for t := max(1, lag-past+1); t <= min(lag-1, s.Set.Steps()); t++ {
				forbidden[milp.At(u.ID, fmt.Sprint("restart", q), t-1).String()] = true
			}
		}
	}
	for j := range m.Vars() {
		if v := m.VarAt(j); forbidden[v.Name().String()] {
			m.SetBounds(v, 0, 0)
		}
	}
}

func TestTightIsAtLeastAsTightAsEgrets(t *testing.T) {
	for _, file := range []string{"egret_test_case_1.json", "egret_test_case_2.json"} {
		bound := func(f der.Formulation) float64 {
			p := formulate(t, readFile(t, file, unitcommitment.Options{Formulation: f}))
			return solve(t, highs.Solver{}, p.Model.Relaxed()).Objective
		}
		pglib, egret, tight := bound(der.PGLib), bound(der.EgretTight), bound(der.Tight)
		t.Logf("%s: relaxations pglib %.2f, egret-tight %.2f, tight %.2f", file, pglib, egret, tight)
		assert.Less(t, pglib, egret)
		assert.Less(t, egret, tight)
	}
}

func TestAnchorEgretOptima(t *testing.T) {
	slow(t)
	for _, c := range []struct {
		file      string
		published float64
	}{
		{"egret_test_case_1.json", 4201915.017320504},
		{"egret_test_case_2.json", 5454367.7670904165},
	} {
		p := formulate(t, readFile(t, c.file, unitcommitment.Options{}))
		solution := solve(t, highs.Solver{Gap: highs.Exact, AbsoluteGap: highs.Exact}, p.Model)
		anchor(t, c.file+" optimum", solution.Objective, c.published, 1e-8)
		anchor(t, c.file+" bound", solution.Bound, c.published, 1e-8)
	}
}

func TestAnchorRTSRelaxation(t *testing.T) {
	p := formulate(t, readFile(t, rtsFile, unitcommitment.Options{Formulation: der.PGLib}))
	solution := solve(t, highs.Solver{}, p.Model.Relaxed())
	anchor(t, "RTS-GMLC 2020-07-06 relaxation", solution.Objective, 3720622.001066, 1e-6)
}

// Published are bounds on the optimum, not the optimum itself. Restarts of the
// search cost more time here than they save. The WebAssembly build needs about
// a minute and a half of one core; the limit is there for machines that are
// busy with something else.
func TestAnchorRTSWithinAThousandth(t *testing.T) {
	slow(t)
	const least, most = 3729010.25, 3729194.92
	p := formulate(t, readFile(t, rtsFile, unitcommitment.Options{}))
	solution := solve(t, highs.Solver{
		Gap: 1e-3, TimeLimit: 20 * time.Minute, Options: map[string]string{"mip_allow_restart": "false"},
	}, p.Model)
	t.Logf("anchor RTS-GMLC 2020-07-06: found bound %.2f and incumbent %.2f, published %.2f to %.2f, relative difference %.2g, after %.0f s",
		solution.Bound, solution.Objective, least, most, solution.Gap, solution.Time.Seconds())
	assert.LessOrEqual(t, solution.Bound, most)
	assert.GreaterOrEqual(t, solution.Objective, least)
	assert.LessOrEqual(t, solution.Gap, 1e-3)
}
