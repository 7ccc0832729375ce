package scenario

import (
	"bytes"
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

// CSVOptions describes a CSV file. The zero value reads files with a column
// "time".
type CSVOptions struct {
	// Time is the name of the column with the beginning of each step. Default
	// "time".
	Time string
	// Layouts are accepted layouts of package time. Default ISO 8601 as tools
	// write it: "T" or a blank between date and time, with or without seconds,
	// and no zone, "Z", "+02", "+0200" or "+02:00".
	Layouts []string
	// Location is the zone of times without a zone. Default UTC. In an hour
	// that its clock repeats or leaves out, the steps before decide which
	// instant a row has.
	Location *time.Location
	// Step is the length of a step. Default: the most frequent difference
	// between the times of two rows, or one hour if there is a single row.
	Step time.Duration
	// Columns are the columns to read, in this order. Default all. Other
	// columns may have gaps.
	Columns []string
	// Units contains the unit of each column. Default "".
	Units map[string]string
}

// isoLayouts returns the default layouts of [CSVOptions]. No text fits two of
// them.
func isoLayouts() []string {
	var layouts []string
	for _, zone := range []string{"", "Z07:00", "Z07", "Z0700"} {
		for _, clock := range []string{"15:04", "15:04:05"} {
			for _, separator := range []string{"T", " "} {
				layouts = append(layouts, "2006-01-02"+separator+clock+zone)
			}
		}
	}
	return layouts
}

// withDefaults returns o with defaults set, or an error for a negative step.
func (o CSVOptions) withDefaults() (CSVOptions, error) {
	o.Time = orDefault(o.Time, "time")
	if o.Layouts == nil {
		o.Layouts = isoLayouts()
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	bad := violations("scenario: CSV: ")
	bad.Require(o.Step >= 0, "Step is %v, want a positive duration, or 0 for that of the rows", o.Step)
	return o, bad.Err()
}

// ReadCSV reads a table of time series. Lines that begin with '#' are comments.
// The first other line is the header with the names of the columns; every
// further line is one step:
//
//	time,wind,price
//	2026-07-06T00:00,2.0,35
//	2026-07-06T01:00,2.4,30
//
// ReadCSV fills no gaps. It returns an error that lists up to 20 violations
// with line and column: missing or doubled steps, empty fields, values that are
// not finite numbers, and rows that are too short or too long.
func ReadCSV(r io.Reader, o CSVOptions) (*Table, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("scenario: CSV: %w", err)
	}
	if o.Step == 0 {
		o.Step = o.usualStep(text)
	}
	in := csv.NewReader(bytes.NewReader(text))
	in.Comment = '#'
	in.FieldsPerRecord = -1 // readRows counts fields and reports every wrong row
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

// usualStep returns the most frequent difference between the times of two rows,
// the shorter one of equally frequent ones, or one hour. It leaves all
// violations to readRows.
func (o CSVOptions) usualStep(text []byte) time.Duration {
	in := csv.NewReader(bytes.NewReader(text))
	in.Comment = '#'
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return time.Hour
	}
	at := slices.IndexFunc(header, func(name string) bool { return strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")) == o.Time })
	often := map[time.Duration]int{}
	var before time.Time
	for at >= 0 {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || at >= len(row) {
			continue
		}
		if t, err := o.parseTime(strings.TrimSpace(row[at])); err == nil {
			if step := t.Sub(before); !before.IsZero() && step > 0 {
				often[step]++
			}
			before = t
		}
	}
	usual := time.Hour
	for step, n := range often {
		if n > often[usual] || n == often[usual] && step < usual {
			usual = step
		}
	}
	return usual
}

// csvReader is the state of reading one file.
type csvReader struct {
	CSVOptions
	*csv.Reader
	header  []string    // names of all columns of the file
	timeAt  int         // index of the time column in a row
	fields  []int       // index of each column in a row
	start   time.Time   // beginning of step 0, as extrapolated from the last readable time
	timed   bool        // start has been set
	rows    int         // rows read so far
	columns [][]float64 // values by column, in the order of Columns
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
			f.bad.Addf("column %q is requested twice", name)
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

// readRows reads all rows and collects violations. It stops early only at a row
// that cannot be split into fields.
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
			f.bad.Addf("line %d has %d fields, want %d as the header",
				line, len(row), len(f.header))
			f.rows++ // the step exists, only its values do not
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

// checkTime compares the time of a row with the expected step. After a gap the
// count continues from the time found, so that one gap is one violation.
func (f *csvReader) checkTime(line int, text string) {
	at, err := f.parseTime(strings.TrimSpace(text))
	if err != nil {
		f.bad.Addf("line %d, column %q: %q, want a time like %s", line, f.Time, text, f.Layouts[0])
		return
	}
	want := f.start.Add(time.Duration(f.rows) * f.Step)
	at = f.repeatedHour(strings.TrimSpace(text), at, want)
	switch {
	case !f.timed:
		f.timed = true
	case at.After(want):
		f.bad.Addf("line %d: step begins at %s, want %s; steps are missing",
			line, at.Format(time.RFC3339), want.Format(time.RFC3339))
	case at.Before(want):
		f.bad.Addf("line %d: step begins at %s, want %s; a step is doubled or out of order",
			line, at.Format(time.RFC3339), want.Format(time.RFC3339))
	default:
		return
	}
	f.start = at.Add(-time.Duration(f.rows) * f.Step)
}

// repeatedHour returns the instant that a local time means in the night in
// which clocks go back and two instants have the same text. That is want, the
// next step, or in the first row the earlier instant. Package time selects the
// second instant in Berlin and the first one in New York. A text with an offset
// has one meaning and is left alone.
func (f *csvReader) repeatedHour(text string, at, want time.Time) time.Time {
	odd := f.CSVOptions
	// No place has this offset, so that only an offset in the text gives at.
	odd.Location = time.FixedZone("", 12345)
	if other, err := odd.parseTime(text); err != nil || other.Equal(at) {
		return at
	}
	wall := func(t time.Time) string { return t.In(f.Location).Format("2006-01-02T15:04:05.999999999") }
	if f.timed {
		if wall(want) == wall(at) {
			return want
		}
		return at
	}
	// The clock of Lord Howe Island moves by half an hour.
	for _, shift := range []time.Duration{time.Hour, 30 * time.Minute} {
		if earlier := at.Add(-shift); wall(earlier) == wall(at) {
			return earlier
		}
	}
	return at
}

// parseTime tries all layouts in order and returns the first that fits.
func (o CSVOptions) parseTime(text string) (time.Time, error) {
	for _, layout := range o.Layouts {
		if at, err := time.ParseInLocation(layout, text, o.Location); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("none of the %d layouts fits", len(o.Layouts))
}

// table returns the table, or an error with all violations.
func (f *csvReader) table() (*Table, error) {
	if f.rows == 0 {
		f.bad.Addf("no rows below the header")
	}
	if err := f.bad.Err(); err != nil {
		return nil, err
	}
	t := &Table{
		grid:    Grid{Start: f.start, Step: f.Step, Steps: f.rows},
		names:   slices.Clone(f.Columns),
		columns: map[string]column{},
	}
	for c, name := range f.Columns {
		t.columns[name] = column{unit: f.Units[name], values: f.columns[c]}
	}
	return t, nil
}
