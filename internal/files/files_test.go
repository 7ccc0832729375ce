package files_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/files"
)

func TestFilesAreWrittenWholeOrNotAtAll(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.json")
	require.NoError(t, files.Check(path))
	require.NoError(t, files.WriteJSON(path, map[string]int{"a": 1}))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "{\n  \"a\": 1\n}\n", string(data))

	broken := errors.New("disk full")
	err = files.Write(path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return broken
	})
	assert.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "cannot write "+path)
	left, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, data, left, "the older file is still there")

	link := filepath.Join(folder, "link.json")
	if err := os.Symlink(path, link); err == nil {
		require.NoError(t, files.WriteJSON(link, 2))
		data, err = os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, "2\n", string(data), "a link leads to the file")
		require.NoError(t, os.Remove(link))
	}
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing beside the file")
}

func TestFilesThatCannotBeWrittenAreKnownBefore(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	locked := filepath.Join(folder, "locked")
	require.NoError(t, os.Mkdir(locked, 0o555))
	for path, want := range map[string]string{
		folder:                                "it is a folder; name a file",
		filepath.Join(folder, "none", "a"):    "there is no folder " + filepath.Join(folder, "none"),
		filepath.Join(file, "a"):              "cannot write",
		filepath.Join(locked, "a"):            "cannot write",
		filepath.Join(folder, "\x00", "name"): "cannot write",
	} {
		if path == filepath.Join(locked, "a") && os.Geteuid() <= 0 {
			continue // permissions bind neither root nor, in this way, Windows
		}
		assert.ErrorContains(t, files.Check(path), want, path)
		assert.ErrorContains(t, files.WriteJSON(path, 1), want, path)
	}
}

func TestWhatIsNoFileIsWrittenTo(t *testing.T) {
	if _, err := os.Stat(os.DevNull); err != nil {
		t.Skip("no null device here: ", err)
	}
	require.NoError(t, files.Check(os.DevNull))
	require.NoError(t, files.WriteJSON(os.DevNull, 1))
	info, err := os.Stat(os.DevNull)
	require.NoError(t, err)
	assert.False(t, info.Mode().IsRegular(), "and is still what it was")
}

func TestSameFileByAnyPath(t *testing.T) {
	folder := t.TempDir()
	a, link := filepath.Join(folder, "a"), filepath.Join(folder, "link")
	assert.True(t, files.Same(a, folder+string(filepath.Separator)+"."+string(filepath.Separator)+"a"), "it does not exist yet")
	assert.False(t, files.Same(a, link))
	require.NoError(t, os.WriteFile(a, nil, 0o600))
	assert.False(t, files.Same(a, link), "one of them exists")
	if err := os.Symlink(a, link); err == nil {
		assert.True(t, files.Same(a, link))
	}
}

// Errors of the reader name the file, as those of the system do.
func TestErrorsOfAReaderNameTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	whole := func(r io.Reader) (string, error) {
		b, err := io.ReadAll(r)
		return string(b), err
	}
	_, err := files.Read(path, whole)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, path)

	require.NoError(t, os.WriteFile(path, []byte("text"), 0o600))
	text, err := files.Read(path, whole)
	require.NoError(t, err)
	assert.Equal(t, "text", text)

	bad := errors.New("bad")
	_, err = files.Read(path, func(io.Reader) (int, error) { return 0, bad })
	require.ErrorIs(t, err, bad)
	require.ErrorContains(t, err, path)
}
