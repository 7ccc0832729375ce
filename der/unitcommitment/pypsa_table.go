package unitcommitment

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
)

// sheet is a CSV file of a PyPSA folder. The first column has the names of the
// rows.
//
// Rows are components, or snapshots in a table per snapshot:
//
//	name,bus,p_nom          ,wind
//	coal,city,120           0,0.6
//	wind,coast,100          1,0.5
type sheet struct {
	file   string
	header []string
	rows   []sheetRow
	used   map[string]bool // columns that were read
	read   bool            // by a component
}

// sheetRow is a row with its line in the file.
type sheetRow struct {
	cells []string
	line  int
}

// readSheet reads a file. A missing file is nil.
//
// Cells stay texts, because a column can have numbers in one row and be empty
// in another. Errors of a row are recorded, and reading continues with the row
// cut or filled to the width of the header.
func readSheet(folder fs.FS, file string, bad *faults.List) *sheet {
	in, err := folder.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		bad.Addf("%s: %w", file, err)
		return nil
	}
	defer in.Close()
	text, err := plain(in)
	if err != nil {
		bad.Addf("%s: %w", file, err)
		return nil
	}
	reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
	// A row of another width is a violation with its line, not the last row.
	reader.FieldsPerRecord = -1
	s := &sheet{file: file, used: map[string]bool{}}
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			bad.Addf("%s: %w", file, err)
			return nil
		}
		line, _ := reader.FieldPos(0)
		if s.header == nil {
			s.header = cells
			if len(cells) == 1 && strings.ContainsAny(cells[0], ";\t") {
				bad.Addf("%s: line 1: has no comma, want commas between the columns", file)
				return nil
			}
			continue
		}
		if len(cells) != len(s.header) {
			bad.Addf("%s: line %d: has %d columns, want %d as the header", file, line, len(cells), len(s.header))
			cells = slices.Concat(cells, make([]string, len(s.header)))[:len(s.header)]
		}
		s.rows = append(s.rows, sheetRow{cells, line})
	}
	if s.header == nil {
		bad.Addf("%s: is empty, want a header", file)
		return nil
	}
	for i, name := range s.header {
		if i > 0 && slices.Contains(s.header[1:i], name) {
			bad.Addf("%s: column %q is given twice, want each once", file, name)
		}
	}
	return s
}

// column returns the index of a column, −1 if it is absent.
//
// A column that is looked for counts as used, also if it is absent, so that
// misspelt has the list of all names that the reader uses.
func (s *sheet) column(name string) int {
	s.used[name] = true
	for i := 1; i < len(s.header); i++ {
		if s.header[i] == name {
			return i
		}
	}
	return -1
}

// component is a row of a table of components, with the tables of its data per
// snapshot.
//
// Its readers return the default of PyPSA for a missing column, an empty cell
// and nan, as PyPSA does.
type component struct {
	file *pypsa
	list string // such as "generators"
	row  sheetRow
	name string
	of   *sheet
}

// place returns the place of an attribute of the row for a message.
//
// For example, "generators.csv: line 3, column 3 (p_nom of gas)".
func (x component) place(attribute string) string {
	if i := x.of.column(attribute); i > 0 {
		return fmt.Sprintf("%s: line %d, column %d (%s of %s)", x.of.file, x.row.line, i+1, attribute, x.name)
	}
	return fmt.Sprintf("%s: line %d (%s of %s)", x.of.file, x.row.line, attribute, x.name)
}

// bad records a violation of an attribute of the row.
func (x component) bad(attribute, format string, args ...any) {
	x.file.bad.Addf("%s: %s", x.place(attribute), fmt.Sprintf(format, args...))
}

// text returns the cell of an attribute, "" if it is absent.
func (x component) text(attribute string) string {
	if i := x.of.column(attribute); i > 0 {
		return strings.TrimSpace(x.row.cells[i])
	}
	return ""
}

