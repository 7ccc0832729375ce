package tables

import (
	"fmt"
	"slices"
	"strings"
)

// section is one table of a file: a header, and rows with times.
//
// For example, a file of SMARD is one section, and a report of AEMO has one per
// table.
type section struct {
	name       string   // such as "DISPATCH.PRICE"; "" without records
	headerLine int      // line of the header
	header     []string // names of all columns
	units      []string // of a row of units; "" for none
	rows       []row
	time       timeColumns
	keys       []int // columns of keys
	where      map[int]string
}

// Skipped is a line, or a column of a file, that has no value of the result.
//
// For example, Skipped{Line: 1, Reason: "a title above the header"} is a line,
// and Skipped{Column: "Remark", Reason: "has no numbers"} is a column.
type Skipped struct {
	Line   int    // 0: the whole column
	Column string // "": the whole line
	Reason string
}

// totals begin lines below the data that sum them up, in lower case.
var totals = []string{"total", "sum", "summe", "gesamt", "average", "mean", "mittelwert", "durchschnitt", "max", "min"}

// sections returns the tables of a file. Their rows have times; titles, units,
// repeated headers and lines below the data are left out.
func (f *reader) sections() []*section {
	if f.layout.Records {
		return f.records()
	}
	rows := f.rows[f.header:]
	s := &section{header: f.names(f.rows[:f.header], rows[0]), headerLine: rows[0].line}
	for _, r := range f.rows[:f.header] {
		f.skip(r.line, "a title above the header")
	}
	if f.bare {
		for i := range s.header {
			s.header[i] = fmt.Sprintf("#%d", i+1)
		}
	} else {
		rows = rows[1:]
	}
	if !f.columns(s, true) {
		return nil
	}
	rows = rows[f.secondHeader(s, rows):]
	rows = f.withoutFooter(s, rows)
	for _, r := range rows {
		if slices.EqualFunc(r.cells, s.header, func(a, b string) bool { return clean(a) == clean(b) }) {
			f.skip(r.line, "the header again")
			continue
		}
		f.add(s, r)
	}
	return []*section{s}
}

// names returns the names of the columns. A file of several header rows, such
// as the multi-index form of Open Power System Data, has the names of the
// series above the header, without the rows of sources and units.
//
// For example, a column with "DE" and "load" above an empty header has the name
// "DE_load".
func (f *reader) names(above []row, header row) []string {
	out := make([]string, len(header.cells))
	for i := range out {
		out[i] = header.cell(i)
		if out[i] != "" || i == 0 {
			continue
		}
		var parts []string
		for _, r := range above {
			if len(r.cells) == len(header.cells) && !slices.Contains([]string{"source", "web", "unit", "units"}, fold(r.cell(0))) && r.cell(i) != "" {
				parts = append(parts, r.cell(i))
			}
		}
		out[i] = strings.Join(parts, "_")
	}
	return out
}

// secondHeader reads rows between the header and the first time: units, a
// second row of names, or the name of an index. It returns their number.
//
// For example, the row ",MW,MW" below "Time,Load,Wind" has the units of Load
// and Wind.
func (f *reader) secondHeader(s *section, rows []row) int {
	const most = 4 // rows of which the last one must have a time
	for i, r := range rows[:min(most, len(rows))] {
		if f.isTime(s, r) {
			return i
		}
		values, units, texts := 0, 0, 0
		for c := range s.header {
			text := r.cell(c)
			if text == "" || s.time.has(c) {
				continue
			}
			values++
			if looksNumeric(text) {
				return i // a row with values and a wrong time
			}
			if u, ok := unitOf(strings.Trim(text, "[]()")); ok && u.quantity != other {
				units++
			} else {
				texts++
			}
		}
		// A row of units may have a text that is no unit of the reader, such as
		// "GW·h/d".
		switch {
		case values > 0 && texts <= units:
			s.units = make([]string, len(s.header))
			for c := range s.header {
				s.units[c] = strings.Trim(r.cell(c), "[]()")
			}
			f.skip(r.line, "a row of units")
		case values > 0:
			for c := range s.header {
				if text := r.cell(c); text != "" && !s.time.has(c) {
					s.header[c] = strings.TrimSpace(s.header[c] + " " + text)
				}
			}
			f.skip(r.line, "a second row of names")
		default:
			f.skip(r.line, "the name of the index")
		}
	}
	return 0 // no row has a time: every row is a violation
}

