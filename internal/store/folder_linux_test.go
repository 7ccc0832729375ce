package store_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/store"
)

// unprivileged lets the rest of a test access files as a user without rights,
// also if root runs it. The user may enter the folders.
func unprivileged(t *testing.T, folders ...string) {
	for _, folder := range folders {
		for at := filepath.Dir(folder); at != filepath.Clean(os.TempDir()) && at != filepath.Dir(at); at = filepath.Dir(at) {
			require.NoError(t, os.Chmod(at, 0o755))
		}
	}
	runtime.LockOSThread() // until the end of the test, whose thread is not used again
	if os.Geteuid() == 0 {
		require.NoError(t, syscall.Setfsuid(65534))
		t.Cleanup(func() { syscall.Setfsuid(0) })
	}
}

// The records of a folder that cannot be written are read. Without records it
// is of no use.
func TestAFolderWithoutWritePermissionIsOnlyRead(t *testing.T) {
	f, empty := open(t), filepath.Join(t.TempDir(), "empty")
	require.NoError(t, f.ReadOnly())
	require.NoError(t, f.Put(key(1), []byte("data")))
	require.NoError(t, os.Mkdir(empty, 0o555))
	require.NoError(t, os.Chmod(f.Path(), 0o555))
	t.Cleanup(func() { os.Chmod(f.Path(), 0o755) })
	unprivileged(t, f.Path(), empty)

	locked, err := store.Open(f.Path())
	require.NoError(t, err)
	require.ErrorContains(t, locked.ReadOnly(), f.Path()+" cannot be written, so that its solutions are only read")
	got, ok := locked.Get(key(1))
	assert.True(t, ok)
	assert.Equal(t, "data", string(got))
	assert.Equal(t, locked.ReadOnly(), locked.Put(key(2), []byte("more")))
	_, ok = locked.Get(key(2))
	assert.False(t, ok)

	_, err = store.Open(empty)
	require.ErrorContains(t, err, "cannot be written")
}
