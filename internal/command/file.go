package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// CheckFile reports why a file could not be written. It asks before a long computation what [WriteFile]
// would find out after it.
func CheckFile(path string) error {
	target, err := resolve(path)
	if err != nil || !target.replaced {
		return err
	}
	file, err := target.stage()
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// WriteFile writes a file whole or not at all: beside its place first, and there when it is complete. What
// is there already and is no file, such as a pipe, is written to as it is.
func WriteFile(path string, write func(io.Writer) error) error {
	target, err := resolve(path)
	if err != nil {
		return err
	}
	var file *os.File
	if target.replaced {
		if file, err = target.stage(); err != nil {
			return err
		}
		defer os.Remove(file.Name()) // which fails, as it should, once the file has moved
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

// WriteJSON writes a value as indented JSON, as [WriteFile] does.
func WriteJSON(path string, value any) error {
	return WriteFile(path, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(value)
	})
}

// target is the place of a file.
type target struct {
	given    string // by the user
	path     string // behind links
	replaced bool   // rather than written to
}

func (t target) fail(err error) error { return fmt.Errorf("cannot write %s: %w", t.given, err) }

func resolve(path string) (target, error) {
	t := target{path, path, true}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t, nil
	case err != nil:
		return t, t.fail(err)
	case info.IsDir():
		return t, t.fail(errors.New("it is a folder; name a file"))
	}
	t.replaced = info.Mode().IsRegular()
	if t.path, err = filepath.EvalSymlinks(path); err != nil {
		return t, t.fail(err)
	}
	return t, nil
}

// stage makes an empty file beside the target.
func (t target) stage() (*os.File, error) {
	folder := filepath.Dir(t.path)
	file, err := os.CreateTemp(folder, ".writing-*")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, t.fail(fmt.Errorf("there is no folder %s; make it first", folder))
	case err != nil:
		return nil, t.fail(err)
	}
	return file, nil
}
