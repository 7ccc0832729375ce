package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/trigrid/trigrid"
)

// File is one file of a report.
type File struct {
	Name string // slash-separated, below the report's folder
	Data []byte
}

// Files makes a report without writing it: index.html, result.json, figures/*.svg and tables/*.csv. It
// fails where [Tables] does.
func Files(r trigrid.Region, res *trigrid.Result) ([]File, error) {
	x, err := newRun(r, res)
	if err != nil {
		return nil, err
	}
	figures, tables := x.figures(), x.tables()
	html, err := x.html(figures, tables)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	encoded, err := json.MarshalIndent(res, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	out := []File{{"index.html", html}, {"result.json", append(encoded, '\n')}}
	for _, f := range figures {
		var b bytes.Buffer
		if err := f.SVG(&b); err != nil {
			return nil, fmt.Errorf("report: figure %s: %w", f.Name, err)
		}
		out = append(out, File{"figures/" + f.Name + ".svg", b.Bytes()})
	}
	for _, t := range tables {
		var b bytes.Buffer
		if err := t.CSV(&b); err != nil {
			return nil, fmt.Errorf("report: table %s: %w", t.Name, err)
		}
		out = append(out, File{"tables/" + t.Name + ".csv", b.Bytes()})
	}
	return out, nil
}

// Write writes a report into a folder, which it makes where there is none. An older report there is
// replaced as a whole; a folder with anything else in it is refused. Everything is written beside the
// folder first and moved when it is complete, so that a failure leaves what was there before.
func Write(dir string, r trigrid.Region, res *trigrid.Result) error {
	files, err := Files(r, res)
	if err != nil {
		return err
	}
	return stage(dir, files)
}

// Check reports why a report could not be written into a folder. It asks before a long run what [Write]
// would find out after it.
func Check(dir string) error { return stage(dir, nil) }

// stage writes files beside dir and then puts them in its place; no files only try whether they could be.
func stage(dir string, files []File) (err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if at, err := filepath.EvalSymlinks(dir); err == nil {
		dir = at
	}
	if err := replaceable(dir); err != nil {
		return err
	}
	made, err := parents(filepath.Dir(dir))
	defer func() {
		if err == nil && files != nil {
			return
		}
		for _, folder := range made {
			os.Remove(folder) // fails, as it should, where something else has moved in
		}
	}()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	beside, err := os.MkdirTemp(filepath.Dir(dir), ".report-*")
	if err != nil {
		return fmt.Errorf("report: cannot write beside %s: %w", dir, err)
	}
	defer os.RemoveAll(beside)
	if files == nil {
		return nil
	}
	fresh := filepath.Join(beside, "new")
	for _, f := range files {
		name := filepath.Join(fresh, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	old := filepath.Join(beside, "old")
	replaced := os.Rename(dir, old)
	if replaced != nil && !errors.Is(replaced, fs.ErrNotExist) {
		return fmt.Errorf("report: cannot replace %s: %w", dir, replaced)
	}
	if err := os.Rename(fresh, dir); err != nil {
		if replaced == nil {
			err = errors.Join(err, os.Rename(old, dir))
		}
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// parents makes a folder and those above it, and returns the ones that were not there, innermost first.
func parents(dir string) (made []string, err error) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil || at == filepath.Dir(at) {
			break
		}
		made = append(made, at)
	}
	return made, os.MkdirAll(dir, 0o777)
}

// replaceable reports why a folder must not be replaced: it may be absent, hold no file, or hold a report
// and nothing else.
func replaceable(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("report: %s is a file; name a folder", dir)
	}
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("report: %w", err)
	}
	report := bytes.HasPrefix(page, []byte(marker))
	strange := ""
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && strange == "" && !entry.IsDir() && !(report && ours(name)) {
			strange = name
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if strange != "" {
		return fmt.Errorf("report: %s holds %s, which is not a report's; name a new folder, an empty one or that of an older report", dir, strange)
	}
	return nil
}

// ours reports whether a file of a report's folder may be the report's.
func ours(name string) bool {
	folder, _ := path.Split(name)
	return slices.Contains([]string{"index.html", "result.json"}, name) ||
		folder == "figures/" && path.Ext(name) == ".svg" || folder == "tables/" && path.Ext(name) == ".csv"
}
