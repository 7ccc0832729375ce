package tables

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid/scenario"
)

// Reading is the content of a file: series over one grid.
//
// For example, a file of two columns and 96 quarter-hours gives two series of
// 96 values, and a grid of 96 steps of 15 minutes.
type Reading struct {
	Grid    scenario.Grid // in the zone of the layout
	Series  []Series      // in the order of [Layout.Columns], or of the file
	Filled  []Filled      // every value that the policy for gaps added, by series and step
	Missing []Place       // values that the policy Leave left missing, by series and step
	Skipped []Skipped     // lines and columns without series
	Assumed []string      // sentences on settings that neither layout nor file states
	Layout  Layout        // with everything that the file settled, such as separator and step
}

// Series is one series of a reading.
type Series struct {
	Name   string
	From   string    // header of its column
	Unit   string    // "MW", "MWh", a currency such as "EUR/MWh", or the one of the file
	Values []float64 // one per step; NaN: missing
}

// Place is one value of a reading.
type Place struct {
	Series string
	Step   int       // of the grid of the file, before resampling
	Time   time.Time // start of the step
	Line   int       // in the file; 0: no line has the step
}

// Filled is a value that a policy for gaps added, in the unit of the series.
type Filled struct {
	Place
	Value float64
}

// Table returns the series as a table. It returns an error if values are
// missing.
func (r *Reading) Table() (*scenario.Table, error) {
	if len(r.Missing) > 0 {
		m := r.Missing[0]
		return nil, fmt.Errorf("tables: %d values are missing, the first of %q at %s; fill gaps or read other columns",
			len(r.Missing), m.Series, m.Time.Format(time.RFC3339))
	}
	columns := make([]scenario.Column, len(r.Series))
	for i, s := range r.Series {
		columns[i] = scenario.Column{Name: s.Name, Unit: s.Unit, Values: s.Values}
	}
	return scenario.NewTable(r.Grid, columns...)
}

// reader is the state of reading one file.
type reader struct {
	located

	own      Layout // of the caller
	bad      problems
	skipped  []Skipped       // lines and columns for [Reading.Skipped]
	assumed  []string        // sentences for [Reading.Assumed]
	tables   []*section      // in the order of the file
	missing  map[string]bool // texts for "no value", in lower case
	markZone string          // zone that every row names, such as "CET/CEST"; "" for none
	step     int64           // seconds
	loc      *time.Location  // zone of times without offset
	from, to int64           // start of the first step, and end of the last one
}

// Read reads a file in a layout. It returns an error that lists up to 50
// violations, each with line and column: times that are wrong, doubled, out of
// order, skipped by the clock or off the grid, intervals of another length,
// steps and values that are missing, texts that are no numbers, rows that are
// too long or too short, and columns that are not there.
func Read(r io.Reader, l Layout) (*Reading, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("tables: %w", err)
	}
	return read(data, l)
}

// read is [Read] for the content of a file and a valid layout.
func read(data []byte, l Layout) (*Reading, error) {
	text, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("tables: the text is neither UTF-8, UTF-16 nor Windows-1252: %w", err)
	}
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("tables: the file is empty")
	}
	found, ok := locate(text, l)
	if !ok {
		return nil, noHeader(text, l)
	}
	f := &reader{located: found, own: l, missing: map[string]bool{}}
	for _, m := range missingMarkers {
		f.missing[m] = f.layout.Missing == nil
	}
	for _, m := range f.layout.Missing {
		f.missing[fold(m)] = true
	}
	if f.broken != nil { // the rows above the broken line are checked as well
		f.bad.file("%v; the lines below it are not read", f.broken)
	}
	return f.read()
}

// noHeader returns the error of a file in which no row has the columns of the
// time.
func noHeader(text string, l Layout) error {
	line, _, _ := strings.Cut(text, "\n")
	if runes := []rune(clean(line)); len(runes) > 120 {
		line = string(runes[:120]) + "…"
	}
	if l.Name != "" {
		return fmt.Errorf("tables: line 1: none of the first %d lines is a header of the layout %s with times below it; the file begins with %q; "+
			"try another layout of %s, or auto", headRows, l.Name, clean(line), strings.Join(Names(), ", "))
	}
	return fmt.Errorf("tables: line 1: none of the first %d lines has the time columns %q with times below it; the file begins with %q; "+
		"name the columns of its times",
		headRows, l.Time.refs(), clean(line))
}

