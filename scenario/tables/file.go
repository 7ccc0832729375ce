package tables

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// headRows is the number of rows at the start of a file among which the header
// is searched.
const headRows = 120

// separators are the candidates for the mark between fields. If two of them
// give the same number of columns, the first in this list is used.
var separators = []rune{',', ';', '\t', '|'}

// row is one line of a file as fields. A quoted field can contain line breaks;
// line is the number of the first line then.
type row struct {
	line  int
	cells []string
}

// cell returns field i without blanks at its ends, or "" beyond the end of the
// row. A row that is too short is reported once by add, not by each reader of a
// field.
func (r row) cell(i int) string {
	if i < 0 || i >= len(r.cells) {
		return ""
	}
	return clean(r.cells[i])
}

// blank reports whether all fields are empty.
func (r row) blank() bool {
	for i := range r.cells {
		if r.cell(i) != "" {
			return false
		}
	}
	return true
}

// decode returns the text of a file in UTF-8, UTF-16 with a byte-order mark, or
// Windows-1252, in which spreadsheets of western Europe save text.
//
// For example, the bytes "M\xe4rz" are no valid UTF-8, and decode returns
// "März".
func decode(data []byte) (string, error) {
	switch {
	case len(data) >= 2 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff):
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		return string(out), err
	case utf8.Valid(data): // Windows-1252 with umlauts or the euro sign is no valid UTF-8
		return strings.TrimPrefix(string(data), "\ufeff"), nil
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(data)
	return string(out), err
}

// split returns the rows of a text. It drops empty lines, and lines that begin
// with '#' above the first row. If each line is one quoted field that contains
// the separator, as in some exports of ENTSO-E, split reads the content of the
// fields.
//
// limit is the largest number of rows; 0 means all. If the quotes of a line are
// broken, split returns the rows above it and the error of encoding/csv, which
// names the line.
func split(text string, separator rune, limit int) ([]row, error) {
	in := csv.NewReader(strings.NewReader(text))
	in.Comma = separator
	// Titles, notes and sums have other numbers of fields than the header.
	// Method add checks the rest.
	in.FieldsPerRecord = -1
	var rows []row
	wrapped := true // each line so far is one quoted field with separators in it
	for limit == 0 || len(rows) < limit {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rows, err
		}
		line, _ := in.FieldPos(0)
		r := row{line, cells}
		if r.blank() || strings.HasPrefix(r.cell(0), "#") {
			continue
		}
		wrapped = wrapped && len(cells) == 1 && strings.ContainsRune(cells[0], separator)
		rows = append(rows, r)
	}
	if !wrapped || len(rows) == 0 {
		return rows, nil
	}
	// Each line is one field, such as "a;""b"";c", and its content is a line of
	// its own.
	for i := range rows {
		inner := csv.NewReader(strings.NewReader(rows[i].cells[0]))
		inner.Comma = separator
		cells, err := inner.Read()
		if err != nil {
			return rows, nil // one column of texts
		}
		rows[i].cells = cells
	}
	return rows, nil
}

// head returns the first lines of a text, enough for the search of the header.
// It returns twice headRows lines, because split drops empty lines and
// comments.
func head(text string) string {
	at := 0
	for range 2 * headRows {
		next := strings.IndexByte(text[at:], '\n')
		if next < 0 {
			return text
		}
		at += next + 1
	}
	return text[:at]
}

// find returns the index of a column that a layout refers to by name or by
// number, or -1. An equal name comes first, then one that differs in case only:
//
//	find([]string{"Time", "time", "Load"}, "time") // 1
//	find([]string{"Time", "Load"}, "#2")           // 1
func find(header []string, name string) int {
	if rest, ok := strings.CutPrefix(name, "#"); ok {
		if n := number(rest); n >= 1 && n <= len(header) {
			return n - 1
		}
	}
	for i, h := range header {
		if clean(h) == clean(name) && clean(name) != "" {
			return i
		}
	}
	for i, h := range header {
		if fold(h) == fold(name) && clean(name) != "" {
			return i
		}
	}
	return -1
}

// refs returns the columns that the time of a layout refers to. For example,
// Time{Date: "Day", Clock: "Hour", Zone: "UTC"} refers to two columns.
func (t Time) refs() []string {
	var out []string
	for _, c := range []string{t.Stamp, t.Date, t.Clock, t.End, t.Year, t.Month, t.Day, t.Period, t.Interval} {
		if c != "" {
			out = append(out, c)
		}
	}
	return out
}

