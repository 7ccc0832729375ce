package scenario

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
)

// CSVOptions says how a file is read. The zero value reads hourly files whose first column is "time".
type CSVOptions struct {
	Time     string            // name of the column with the beginning of each step, default "time"
	Layouts  []string          // accepted layouts of package time, default ISO 8601 with or without seconds and zone
	Location *time.Location    // zone of times that do not state one, default UTC
	Step     time.Duration     // length of a step, default one hour
	Columns  []string          // columns to read, in this order; default all. Others may have gaps.
	Units    map[string]string // unit of each column; a column that is not named has unit ""
}

// isoLayouts are the default layouts of [CSVOptions].
var isoLayouts = []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.RFC3339, "2006-01-02T15:04Z07:00"}

// withDefaults returns o with defaults set, or an error for a negative step.
func (o CSVOptions) withDefaults() (CSVOptions, error) {
	o.Time = orDefault(o.Time, "time")
	o.Step = orDefault(o.Step, time.Hour)
	if o.Layouts == nil {
		o.Layouts = isoLayouts
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	bad := violations("scenario: CSV: ")
	bad.Require(o.Step > 0, "Step is %v, want a positive duration", o.Step)
	return o, bad.Err()
}

// ReadCSV reads a table of time series. Lines that begin with '#' are comments; the first other line
// names the columns. Each row states when its step begins, and the next row's step begins where it ends.
//
// Nothing is filled in: a missing or doubled step, an empty field, a value that is not a finite number,
// a row that is too short or too long is refused. All faults of a file are reported at once, each with
// line and column.
func ReadCSV(r io.Reader, o CSVOptions) (*Table, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(r)
	in.Comment = '#'
	in.FieldsPerRecord = -1 // counted here, so that all faults are reported
	in.ReuseRecord = true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("scenario: CSV: no header, want a line that names the columns")
	}
	if err != nil {
		return nil, fmt.Errorf("scenario: CSV: %w", err)
	}
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	f := &csvReader{CSVOptions: o, Reader: in, header: header, bad: violations("scenario: CSV: ")}
	f.chooseColumns()
	if err := f.bad.Err(); err != nil {
		return nil, err
	}
	if err := f.readRows(); err != nil {
		return nil, err
	}
	return f.table()
}

// csvReader is a file half read.
type csvReader struct {
	CSVOptions
	*csv.Reader
	header  []string
	timeAt  int
	fields  []int // index of each column in a row
	start   time.Time
	timed   bool // start is known
	rows    int
	columns [][]float64
	bad     faults.List
}

// chooseColumns finds the time column and the columns to read.
func (f *csvReader) chooseColumns() {
	place := map[string]int{}
	for i, name := range f.header {
		if name == "" {
			f.bad.Addf("column %d of the header has no name", i+1)
		} else if _, ok := place[name]; ok {
			f.bad.Addf("header has two columns %q", name)
		}
		place[name] = i
	}
	at, ok := place[f.Time]
	if !ok {
		f.bad.Addf("no time column %q, the header has %q", f.Time, f.header)
	}
	f.timeAt = at
	if f.Columns == nil {
		for i, name := range f.header {
			if i != at {
				f.Columns = append(f.Columns, name)
			}
		}
	}
	if len(f.Columns) == 0 {
		f.bad.Addf("no columns to read beside the time")
	}
	for i, name := range f.Columns {
		at, ok := place[name]
		switch {
		case !ok:
			f.bad.Addf("no column %q, the header has %q", name, f.header)
		case name == f.Time:
			f.bad.Addf("column %q is the time, not a series", name)
		case slices.Contains(f.Columns[:i], name):
			f.bad.Addf("column %q is asked for twice", name)
		}
		f.fields = append(f.fields, at)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Units)) {
		if _, ok := place[name]; !ok {
			f.bad.Addf("unit given for %q, the header has %q", name, f.header)
		}
	}
	f.columns = make([][]float64, len(f.fields))
}

// readRows reads all rows, noting faults; it stops only where the file cannot be split into fields.
func (f *csvReader) readRows() error {
	for {
		row, err := f.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			f.bad.Add(fmt.Errorf("scenario: CSV: %w", err))
			return f.bad.Err()
		}
		line, _ := f.FieldPos(0)
		if len(row) != len(f.header) {
			f.bad.Addf("line %d has %d fields, want %d as the header", line, len(row), len(f.header))
			f.rows++ // its step is there, if not its values
			continue
		}
		f.checkTime(line, row[f.timeAt])
		for c, at := range f.fields {
			text := strings.TrimSpace(row[at])
			v, err := strconv.ParseFloat(text, 64)
			switch {
			case text == "":
				f.bad.Addf("line %d, column %q: value is missing", line, f.header[at])
			case err != nil || math.IsNaN(v) || math.IsInf(v, 0):
				f.bad.Addf("line %d, column %q: %q, want a finite number", line, f.header[at], text)
			}
			f.columns[c] = append(f.columns[c], v)
		}
		f.rows++
	}
}

// checkTime reads the time of a row and compares it with the step it should be. After a gap counting
// goes on from the time found, so that one gap is one fault.
func (f *csvReader) checkTime(line int, text string) {
	at, err := f.parseTime(strings.TrimSpace(text))
	if err != nil {
		f.bad.Addf("line %d, column %q: %q, want a time like %s", line, f.Time, text, f.Layouts[0])
		return
	}
	want := f.start.Add(time.Duration(f.rows) * f.Step)
	switch {
	case !f.timed:
		f.timed = true
	case at.After(want):
		f.bad.Addf("line %d: step begins at %s, want %s; steps are missing", line, at.Format(time.RFC3339), want.Format(time.RFC3339))
	case at.Before(want):
		f.bad.Addf("line %d: step begins at %s, want %s; a step is doubled or out of order", line, at.Format(time.RFC3339), want.Format(time.RFC3339))
	default:
		return
	}
	f.start = at.Add(-time.Duration(f.rows) * f.Step)
}

func (f *csvReader) parseTime(text string) (time.Time, error) {
	var errs []error
	for _, layout := range f.Layouts {
		at, err := time.ParseInLocation(layout, text, f.Location)
		if err == nil {
			return at, nil
		}
		errs = append(errs, err)
	}
	return time.Time{}, errors.Join(errs...)
}

// table returns what was read, or everything that was wrong with it.
func (f *csvReader) table() (*Table, error) {
	if f.rows == 0 {
		f.bad.Addf("no rows below the header")
	}
	if err := f.bad.Err(); err != nil {
		return nil, err
	}
	t := &Table{grid: Grid{Start: f.start, Step: f.Step, Steps: f.rows}, names: slices.Clone(f.Columns), columns: map[string]column{}}
	for c, name := range f.Columns {
		t.columns[name] = column{unit: f.Units[name], values: f.columns[c]}
	}
	return t, nil
}
