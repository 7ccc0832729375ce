package store_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/store"
)

// writer is a variable that makes this test binary a writer, see
// TestWritersOfSeveralProcesses.
const writer = "TRIGRID_TEST_WRITER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(writer); folder != "" {
		write(folder)
		return
	}
	os.Exit(m.Run())
}

func open(t *testing.T) *store.Folder {
	t.Helper()
	f, err := store.Open(filepath.Join(t.TempDir(), "solved", "here"))
	require.NoError(t, err)
	return f
}

func key(i int) store.Key { return sha256.Sum256([]byte(strconv.Itoa(i))) }

// files returns the paths of all files in a folder and below it.
func files(t *testing.T, f *store.Folder) (list []string) {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(f.Path(), "*", "*"))
	require.NoError(t, err)
	return list
}

func TestRecordsAreReadAsWritten(t *testing.T) {
	f := open(t)
	_, ok := f.Get(key(1))
	assert.False(t, ok)
	for i, data := range []string{"", "a", "ten bytes.", string(make([]byte, 1<<20))} {
		require.NoError(t, f.Put(key(i), []byte(data)))
		got, ok := f.Get(key(i))
		assert.True(t, ok)
		assert.Equal(t, data, string(got))
	}
	require.NoError(t, f.Put(key(1), []byte("replaced")))
	got, _ := f.Get(key(1))
	assert.Equal(t, "replaced", string(got))
	assert.Len(t, files(t, f), 4, "no temporary file is left")

	again, err := store.Open(f.Path())
	require.NoError(t, err)
	got, ok = again.Get(key(2))
	assert.True(t, ok)
	assert.Equal(t, "ten bytes.", string(got))
}

// Every byte of a file matters: a change of any of them, and any other length,
// is no record.
func TestDamagedRecordsAreAbsentAndReplaced(t *testing.T) {
	f := open(t)
	require.NoError(t, f.Put(key(1), []byte("some data")))
	path := files(t, f)[0]
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	damaged := func(name string, content []byte) {
		require.NoError(t, os.WriteFile(path, content, 0o600))
		_, ok := f.Get(key(1))
		assert.False(t, ok, name)
	}
	for i := range whole {
		for _, flip := range []byte{1, 0x80, 0xff} {
			content := bytes.Clone(whole)
			content[i] ^= flip
			damaged(fmt.Sprintf("byte %d ^ %x", i, flip), content)
		}
		damaged(fmt.Sprint("length ", i), whole[:i])
	}
	damaged("one byte more", append(bytes.Clone(whole), 0))
	damaged("twice", append(bytes.Clone(whole), whole...))

	require.NoError(t, f.Put(key(1), []byte("some data")))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, whole, content)
}

func TestARecordUnderTheNameOfAnotherIsAbsent(t *testing.T) {
	f := open(t)
	require.NoError(t, f.Put(key(1), []byte("one")))
	one := files(t, f)[0]
	require.NoError(t, f.Put(key(2), []byte("two")))
	for _, two := range files(t, f) {
		if two != one {
			require.NoError(t, os.Rename(one, two))
		}
	}
	_, ok := f.Get(key(2))
	assert.False(t, ok)
}

func TestAFolderThatCannotBeWrittenIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, path := range []string{file, filepath.Join(file, "below")} {
		_, err := store.Open(path)
		require.ErrorContains(t, err, "cannot be written", path)
		require.ErrorContains(t, err, path)
	}
}

func TestAFailedWriteIsAnErrorAndLeavesNothing(t *testing.T) {
	f := open(t)
	name := fmt.Sprintf("%x", key(1))
	// A file in the place of the folder of the record.
	require.NoError(t, os.WriteFile(filepath.Join(f.Path(), name[:2]), nil, 0o600))
	require.ErrorContains(t, f.Put(key(1), []byte("data")), "cannot be written")
	_, ok := f.Get(key(1))
	assert.False(t, ok)
	require.NoError(t, f.Put(key(2), []byte("data")), "other records can be written")
}

func TestOpenRemovesOldTemporaryFilesOnly(t *testing.T) {
	f := open(t)
	require.NoError(t, f.Put(key(1), []byte("data")))
	inside := filepath.Dir(files(t, f)[0])
	old, recent := filepath.Join(inside, "1.tmp"), filepath.Join(inside, "2.tmp")
	other := filepath.Join(f.Path(), "notes.txt")
	long := time.Now().Add(-2 * time.Hour)
	for _, path := range []string{old, recent, other} {
		require.NoError(t, os.WriteFile(path, nil, 0o600))
	}
	for _, path := range []string{old, other, files(t, f)[0]} {
		require.NoError(t, os.Chtimes(path, long, long))
	}
	_, err := store.Open(f.Path())
	require.NoError(t, err)
	assert.NoFileExists(t, old)
	assert.FileExists(t, recent, "another process may be writing it")
	assert.FileExists(t, other)
}

const records, size = 40, 100_000

// record is the data of record i: a reader recognises every byte of it.
func record(i int) []byte { return bytes.Repeat([]byte{byte(i)}, size) }

// write writes all records and reads them while others do the same. It panics
// if it reads anything but a whole record.
func write(path string) {
	f, err := store.Open(path)
	if err != nil {
		panic(err)
	}
	for i := range records {
		if data, ok := f.Get(key(i)); ok && !bytes.Equal(data, record(i)) {
			panic("a part of a record was read")
		}
		if err := f.Put(key(i), record(i)); err != nil {
			panic(err)
		}
		if _, ok := f.Get(key(i)); !ok {
			panic("a record that was written is absent while others replace it")
		}
	}
}

func TestWritersOfSeveralProcesses(t *testing.T) {
	path := t.TempDir()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			c := exec.CommandContext(t.Context(), os.Args[0])
			c.Env = append(os.Environ(), writer+"="+path)
			out, err := c.CombinedOutput()
			assert.NoError(t, err, string(out))
		})
		group.Go(func() { write(path) })
	}
	group.Wait()
	f, err := store.Open(path)
	require.NoError(t, err)
	for i := range records {
		data, ok := f.Get(key(i))
		assert.True(t, ok)
		assert.True(t, bytes.Equal(record(i), data), i)
	}
	assert.Len(t, files(t, f), records, "no temporary file is left")
}