// located is a file whose separator and header are known.
type located struct {
	layout Layout // with the fields of the named layout
	form   form   // of the named layout; zero: none
	header int    // index of the header among the rows
	bare   bool   // the file has no header; columns are "#1", "#2", …
	rows   []row
	broken error // a line that cannot be split into fields
}

// locate finds separator and header: the first row that has the columns of the
// time, with the separator that gives the most columns.
//
// It returns false if no row fits. For example, "Datum von;Datum bis;Last
// (MWh)" has three fields with ';' and one with ',', so that the separator is
// ';'.
func locate(text string, l Layout) (located, bool) {
	candidates := separators
	if l.Separator != 0 {
		candidates = []rune{l.Separator}
	}
	// The search reads the first lines only, once per separator: a file has up
	// to a million lines.
	start := head(text)
	var best located
	fields := 0
	for _, separator := range candidates {
		// An error comes again when the whole file is split.
		rows, _ := split(start, separator, headRows)
		for i, r := range rows {
			// A line of text above the header has fewer fields than the header
			// with the right separator.
			if i > 0 && fields >= len(r.cells) {
				continue
			}
			settled, f, bare, ok := settle(l, r.cells, rows[i:])
			if ok && len(r.cells) > fields {
				settled.Separator = separator
				best = located{layout: settled, form: f, header: i, bare: bare}
				fields = len(r.cells)
				break
			}
		}
	}
	if fields == 0 {
		return best, false
	}
	best.rows, best.broken = split(text, best.layout.Separator, 0)
	return best, true
}

// settle returns the layout for a header, and whether the header has the
// columns of the time. below has the header and the rows under it. bare reports
// that the row is data of a file without header, which is possible if a layout
// refers to columns by number.
func settle(l Layout, header []string, below []row) (out Layout, f form, bare, ok bool) {
	if l.Name != "" {
		found := false
		for _, f = range forms[l.Name] {
			if base, fits := f.fit(header, below); fits {
				l, found = l.over(base), true
				break
			}
		}
		if !found {
			return l, form{}, false, false
		}
	}
	// Each table of a file of records has a header of its own, see records.
	if l.Records {
		return l, f, false, len(below) > 0 && len(header) > 1 && recordLetter(header[0]) != ""
	}
	refs := l.Time.refs()
	named := 0 // references by name
	for _, name := range refs {
		if find(header, name) < 0 {
			return l, f, false, false
		}
		if !strings.HasPrefix(name, "#") {
			named++
		}
	}
	// References by number fit every row. The row is a header if it has no time
	// and a row below it has one. It is data if it has a time itself.
	if named == 0 && !l.aboveTime(below) {
		bare = len(below) > 0 && l.hasTime(below[0])
		return l, f, bare, bare && len(header) > 1
	}
	return l, f, false, len(refs) > 0 && len(header) > 1
}

// aboveTime reports whether the first of the rows is no time and one of the
// next three is. The rows between them can be units or a second row of names.
func (l Layout) aboveTime(below []row) bool {
	for i, r := range below[:min(4, len(below))] {
		if l.hasTime(r) {
			return i > 0
		}
	}
	return false
}

// hasTime reports whether a row has a date in the column that a layout gives by
// number.
func (l Layout) hasTime(r row) bool {
	for _, name := range []string{l.Time.Stamp, l.Time.Date} {
		if name != "" {
			return looksLikeTime(r.cell(find(r.cells, name)))
		}
	}
	year := r.cell(find(r.cells, l.Time.Year))
	return len(year) == 4 && number(year) > 1900
}

// looksLikeTime reports whether a text is a date, with day and month in any
// order, or an interval.
//
// For example, "31.01.2025", "01/31/2025" and "01.01.2025 00:00 - 01.01.2025
// 01:00" are dates, and "14:00" is none.
func looksLikeTime(text string) bool {
	if from, _, ok := splitInterval(text); ok {
		text = from
	}
	for _, order := range []string{"dmy", "mdy"} {
		if s, ok := parseStamp(text, order); ok && s.hasDay {
			return true
		}
	}
	return false
}

// recordLetter returns the kind of a line of records, C, I or D, or "" for
// another text.
func recordLetter(cell string) string {
	switch c := strings.ToUpper(clean(cell)); c {
	case "C", "I", "D":
		return c
	}
	return ""
}