// flag returns a switch. An empty cell has the default.
//
// PyPSA writes True and False. Other programs write 1 and 0, and pandas 1.0 if
// a cell is empty.
func (x component) flag(attribute string, absent bool) bool {
	switch text := x.text(attribute); strings.ToLower(text) {
	case "":
		return absent
	case "true", "1", "1.0":
		return true
	case "false", "0", "0.0":
		return false
	default:
		x.bad(attribute, "is %q, want True or False", text)
		return absent
	}
}

// number returns a number in a range. An empty cell and nan have the default.
//
// For example, number("p_nom", 0, 0, math.Inf(1)) is 80 for the cell "80", 0
// for an empty cell, and 0 with a violation for "-80" or "many".
func (x component) number(attribute string, absent, lower, upper float64) float64 {
	return x.cell(x.text(attribute), func() string { return x.place(attribute) }, absent, lower, upper)
}

// optional returns a number that can be absent.
//
// For example, p_init: without it no ramp leads into the first snapshot, and 0
// is an output of 0 MW.
func (x component) optional(attribute string, lower, upper float64) optional.Float {
	if v := x.number(attribute, math.NaN(), lower, upper); !math.IsNaN(v) {
		return optional.Of(v)
	}
	return optional.Float{}
}

// cell reads the text of a cell. place is called for a violation only.
func (x component) cell(text string, place func() string, absent, lower, upper float64) float64 {
	if text == "" || strings.EqualFold(text, "nan") {
		return absent
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange), math.IsNaN(v):
		x.file.bad.Addf("%s: is %q, want a number", place(), text)
	case !(v >= lower && v <= upper):
		x.file.bad.Addf("%s: is %v, want %s", place(), v, wanted(lower, upper))
	case math.Abs(v) > finite && !math.IsInf(v, 0):
		x.file.bad.Addf("%s: is %v, want at most %v, or inf for no limit", place(), v, float64(finite))
	default:
		return v
	}
	// The stand-in is in range, so that reading continues.
	if math.IsNaN(absent) {
		return absent
	}
	return min(max(0, lower), upper)
}

// wanted describes a range of numbers.
//
// For example, "a finite number of at least 0" for a ramp limit.
func wanted(lower, upper float64) string {
	switch {
	case math.IsInf(lower, -1) && math.IsInf(upper, 1):
		return "a number"
	case math.IsInf(lower, -1) && upper < finite:
		return fmt.Sprintf("a number of at most %v", upper)
	case upper == finite && lower <= -finite:
		return "a finite number"
	case upper == finite:
		return fmt.Sprintf("a finite number of at least %v", lower)
	case math.IsInf(upper, 1):
		return fmt.Sprintf("a number of at least %v", lower)
	}
	return fmt.Sprintf("a number from %v to %v", lower, upper)
}

// each returns an attribute per snapshot: from its own table if that has a
// column of the component, otherwise from the cell of the component in every
// snapshot.
//
// For example, p_max_pu of wind from generators-p_max_pu.csv, which has the
// column of the generator, and p_max_pu of gas, which has no column there, from
// generators.csv.
func (x component) each(attribute string, absent, lower, upper float64) []float64 {
	n := x.file.snapshots
	s := x.file.series[x.list+"-"+attribute]
	column := -1
	if s != nil {
		column = s.column(x.name)
		s.read = true
	}
	if column < 0 {
		return slices.Repeat([]float64{x.number(attribute, absent, lower, upper)}, n)
	}
	x.of.used[attribute] = true
	out := slices.Repeat([]float64{absent}, n)
	for t := range min(n, len(s.rows)) {
		place := func() string {
			return fmt.Sprintf("%s: line %d, column %d (%s)", s.file, s.rows[t].line, column+1, x.name)
		}
		out[t] = x.cell(strings.TrimSpace(s.rows[t].cells[column]), place, absent, lower, upper)
	}
	return out
}

// eachOptional returns an attribute per snapshot that can be absent, or nil if
// it always is.
func (x component) eachOptional(attribute string, lower, upper float64) []optional.Float {
	var out []optional.Float
	for t, v := range x.each(attribute, math.NaN(), lower, upper) {
		if math.IsNaN(v) {
			continue
		}
		if out == nil {
			out = make([]optional.Float, x.file.snapshots)
		}
		out[t] = optional.Of(v)
	}
	return out
}
