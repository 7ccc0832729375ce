package highs

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInstallRefusesAnotherPackage(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "highs")
	err := unpack(bytes.NewReader([]byte("not the package")), folder)
	require.ErrorContains(t, err, tarballSHA256)
	_, err = os.Stat(folder)
	assert.ErrorIs(t, err, os.ErrNotExist, "nothing is written")
}

func TestInstallLeavesAnIntactBuildAlone(t *testing.T) {
	build(t)
	folder, err := cacheFolder()
	require.NoError(t, err)
	if _, err := readBuild(folder); err != nil {
		t.Skip("the WebAssembly build is not in the cache folder")
	}
	t.Setenv("PATH", "") // npm is not needed
	got, err := Install(t.Context())
	require.NoError(t, err)
	assert.Equal(t, folder, got)
}

func TestInstallNeedsNpm(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("PATH", "")
	_, err := Install(t.Context())
	assert.ErrorContains(t, err, "npm pack highs@"+npmVersion)
}

func TestReplaceIsWholeOrNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, replace(path, bytes.NewReader([]byte("old"))))
	require.Error(t, replace(path, failing{}))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "old", string(content))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no temporary file is left")
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, os.ErrClosed }

// An installer searches, installs and searches again in one process.
func TestBuildsGivesAReasonPerBackendAndSearchesAgain(t *testing.T) {
	t.Setenv("HIGHS_LIBRARY", "/nonexistent/libhighs.so")
	t.Setenv("HIGHS_WASM", t.TempDir())
	for range 2 {
		found := Builds()
		require.Len(t, found, 2)
		assert.Equal(t, []Backend{Native, Wasm}, []Backend{found[0].Backend, found[1].Backend})
		for _, f := range found {
			require.Error(t, f.Err)
			assert.Empty(t, f.Name)
		}
	}
	folder, err := cacheFolder()
	require.NoError(t, err)
	t.Setenv("HIGHS_WASM", folder)
	if _, err := readBuild(folder); err == nil {
		f := Builds()[1]
		require.NoError(t, f.Err)
		assert.Equal(t, folder, f.From)
		assert.Contains(t, f.Name, "WebAssembly")
	}
}
