package tables

import (
	"fmt"
	"slices"
	"strings"
)

// section is one table of a file: a header, and rows with times.
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
type Skipped struct {
	Line   int    // 0: the whole column
	Column string // "": the whole line
	Reason string
}

// totals begin lines below the data that sum them up, in lower case.
var totals = []string{"total", "sum", "summe", "gesamt", "average", "mean", "mittelwert", "durchschnitt", "max", "min"}

// sections returns the tables of a file. Their rows have times; titles, units, repeated headers and
// lines below the data are left out.
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

// names returns the names of the columns. A file of several header rows, such as the multi-index
// form of Open Power System Data, has the names of the series above the header, without the rows
// of sources and units.
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

// secondHeader reads rows between the header and the first time: units, a second row of names, or
// the name of an index. It returns their number.
func (f *reader) secondHeader(s *section, rows []row) int {
	for i, r := range rows[:min(4, len(rows))] {
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
	for i, r := range rows[:min(4, len(rows))] {
		if f.isTime(s, r) {
			return i
		}
	}
	return 0
}

// withoutFooter returns the rows without the lines below the last time that have no values: notes
// of the source, and sums.
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

func (f *reader) hasNumber(s *section, r row) bool {
	for c := range s.header {
		if !s.time.has(c) && looksNumeric(r.cell(c)) {
			return true
		}
	}
	return false
}

// records returns the tables of a file whose lines begin with C, I or D.
func (f *reader) records() []*section {
	var (
		out     []*section
		current *section
		known   = map[string]*section{}
		ignored = map[string]bool{}
	)
	for _, r := range f.rows {
		switch recordLetter(r.cell(0)) {
		case "C":
			f.skip(r.line, "a comment")
		case "I":
			name := strings.Trim(r.cell(1)+"."+r.cell(2), ".")
			current = known[name]
			if current == nil {
				current = &section{name: name, headerLine: r.line, header: make([]string, len(r.cells))}
				for i := 4; i < len(r.cells); i++ {
					current.header[i] = r.cell(i)
				}
				known[name] = current
				reason := f.unwanted(current)
				if reason != "" {
					ignored[name] = true
					f.skip(r.line, "the table "+name+", "+reason)
				} else if f.columns(current, len(f.layout.Tables) > 0) {
					out = append(out, current)
				} else {
					ignored[name] = true
				}
			} else if len(r.cells) != len(current.header) {
				f.bad.line(r.line, "table %s has %d columns here and %d above, want one form per file", name, len(r.cells), len(current.header))
			}
		case "D":
			switch {
			case current == nil:
				f.bad.line(r.line, "a line of data comes before its header, a line that begins with I")
			case ignored[current.name]:
			case strings.Trim(r.cell(1)+"."+r.cell(2), ".") != current.name:
				f.bad.line(r.line, "data of %s.%s lies below the header of %s", r.cell(1), r.cell(2), current.name)
			default:
				f.add(current, r)
			}
		default:
			f.bad.at(r.line, 0, "", "is %q, want C, I or D, the kind of the line", r.cell(0))
		}
	}
	for _, name := range f.layout.Tables {
		if !slices.ContainsFunc(out, func(s *section) bool { return named(s.name, name) }) {
			f.bad.file("no table %q with the columns of the time; the file has %q", name, sortedKeys(known))
		}
	}
	if len(out) == 0 && len(f.bad.found) == 0 {
		f.bad.file("no table with the column %q and one of the keys %q; the file has the tables %q",
			f.layout.Time.Stamp, f.layout.Keys, sortedKeys(known))
	}
	return out
}

// unwanted returns the reason for which a table of a file of records is left out, or "".
func (f *reader) unwanted(s *section) string {
	if len(f.layout.Tables) > 0 {
		if slices.ContainsFunc(f.layout.Tables, func(name string) bool { return named(s.name, name) }) {
			return ""
		}
		return "which is not chosen"
	}
	if len(present(s.header, f.layout.Time.refs()...)) < len(f.layout.Time.refs()) {
		return "which has no time"
	}
	if len(f.layout.Keys) > 0 && len(present(s.header, slices.Clone(f.layout.Keys)...)) == 0 {
		return "which has no key"
	}
	return ""
}

// named reports whether a table of a file, such as "DISPATCH.PRICE", has a name, such as "PRICE".
func named(table, name string) bool {
	return fold(table) == fold(name) || strings.HasSuffix(fold(table), "."+fold(name))
}

// add appends a row that passes the filters, and checks its number of fields.
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

// columns finds the columns of time, keys and filters in the header of a section.
func (f *reader) columns(s *section, required bool) bool {
	before := len(f.bad.found)
	s.time = f.layout.Time.in(s.header)
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

// unpivot turns a section with one row per day and one column per period or hour into one row per
// step. The header of a column is a number of a period, such as 7, or an hour, such as "Hour 7" or
// "Hour 3B", the second hour 3 of the night in which clocks go back.
// It reports whether the header has such columns.
func (f *reader) unpivot(s *section) bool {
	type step struct {
		at     int
		label  string
		period bool
	}
	var steps []step
	digits := true
	for i, name := range s.header {
		if s.time.has(i) || slices.Contains(s.keys, i) {
			continue
		}
		h, ok := parseHour(name)
		if !ok {
			if name != "" {
				f.skipped = append(f.skipped, Skipped{Column: name, Reason: "is no period"})
			}
			continue
		}
		_, err := fmt.Sscanf(name, "%d", new(int))
		digits = digits && err == nil && h.whole && strings.IndexFunc(name, func(r rune) bool { return r < '0' || r > '9' }) < 0
		steps = append(steps, step{at: i, label: name})
	}
	if n := len(number3(s.header)); n > 25 { // periods of less than an hour have numbers above 25
		steps = steps[:0]
		digits = true
		for _, i := range number3(s.header) {
			steps = append(steps, step{at: i, label: s.header[i]})
		}
	}
	if len(steps) < 2 {
		f.bad.file("Across needs columns that are named by periods or hours, such as 1 to 24; the header has %q", s.header)
		return false
	}
	width := len(s.header)
	header := append(slices.Clone(s.header), "(period)", f.layout.Across)
	var rows []row
	for _, r := range s.rows {
		for _, st := range steps {
			text := r.cell(st.at)
			second := strings.HasSuffix(strings.ToUpper(st.label), "B")
			if text == "" && (second || !digits) {
				continue // the hour that only one night has, or that one night lacks
			}
			cells := make([]string, width+2)
			for i := range width {
				if s.time.has(i) || slices.Contains(s.keys, i) {
					cells[i] = r.cell(i)
				}
			}
			label := st.label
			if strings.HasSuffix(strings.ToUpper(label), "A") || second {
				label = label[:len(label)-1]
			}
			cells[width], cells[width+1] = label, text
			rows = append(rows, row{r.line, cells})
		}
	}
	s.header, s.rows = header, rows
	if s.units != nil {
		s.units = append(s.units, "", "")
	}
	if digits {
		s.time.period = width
	} else {
		s.time.clock = width
	}
	return true
}

// number3 returns the columns whose names are numbers of one to four digits.
func number3(header []string) []int {
	var out []int
	for i, name := range header {
		if name != "" && len(name) <= 4 && strings.Trim(name, "0123456789") == "" {
			out = append(out, i)
		}
	}
	return out
}
