package highs

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// identity returns the identity of a solver, and skips the test without its
// backend.
func identity(t *testing.T, s Solver) string {
	t.Helper()
	text, err := s.Identity()
	if errors.Is(err, ErrNotInstalled) {
		t.Skipf("no %v build of HiGHS", s.Backend)
	}
	require.NoError(t, err)
	return text
}

func TestIdentityDiffersForEverySettingThatChangesASolution(t *testing.T) {
	seen := map[string]int{}
	for i, s := range []Solver{
		{},
		{Gap: 1e-3},
		{Gap: Exact},
		{AbsoluteGap: 1e-3},
		{AbsoluteGap: Exact},
		{Seed: 7},
		{MaxNodes: 10},
		{MaxIterations: 10},
		{Presolve: PresolveOff},
		{Search: SearchProof},
		{Options: map[string]string{"mip_heuristic_effort": "0.1"}},
		{Options: map[string]string{"mip_heuristic_effort": "0.1\"; presolve=\"off"}},
	} {
		text := identity(t, s)
		other, twice := seen[text]
		assert.False(t, twice, "solvers %d and %d: %s", other, i, text)
		seen[text] = i
	}
}

func TestIdentityLeavesOutWallTimeMemoryAndLogs(t *testing.T) {
	plain := identity(t, Solver{Gap: 1e-3})
	for _, s := range []Solver{
		{Gap: 1e-3, TimeLimit: time.Hour},
		{Gap: 1e-3, MemoryLimit: 1 << 29},
		{Gap: 1e-3, MaxNodes: -1, MaxIterations: -1},
		{Gap: 1e-3, Threads: 1},
		{Gap: 1e-3, Log: io.Discard, Progress: func(Progress) {}},
		{Gap: 1e-3, Options: map[string]string{"time_limit": "9"}},
	} {
		assert.Equal(t, plain, identity(t, s))
	}
}

func TestIdentityBeginsWithTheBackendOfSolutions(t *testing.T) {
	for _, backend := range []Backend{Native, Wasm} {
		t.Run(backend.String(), func(t *testing.T) {
			s := Solver{Backend: backend}
			text := identity(t, s)
			m := milp.New()
			m.Maximize(m.Var(milp.Named("x"), 0, 1).Expr())
			solution, err := s.Solve(t.Context(), m)
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(text, solution.Backend+"; sha256 "), text)
		})
	}
	assert.NotEqual(t, identity(t, Solver{Backend: Wasm}), identity(t, Solver{Backend: Native}))
}

// The checksum of the native library is that of the file that the process has
// mapped.
func TestIdentityHasTheChecksumOfTheLoadedLibrary(t *testing.T) {
	text := identity(t, Solver{Backend: Native})
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip("this system does not list the loaded files")
	}
	for line := range bytes.Lines(maps) {
		if at := bytes.IndexByte(line, '/'); at >= 0 && bytes.Contains(line, []byte("libhighs")) {
			content, err := os.ReadFile(string(bytes.TrimSpace(line[at:])))
			require.NoError(t, err)
			assert.Contains(t, text, fmt.Sprintf("sha256 %x;", sha256.Sum256(content)))
			return
		}
	}
	t.Fatal("no library is mapped")
}

func TestIdentityFailsForInvalidSettingsAndWithoutAFile(t *testing.T) {
	_, err := Solver{Gap: -2}.Identity()
	require.ErrorContains(t, err, "Gap is -2")
	s := stubbed(objects(newStub(works)), nowhere)
	_, err = s.Identity()
	require.ErrorContains(t, err, "no file")
}
