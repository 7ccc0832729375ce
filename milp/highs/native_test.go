//go:build linux && (amd64 || arm64 || loong64 || riscv64) && !android && !nonative

package highs

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNativeRefusesAnotherLibrary(t *testing.T) {
	t.Setenv("HIGHS_LIBRARY", "libc.so.6")
	_, err := Solver{Backend: Native}.Solve(t.Context(), small())
	require.ErrorIs(t, err, ErrNotInstalled)
	for _, function := range []string{"Highs_create", "Highs_passMip", "Highs_run"} {
		assert.ErrorContains(t, err, function, "every missing function is named")
	}
}
