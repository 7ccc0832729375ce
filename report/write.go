package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/trigrid/trigrid"
)

// File is one file of a report.
type File struct {
	Name string // slash-separated path below the report's folder
	Data []byte
}

// Files returns the files of a report without writing them: index.html,
// result.json, tables/*.csv, and each figure as figures/*.svg, *.png and *.pdf.
// It returns the errors of [Tables].
func Files(r trigrid.Region, res *trigrid.Result) ([]File, error) {
	return FilesWith(r, res, Options{})
}

// files returns the files of a run.
func (x *run) files() ([]File, error) {
	// The plans and the trajectory are not part of the JSON; the tables contain
	// them. The JSON is that of the caller's result, without the plans that
	// this package adds.
	return assemble(x, x.given, x.formats)
}

// content is the content of a page.
type content interface {
	figures() []*Figure
	tables() []*Table
	html(figures []*Figure, tables []*Table) ([]byte, error)
}

// assemble returns the files of a page: the page, its data as JSON, its
// figures, and its tables.
func assemble(x content, result any, formats []Format) ([]File, error) {
	figures, tables := x.figures(), x.tables()
	html, err := x.html(figures, tables)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	encoded, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	out := []File{{"index.html", html}, {"result.json", append(encoded, '\n')}}
	// The page has its own figures; these files are for a text that cites one
	// of them.
	drawn, err := drawAll(figures, formats)
	if err != nil {
		return nil, err
	}
	out = append(out, drawn...)
	for _, t := range tables {
		f, err := written("tables/"+t.Name+".csv", t.CSV)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// drawAll returns the files of the figures, in their order. PNG and PDF take
// most of the time of a report, so that several figures are drawn at a time.
func drawAll(figures []*Figure, formats []Format) ([]File, error) {
	var (
		out   = make([]File, len(formats)*len(figures))
		errs  = make([]error, len(figures))
		next  = make(chan int)
		group sync.WaitGroup
	)
	// Each file has its place, so that the order does not depend on the speed
	// of the workers.
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := range next {
				f := figures[i]
				for k, format := range formats {
					write := map[Format]func(io.Writer) error{
						SVG: f.SVG,
						PNG: func(w io.Writer) error { return f.PNG(w, 0) },
						PDF: f.PDF,
					}[format]
					var err error
					// Each result has its own place, so that the order of the
					// files does not depend on the goroutines.
					out[len(formats)*i+k], err = written("figures/"+f.Name+"."+string(format), write)
					errs[i] = errors.Join(errs[i], err)
				}
			}
		})
	}
	for i := range figures {
		next <- i
	}
	close(next)
	group.Wait()
	return out, errors.Join(errs...)
}

// written returns a file with the output of a function.
func written(name string, write func(io.Writer) error) (File, error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return File{}, fmt.Errorf("report: %s: %w", name, err)
	}
	return File{name, b.Bytes()}, nil
}

// Write writes a report into a folder and creates the folder if it does not
// exist. An older report in the folder is replaced as a whole. A folder that
// contains anything else is rejected. All files are first written beside the
// folder and moved once they are complete, so that a failure leaves the
// previous content unchanged.
func Write(dir string, r trigrid.Region, res *trigrid.Result) error {
	return WriteWith(dir, r, res, Options{})
}

// Check returns the error that [Write] would return for a folder. Call it
// before a long run.
func Check(dir string) error { return stage(dir, nil) }

// stage writes files beside dir and then moves them to dir. Without files it
// only tests whether this is possible.
func stage(dir string, files []File) (err error) {
	// An absolute path has a parent, which "." lacks.
	dir, err = filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	// A link stays; the folder behind it is replaced.
	if at, err := filepath.EvalSymlinks(dir); err == nil {
		dir = at
	}
	if err := replaceable(dir); err != nil {
		return err
	}
	// Created folders are removed again after a failure, and after a test
	// without files.
	made, err := parents(filepath.Dir(dir))
	defer func() {
		// Keep created folders only after a complete write.
		if err == nil && files != nil {
			return
		}
		for _, folder := range made {
			os.Remove(folder) // fails, as intended, if the folder is no longer empty
		}
	}()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	// A folder beside dir is on the same file system, so that the rename cannot
	// fail halfway.
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
		// Permissions follow the user's umask, as for files of other programs.
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	// The old report is moved away first, because a rename cannot replace a
	// folder with content.
	old := filepath.Join(beside, "old")
	replaced := os.Rename(dir, old)
	if replaced != nil && !errors.Is(replaced, fs.ErrNotExist) {
		return fmt.Errorf("report: cannot replace %s: %w", dir, replaced)
	}
	if err := os.Rename(fresh, dir); err != nil {
		// Put the old report back.
		if replaced == nil {
			err = errors.Join(err, os.Rename(old, dir))
		}
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// parents creates a folder and those above it. It returns the created ones,
// innermost first.
func parents(dir string) (made []string, err error) {
	// Walk up to the first existing folder.
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil || at == filepath.Dir(at) {
			break
		}
		made = append(made, at)
	}
	return made, os.MkdirAll(dir, 0o777)
}

// replaceable returns an error unless a folder may be replaced: it is absent,
// contains no file, or contains a report and nothing else.
func replaceable(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("report: %s is a file; choose a folder", dir)
	}
	// Only a folder of an older report is replaced.
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("report: %w", err)
	}
	// A folder with a foreign index.html is not a report, even if its other
	// files look like one.
	report := bytes.HasPrefix(page, []byte(marker))
	// Only the first foreign file is named.
	strange := ""
	// For example, a folder with index.html and thesis.tex stays as it is.
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
		return fmt.Errorf("report: %s contains %s, which is not part of a report; "+
			"choose a new or empty folder, or that of an older report", dir, strange)
	}
	return nil
}

// ours reports whether a file of a report's folder may belong to the report.
// Figures and tables are recognised by folder and extension, because their
// number depends on the region.
func ours(name string) bool {
	folder, _ := path.Split(name)
	return slices.Contains([]string{"index.html", "result.json"}, name) ||
		folder == "figures/" && slices.Contains([]string{".svg", ".png", ".pdf"}, path.Ext(name)) || folder == "tables/" && path.Ext(name) == ".csv"
}