// read reads all sections, one stage after the other. A stage is left out if
// its input has violations that would cause false ones.
func (f *reader) read() (*Reading, error) {
	f.tables = f.sections()
	if f.layout.Across != "" {
		for _, s := range f.tables {
			if !f.unpivot(s) {
				return nil, f.bad.err()
			}
		}
	}
	// The stages are labels, groups, series, zone, step, instants, values. Each
	// needs all earlier ones of the whole file: the step decides about
	// instants, and an instant about the next row.
	var all []*group
	for _, s := range f.tables {
		if len(s.rows) == 0 {
			f.bad.line(s.headerLine, "no rows with values below the header")
			continue
		}
		all = append(all, f.groups(s, f.labels(s))...)
	}
	columns, m := f.choose(all)
	if len(f.bad.found) > 0 && len(all) == 0 {
		return nil, f.bad.err()
	}
	f.loc = f.location(all)
	if f.step = f.settleStep(all); f.step == 0 {
		return nil, f.bad.err()
	}
	// Groups without a chosen series are not read, so that their gaps do not
	// matter.
	used := map[*group]bool{}
	for _, c := range columns {
		used[c.group] = true
	}
	// The grid spans all groups with a series, and each of them is checked for
	// missing steps.
	f.from, f.to = math.MaxInt64, math.MinInt64
	for _, g := range all {
		if !used[g] {
			continue
		}
		f.place(g, f.step, f.loc)
		if n := len(g.at); n > 0 {
			f.from, f.to = min(f.from, g.at[0]), max(f.to, g.at[n-1]+f.step)
		}
	}
	if f.to <= f.from {
		if len(f.bad.found) == 0 {
			f.bad.file("no rows with times")
		}
		return nil, f.bad.err()
	}
	if line, ok := f.tooLong(all); !ok {
		f.bad.line(line, "the file has %d steps of %v from %s to %s, and far fewer lines; check the time of this line",
			(f.to-f.from)/f.step, time.Duration(f.step)*time.Second, shown(f.from, f.loc), shown(f.to, f.loc))
		return nil, f.bad.err()
	}
	out := &Reading{
		Grid: scenario.Grid{
			Start: time.Unix(f.from, 0).In(f.loc), Step: time.Duration(f.step) * time.Second, Steps: int((f.to - f.from) / f.step),
		},
	}
	f.fillIn(out, columns, m)
	f.resample(out, columns)
	if err := f.bad.err(); err != nil {
		return nil, err
	}
	out.Skipped, out.Assumed = f.skipped, f.assumed
	out.Layout = f.settled(m)
	return out, nil
}

// tooLong returns the line behind the largest gap, and false if the times span
// far more steps than the file has lines, as with a mistyped year. Such a gap
// is a mistake under every policy.
//
// For example, one row of 2052 among the 8,760 hours of 2025 gives 237,000
// steps, more than the 137,600 that are allowed.
func (f *reader) tooLong(all []*group) (line int, ok bool) {
	rows, largest := int64(0), int64(0)
	for _, g := range all {
		rows += int64(len(g.at))
		for i := 1; i < len(g.at); i++ {
			if d := g.at[i] - g.at[i-1]; d > largest {
				largest, line = d, g.lines[i].line
			}
		}
	}
	const spare = 50_000 // steps
	return line, (f.to-f.from)/f.step <= 10*rows+spare
}

// settled returns the layout with everything that the file settled.
func (f *reader) settled(m marks) Layout {
	l := f.layout
	l.Decimal, l.Thousands = m.decimal, m.thousands
	l.Step = time.Duration(f.step) * time.Second
	l.Time.Zone = f.loc.String()
	return l
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
