// Package files reads files with errors that name them, and writes files
// completely or not at all. For example, a program that is killed while it
// writes result.json leaves the result.json of the run before.
package files

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Check returns the error with which [Write] would fail for path, or nil. Call
// it before a long computation: it creates and removes a temporary file in the
// folder of path.
func Check(path string) error {
	target, err := resolve(path)
	if err != nil || !target.replaced {
		return err
	}
	file, err := target.stage()
	if err != nil {
		return err
	}
	// Only a file that was created shows that the folder is writable.
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// Write writes a file completely or not at all. It writes a temporary file in
// the same folder and renames it to path, so that a reader of path never finds
// half a file, and an older file stays if write fails. A path that exists and
// is no regular file, such as a pipe or /dev/null, is written directly.
func Write(path string, write func(io.Writer) error) error {
	target, err := resolve(path)
	if err != nil {
		return err
	}
	var file *os.File
	if target.replaced {
		if file, err = target.stage(); err != nil {
			return err
		}
		// A failed write leaves no temporary file behind.
		defer os.Remove(file.Name()) // fails without effect after the rename
	} else if file, err = os.OpenFile(target.path, os.O_WRONLY, 0); err != nil {
		return target.fail(err)
	}
	err = write(file)
	if err == nil && target.replaced {
		err = file.Chmod(0o644) // temporary files are private
	}
	if err = errors.Join(err, file.Close()); err == nil && target.replaced {
		err = os.Rename(file.Name(), target.path)
	}
	if err != nil {
		return target.fail(err)
	}
	return nil
}

// Same reports whether two paths name one file, such as "./a.csv" and "a.csv".
// Files that do not exist yet are compared by their absolute paths.
func Same(a, b string) bool {
	first, errA := os.Stat(a)
	second, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(first, second)
	}
	pathA, errA := filepath.Abs(a)
	pathB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && pathA == pathB
}

// Read opens a file and returns the value that a reader makes of it. Errors of
// the reader name the file, as those of opening do.
func Read[T any](path string, from func(io.Reader) (T, error)) (T, error) {
	file, err := os.Open(path)
	if err != nil {
		var none T
		return none, err
	}
	defer file.Close()
	v, err := from(file)
	if err != nil {
		return v, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}

// WriteJSON writes a value as JSON with two spaces of indent, by [Write].
func WriteJSON(path string, value any) error {
	return Write(path, func(w io.Writer) error {
		// Two spaces keep the file readable and a diff of two results short.
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(value)
	})
}

// target is the place of a file to write.
type target struct {
	given    string // the path of the caller, for messages
	path     string // with symbolic links resolved, so that a rename keeps the link
	replaced bool   // by a rename; false: opened and written
}

func (t target) fail(err error) error { return fmt.Errorf("cannot write %s: %w", t.given, err) }

// resolve returns the target of a path. It is an error if the path is a folder.
func resolve(path string) (target, error) {
	t := target{path, path, true}
	// Stat follows links, so that a link to a folder is a folder.
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t, nil
	case err != nil:
		return t, t.fail(err)
	case info.IsDir():
		return t, t.fail(errors.New("it is a folder; name a file"))
	}
	// A pipe or a device has readers of its own and must not be replaced by a
	// file.
	t.replaced = info.Mode().IsRegular()
	if t.path, err = filepath.EvalSymlinks(path); err != nil {
		return t, t.fail(err)
	}
	return t, nil
}

// stage creates an empty temporary file in the folder of the target. Renames
// are atomic only within one file system.
func (t target) stage() (*os.File, error) {
	folder := filepath.Dir(t.path)
	// A name that begins with a dot is hidden if a program is killed before the
	// rename.
	file, err := os.CreateTemp(folder, ".writing-*")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, t.fail(fmt.Errorf("there is no folder %s; make it first", folder))
	case err != nil:
		return nil, t.fail(err)
	}
	return file, nil
}
