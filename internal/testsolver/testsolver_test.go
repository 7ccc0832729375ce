package testsolver_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

func TestMain(m *testing.M) { testsolver.Main(m, "^Example") }

// again runs TestWithASolver of this binary on a machine without HiGHS.
func again(t *testing.T, allowed string) (string, error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestWithASolver$", "-test.v")
	c.Env = append(os.Environ(), "HIGHS_LIBRARY=/nonexistent", "HIGHS_WASM="+t.TempDir(), testsolver.NoSolver+"="+allowed)
	out, err := c.CombinedOutput()
	return string(out), err
}

func TestWithASolver(t *testing.T) {
	name, err := testsolver.New(t).Build()
	require.NoError(t, err)
	assert.Contains(t, name, "HiGHS")
}

func TestWithoutASolverTheRunFailsAtOnceWithOneLine(t *testing.T) {
	out, err := again(t, "")
	require.Error(t, err)
	assert.Equal(t, 1, strings.Count(out, "\n"), out)
	assert.Contains(t, out, `run "make solver"`)
	assert.Contains(t, out, "TRIGRID_NO_SOLVER=1")
}

func TestWithoutASolverTestsSkipIfThatIsAllowed(t *testing.T) {
	out, err := again(t, "1")
	require.NoError(t, err, out)
	assert.Contains(t, out, "--- SKIP: TestWithASolver")
}