// withoutFooter returns the rows without the lines below the last time that
// have no values: notes of the source, and sums.
//
// For example, "Quelle: SMARD" and "Summe;12;34" below the last time are left
// out.
func (f *reader) withoutFooter(s *section, rows []row) []row {
	end := len(rows)
	for end > 0 && !f.isTime(s, rows[end-1]) {
		r := rows[end-1]
		filled := 0
		for i := range r.cells {
			if r.cell(i) != "" {
				filled++
			}
		}
		first, _, _ := strings.Cut(fold(r.cell(0)), " ")
		// A row with values is data with a wrong time, unless it is a sum.
		if filled > 1 && !slices.Contains(totals, strings.TrimRight(first, ":.")) && len(r.cells) > 1 && f.hasNumber(s, r) {
			break
		}
		end--
	}
	if end == 0 {
		return rows // every time is wrong, which is a violation of every row
	}
	for _, r := range rows[end:] {
		f.skip(r.line, "a line below the data")
	}
	return rows[:end]
}

// hasNumber reports whether a row has a number beside its time.
func (f *reader) hasNumber(s *section, r row) bool {
	for c := range s.header {
		if !s.time.has(c) && looksNumeric(r.cell(c)) {
			return true
		}
	}
	return false
}

// add appends a row that passes the filters, and checks its number of fields.
//
// Empty fields behind the last column are allowed: many exports end each line
// with a separator.
func (f *reader) add(s *section, r row) {
	for i := len(s.header); i < len(r.cells); i++ {
		if r.cell(i) != "" {
			f.bad.line(r.line, "has %d fields, want %d as the header; a decimal comma in a file with commas needs quotes",
				len(r.cells), len(s.header))
			return
		}
	}
	if len(r.cells) < len(s.header) && slices.ContainsFunc(s.header[len(r.cells):], func(name string) bool { return name != "" }) {
		f.bad.line(r.line, "has %d fields, want %d as the header", len(r.cells), len(s.header))
		return
	}
	for at, want := range s.where {
		if r.cell(at) != want {
			return
		}
	}
	s.rows = append(s.rows, r)
}

// columns finds the columns of time, keys and filters in the header of a
// section.
//
// It returns false and records violations if the layout needs a column that the
// header lacks. required is false for the tables of a report, most of which
// lack the columns.
func (f *reader) columns(s *section, required bool) bool {
	before := len(f.bad.found)
	s.time = f.layout.Time.in(s.header)
	// The keys and filters of a named layout are those of all its exports; a
	// file has some of them.
	optional := f.layout.Name != "" && len(f.own.Keys) == 0
	for _, key := range f.layout.Keys {
		if at := find(s.header, key); at >= 0 {
			s.keys = append(s.keys, at)
		} else if !optional && required {
			f.bad.file("no key column %q, the header in line %d has %q", key, s.headerLine, s.header)
		}
	}
	s.where = map[int]string{}
	for _, name := range sortedKeys(f.layout.Where) {
		if at := find(s.header, name); at >= 0 {
			s.where[at] = clean(f.layout.Where[name])
		} else if f.own.Where != nil && required {
			f.bad.file("no column %q of Where, the header in line %d has %q", name, s.headerLine, s.header)
		}
	}
	return len(f.bad.found) == before
}

// skip records a line that is left out.
func (f *reader) skip(line int, reason string) {
	f.skipped = append(f.skipped, Skipped{Line: line, Reason: reason})
}
