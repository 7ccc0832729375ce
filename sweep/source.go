package sweep

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"testing/fstest"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/scenario"
)

// Source has everything from which a region is read, so that a worker on
// another machine reads the same one: the case file, the files that it names,
// and measured series. Its JSON is the message to workers. A source is not
// modified after it is made, because the cases of a grid share its files.
type Source struct {
	Case   string            `json:"case"`             // name of the case file in Files
	Files  map[string][]byte `json:"files"`            // by name, with slashes
	Series string            `json:"series,omitempty"` // name of a CSV file of measured series in Files
	Day    time.Time         `json:"day,omitzero"`     // of the series; zero: that of the case
}

// recorder is a file system that keeps the files that are read.
type recorder struct {
	fs.FS
	files map[string][]byte
}

func (r recorder) Open(name string) (fs.File, error) {
	data, err := fs.ReadFile(r.FS, name)
	if err != nil {
		return nil, err
	}
	// The bytes that the reader sees are those that are kept, also if the file
	// changes later.
	r.files[name] = data
	return fstest.MapFS{name: &fstest.MapFile{Data: data}}.Open(name)
}

// Read returns the source of a case file with all files that it names. It
// returns the violations of the case, see [casefile.Load].
func Read(fsys fs.FS, name string) (Source, error) {
	r := recorder{fsys, map[string][]byte{}}
	if _, err := casefile.Load(r, name); err != nil {
		return Source{}, err
	}
	return Source{Case: name, Files: r.files}, nil
}

// WithSeries returns the source with a CSV file of measured series.
func (s Source) WithSeries(name string, data []byte) Source {
	// Sources of several cases share the map, so that it is never changed in
	// place.
	s.Files = maps.Clone(s.Files)
	s.Series = path.Join("series", path.Base(name))
	s.Files[s.Series] = data
	return s
}

// Region reads the region of the source. Equal sources give equal regions.
func (s Source) Region(ctx context.Context) (trigrid.Region, error) {
	// The reader of cases needs a file system, and must not find files of this
	// machine.
	files := fstest.MapFS{}
	for name, data := range s.Files {
		files[name] = &fstest.MapFile{Data: data}
	}
	c, err := casefile.Load(files, s.Case)
	if err != nil {
		return trigrid.Region{}, err
	}
	// Series without a zone are in that of the case, and the day is one of the
	// series' zone.
	var o casefile.Options
	zone := c.Location()
	if s.Series != "" {
		if o.Series, err = scenario.ReadCSV(bytes.NewReader(s.Files[s.Series]), scenario.CSVOptions{Location: zone}); err != nil {
			return trigrid.Region{}, fmt.Errorf("%s: %w", s.Series, err)
		}
		zone = o.Series.Grid().Start.Location()
	}
	if !s.Day.IsZero() {
		// The day begins at the hour at which the case begins.
		at := c.Start()
		o.Start = time.Date(s.Day.Year(), s.Day.Month(), s.Day.Day(), at.Hour(), at.Minute(), at.Second(), 0, zone)
	}
	return c.Region(ctx, o)
}

// Digest returns the SHA-256 of the source. Sources with equal digests give
// equal regions, but two sources of one region can differ, such as by blanks in
// the case file.
func (s Source) Digest() [sha256.Size]byte {
	text, err := json.Marshal(s) // maps in the order of their keys
	if err != nil {
		panic(err) // not reached: a source has plain data
	}
	return sha256.Sum256(text)
}

// tree returns the case file as a tree of JSON values, with numbers as they are
// written.
func (s Source) tree() (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(s.Files[s.Case]))
	d.UseNumber() // a float64 would change the digits of large whole numbers, such as seeds
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("sweep: %s: %w", s.Case, err)
	}
	// A second value would be lost without a message when the tree is written
	// again.
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("sweep: %s has more than one JSON value", s.Case)
	}
	return out, nil
}

// with returns the source with another case file.
func (s Source) with(tree map[string]any) (Source, error) {
	// Maps are written in the order of their keys, so that equal settings give
	// equal bytes.
	text, err := json.MarshalIndent(tree, "", "  ")
	if err != nil {
		return Source{}, fmt.Errorf("sweep: %w", err)
	}
	s.Files = maps.Clone(s.Files)
	s.Files[s.Case] = text
	return s, nil
}

// names returns the keys of an object, for messages.
func names(of map[string]any) []string { return slices.Sorted(maps.Keys(of)) }
